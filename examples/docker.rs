//! A desktop app that talks to the Docker daemon: `cargo run --example docker` runs its checks, and
//! `cargo run --example docker -- app` serves its window, a page for the browser (`docker/window.rs`).
//!
//! It shows that
//!
//! - an error means something different before the connection than after it, so classify by phase. A killed daemon
//!   refuses connections. A stopped daemon has removed its socket file, so "not found" is transient here, although it is
//!   permanent for ordinary files. A hanging daemon causes a timeout and may still have acted.
//! - one `const Policy` can serve all operations, with settings from a file for each kind of operation.
//! - `live` shows the waiting user the calls in progress and can cancel them.
//! - a final error says what happened and what to do about it.
//! - an operation that a user orders must survive its failure and the end of the app. Such operations are tasks stored
//!   in a file (`docker/orders.rs`); a caller who waits for the answer calls the same functions directly.
//!
//! The requirements ask for three attempts, and for waiting while the daemon is briefly away. Three attempts wait at
//! most 1.5 s, less than a daemon takes to start. So three is the default, and the settings allow more for the list,
//! which the window always shows. Both have a deadline of thirty seconds.
//!
//! The program starts, kills, stops and pauses a real daemon (Debian's `docker.io` as root, otherwise podman). Without
//! one, a stand-in answers on the socket, and the output says so.

#[path = "docker/orders.rs"]
mod orders;
#[path = "docker/restart.rs"]
mod restart;
#[cfg(test)]
#[path = "docker/tests.rs"]
mod tests;
#[path = "docker/tour.rs"]
mod tour;
#[path = "docker/window.rs"]
mod window;

use std::error::Error;
use std::future::Future;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error as Bollard;
use bollard::models::{CreateImageInfo, VolumeCreateRequest};
use bollard::query_parameters::{CreateImageOptions, ListContainersOptions, StartContainerOptions};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::TryStreamExt;
use retry_config::Config;
use retry_examples::docker_daemon::Daemon;
use retry_examples::story::Checks;
use retry_runtime::live::{self, LiveCall};
use retry_runtime::retryable;
use retry_runtime::{Classify, Interruption, Kind, Policy, RetryError};
use tokio::sync::OnceCell;

/// The app's settings file, with short delays for this demonstration.
const SETTINGS: &str = r#"
    [op."docker::*"]
    base = "100ms"
    timeout = "3s"
    [op."docker::list"] # always visible: waits for a daemon that is starting
    attempts = 10
    base = "500ms"
    cap = "4s"
    jitter = "equal"
"#;

/// The policy of every operation, unless the settings change it.
const PATIENCE: Policy = Policy::new()
    .attempts(3)
    .base(Duration::from_millis(500))
    .cap(Duration::from_secs(8))
    .deadline(Duration::from_secs(30))
    .checked();

#[derive(Debug, thiserror::Error, Classify)]
enum DockerError {
    /// Before the connection: nothing was sent, so nothing has taken effect.
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
    /// In the middle of a download there is no status, only the registry's message.
    #[error("{0}")]
    #[classify(messages)]
    Download(String),
    /// After the connection: the request may have taken effect.
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
            // These variants are transparent, so the chain of sources does not include the inner error.
            Bollard::HyperResponseError { err } => err.classify().kind,
            Bollard::IOError { err } => err.classify().kind,
            Bollard::HyperLegacyError { .. } | Bollard::RequestTimeoutError => Kind::Ambiguous,
            _ => Kind::Permanent,
        };
        DockerError::BrokenOff { cause: error, kind }
    }
}

/// Finds an operating system error among the causes.
fn os_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|e| e.downcast_ref())
}

type Answer<T> = Result<T, RetryError<DockerError>>;

/// A client of the daemon; clones share one connection.
#[derive(Clone)]
struct Client {
    socket: String,
    daemon: Arc<OnceCell<Docker>>,
}

impl Client {
    fn new(socket: String) -> Self {
        Client { socket, daemon: Arc::default() }
    }

    /// Lists containers for the window, which asks repeatedly; an outdated list has no value, so this is not a task.
    /// No operation has a budget: this is the only client of its daemon, and the breaker stops endless retries.
    #[retryable(policy = PATIENCE, timeout = "5s", idempotent, breaker("docker", consecutive = 12),
        budget = none, report, name = "docker::list")]
    async fn list(&self) -> Answer<usize> {
        Ok(self.daemon().await?.list_containers(None::<ListContainersOptions>).await?.len())
    }

    /// The API client, created after the daemon has reported its API version.
    async fn daemon(&self) -> Result<&Docker, Bollard> {
        let new = || Docker::connect_with_unix(&self.socket, 120, API_DEFAULT_VERSION);
        self.daemon.get_or_try_init(async || new()?.negotiate_version().await).await
    }
}

