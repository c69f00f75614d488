//! A desktop app that talks to the Docker daemon: `cargo run --example docker`.
//!
//! What to learn from it:
//!
//! - The same error means something else before the connection than after it, so classify by phase. A daemon
//!   that was killed refuses; one that was stopped has taken its socket's file with it, and "not found" is
//!   transient here, although it is permanent for files; one that hangs runs into the timeout, and may have
//!   acted all the same.
//! - One `const Policy` for all operations, settings from a file for each kind of them.
//! - `live` shows the person who waits what is going on, and cancels it.
//! - Final errors say what happened, and what to do about it.
//! - What a person has ordered must not be gone when it fails, or when the app ends. So these operations are tasks, in
//!   a file: `docker/orders.rs`. The same functions, called plainly, are for those who wait for the answer.
//!
//! The program's own text wants three attempts, and wants a daemon that is away for a while waited for. Three
//! attempts wait 1.5 s at most, less than a daemon takes to start. So three are the default, and the settings
//! say more for the list, which the window always shows. Thirty seconds are the limit of both.
//!
//! The daemon is a real one (Debian's `docker.io` as root, else podman), started, killed, stopped and paused by
//! this program. Where there is none, a stand-in answers on the socket, and the output says so.

#[path = "docker/orders.rs"]
mod orders;
#[path = "docker/restart.rs"]
mod restart;
#[cfg(test)]
#[path = "docker/tests.rs"]
mod tests;
#[path = "docker/tour.rs"]
mod tour;

use std::error::Error;
use std::future::Future;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error as Bollard;
use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{CreateImageOptions, ListContainersOptions, StartContainerOptions};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::TryStreamExt;
use retry_examples::docker_daemon::Daemon;
use retry_examples::story::Promises;
use retry_runtime::config::{self, Config};
use retry_runtime::live::{self, LiveCall};
use retry_runtime::{Classify, Interruption, Kind, Policy, RetryError};
use retry_runtime::{progress, retryable};
use tokio::sync::OnceCell;

/// What the app's file of settings says, with short delays for this demonstration.
const SETTINGS: &str = r#"
    [op."docker::*"]
    base = "100ms"
    timeout = "3s"
    [op."docker::list"] # shown all the time: it waits for a daemon that comes up
    attempts = 10
    base = "500ms"
    cap = "4s"
    jitter = "equal"
"#;

/// What holds for every operation, unless the settings say otherwise.
const PATIENCE: Policy = Policy::new()
    .attempts(3)
    .base(Duration::from_millis(500))
    .cap(Duration::from_secs(8))
    .deadline(Duration::from_secs(30))
    .checked();

#[derive(Debug, thiserror::Error, Classify)]
enum DockerError {
    /// Before the connection: nothing was sent, so nothing has happened.
    #[error("cannot reach the daemon: {0}")]
    #[classify(transient)]
    Unreachable(String),
    #[error("no permission to talk to the daemon")]
    #[classify(permanent)]
    Forbidden,
    /// The daemon has answered.
    #[error("{message}")]
    #[classify(status = status)]
    Refused { status: u16, message: String },
    /// In the middle of a download there is no status any more, only the registry's words.
    #[error("{0}")]
    #[classify(messages)]
    Download(String),
    /// After the connection: it may have happened.
    #[error("{cause}")]
    #[classify(kind = kind)]
    BrokenOff { cause: Bollard, kind: Kind },
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

impl From<Bollard> for DockerError {
    fn from(error: Bollard) -> Self {
        use DockerError::{Download, Forbidden, Refused, Unreachable};
        let kind = match &error {
            Bollard::SocketNotFoundError(path) => return Unreachable(format!("no {path}")),
            Bollard::HyperLegacyError { err } if err.is_connect() => {
                return match os_error(err) {
                    Some(os) if os.kind() == io::ErrorKind::PermissionDenied => Forbidden,
                    os => Unreachable(os.map_or(err.to_string(), ToString::to_string)),
                };
            }
            Bollard::DockerResponseServerError { status_code, message } => {
                return Refused { status: *status_code, message: message.clone() };
            }
            Bollard::DockerStreamError { error } => return Download(error.clone()),
            // Their texts are transparent: the chain of sources leaves them out.
            Bollard::HyperResponseError { err } => err.classify().kind,
            Bollard::IOError { err } => err.classify().kind,
            Bollard::HyperLegacyError { .. } | Bollard::RequestTimeoutError => Kind::Ambiguous,
            _ => Kind::Permanent,
        };
        DockerError::BrokenOff { cause: error, kind }
    }
}

/// The error of the operating system among the causes.
fn os_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|e| e.downcast_ref())
}

