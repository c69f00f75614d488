//! A client that copes with a bad server: `cargo run --example quickstart`.
//!
//! Makes four calls to a shop whose server refuses connections, answers 503 and 429, resets connections in the middle
//! of a response, and stops responding. Every request goes over a real socket. The program fails unless the server's
//! request log confirms each claim.

use std::process::ExitCode;
use std::time::Duration;

use reqwest::Client;
use retry_examples::bad_server::{Answer, BadServer};
use retry_examples::story::{Checks, tell};
use retry_runtime::{
    CheckStatus, Classify, DelaySource, Interruption, Kind, StatusError, StopReason, live, observe,
    retryable,
};

/// The possible failures, and what each means for retrying.
#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    /// Classified by status; a `Retry-After` header sets the delay.
    #[error(transparent)]
    #[classify(inherit)]
    Status(#[from] StatusError),
    /// Classified by how far the request got: a refused connection can be retried safely, a reset one cannot.
    #[error("{}", root_cause(.0))]
    #[classify(inherit)]
    Http(#[from] reqwest::Error),
    /// The deadline of the call interrupted an attempt.
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Reading twice has the same effect as reading once, so every temporary failure is retried.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent)]
async fn price(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(shop.get(url).send().await?.check_status()?.text().await?)
}

/// Ordering twice makes two orders, so a failure that may have taken effect ends the call.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent = false)]
async fn order(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(shop.post(url).body("one teapot").send().await?.check_status()?.text().await?)
}

/// Sends the same key in every attempt of the call. The server recognises a repeated order by the key, so this
/// function is idempotent.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent, attempt = attempt)]
async fn order_once(shop: &Client, url: &str) -> Result<String, ShopError> {
    let key = attempt.call_id().to_string();
    let request = shop.post(url).header("Idempotency-Key", key).body("one teapot");
    Ok(request.send().await?.check_status()?.text().await?)
}

/// Has one second for everything: attempts, pauses, and waiting for a response that never comes.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent, deadline = "1s")]
async fn stock(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(shop.get(url).send().await?.check_status()?.text().await?)
}

/// Returns the innermost cause, which says what happened; reqwest's own text names the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Ends 250 ms after a call was refused and waits for its retry; until then the server refuses connections.
async fn after_first_refusal() {
    let mut changes = live::watch();
    while !live::calls().iter().any(live::LiveCall::is_waiting) {
        changes.changed().await;
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    const OK: Answer = Answer::Whole("200 OK", "", "12.50");
    const BUSY: Answer = Answer::Whole("503 Service Unavailable", "Retry-After: 1\r\n", "");
    const TOO_MANY: Answer = Answer::Whole("429 Too Many Requests", "", "");
    let shop = Client::builder().no_proxy().build()?;
    let mut checks = Checks::default();

    println!(
        "1. GET /price, idempotent: the server starts late, is busy, resets the connection, then answers\n"
    );
    let server = BadServer::start_after(after_first_refusal(), &[BUSY, Answer::Cut, TOO_MANY, OK])?;
    let (result, report) = observe(price(&shop, &server.url("/price"))).await;
    tell(&result, &report);
    let kinds: Vec<Kind> = report.attempts.iter().filter_map(|attempt| attempt.kind).collect();
    let refused = kinds.iter().take_while(|kind| **kind == Kind::Transient).count();
    checks.check("the price arrives", matches!(result.as_deref(), Ok("12.50")));
    checks.check("connections were refused at first and retried", refused >= 1);
    let rest = [Kind::Throttled, Kind::Ambiguous, Kind::Throttled];
    checks.check("then came a 503, a reset and a 429, in this order", kinds[refused..] == rest);
    let mut delays = report.attempts.iter().filter_map(|attempt| attempt.delay);
    let hint = delays.find(|delay| delay.source == DelaySource::Hint).map(|delay| delay.length);
    let waited = hint.is_some_and(|hint| (1.0..=2.0).contains(&hint.as_secs_f64()));
    checks.check("the call waited as long as the 503 asked, and up to a second more", waited);
    checks.check("the server received four requests", server.ledger().requests == 4);

    println!(
        "2. POST /orders, not idempotent: refused, then accepted, but the response is cut off\n"
    );
    let server = BadServer::start_after(after_first_refusal(), &[Answer::Cut, OK])?;
    let (result, report) = observe(order(&shop, &server.url("/orders"))).await;
    tell(&result, &report);
    println!("   With an Idempotency-Key (attempt.call_id()) the order could be retried: see 3.\n");
    checks.check("after a refused connection the order was retried", report.retries() >= 1);
    checks.check("after the cut-off response it was not", report.reason == StopReason::Ambiguous);
    checks.check(
        "the server accepted one order in one request",
        orders_and_requests(&server) == (1, 1),
    );

    println!("3. POST /orders with an Idempotency-Key: retried without a second order\n");
    let server = BadServer::start(&[Answer::Cut, OK])?;
    let (result, report) = observe(order_once(&shop, &server.url("/orders"))).await;
    tell(&result, &report);
    checks.check("the order is confirmed", result.is_ok());
    checks.check(
        "the server accepted one order in two requests",
        orders_and_requests(&server) == (1, 2),
    );

    println!("4. GET /stock, with a deadline of 1 s: busy, then no response\n");
    let server = BadServer::start(&[TOO_MANY, Answer::Silence])?;
    let (result, report) = observe(stock(&shop, &server.url("/stock"))).await;
    tell(&result, &report);
    checks.check("the deadline ended the call", report.reason == StopReason::Deadline);
    let interrupted = matches!(&result, Err(ShopError::Interrupted(interruption))
        if matches!(interruption.root(), Interruption::DeadlinePassed));
    checks.check("the deadline interrupted the running attempt", interrupted);
    checks.check(
        "the caller waited a second, not a minute",
        (0.95..30.0).contains(&report.total.as_secs_f64()),
    );

    Ok(checks.summary())
}

/// The number of orders and requests in the server's request log.
fn orders_and_requests(server: &BadServer) -> (u32, u32) {
    let ledger = server.ledger();
    (ledger.orders, ledger.requests)
}
