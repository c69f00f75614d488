//! The app is killed and started again: a failed order is still offered for retry.
//!
//! The first life of the app is a child process, which this process starts and kills; the second life is this process.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use retry_examples::docker_daemon::Daemon;
use retry_examples::lab::{Program, Scratch};
use retry_examples::story::Checks;
use retry_tasks::{AttemptOutcome, FailReason, Phase, SqliteBuilder, State, TaskError, TaskInfo};

use super::orders::{Orders, line};
use super::{Client, volume};

/// The environment variables that give the first life its file and the daemon's socket.
const FILE: &str = "RETRY_DOCKER_ORDERS";
const SOCKET: &str = "RETRY_DOCKER_SOCKET";

/// The volume whose order fails in the first life.
const VOLUME: &str = "letters";

/// Whether this process is the first life.
pub(super) fn is_first_life() -> bool {
    std::env::var_os(FILE).is_some()
}

/// Orders a volume and then waits to be killed.
pub(super) async fn first_life() -> Result<ExitCode, Box<dyn Error>> {
    let file = std::env::var_os(FILE).map(PathBuf::from).ok_or("there is no file")?;
    let orders = Orders::open(&file, &Client::new(std::env::var(SOCKET)?))?;
    orders.order(volume::task(VOLUME.to_owned())).await?;
    std::future::pending().await
}

/// Runs both lives. `command` starts a process that calls [`first_life`].
pub(super) async fn all(
    daemon: &mut Daemon,
    checks: &mut Checks,
    command: &mut Command,
) -> Result<(), Box<dyn Error>> {
    let scratch = Scratch::new()?;
    let (file, client) = (scratch.file("orders.db"), Client::new(daemon.socket()));
    daemon.stop().await?;

    let killed = command.env(FILE, &file).env(SOCKET, daemon.socket());
    let mut app = Program::start(killed, scratch.file("app.log"))?;
    app.until(async || has_failed(&file).await).await?;
    app.kill()?;
    println!("killed:    the app, after an order failed because no daemon was running");

    let orders = Orders::open(&file, &client)?;
    let offered = orders.failed().await?;
    offered.iter().for_each(|info| println!("restarted: [Retry] {}", line(info)));
    let [failed] = &offered[..] else {
        return Err(format!("one order has failed, but {} are offered", offered.len()).into());
    };
    let exhausted = failed.state == State::Failed { reason: FailReason::Exhausted };
    checks.check(
        "a failed order is offered for retry after the app was killed",
        exhausted && failed.can_retry && outcomes(failed) == [AttemptOutcome::Failed; 3],
    );

    daemon.start_again().await?;
    orders.retry(failed.id).await?;
    let done = orders.ended(failed.id).await?;
    let Some(place) = done.result.as_ref().and_then(|place| place.as_str()) else {
        return Err(format!("the manual retry failed: {}", line(&done)).into());
    };
    println!("retried:   volume {VOLUME}: {} at {place}", done.state);
    let made = client.daemon().await?.inspect_volume(VOLUME).await?;
    checks.check("the manual retry succeeds: the daemon has the volume", made.mountpoint == place);
    let (before, after) = done.attempts().split_at(3);
    // The name of a worker is its machine and its process.
    let own = format!(" pid {}", std::process::id());
    checks.check(
        "its history is kept: three attempts of the killed process and one of this process",
        before == failed.attempts()
            && before.iter().all(|attempt| !attempt.worker.ends_with(&own))
            && after.iter().all(|attempt| attempt.worker.ends_with(&own))
            && after.len() == 1,
    );
    let again = orders.retry(done.id).await;
    let refused = matches!(again, Err(TaskError::Refused { state: State::Complete, .. }));
    let nothing = orders.failed().await?.is_empty();
    checks.check("a completed order is no longer offered", refused && nothing);
    orders.close().await;
    println!();
    Ok(())
}

/// Whether the order has failed, read from the file while the app is running.
async fn has_failed(file: &std::path::Path) -> bool {
    let Ok(tasks) = SqliteBuilder::new(file).read_only().open() else { return false };
    tasks.counts().await.is_ok_and(|counts| counts.of(Phase::Failed) == 1)
}

fn outcomes(info: &TaskInfo) -> Vec<AttemptOutcome> {
    info.attempts().iter().map(|attempt| attempt.outcome).collect()
}
