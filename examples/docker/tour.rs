//! Runs the app against a daemon that is running, killed, stopped, paused and away for long.

use std::io;
use std::time::Duration;

use retry_examples::docker_daemon::Daemon;
use retry_examples::story::Checks;
use retry_runtime::breaker::Mode;
use retry_runtime::{Interruption, Kind, RetryError, StopReason, live, observe};

use super::{Client, DockerError, help, live_calls, pull, retry_manually, start};

/// Runs all parts in order.
pub(super) async fn all(daemon: &mut Daemon, checks: &mut Checks) -> io::Result<()> {
    let client = Client::new(daemon.socket());
    running(&client, checks).await;
    killed(&client, daemon, checks).await?;
    stopped(&client, daemon, checks).await?;
    paused(&client, daemon, checks).await?;
    away_for_long(&client, daemon, checks).await
}

async fn running(client: &Client, checks: &mut Checks) {
    let (list, report) = observe(client.list()).await;
    println!("running:   list: {report}");
    checks.check("a running daemon answers at once", list.is_ok() && report.retries() == 0);
    let error = error_of(start("db".into(), client).await);
    println!("           start: {}", help(&error));
    let unknown = matches!(error.error(), DockerError::Refused { status: 404, .. });
    checks.check("a permanent failure is not retried", unknown && attempts_made(&error) == 1);
}

async fn killed(client: &Client, daemon: &mut Daemon, checks: &mut Checks) -> io::Result<()> {
    daemon.kill().await?;
    let error = error_of(start("db".into(), client).await);
    println!("killed:    start: {}", help(&error));
    checks.check(
        "a killed daemon refuses connections: transient, three attempts",
        all_of(Kind::Transient, &error) && error.to_string().contains("refused"),
    );
    let mut changes = live::watch();
    let window = async {
        changes.changed().await;
        live_calls().for_each(|call| println!("           the window shows: {call}"));
        daemon.start_again().await
    };
    let ((list, report), up) = tokio::join!(observe(client.list()), window);
    println!("started:   list, after waiting: {report}");
    checks.check("the list waits until the daemon is back", list.is_ok() && report.retries() > 0);
    up
}

async fn stopped(client: &Client, daemon: &mut Daemon, checks: &mut Checks) -> io::Result<()> {
    daemon.stop().await?;
    let error = error_of(start("db".into(), client).await);
    println!("stopped:   start: {}", help(&error));
    checks.check(
        "a stopped daemon has no socket file, which is transient here",
        all_of(Kind::Transient, &error) && error.to_string().contains("No such file"),
    );
    daemon.start_again().await
}

async fn paused(client: &Client, daemon: &mut Daemon, checks: &mut Checks) -> io::Result<()> {
    daemon.pause().await?;
    let error = error_of(start("db".into(), client).await);
    println!("paused:    start: {}", help(&error));
    checks.check(
        "a hanging daemon causes a timeout: ambiguous, retried because repeating is safe",
        all_of(Kind::Ambiguous, &error),
    );
    daemon.resume()?;
    let list = client.list().await;
    checks.check("the daemon is used again when it continues", list.is_ok());
    Ok(())
}

async fn away_for_long(
    client: &Client,
    daemon: &mut Daemon,
    checks: &mut Checks,
) -> io::Result<()> {
    daemon.stop().await?;
    let breaker = retry_runtime::breaker("docker").expect("the app has a breaker");
    let mut calls = 0;
    while breaker.mode() == Mode::Closed && calls < 20 {
        let _ = start("db".into(), client).await;
        calls += 1;
    }
    let error = error_of(pull("tea".into(), client).await);
    println!("away:      pull: {}", help(&error));
    let refused = DockerError::Interrupted(Interruption::CircuitOpen { retry_after: None });
    let same = std::mem::discriminant(error.error()) == std::mem::discriminant(&refused);
    // Twelve failures in a row open the breaker, or their rate does sooner: there were failures before.
    checks.check("the breaker opens after at most four failed calls", calls <= 4 && same);
    checks.check("then no further attempt is made", attempts_made(&error) == 0);
    daemon.start_again().await?;
    let (list, report) = observe(retry_manually(client.list())).await;
    println!("retried:   list: {report}\n");
    checks.check("a manual retry succeeds at once", list.is_ok() && report.retries() == 0);
    Ok(())
}

fn error_of<T>(result: Result<T, RetryError<DockerError>>) -> RetryError<DockerError> {
    match result {
        Ok(_) => panic!("the call succeeded unexpectedly"),
        Err(error) => error,
    }
}

fn attempts_made(error: &RetryError<DockerError>) -> u32 {
    error.report().attempts_made()
}

/// Whether all three attempts failed with this kind, with growing pauses between them.
fn all_of(kind: Kind, error: &RetryError<DockerError>) -> bool {
    let within = |longest: [u64; 2]| {
        let longest = longest.map(Duration::from_millis);
        error.report().delays().zip(longest).all(|(delay, longest)| delay <= longest)
    };
    error.reason() == StopReason::Exhausted
        && attempts_made(error) == 3
        && error.attempts().iter().all(|attempt| attempt.kind == Some(kind))
        && within([100, 200])
}
