//! The store passes the conformance suite.

use retry_tasks_conformance::{Lab, cases};
use retry_tasks_postgres::PostgresBuilder;

use crate::server::server;

#[tokio::test(flavor = "multi_thread")]
async fn the_postgres_store_does_what_every_store_must_do() {
    let Some(server) = server() else { return };
    for (number, case) in cases().enumerate() {
        println!("{}", case.name);
        let builder = PostgresBuilder::new(server.url()).schema(format!("case_{number}"));
        let open = |clock| builder.clock(clock).open_blocking();
        case.run(Lab::new(|clock| open(clock).expect("an empty schema"))).await;
    }
}