type Answer<T> = Result<T, RetryError<DockerError>>;

/// What talks to the daemon; a clone is another handle to the same.
#[derive(Clone)]
struct Client {
    socket: String,
    daemon: Arc<OnceCell<Docker>>,
}

impl Client {
    fn new(socket: String) -> Self {
        Client { socket, daemon: Arc::default() }
    }

    /// For the window, which asks again and again: a list of yesterday is nothing that must not get lost. Without a
    /// budget, as all operations: this is one client of a daemon of its own, and the breaker ends what goes on and on.
    #[retryable(policy = PATIENCE, timeout = "5s", idempotent, breaker("docker", consecutive = 12),
        budget = none, report, name = "docker::list")]
    async fn list(&self) -> Answer<usize> {
        Ok(self.daemon().await?.list_containers(None::<ListContainersOptions>).await?.len())
    }

    /// The client, once a daemon has said which version of the API it speaks.
    async fn daemon(&self) -> Result<&Docker, Bollard> {
        let new = || Docker::connect_with_unix(&self.socket, 120, API_DEFAULT_VERSION);
        self.daemon.get_or_try_init(async || new()?.negotiate_version().await).await
    }
}

/// Starting what may run already can be repeated.
#[retryable(policy = PATIENCE, timeout = "10s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::start", task(state(client)))]
async fn start(container: String, client: &Client) -> Answer<()> {
    let daemon = client.daemon().await?;
    Ok(daemon.start_container(&container, None::<StartContainerOptions>).await?)
}

/// So can pulling what may be there already.
#[retryable(policy = PATIENCE, timeout = "25s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::pull", task(state(client)))]
async fn pull(image: String, client: &Client) -> Answer<()> {
    let from_image = Some(image.clone());
    let options = CreateImageOptions { from_image, ..CreateImageOptions::default() };
    let progress = client.daemon().await?.create_image(Some(options), None, None);
    Ok(progress.try_for_each(|_| std::future::ready(Ok(()))).await?)
}

/// And making a volume, which answers with the one that has the name. Returns where it is.
#[retryable(policy = PATIENCE, timeout = "10s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::volume", task(state(client)))]
async fn volume(name: String, client: &Client) -> Answer<String> {
    let request =
        VolumeCreateRequest { name: Some(name.clone()), ..VolumeCreateRequest::default() };
    Ok(client.daemon().await?.create_volume(request).await?.mountpoint)
}

/// What is being retried: each is a line in the window, with a button "Cancel".
fn retried() -> impl Iterator<Item = LiveCall> {
    live::calls().into_iter().filter(|call| call.name().starts_with("docker::"))
}

/// The button "Retry" of a call: a person asks, so an open breaker is no reason to refuse.
async fn by_hand<T>(call: impl Future<Output = Answer<T>>) -> Answer<T> {
    close_the_breaker();
    call.await
}

fn close_the_breaker() {
    if let Some(breaker) = retry_runtime::breaker("docker") {
        breaker.force_close();
    }
}

/// What the user reads in the end.
fn help(error: &RetryError<DockerError>) -> String {
    use Interruption::{Cancelled, CircuitOpen};
    let advice = match error.error() {
        DockerError::Unreachable(_) => "start Docker, then press Retry",
        DockerError::Forbidden => "join the group `docker`, then log in again",
        DockerError::Refused { status: 404, .. } => "look for its name in the list",
        DockerError::Refused { .. } | DockerError::Download(_) => "Docker's log may say more",
        DockerError::Interrupted(Cancelled) => "press Retry to go on",
        DockerError::Interrupted(CircuitOpen { .. }) => "press Retry when Docker is back",
        DockerError::Interrupted(_) | DockerError::BrokenOff { .. } => {
            "Docker is there and does not answer; restart it if that goes on"
        }
    };
    format!("{error}: {advice}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    config::apply(Config::from_toml(SETTINGS)?)?;
    if restart::is_first_life() {
        return restart::first_life().await;
    }
    let _lines = progress::show()?;
    let mut daemon = Daemon::start().await?;
    println!("The daemon is {}.\n", daemon.name());
    let mut promises = Promises::default();
    tour::all(&mut daemon, &mut promises).await?;
    let own = std::env::current_exe()?;
    restart::all(&mut daemon, &mut promises, &mut Command::new(own)).await?;
    Ok(promises.summary())
}
