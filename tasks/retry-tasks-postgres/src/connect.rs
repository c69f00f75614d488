//! One connection, used from one thread: statements are prepared once, and sent many at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::{join_all, poll_fn};
use retry_tasks::StoreError;
use tokio::runtime::Runtime;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Row, Socket, Statement};

use super::error::{failure, other};
use super::row::COLUMNS;

/// The settings of the connections of a store.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) schema: String,
    /// The server and the database, without a password.
    pub(crate) server: String,
    /// How long to wait for locks, and for a server that is away.
    pub(crate) patience: Duration,
    #[cfg(feature = "rustls")]
    pub(crate) tls: tokio_postgres_rustls::MakeRustlsConnect,
}

/// The failure of a statement or a transaction.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another transaction was in the way: the whole of this one can be done again.
    Again(StoreError),
    /// The connection was lost.
    Lost(StoreError),
    /// The server refuses.
    Refused(StoreError),
}

impl Failure {
    pub(crate) fn error(&self) -> &StoreError {
        let (Failure::Again(error) | Failure::Lost(error) | Failure::Refused(error)) = self;
        error
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let (Failure::Again(error) | Failure::Lost(error) | Failure::Refused(error)) = failure;
        error
    }
}

/// A parameter of a statement.
pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

/// A statement to be sent. `@` in it stands for the schema with a dot, and `t.%` for the columns of a task.
pub(crate) enum Call {
    /// Statements without parameters, such as `BEGIN`.
    Plain(String),
    /// A statement that is prepared once.
    Query(&'static str, Vec<Param>),
}

/// A connection that is made again after it was lost.
pub(crate) struct Connection {
    runtime: Runtime,
    settings: Arc<Settings>,
    link: Option<Link>,
    /// How long the server may take for an answer.
    within: Duration,
}

struct Link {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

#[cfg(feature = "rustls")]
type Encrypted = <tokio_postgres_rustls::MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<
    Socket,
>>::Stream;

/// A connection's other half, which moves the bytes.
pub(crate) enum Wire {
    Plain(Box<tokio_postgres::Connection<Socket, NoTlsStream>>),
    #[cfg(feature = "rustls")]
    Encrypted(Box<tokio_postgres::Connection<Socket, Encrypted>>),
}

impl Wire {
    /// The next notice or notification; `None` when the connection has ended.
    pub(crate) async fn message(&mut self) -> Option<Result<AsyncMessage, tokio_postgres::Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, tokio_postgres::Error>>> {
        match self {
            Wire::Plain(wire) => wire.poll_message(cx),
            #[cfg(feature = "rustls")]
            Wire::Encrypted(wire) => wire.poll_message(cx),
        }
    }
}

/// Connects. The wire must be polled for the client to get answers.
pub(crate) async fn dial(settings: &Settings) -> Result<(Client, Wire), tokio_postgres::Error> {
    #[cfg(feature = "rustls")]
    {
        use tokio_postgres::config::SslMode;
        if settings.config.get_ssl_mode() != SslMode::Disable {
            let (client, wire) = settings.config.connect(settings.tls.clone()).await?;
            return Ok((client, Wire::Encrypted(Box::new(wire))));
        }
    }
    let (client, wire) = settings.config.connect(NoTls).await?;
    Ok((client, Wire::Plain(Box::new(wire))))
}

/// A runtime for one thread.
pub(crate) fn runtime() -> Result<Runtime, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| other(format!("cannot start a thread for the task store: {error}")))
}

impl Connection {
    /// A connection that is made when it is needed first.
    pub(crate) fn new(settings: Arc<Settings>, within: Duration) -> Result<Self, StoreError> {
        Ok(Connection { runtime: runtime()?, settings, link: None, within })
    }

    pub(crate) fn schema(&self) -> &str {
        &self.settings.schema
    }

    pub(crate) fn server(&self) -> &str {
        &self.settings.server
    }

    pub(crate) fn patience(&self) -> Duration {
        self.settings.patience
    }

    /// Drops a connection whose state is not known.
    pub(crate) fn hang_up(&mut self) {
        self.link = None;
    }

