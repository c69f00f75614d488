//! The settings of the store, and its opening.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use retry_tasks::rows::{Backend, Job, Leased, News, Thread};
use retry_tasks::{Clock, StoreError, Tasks};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::clock::ServerClock;
use super::connect::{Connection, Settings};
use super::error::other;
use super::memory::{Memory, Role};
use super::news::{self, Exchange};
use super::schema;
use super::transaction::{Timing, Transactions};

/// How long the server may take for an answer to a worker.
const WITHIN: Duration = Duration::from_secs(20);

/// How long the server may take for an answer to a question about many tasks.
const STUDIED_WITHIN: Duration = Duration::from_secs(600);

/// The settings of a task store in a PostgreSQL database that is not open yet.
///
/// ```no_run
/// use retry_tasks_postgres::PostgresBuilder;
///
/// # async fn open() -> Result<(), retry_tasks::StoreError> {
/// let tasks = PostgresBuilder::new("postgres://app@db.example.com/app").schema("jobs").open().await?;
/// # drop(tasks);
/// # Ok(())
/// # }
/// ```
#[must_use = "a store does nothing until it is opened"]
pub struct PostgresBuilder {
    url: String,
    schema: String,
    patience: Duration,
    hears: bool,
    is_existing: bool,
    clock: Option<Arc<dyn Clock>>,
}

impl PostgresBuilder {
    /// A store in the database of this URL, such as `postgres://user:password@host:5432/database?sslmode=require`, or of these
    /// words, such as `host=/run/postgresql user=app dbname=app`.
    pub fn new(url: impl Into<String>) -> Self {
        PostgresBuilder {
            url: url.into(),
            schema: super::SCHEMA.to_owned(),
            patience: Duration::from_secs(5),
            hears: true,
            is_existing: false,
            clock: None,
        }
    }

    /// Sets the schema of the tables; `retry_tasks` by default. It is created if it does not exist. Programs with tasks of
    /// their own in one database have schemas of their own.
    pub fn schema(self, name: impl Into<String>) -> Self {
        PostgresBuilder { schema: name.into(), ..self }
    }

    /// Sets how long an operation waits for locks of others, and for a server that is restarted; 5 s by default.
    pub fn patience(self, limit: Duration) -> Self {
        PostgresBuilder { patience: limit, ..self }
    }

    /// Leaves out `LISTEN` and its connection, for poolers that do not support it. Tasks of other programs then start when
    /// a worker looks for them, every 5 s by default.
    pub fn without_notifications(self) -> Self {
        PostgresBuilder { hears: false, ..self }
    }

    /// Requires the schema to exist in this program's version, for tools that inspect the tasks of a program: nothing is created
    /// or upgraded.
    pub fn existing(self) -> Self {
        PostgresBuilder { is_existing: true, ..self }
    }

