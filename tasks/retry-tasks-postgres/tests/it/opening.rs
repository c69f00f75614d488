//! Opening: the settings, the schema, and its version.

use retry_tasks::StoreError;
use retry_tasks_postgres::PostgresBuilder;

use crate::server::server;

async fn refused(builder: PostgresBuilder) -> String {
    builder.open().await.expect_err("refused").to_string()
}

#[tokio::test]
async fn wrong_settings_are_told_with_their_remedy_and_without_the_password() {
    let told = refused(PostgresBuilder::new("postgres://a:secret@h:x/db")).await;
    assert!(told.contains("postgres://USER:PASSWORD@HOST") && !told.contains("secret"), "{told}");
    for name in ["", "Jobs", "a-b", "1a", "a.b", &"a".repeat(49)] {
        let told = refused(PostgresBuilder::new("host=127.0.0.1").schema(name)).await;
        assert!(told.contains("cannot be the name of the schema"), "{told}");
    }
    let nobody = PostgresBuilder::new("postgres://u:secret@127.0.0.1:1/db");
    let told = refused(nobody).await;
    assert!(told.contains("postgres://127.0.0.1:1/db") && !told.contains("secret"), "{told}");
    assert!(!format!("{:?}", PostgresBuilder::new("postgres://a:secret@h/db")).contains("secret"));
}

#[tokio::test]
async fn a_schema_is_created_once_and_a_newer_one_is_left_alone() {
    let Some(server) = server() else { return };
    let builder = || PostgresBuilder::new(server.url()).schema("jobs");
    let told = refused(builder().existing()).await;
    assert!(told.contains("no schema `jobs`"), "{told}");
    // Programs that start together create the tables once.
    let opened = futures_util::future::join_all((0..4).map(|_| builder().open())).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    builder().existing().open().await.expect("now it exists");

    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    client.batch_execute("UPDATE jobs.meta SET version = 99").await.expect("updated");
    let newer = builder().open().await.expect_err("refused");
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");
}
