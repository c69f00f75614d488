//! Functions that users could not retry with other crates, taken from the issues of backon, tokio-retry, backoff,
//! etcd-client, opendal, omicron and ghciwatch.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use retry_runtime::{Classify, Kind, retryable};
use tokio::sync::{Mutex, RwLock};

use super::support::{E, Runs, block_on, sendable};

/// A client whose methods take `&mut self` and owned requests, as generated gRPC clients do.
#[derive(Clone, Default)]
struct Grpc {
    runs: Arc<Runs>,
}

#[derive(Clone, Debug, Default)]
struct Request {
    key: Vec<u8>,
}

impl Grpc {
    async fn put(&mut self, request: Request) -> Result<usize, Status> {
        self.runs.fail_later(2).await.map_err(|_| Status(14))?;
        Ok(request.key.len())
    }
}

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("status {0}")]
#[classify(kind = if *_0 == 14 { Kind::Transient } else { Kind::Permanent })]
struct Status(u8);

#[derive(Default)]
struct Kv {
    client: Grpc,
    token: RwLock<Option<String>>,
}

impl Kv {
    /// etcd-client: each attempt consumes the request.
    #[retryable(base = "0s", clone(request))]
    async fn put(&mut self, request: Request) -> Result<usize, Status> {
        self.client.put(request).await
    }

    /// The body clones the client in each attempt.
    #[retryable(base = "0s")]
    async fn put_by_key(
        &self,
        key: impl Into<Vec<u8>> + Clone + Send + Sync,
    ) -> Result<usize, Status> {
        let mut client = self.client.clone();
        client.put(Request { key: key.clone().into() }).await
    }

    /// Refreshes a missing token behind a lock that is held across an await.
    #[retryable(base = "0s")]
    async fn authenticated(&self, runs: &Runs) -> Result<String, E> {
        let mut token = self.token.write().await;
        if token.is_none() {
            runs.fail_later(2).await?;
            *token = Some("secret".to_owned());
        }
        Ok(token.clone().unwrap_or_default())
    }
}

/// tokio-retry: a connection by address, whose error is boxed.
#[retryable(base = "0s", on = any)]
async fn connect(
    address: &str,
    runs: Arc<Runs>,
) -> Result<u32, Box<dyn Error + Send + Sync + 'static>> {
    if runs.fail_later(2).await.is_err() {
        return Err(format!("cannot connect to {address}").into());
    }
    Ok(runs.count())
}

/// backoff's extension of reqwest's builder: `self` must be cloned manually.
#[async_trait]
trait SendRetry: Sized {
    async fn send_retry(self, timeout: Duration) -> Result<u32, E>;
}

struct Builder {
    runs: Arc<Runs>,
}

impl Builder {
    fn try_clone(&self) -> Option<Self> {
        Some(Builder { runs: Arc::clone(&self.runs) })
    }

