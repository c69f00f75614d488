//! The app is killed, and started again: what had failed is still offered for retry.
//!
//! Two processes: the first life is one of its own, which this one starts and kills; the second life is this one.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use retry_examples::docker_daemon::Daemon;
use retry_examples::lab::{Program, Scratch};
use retry_examples::story::Promises;
use retry_tasks::{AttemptOutcome, FailReason, Phase, SqliteBuilder, State, TaskError, TaskInfo};

use super::orders::{Orders, line};
use super::{Client, volume};

/// Where the first life finds its file and the daemon's socket.
const FILE: &str = "RETRY_DOCKER_ORDERS";
const SOCKET: &str = "RETRY_DOCKER_SOCKET";

/// What is ordered in vain.
const VOLUME: &str = "letters";

/// Whether this process is to be the first life.
pub(super) fn is_first_life() -> bool {
    std::env::var_os(FILE).is_some()
}

/// An app to which somebody says "make a volume", and which is killed later.
pub(super) async fn first_life() -> Result<ExitCode, Box<dyn Error>> {
    let file = std::env::var_os(FILE).map(PathBuf::from).ok_or("there is no file")?;
    let orders = Orders::open(&file, &Client::new(std::env::var(SOCKET)?))?;
    orders.order(volume::task(VOLUME.to_owned())).await?;
    std::future::pending().await
}

/// Both lives. `command` starts a process that calls [`first_life`].
pub(super) async fn all(
    daemon: &mut Daemon,
    promises: &mut Promises,
    command: &mut Command,
) -> Result<(), Box<dyn Error>> {
    let scratch = Scratch::new()?;
    let (file, client) = (scratch.file("orders.db"), Client::new(daemon.socket()));
    daemon.stop().await?;

    let killed = command.env(FILE, &file).env(SOCKET, daemon.socket());
    let mut app = Program::start(killed, scratch.file("app.log"))?;
    app.until(async || has_failed(&file).await).await?;
    app.kill()?;
    println!("killed:    the app, after an order that has failed: nobody has a daemon");

    let orders = Orders::open(&file, &client)?;
    let offered = orders.failed().await?;
    offered.iter().for_each(|info| println!("restarted: [Retry] {}", line(info)));
    let [failed] = &offered[..] else {
        return Err(format!("one order has failed, and {} are offered", offered.len()).into());
    };
    let exhausted = failed.state == State::Failed { reason: FailReason::Exhausted };
    promises.keep(
        "an order that has failed is offered for retry after the app was killed",
        exhausted && failed.can_retry && outcomes(failed) == [AttemptOutcome::Failed; 3],
    );

    daemon.start_again().await?;
    orders.retry(failed.id).await?;
    let done = orders.ended(failed.id).await?;
    let Some(place) = done.result.as_ref().and_then(|place| place.as_str()) else {
        return Err(format!("retried by hand: {}", line(&done)).into());
    };
    println!("by hand:   volume {VOLUME}: {} at {place}", done.state);
    let made = client.daemon().await?.inspect_volume(VOLUME).await?;
    promises.keep("retried by hand it is carried out: the daemon has it", made.mountpoint == place);
    let (before, after) = done.attempts().split_at(3);
    let own = format!("pid {}", std::process::id());
    promises.keep(
        "its history is kept: three attempts of the process that was killed, and one of this",
        before == failed.attempts()
            && before.iter().all(|attempt| attempt.worker != own)
            && after.iter().all(|attempt| attempt.worker == own)
            && after.len() == 1,
    );
    let again = orders.retry(done.id).await;
    let refused = matches!(again, Err(TaskError::Refused { state: State::Complete, .. }));
    let nothing = orders.failed().await?.is_empty();
    promises.keep("what is done is not offered any more", refused && nothing);
    orders.close().await;
    println!();
    Ok(())
}

/// Whether the order has failed, seen from outside while the app runs.
async fn has_failed(file: &std::path::Path) -> bool {
    let Ok(tasks) = SqliteBuilder::new(file).read_only().open() else { return false };
    tasks.counts().await.is_ok_and(|counts| counts.of(Phase::Failed) == 1)
}

fn outcomes(info: &TaskInfo) -> Vec<AttemptOutcome> {
    info.attempts().iter().map(|attempt| attempt.outcome).collect()
}