    /// Sets the clock, for tests; by default the database's time counts.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        PostgresBuilder { clock: Some(clock), ..self }
    }

    /// Connects, and creates or upgrades the tables. The store has five connections: for changes, for claims, for questions,
    /// for questions that may take long, and for notifications.
    ///
    /// # Errors
    ///
    /// The URL or the name of the schema is wrong, the server cannot be reached, or the schema is of a newer version.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave an empty schema.
    pub async fn open(self) -> Result<Tasks, StoreError> {
        let opened = tokio::task::spawn_blocking(move || self.open_blocking()).await;
        opened.map_err(|error| other(error.to_string()))?
    }

    /// The same as [`open`](Self::open) for code that is not `async`. Blocks the thread.
    ///
    /// # Errors
    ///
    /// The same as of [`open`](Self::open).
    pub fn open_blocking(self) -> Result<Tasks, StoreError> {
        // The connections have runtimes of their own, which must not start within the caller's.
        let opened = std::thread::spawn(move || self.open_here()).join();
        opened.unwrap_or_else(|_| Err(other("the store could not be opened".to_owned())))
    }

    fn open_here(self) -> Result<Tasks, StoreError> {
        let settings = Arc::new(self.settings()?);
        let connection = |within| -> Result<Connection, StoreError> {
            Connection::new(Arc::clone(&settings), within)
        };
        let mut writer = connection(WITHIN)?;
        schema::migrate(&mut writer, !self.is_existing)?;
        let (timing, clock) = match self.clock {
            Some(clock) => (Timing::Given(Arc::clone(&clock)), clock),
            None => {
                let clock = Arc::new(ServerClock::new());
                (Timing::Server(Arc::clone(&clock)), clock as Arc<dyn Clock>)
            }
        };
        let exchange = Arc::new(Exchange::default());
        let memory = Memory::default();
        let transactions =
            |connection, role| Transactions::new(connection, timing.clone(), memory.clone(), role);
        let writer = transactions(writer, Role::Writes);
        let claimer = transactions(connection(WITHIN)?, Role::Claims);
        let reader = transactions(connection(WITHIN)?, Role::Reads);
        let student = transactions(connection(STUDIED_WITHIN)?, Role::Reads);
        let backend = Postgres::new(writer, claimer, reader, student, Arc::clone(&exchange))?;
        let tasks = Tasks::of(Arc::new(Leased::new(backend, clock)));
        if self.hears {
            news::start(settings, &exchange)?;
        }
        Ok(tasks)
    }

    fn settings(&self) -> Result<Settings, StoreError> {
        let mut config: Config = self.url.parse().map_err(|error: tokio_postgres::Error| {
            let reason = super::error::told(&error);
            // The text itself may have a password.
            other(format!(
                "the address of the database is none ({reason}); write postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            ))
        })?;
        check_schema(&self.schema)?;
        if config.get_application_name().is_none() {
            config.application_name("retry-tasks");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(10));
        }
        if !cfg!(feature = "rustls") && config.get_ssl_mode() == SslMode::Require {
            return Err(other(
                "the address asks for `sslmode=require`; build retry-tasks-postgres with the feature `rustls`".to_owned(),
            ));
        }
        Ok(Settings {
            server: server(&config),
            config,
            schema: self.schema.clone(),
            patience: self.patience,
            #[cfg(feature = "rustls")]
            tls: super::tls::connector()?,
        })
    }
}

/// The schema's name is a part of each statement.
pub(crate) fn check_schema(name: &str) -> Result<(), StoreError> {
    let is_small = |c: char| c == '_' || c.is_ascii_lowercase();
    let is_name =
        name.starts_with(is_small) && name.chars().all(|c| is_small(c) || c.is_ascii_digit());
    if is_name && name.len() <= 48 {
        return Ok(());
    }
    Err(other(format!(
        "`{name}` cannot be the name of the schema; write a small letter or `_`, then small letters, digits and `_`, at most 48"
    )))
}

/// The server and the database, without a password.
fn server(config: &Config) -> String {
    let host = config.get_hosts().first().map_or("localhost".to_owned(), |host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{host}:{port}/{database}")
}

impl fmt::Debug for PostgresBuilder {
    /// Leaves out the URL, which may have a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBuilder").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// The rows of a schema.
#[derive(Debug)]
struct Postgres {
    writer: Thread,
    claimer: Thread,
    reader: Thread,
    /// Answers the questions that may take long.
    student: Thread,
    exchange: Arc<Exchange>,
}

impl Postgres {
    fn new(
        writer: Transactions,
        claimer: Transactions,
        reader: Transactions,
        student: Transactions,
        exchange: Arc<Exchange>,
    ) -> Result<Self, StoreError> {
        let writes = |mut rows: Transactions| {
            let told = Arc::clone(&exchange);
            move |batch: &mut Vec<Job>| {
                told.tell(rows.write(batch));
                if rows.has_left_one() {
                    told.tell_all(News::claimable());
                }
            }
        };
        let reads = |mut rows: Transactions| move |job: &mut Job| rows.read(job);
        Ok(Postgres {
            writer: Thread::batches("retry-tasks-write", writes(writer))?,
            claimer: Thread::batches("retry-tasks-claim", writes(claimer))?,
            reader: Thread::one_by_one("retry-tasks-read", reads(reader))?,
            student: Thread::one_by_one("retry-tasks-study", reads(student))?,
            exchange,
        })
    }
}

impl Backend for Postgres {
    fn write(&self, job: Job, _: &dyn Clock) {
        self.writer.send(job);
    }

    fn claim(&self, job: Job, _: &dyn Clock) {
        self.claimer.send(job);
    }

    fn read(&self, job: Job, _: &dyn Clock) {
        self.reader.send(job);
    }

    fn study(&self, job: Job, _: &dyn Clock) {
        self.student.send(job);
    }

    fn listen(&self, hear: Arc<dyn Fn(News) + Send + Sync>) {
        self.exchange.pass_to(hear);
    }
}