    async fn send(self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

#[async_trait]
impl SendRetry for Builder {
    #[retryable(base = "0s", deadline = "1m")]
    async fn send_retry(self, timeout: Duration) -> Result<u32, E> {
        let cloned = self.try_clone().ok_or(E::Bad)?;
        tokio::time::timeout(timeout, cloned.send()).await.map_err(|_| E::Busy)?
    }
}

/// omicron: the closure of a transaction, called with the connection in each attempt.
#[retryable(base = "0s")]
async fn transaction<'c, T, F, R>(connection: &'c Runs, work: F) -> Result<T, E>
where
    F: Fn(&'c Runs) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send,
{
    let out = work(connection).await?;
    Ok(out)
}

/// ghciwatch: a session that consumes itself.
struct Session {
    runs: Runs,
    restarts: u32,
}

impl Session {
    #[retryable(base = "0s", keep(self))]
    async fn run(mut self) -> Result<u32, E> {
        self.restarts += 1;
        self.run_inner().await?;
        Ok(self.restarts)
    }

    async fn run_inner(&mut self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

/// opendal: an accessor that wraps another accessor and forwards its arguments.
struct RetryAccessor<A> {
    inner: A,
}

trait Access: Send + Sync {
    fn read(
        &self,
        path: &str,
        range: std::ops::Range<u64>,
    ) -> impl Future<Output = Result<Vec<u8>, E>> + Send;
    fn blocking_stat(&self, path: &str) -> Result<u32, E>;
}

impl Access for Runs {
    async fn read(&self, path: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, E> {
        self.fail_later(2).await?;
        Ok(vec![0; path.len() + (range.end - range.start) as usize])
    }

    fn blocking_stat(&self, _: &str) -> Result<u32, E> {
        self.fail(2)
    }
}

impl<A: Access> Access for RetryAccessor<A> {
    #[retryable(base = "0s", clone(range))]
    async fn read(&self, path: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, E> {
        self.inner.read(path, range).await
    }

    #[retryable(base = "0s")]
    fn blocking_stat(&self, path: &str) -> Result<u32, E> {
        self.inner.blocking_stat(path)
    }
}

/// Shared state behind `Arc<Mutex<…>>`, a map of handlers, a spawned worker.
#[retryable(base = "0s")]
async fn update(
    state: Arc<Mutex<HashMap<String, u32>>>,
    key: String,
    runs: Arc<Runs>,
) -> Result<u32, E> {
    let mut state = state.lock().await;
    let entry = state.entry(key.clone()).or_insert(0);
    *entry += 1;
    runs.fail_later(2).await?;
    Ok(*entry)
}

/// A closure, passed as a trait object, that builds the request for each attempt.
#[retryable(base = "0s")]
async fn request(build: &(dyn Fn() -> Request + Sync), client: &mut Grpc) -> Result<usize, Status> {
    client.put(build()).await
}

/// A reader that continues where it stopped.
#[retryable(base = "0s", keep(offset))]
async fn read_on<R>(reader: &mut R, mut offset: usize, runs: &Runs) -> Result<usize, E>
where
    R: Iterator<Item = u8> + Send + ?Sized,
{
    offset += reader.take(2).count();
    runs.fail_later(2).await?;
    Ok(offset)
}

/// A blocking call on another thread.
#[retryable(base = "0s", clone(runs))]
async fn blocking(runs: Arc<Runs>) -> Result<u32, E> {
    tokio::task::spawn_blocking(move || runs.fail(2)).await.map_err(|_| E::Bad)?
}

/// Polls until a job is done.
#[retryable(max = 9, base = "1s", retry_if = |status: &String| status == "pending")]
async fn wait_until_done(job: u32, runs: &Runs) -> Result<String, E> {
    let status = if runs.fail_later(4).await.is_ok() { "done" } else { "pending" };
    Ok(format!("{status}{}", if status == "done" { job.to_string() } else { String::new() }))
}

/// A handler whose error type, like `anyhow::Error`, converts from any error.
#[derive(Debug)]
struct Report(Box<dyn Error + Send + Sync>);

impl<T: Into<Box<dyn Error + Send + Sync>>> From<T> for Report {
    fn from(error: T) -> Self {
        Report(error.into())
    }
}

#[retryable(base = "0s", when = |report: &Report| report.0.downcast_ref::<E>() == Some(&E::Busy))]
async fn handler(runs: &Runs, text: &str) -> Result<u32, Report> {
    let number: u32 = text.parse()?;
    Ok(runs.fail_later(2).await? + number)
}

#[test]
fn functions_from_users_are_retried() {
    block_on(async {
        let request_of = |key: &[u8]| Request { key: key.to_vec() };
        assert_eq!(sendable(Kv::default().put(request_of(b"ab"))).await, Ok(2));
        assert_eq!(sendable(Kv::default().put_by_key("abc")).await, Ok(3));
        let authenticated = Kv::default();
        assert_eq!(authenticated.authenticated(&Runs::new()).await, Ok("secret".to_owned()));
        assert!(connect("[::1]:80", Arc::default()).await.is_ok_and(|runs| runs == 3));
        let builder = Builder { runs: Arc::default() };
        assert_eq!(sendable(builder.send_retry(Duration::from_secs(1))).await, Ok(3));
        let runs = Runs::new();
        assert_eq!(sendable(transaction(&runs, |runs| runs.fail_later(2))).await, Ok(3));
        assert_eq!(sendable(Session { runs: Runs::new(), restarts: 0 }.run()).await, Ok(3));
        let accessor = RetryAccessor { inner: Runs::new() };
        assert_eq!(sendable(accessor.read("a", 0..2)).await.map(|read| read.len()), Ok(3));
        assert_eq!(RetryAccessor { inner: Runs::new() }.blocking_stat("a"), Ok(3));
        let state = Arc::default();
        let task = tokio::spawn(update(Arc::clone(&state), "k".to_owned(), Arc::default()));
        assert_eq!(task.await.expect("no panic"), Ok(3));
        assert_eq!(request(&|| request_of(b"a"), &mut Grpc::default()).await, Ok(1));
        assert_eq!(sendable(read_on(&mut (0..9), 0, &Runs::new())).await, Ok(6));
        assert_eq!(blocking(Arc::default()).await, Ok(3));
        assert_eq!(wait_until_done(7, &Runs::new()).await, Ok("done7".to_owned()));
        assert!(matches!(handler(&Runs::new(), "1").await, Ok(4)));
        assert!(handler(&Runs::new(), "x").await.is_err());
    });
}