    /// Waits on this thread, while the bytes of the connection move.
    pub(crate) fn pause(&self, time: Duration) {
        // The timer must be made inside of the runtime.
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Connects if there is no connection.
    pub(crate) fn connect(&mut self) -> Result<(), Failure> {
        if self.link.as_ref().is_some_and(|link| !link.client.is_closed()) {
            return Ok(());
        }
        self.link = None;
        let within = self.within;
        let settings = Arc::clone(&self.settings);
        let dialled = self.runtime.block_on(async move {
            tokio::time::timeout(within, async {
                let (client, mut wire) = dial(&settings).await?;
                tokio::spawn(async move { while let Some(Ok(_)) = wire.message().await {} });
                Ok(client)
            })
            .await
        });
        match dialled {
            Ok(Ok(client)) => {
                self.link = Some(Link { client, statements: HashMap::new() });
                Ok(())
            }
            // A wrong password or database is no reason to try again.
            Ok(Err(error)) => Err(match self.failed(&error) {
                Failure::Again(error) => Failure::Lost(error),
                failure => failure,
            }),
            Err(_) => Err(Failure::Lost(self.silent())),
        }
    }

    /// Sends the statements in one go and returns the rows of each. The first failure counts.
    pub(crate) fn run(&mut self, calls: Vec<Call>) -> Result<Vec<Vec<Row>>, Failure> {
        self.connect()?;
        let Some(Link { client, statements }) = &mut self.link else {
            return Err(Failure::Lost(self.silent()));
        };
        let schema = &self.settings.schema;
        let flight = async {
            for call in &calls {
                let Call::Query(sql, _) = call else { continue };
                if !statements.contains_key(sql) {
                    let prepared = client.prepare(&qualified(sql, schema)).await?;
                    statements.insert(sql, prepared);
                }
            }
            let sent = calls.iter().map(|call| one(client, statements, schema, call));
            join_all(sent).await.into_iter().collect::<Result<Vec<_>, tokio_postgres::Error>>()
        };
        let within = self.within;
        // The timer must be made inside of the runtime.
        let landed = self.runtime.block_on(async { tokio::time::timeout(within, flight).await });
        match landed {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => {
                self.link = None;
                Err(Failure::Lost(self.silent()))
            }
        }
    }

    /// Sends statements without parameters.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        self.simple(sql).map(drop)
    }

    /// Sends statements without parameters, and returns the first column of their rows as texts.
    pub(crate) fn simple(&mut self, sql: &str) -> Result<Vec<String>, Failure> {
        use tokio_postgres::SimpleQueryMessage::Row;
        self.connect()?;
        let Some(Link { client, .. }) = &self.link else {
            return Err(Failure::Lost(self.silent()));
        };
        let sql = qualified(sql, &self.settings.schema);
        let within = self.within;
        let flight = async { tokio::time::timeout(within, client.simple_query(&sql)).await };
        match self.runtime.block_on(flight) {
            Ok(Ok(messages)) => {
                let text = |message: &tokio_postgres::SimpleQueryMessage| match message {
                    Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                };
                Ok(messages.iter().filter_map(text).collect())
            }
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => {
                self.link = None;
                Err(Failure::Lost(self.silent()))
            }
        }
    }

    fn failed(&mut self, error: &tokio_postgres::Error) -> Failure {
        let failure = failure(error, &self.settings.server, self.settings.patience);
        if matches!(failure, Failure::Lost(_)) {
            self.link = None;
        }
        failure
    }

    /// The failure of a server that does not answer.
    fn silent(&self) -> StoreError {
        let server = self.settings.server.clone();
        let within = self.within;
        StoreError::Unreachable { server, detail: format!("no answer within {within:?}") }
    }
}

/// The statement with the schema in place of each `@`, and the columns of a task in place of `t.%` or `f.%`.
pub(crate) fn qualified(sql: &str, schema: &str) -> String {
    let mut sql = sql.replace('@', &format!("{schema}."));
    for rows in ["t.", "f."] {
        let all = format!("{rows}%");
        if sql.contains(&all) {
            let columns: Vec<String> = COLUMNS.iter().map(|it| format!("{rows}{it}")).collect();
            sql = sql.replace(&all, &columns.join(", "));
        }
    }
    sql
}

async fn one(
    client: &Client,
    statements: &HashMap<&'static str, Statement>,
    schema: &str,
    call: &Call,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    match call {
        Call::Plain(sql) => {
            client.batch_execute(&qualified(sql, schema)).await?;
            Ok(Vec::new())
        }
        Call::Query(sql, params) => {
            let params = params.iter().map(|param| &**param as &(dyn ToSql + Sync));
            client.query_raw(&statements[sql], params).await?.try_collect().await
        }
    }
}

/// Without the parameters, which have arguments of tasks.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Call::Plain(sql) => f.debug_tuple("Plain").field(sql).finish(),
            Call::Query(sql, _) => f.debug_tuple("Query").field(sql).finish_non_exhaustive(),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("server", &self.server).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_connected = self.link.is_some();
        f.debug_struct("Connection")
            .field("server", &self.settings.server)
            .field("is_connected", &is_connected)
            .finish_non_exhaustive()
    }
}

/// Reports an error of a connection that is made again anyway.
pub(crate) fn warn(message: &str, error: &dyn std::fmt::Display) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        tracing::warn!(target: "retry_tasks", %error, "{message}");
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (message, error);
}
