//! The conformance suite, in real time.

use retry_tasks_conformance::{Lab, cases};

use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restate_server_does_what_every_store_must_do_that_has_no_leases() {
    let only = std::env::var("CASE").unwrap_or_default();
    for case in cases().filter(|case| case.needs.is_empty() && case.name.contains(&only)) {
        let Some(server) = Server::start().await else { return };
        let started = std::time::Instant::now();
        println!("{}", case.name);
        case.run(Lab::real(server.tasks().await)).await;
        println!("    {:?}", started.elapsed());
    }
}
