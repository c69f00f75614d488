//! Four shapes of retrying code in libraries: `cargo run --example shapes`.
//!
//! A library rarely has one policy in its source. Its helper is generic over a closure, its client has the settings of a
//! user, its server says in the error when to come back, and it polls until something is ready. Each function below is one of
//! these shapes, and the program checks what it does on a paused clock.

use std::cell::Cell;
use std::fmt::{self, Display};
use std::process::ExitCode;
use std::time::Duration;

use retry_runtime::{Classify, Hint, Interruption, Policy, retryable, site};
use tokio::time::Instant;

/// A helper that is generic over a closure. Its callers' errors are classified by nobody, so the caller judges. Each
/// operation is counted by itself: `site("rpc")` lists them.
async fn rpc<T, E: Display, F: Future<Output = Result<T, E>>>(
    policy: &Policy,
    operation: &str,
    is_transient: impl Fn(&E) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, E> {
    let call = policy.retrying_any(|_| call()).when(is_transient).described();
    let call = call.on_retry(|retry| println!("  {operation}: {retry}"));
    call.named("rpc").label(operation).await
}

/// The settings of a client, as its user wrote them.
#[derive(Clone)]
struct Settings {
    retries: usize,
    first_delay: Duration,
    give_up_after: Option<Duration>,
}

struct Client {
    settings: Settings,
    sent: Cell<u32>,
}

#[derive(Debug, PartialEq, Classify)]
enum ClientError {
    #[classify(ambiguous)]
    Reset,
    #[classify(interruption)]
    Interrupted(Interruption),
}

impl Client {
    /// A client with its user's settings: each call computes its limits, and whether it may be repeated. Settings that make no
    /// sense, such as a delay beyond the cap, become the nearest ones that do.
    #[retryable(
        max = self.settings.retries,
        base = self.settings.first_delay,
        deadline = self.settings.give_up_after,
        idempotent = method == "GET",
        jitter = none,
        budget = none
    )]
    async fn send(&self, method: &str) -> Result<u32, ClientError> {
        self.sent.set(self.sent.get() + 1);
        Err(ClientError::Reset)
    }
}

/// An error that knows when to come back.
#[derive(Debug)]
struct RateLimited {
    retry_in: Option<Duration>,
}

impl Display for RateLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate limited")
    }
}

/// A delay that the error carries: the answer of `judge` is the delay, or `None` to give up. The delay is for this client
/// alone, so the call waits for exactly that time.
async fn query(limits: &Cell<u32>) -> Result<u32, RateLimited> {
    const POLICY: Policy = Policy::new().max(5).hint(Hint::Exact).checked();
    let call = POLICY.retrying(|_| async {
        match limits.replace(limits.get().saturating_sub(1)) {
            0 => Ok(7),
            1 => Err(RateLimited { retry_in: Some(Duration::from_secs(4)) }),
            _ => Err(RateLimited { retry_in: None }),
        }
    });
    call.judge(|error, _| error.retry_in).await
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Starting,
    Ready,
}

/// A poll until something is ready: a value that is no success yet is asked for again, at equal distances and without a
/// charge to any budget.
#[retryable(
    attempts = unlimited,
    deadline = "30s",
    backoff = fixed,
    base = "100ms",
    jitter = none,
    retry_if = |state| *state == State::Starting
)]
async fn until_ready(asked: &Cell<u32>) -> std::io::Result<State> {
    asked.set(asked.get() + 1);
    Ok(if asked.get() < 20 { State::Starting } else { State::Ready })
}

fn check(what: &str, holds: bool) -> bool {
    println!("{} {what}", if holds { "ok  " } else { "FAIL" });
    holds
}

async fn checks() -> bool {
    let policy = Policy::new().max(2).base(Duration::ZERO);
    let _ = rpc(&policy, "get_block", |_| true, || async { Err::<u32, _>("busy") }).await;
    let _ = rpc(&policy, "get_logs", |_| false, || async { Err::<u32, _>("no such block") }).await;
    let parts = site("rpc").map(|site| site.parts()).unwrap_or_default();
    let made = |label: &str| {
        let part = parts.iter().find(|part| part.name() == format!("rpc[{label}]"));
        part.map(|part| part.stats().attempts)
    };
    let helper = made("get_block") == Some(3) && made("get_logs") == Some(1);

    let settings =
        Settings { retries: 3, first_delay: Duration::from_secs(90), give_up_after: None };
    let client = Client { settings: settings.clone(), sent: Cell::new(0) };
    let start = Instant::now();
    let gave_up = client.send("GET").await == Err(ClientError::Reset);
    // The first delay is beyond the cap of 30 s.
    let capped = client.sent.replace(0) == 4 && start.elapsed() == Duration::from_secs(90);
    let _ = client.send("POST").await;
    let posted_once = client.sent.get() == 1;

    let start = Instant::now();
    let answered = query(&Cell::new(1)).await.is_ok();
    let in_time = start.elapsed() == Duration::from_secs(4);
    let refused = query(&Cell::new(2)).await.is_err();

    let (start, asked) = (Instant::now(), Cell::new(0));
    let ready = until_ready(&asked).await.is_ok_and(|state| state == State::Ready);
    let polled = asked.get() == 20 && start.elapsed() == Duration::from_millis(1900);

    [
        check("a generic helper counts its operations apart", helper),
        check("a user's delay beyond the cap is cut to the cap", gave_up && capped),
        check("a request that may have taken effect is sent once", posted_once),
        check("exactly the delay in an error is waited for", answered && in_time),
        check("an error without a delay ends the call", refused),
        check("a poll asks until the state is ready", ready && polled),
    ]
    .into_iter()
    .all(|holds| holds)
}

fn main() -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    match runtime.map(|runtime| runtime.block_on(checks())) {
        Ok(true) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
