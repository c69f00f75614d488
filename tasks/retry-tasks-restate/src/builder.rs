//! The connection to a server, and the endpoint at which the server calls the attempts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use restate_sdk::endpoint::{Endpoint, ServiceOptions};
use restate_sdk::http_server::HttpServer;
use restate_sdk::service::IntoServiceDefinition;
use retry_tasks::{StoreError, Tasks};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::attempt::AttemptService;
use crate::engine::Engine;
use crate::http::Servers;
use crate::limits::Limits;
use crate::object::{KeyObject, TaskObject};
use crate::store::RestateStore;

/// The longest attempt by default.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Tasks on a Restate server or cluster, to be opened.
///
/// | setting | default |
/// |---|---|
/// | `admin` | none: no lists, counts, analytics or removals, and no registration of workers |
/// | `listen`, `advertise` | none: this process submits and asks, and runs no attempts |
/// | `longest_attempt` | a day |
/// | `concurrency` | no limit over the fleet |
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use retry_tasks_restate::Restate;
///
/// let tasks = Restate::new(["http://r1:8080", "http://r2:8080"])
///     .admin(["http://r1:9070", "http://r2:9070"])
///     .listen("0.0.0.0:9080")
///     .advertise("http://workers:9080")
///     .open()
///     .await?;
/// let worker = tasks.worker().start()?;
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is connected until `open`"]
pub struct Restate {
    ingress: Vec<String>,
    admin: Vec<String>,
    listen: Option<String>,
    advertise: Option<String>,
    longest: Duration,
    limits: Vec<(String, u32)>,
}

impl Restate {
    /// Names the ingress of the server, or of each node of a cluster: `http://HOST:8080`. A request goes to the first one that
    /// answers.
    pub fn new<U: Into<String>>(ingress: impl IntoIterator<Item = U>) -> Self {
        Restate {
            ingress: ingress.into_iter().map(Into::into).collect(),
            admin: Vec::new(),
            listen: None,
            advertise: None,
            longest: LONGEST,
            limits: Vec::new(),
        }
    }

    /// Names the admin interface of the server, or of each node of a cluster: `http://HOST:9070`.
    pub fn admin<U: Into<String>>(mut self, urls: impl IntoIterator<Item = U>) -> Self {
        self.admin = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the address at which the server calls this process: `0.0.0.0:9080`.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = Some(address.into());
        self
    }

    /// Sets the URL at which the server finds the workers; by default `http://` and the address of [`listen`](Self::listen). All
    /// workers of a fleet have one URL, that of a load balancer: the server sends an attempt again to the URL from which
    /// it was lost.
    pub fn advertise(mut self, url: impl Into<String>) -> Self {
        self.advertise = Some(url.into());
        self
    }

    /// Sets how long an attempt may run, waiting for a slot included; by default a day. The server takes a longer one for
    /// stalled and starts it again, as after a crash of its worker.
    pub fn longest_attempt(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Sets the number of attempts of one function that may run at a time in the whole fleet; 0 counts as 1. The server holds the
    /// others back. An attempt that waits for a slot of its worker counts as running.
    ///
    /// Every program of the fleet sets the same limits, one that only submits tasks, too: a task keeps the limit that it was submitted
    /// with. A changed number reaches all nodes of a cluster within half a minute.
    ///
    /// The server's flow control is required, which only a new cluster can switch on:
    /// `RESTATE_EXPERIMENTAL_ENABLE_VQUEUES=true` and `RESTATE_EXPERIMENTAL_ENABLE_PROTOCOL_V7=true` in the environment of
    /// each node. [`admin`](Self::admin) is required, too.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use retry_tasks_restate::Restate;
    ///
    /// let tasks = Restate::new(["http://r1:8080"])
    ///     .admin(["http://r1:9070"])
    ///     .concurrency("bank::charge", 10) // the bank allows ten calls at a time
    ///     .open()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency(mut self, name: impl Into<String>, attempts: u32) -> Self {
        self.limits.push((name.into(), attempts.max(1)));
        self
    }

    /// Connects to the server. With [`listen`](Self::listen), binds the address, and registers the workers' URL at the server
    /// if [`admin`](Self::admin) is set.
    ///
    /// # Errors
    ///
    /// A URL is none, the address cannot be bound, or the server does not answer or refuses the workers' URL.
    /// [`StoreError::Unsupported`]: the fleet's limits need the server's flow control.
    pub async fn open(self) -> Result<Tasks, StoreError> {
        for url in self.ingress.iter().chain(&self.admin).chain(&self.advertise) {
            checked(url)?;
        }
        if self.ingress.is_empty() {
            return Err(other("`Restate::new` needs at least one URL".to_owned()));
        }
        let (ingress, admin) = (Servers::new(self.ingress), Servers::new(self.admin.clone()));
        let limits = Limits::set(&admin, &self.limits).await?;
        let engine = Arc::new(Engine::new(ingress, admin, limits));
        if let Some(address) = &self.listen {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| other(format!("cannot listen on `{address}`: {error}")))?;
            let bound = listener.local_addr().map_err(|error| other(error.to_string()))?;
            let server = HttpServer::new(endpoint(&engine, self.longest));
            tokio::spawn(server.serve_with_cancel(listener, std::future::pending::<()>()));
            if !self.admin.is_empty() {
                let url = self.advertise.clone().unwrap_or_else(|| own_url(bound));
                register(&engine.admin, &url).await?;
            }
        }
        Ok(Tasks::of(Arc::new(RestateStore { engine })))
    }
}

fn other(detail: String) -> StoreError {
    StoreError::Other { detail }
}

fn checked(url: &str) -> Result<(), StoreError> {
    if url.starts_with("http://") {
        return Ok(());
    }
    Err(other(format!(
        "`{url}` is no URL that begins with `http://`; put TLS in front of the server, for example in a sidecar"
    )))
}

fn own_url(bound: SocketAddr) -> String {
    format!("http://{bound}")
}

fn endpoint(engine: &Arc<Engine>, longest: Duration) -> Endpoint {
    let task = TaskObject { engine: Arc::clone(engine) };
    let attempt = AttemptService { engine: Arc::clone(engine) };
    // The history is the task's own; the journal of an invocation that has ended is of no use.
    let objects = || endless(ServiceOptions::new().journal_retention(Duration::ZERO));
    let attempts = objects().inactivity_timeout(longest).abort_timeout(longest);
    Endpoint::builder()
        .bind(task.into_service_definition().options(objects()))
        .bind(KeyObject.into_service_definition().options(objects()))
        .bind(attempt.into_service_definition().options(attempts.ingress_private(true)))
        .build()
}

/// By default the server pauses an invocation that has failed for about a minute, until a person resumes it.
fn endless(options: ServiceOptions) -> ServiceOptions {
    options
        .retry_policy_initial_interval(Duration::from_millis(50))
        .retry_policy_exponentiation_factor(2.0)
        .retry_policy_max_interval(Duration::from_secs(1))
        .retry_policy_max_attempts(u64::from(u32::MAX))
}

/// Tells the server where the workers are. A URL that is known already is read again: this version of the program may have other
/// handlers.
async fn register(admin: &Servers, url: &str) -> Result<(), StoreError> {
    let deployment = json!({ "uri": url, "force": true });
    let _: Value = admin.post("/deployments", None, &deployment).await?;
    Ok(())
}
