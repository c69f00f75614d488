//! What the daemon goes through, and what the app makes of it.

use std::io;
use std::time::Duration;

use retry_examples::docker_daemon::Daemon;
use retry_examples::story::Promises;
use retry_runtime::breaker::Mode;
use retry_runtime::{Interruption, Kind, RetryError, StopReason, live, observe};

use super::{Client, DockerError, by_hand, help, pull, retried, start};

/// All of it, in this order.
pub(super) async fn all(daemon: &mut Daemon, promises: &mut Promises) -> io::Result<()> {
    let client = Client::new(daemon.socket());
    running(&client, promises).await;
    killed(&client, daemon, promises).await?;
    stopped(&client, daemon, promises).await?;
    paused(&client, daemon, promises).await?;
    away_for_long(&client, daemon, promises).await
}

async fn running(client: &Client, promises: &mut Promises) {
    let (list, report) = observe(client.list()).await;
    println!("running:   list: {report}");
    promises.keep("a daemon that runs answers at once", list.is_ok() && report.retries() == 0);
    let error = failed(start("db".into(), client).await);
    println!("           start: {}", help(&error));
    let unknown = matches!(error.error(), DockerError::Refused { status: 404, .. });
    promises.keep("what it refuses for good is not repeated", unknown && made(&error) == 1);
}

async fn killed(client: &Client, daemon: &mut Daemon, promises: &mut Promises) -> io::Result<()> {
    daemon.kill().await?;
    let error = failed(start("db".into(), client).await);
    println!("killed:    start: {}", help(&error));
    promises.keep(
        "one that was killed refuses: transient, three attempts",
        all_of(Kind::Transient, &error) && error.to_string().contains("refused"),
    );
    let mut changes = live::watch();
    let window = async {
        changes.changed().await;
        retried().for_each(|call| println!("           the window shows: {call}"));
        daemon.start_again().await
    };
    let ((list, report), up) = tokio::join!(observe(client.list()), window);
    println!("started:   list, which had waited: {report}");
    promises.keep("the list waits until it is back", list.is_ok() && report.retries() > 0);
    up
}

async fn stopped(client: &Client, daemon: &mut Daemon, promises: &mut Promises) -> io::Result<()> {
    daemon.stop().await?;
    let error = failed(start("db".into(), client).await);
    println!("stopped:   start: {}", help(&error));
    promises.keep(
        "one that was stopped has no socket: transient, although the file is not found",
        all_of(Kind::Transient, &error) && error.to_string().contains("No such file"),
    );
    daemon.start_again().await
}

async fn paused(client: &Client, daemon: &mut Daemon, promises: &mut Promises) -> io::Result<()> {
    daemon.pause().await?;
    let error = failed(start("db".into(), client).await);
    println!("paused:    start: {}", help(&error));
    promises.keep(
        "one that hangs runs into the timeout: ambiguous, repeated since that is harmless",
        all_of(Kind::Ambiguous, &error),
    );
    daemon.resume()?;
    let list = client.list().await;
    promises.keep("and it is used again when it goes on", list.is_ok());
    Ok(())
}

async fn away_for_long(
    client: &Client,
    daemon: &mut Daemon,
    promises: &mut Promises,
) -> io::Result<()> {
    daemon.stop().await?;
    let breaker = retry_runtime::breaker("docker").expect("the app has one");
    let mut calls = 0;
    while breaker.mode() == Mode::Closed && calls < 20 {
        let _ = start("db".into(), client).await;
        calls += 1;
    }
    let error = failed(pull("tea".into(), client).await);
    println!("away:      pull: {}", help(&error));
    let refused = DockerError::Interrupted(Interruption::CircuitOpen { retry_after: None });
    let same = std::mem::discriminant(error.error()) == std::mem::discriminant(&refused);
    // By twelve failures in a row, or sooner by their rate: there were some before.
    promises.keep("the breaker ends it after four calls in vain at most", calls <= 4 && same);
    promises.keep("without any further attempt", made(&error) == 0);
    daemon.start_again().await?;
    let (list, report) = observe(by_hand(client.list())).await;
    println!("by hand:   list: {report}\n");
    promises.keep("retried by hand it works at once", list.is_ok() && report.retries() == 0);
    Ok(())
}

fn failed<T>(result: Result<T, RetryError<DockerError>>) -> RetryError<DockerError> {
    match result {
        Ok(_) => panic!("the daemon cannot have answered"),
        Err(error) => error,
    }
}

fn made(error: &RetryError<DockerError>) -> u32 {
    error.report().attempts_made()
}

/// Three attempts that failed in this way, with pauses that grow.
fn all_of(kind: Kind, error: &RetryError<DockerError>) -> bool {
    let within = |longest: [u64; 2]| {
        let longest = longest.map(Duration::from_millis);
        error.report().delays().zip(longest).all(|(delay, longest)| delay <= longest)
    };
    error.reason() == StopReason::Exhausted
        && made(error) == 3
        && error.attempts().iter().all(|attempt| attempt.kind == Some(kind))
        && within([100, 200])
}
