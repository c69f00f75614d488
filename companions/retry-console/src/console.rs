//! The console: a service for one's own application, or a server of its own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
#[cfg(feature = "tasks")]
use retry_tasks::Tasks;
use tokio::net::{TcpListener, ToSocketAddrs};
use tower_service::Service;

use crate::data::model::Process;
use crate::live::clock::Now;
use crate::live::due::DueTasks;
use crate::live::feed::Feed;
use crate::live::peers::{Peers, Source};
use crate::serve::api;
use crate::serve::guard::Guard;

/// Everything that the routes share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) feed: Arc<Feed>,
    pub(crate) guard: Guard,
    pub(crate) simulations: crate::serve::simulate::Running,
    #[cfg(feature = "tasks")]
    pub(crate) jobs: crate::jobs::Jobs,
}

impl Core {
    #[cfg(feature = "tasks")]
    pub(crate) fn tasks(&self) -> &Tasks {
        self.feed.due.tasks().expect("the routes of tasks are made with tasks")
    }
}

/// A console in the browser: it shows every call, breaker and task of the program, and passes orders to them.
///
/// It is a `tower` service: mount it in an application of `axum`, or let it [serve](Console::serve) by itself. A clone is the
/// same console. As long as nobody looks, calls pay nothing for it; it counts the calls of each second and looks at the
/// breakers once a second.
///
/// ```
/// use retry_console::Console;
///
/// # fn main() -> Result<(), retry_console::ConsoleError> {
/// let console = Console::builder().token("a token of your own").build()?;
/// let app: axum::Router = axum::Router::new().nest_service("/admin/retry", console);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Console {
    core: Arc<Core>,
    router: Router,
}

impl Console {
    /// A console with the settings to be completed.
    pub fn builder() -> ConsoleBuilder {
        ConsoleBuilder::default()
    }

    /// Serves the console on an address of this machine until the future is dropped.
    ///
    /// A console without a token makes one, and writes the address with it to the standard error stream.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, or it is one that other machines reach and the console has no token.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the server and its connections.
    pub async fn serve(self, address: impl ToSocketAddrs) -> io::Result<()> {
        self.serve_on(TcpListener::bind(address).await?).await
    }

    /// [`serve`](Console::serve) on a listener that the program has opened.
    ///
    /// # Errors
    ///
    /// The same as of [`serve`](Console::serve).
    pub async fn serve_on(self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        let has_token = self.core.guard.has_token();
        if !address.ip().is_loopback() && !has_token {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "other machines reach {address}: give the console a token (`token`, `token_from_env`), or serve on 127.0.0.1"
                ),
            ));
        }
        if !has_token {
            let token = self.core.guard.take(random_token()?);
            eprintln!("retry console: http://{address}/?token={token}");
        }
        self.core.feed.start();
        tracing::info!(target: "retry_console", address = %address, "the console listens");
        let app = self.router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    }
}

impl Service<Request> for Console {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Router as Service<Request<Body>>>::poll_ready(&mut self.router, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(self.router.call(request))
    }
}

/// The settings of a [`Console`].
///
/// ```
/// use retry_console::Console;
///
/// # fn main() -> Result<(), retry_console::ConsoleError> {
/// let console = Console::builder()
///     .name("shop")
///     .version(env!("CARGO_PKG_VERSION"))
///     .token("a-token-of-your-own")
///     .viewer_token("a-token-to-look-only")
///     .host("admin.example.com")
///     .peers(["http://10.0.0.2:7600"])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder makes no console until `build`"]
pub struct ConsoleBuilder {
    name: Option<String>,
    version: Option<String>,
    guard: Guard,
    mistake: Option<ConsoleError>,
    sources: Vec<Source>,
    #[cfg(feature = "tasks")]
    tasks: Option<Tasks>,
}

/// A setting that makes no console.
///
/// ```
/// let error = retry_console::Console::builder().token("short").build().unwrap_err();
/// assert!(error.to_string().starts_with("`token` must be at least 12 letters"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleError(String);

impl std::fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConsoleError {}

/// The shortest token.
const SHORTEST: usize = 12;

impl ConsoleBuilder {
    /// The name of the program; the name of its file without it.
    pub fn name(self, name: impl Into<String>) -> Self {
        ConsoleBuilder { name: Some(name.into()), ..self }
    }

    /// The version of the program, such as `env!("CARGO_PKG_VERSION")`.
    pub fn version(self, version: impl Into<String>) -> Self {
        ConsoleBuilder { version: Some(version.into()), ..self }
    }

