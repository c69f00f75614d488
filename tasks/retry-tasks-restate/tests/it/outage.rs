//! An ingress that is away for a while.

use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{AttemptOutcome, Format, State};
use retry_tasks_restate::Restate;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::server::Server;

/// Longer than all rounds of one request.
const OUTAGE: Duration = Duration::from_secs(5);

#[retryable(on = any, max = 3, base = "10ms", idempotent, budget = none, name = "outage::slow", task)]
async fn slow(number: u32) -> Result<u32, String> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(number)
}

/// Starts a door to this URL: while it is closed, connections break. Returns the door's URL.
async fn door(url: &str) -> (String, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let door = format!("http://{}", listener.local_addr().expect("bound"));
    let (sender, is_open) = watch::channel(true);
    let address = url.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (mut is_open, address) = (is_open.clone(), address.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(address).await.expect("the server is there");
                tokio::select! {
                    biased;
                    _ = is_open.wait_for(|is_open| !is_open) => {}
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                }
            });
        }
    });
    (door, sender)
}

#[tokio::test]
async fn an_attempt_that_ends_while_the_ingress_is_away_is_told_when_it_is_back() {
    let Some(server) = Server::start().await else { return };
    let [ingress, admin] = server.urls();
    let (url, is_open) = door(&ingress).await;
    let restate = Restate::new([url]).admin([admin]).listen("127.0.0.1:0");
    let worker = restate.open().await.expect("opened").worker().only("outage::slow").start();
    let _worker = worker.expect("started");
    let client = server.builder().open().await.expect("opened");
    let id = client.submit(slow::task(7)).await.expect("stored");
    while client.info(id, Format::Minimal).await.expect("there").state != State::Running {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    is_open.send_replace(false);
    tokio::time::sleep(OUTAGE).await;
    let info = client.info(id, Format::Minimal).await.expect("there");
    assert_eq!(info.state, State::Running, "the end cannot be told");
    is_open.send_replace(true);
    assert_eq!(client.wait::<u32>(id).await.expect("done"), 7);
    let info = client.info(id, Format::Full).await.expect("there");
    let outcomes: Vec<_> = info.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Succeeded], "the attempt is not made again");
}