/// Starting a container that may already be running can be repeated.
#[retryable(policy = PATIENCE, timeout = "10s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::start", task(state(client)))]
async fn start(container: String, client: &Client) -> Answer<()> {
    let daemon = client.daemon().await?;
    Ok(daemon.start_container(&container, None::<StartContainerOptions>).await?)
}

/// Pulling an image that may already exist can be repeated.
#[retryable(policy = PATIENCE, timeout = "25s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::pull", task(state(client)))]
async fn pull(image: String, client: &Client) -> Answer<()> {
    let from_image = Some(image.clone());
    let options = CreateImageOptions { from_image, ..CreateImageOptions::default() };
    let progress = client.daemon().await?.create_image(Some(options), None, None);
    let told = progress.try_for_each(|info| {
        tell(&info);
        std::future::ready(Ok(()))
    });
    Ok(told.await?)
}

/// Tells the progress of a download to the task that it is part of; a direct call has none.
fn tell(info: &CreateImageInfo) {
    let Some(task) = retry_tasks::current() else { return };
    if let Some(status) = &info.status {
        task.message(status);
    }
    let detail = info.progress_detail.as_ref();
    if let Some((current, total)) = detail.and_then(|detail| detail.current.zip(detail.total)) {
        task.progress(current as f64 / total.max(1) as f64);
    }
}

/// Creating a volume can be repeated: the daemon returns the existing one with that name. Returns its mount point.
#[retryable(policy = PATIENCE, timeout = "10s", idempotent, breaker = "docker", budget = none, report,
    name = "docker::volume", task(state(client)))]
async fn volume(name: String, client: &Client) -> Answer<String> {
    let request =
        VolumeCreateRequest { name: Some(name.clone()), ..VolumeCreateRequest::default() };
    Ok(client.daemon().await?.create_volume(request).await?.mountpoint)
}

/// The calls in progress; each is a line in the window, with a button "Cancel".
fn live_calls() -> impl Iterator<Item = LiveCall> {
    live::calls().into_iter().filter(|call| call.name().starts_with("docker::"))
}

/// The button "Retry" of a call: a person asks, so an open breaker must not refuse the call.
async fn retry_manually<T>(call: impl Future<Output = Answer<T>>) -> Answer<T> {
    close_the_breaker();
    call.await
}

fn close_the_breaker() {
    if let Some(breaker) = retry_runtime::breaker("docker") {
        breaker.force_close();
    }
}

const DOES_NOT_ANSWER: &str = "Docker is running but does not answer; restart it if this persists";

/// The error text that the user reads.
fn help(error: &RetryError<DockerError>) -> String {
    use Interruption::{Cancelled, CircuitOpen};
    let advice = match error.error() {
        DockerError::Unreachable(_) => "start Docker, then press Retry",
        DockerError::Forbidden => "join the group `docker`, then log in again",
        DockerError::Refused { status: 404, .. } => "check the name in the list",
        DockerError::Refused { .. } | DockerError::Download(_) => "Docker's log may say more",
        DockerError::Interrupted(interruption) => match interruption.root() {
            Cancelled => "press Retry to continue",
            CircuitOpen { .. } => "press Retry when Docker is back",
            _ => DOES_NOT_ANSWER,
        },
        DockerError::BrokenOff { .. } => DOES_NOT_ANSWER,
    };
    format!("{error}: {advice}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    retry_config::apply(Config::from_toml(SETTINGS)?)?;
    if window::is_wanted() {
        window::run().await?;
        return Ok(ExitCode::SUCCESS);
    }
    if restart::is_first_life() {
        return restart::first_life().await;
    }
    let _lines = retry_progress::show()?;
    let mut daemon = Daemon::start().await?;
    println!("Using {}.\n", daemon.name());
    let mut checks = Checks::default();
    tour::all(&mut daemon, &mut checks).await?;
    let own = std::env::current_exe()?;
    restart::all(&mut daemon, &mut checks, &mut Command::new(own)).await?;
    Ok(checks.summary())
}