    /// The token of those who may look and give orders: at least 12 letters, digits or `-_.~`. Peers are asked with it.
    ///
    /// Without a token, the console answers this machine alone.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.guard.operator = self.checked("token", token.into());
        self
    }

    /// [`token`](ConsoleBuilder::token) from a variable of the environment.
    ///
    /// A variable that is not set, or empty, is an error of [`build`](ConsoleBuilder::build): a console must not become open to
    /// everybody by a slip.
    pub fn token_from_env(mut self, variable: &str) -> Self {
        match std::env::var(variable) {
            Ok(token) if !token.is_empty() => self.token(token),
            _ => {
                self.mistake.get_or_insert(ConsoleError(format!(
                    "the environment variable `{variable}` has no token: set it to at least {SHORTEST} letters or digits"
                )));
                self
            }
        }
    }

    /// The token of those who may look and not give orders.
    pub fn viewer_token(mut self, token: impl Into<String>) -> Self {
        self.guard.viewer = self.checked("viewer_token", token.into());
        self
    }

    fn checked(&mut self, setting: &str, token: String) -> Option<String> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~ ".contains(&byte);
        if token.len() < SHORTEST || !token.bytes().all(is_fit) {
            self.mistake.get_or_insert(ConsoleError(format!(
                "`{setting}` must be at least {SHORTEST} letters, digits or `-_.~`; it has {} characters",
                token.chars().count()
            )));
        }
        Some(token)
    }

    /// Takes no orders from anybody.
    pub fn read_only(mut self) -> Self {
        self.guard.is_read_only = true;
        self
    }

    /// A name by which browsers reach the console, such as `admin.example.com`. Addresses and `localhost` need none.
    ///
    /// Other names are refused, so that a page whose name was rebound to this address learns nothing.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.guard.hosts.push(host.into());
        self
    }

    /// Other processes with a console, by their addresses: `http://10.0.0.2:7600`, with the path at which theirs is mounted.
    /// Their token must be the same as this one's.
    pub fn peers<P: Into<String>>(mut self, addresses: impl IntoIterator<Item = P>) -> Self {
        let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
        for address in &addresses {
            if !address.starts_with("http://") {
                self.mistake.get_or_insert(ConsoleError(format!(
                    "a peer's address ({address:?}) must begin with `http://`"
                )));
            }
        }
        self.sources.push(Source::Listed(addresses));
        self
    }

    /// [`peers`](ConsoleBuilder::peers) from a file with an address a line, which is read again every second.
    pub fn peers_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(Source::File(path.into()));
        self
    }

    /// [`peers`](ConsoleBuilder::peers) from a name that resolves to the address of every process, and their port:
    /// `shop.internal:7600`.
    pub fn peers_of(mut self, name: impl Into<String>) -> Self {
        self.sources.push(Source::Name(name.into()));
        self
    }

    /// The tasks to show.
    #[cfg(feature = "tasks")]
    pub fn tasks(self, tasks: &Tasks) -> Self {
        ConsoleBuilder { tasks: Some(tasks.clone()), ..self }
    }

    /// The console.
    ///
    /// # Errors
    ///
    /// A token is too short or missing, or an address of a peer is none.
    pub fn build(self) -> Result<Console, ConsoleError> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let process = Process {
            instance: instance(),
            name: self.name.unwrap_or_else(program),
            pid: std::process::id(),
            host: host(),
            version: self.version,
            started_at: Now::read().millis,
            #[cfg(feature = "tasks")]
            has_tasks: self.tasks.is_some(),
            ..Process::default()
        };
        let peers = Peers::new(self.sources, self.guard.operator.clone());
        #[cfg(feature = "tasks")]
        let due = DueTasks::of(self.tasks);
        #[cfg(not(feature = "tasks"))]
        let due = DueTasks::default();
        let core = Arc::new(Core {
            feed: Feed::new(process, peers, due),
            guard: self.guard,
            simulations: crate::serve::simulate::Running::default(),
            #[cfg(feature = "tasks")]
            jobs: crate::jobs::Jobs::default(),
        });
        let router = api::router(&core);
        Ok(Console { core, router })
    }
}

/// A random name of this run.
fn instance() -> String {
    format!("{:08x}", getrandom::u32().unwrap_or_else(|_| std::process::id()))
}

/// A token for a console that serves alone; an error when the system has no random numbers.
fn random_token() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn host() -> String {
    let file = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = file.or_else(|| std::env::var("HOSTNAME").ok());
    let name = name.or_else(|| std::env::var("COMPUTERNAME").ok());
    name.unwrap_or_default().trim().to_owned()
}
