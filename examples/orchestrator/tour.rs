//! Calls through a proxy and a server that fail in different ways.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use retry_config::Config;
use retry_examples::bad_server::Answer as Reply;
use retry_examples::front::Front;
use retry_examples::story::Checks;
use retry_runtime::{CancelToken, StopReason, observe};

use super::{Answer, Orchestrator, SETTINGS, explain};

pub(super) const OK: Reply = Reply::Whole("200 OK", "", "done");
pub(super) const BUSY: Reply = Reply::Whole("503 Service Unavailable", "Retry-After: 1\r\n", "");

fn print(what: &str, answer: &Answer) {
    match answer {
        Ok(body) => println!("{what:28} {body}"),
        Err(error) => println!("{what:28} {}", explain(error)),
    }
}

/// Runs every call; `start` starts the proxy and the server.
pub(super) async fn all(
    start: impl AsyncFn(&[Reply]) -> io::Result<Front>,
    checks: &mut Checks,
) -> Result<(), Box<dyn Error>> {
    let real = Config::from_json(SETTINGS)?.defaults.policy()?;
    let longest: Vec<_> = real.schedule().map(|delay| delay.longest).collect();
    println!(
        "With the real settings the delays before retries are up to {longest:?}; here they are shorter."
    );
    let front = start(&[Reply::HangUp, Reply::Silence, BUSY, OK]).await?;
    println!("The proxy is {}.\n", front.name());
    let stop = CancelToken::new();
    let api = Orchestrator::new(front.url(), stop.clone())?;

    let (answer, report) = observe(api.get("/agents")).await;
    print("502, 504, 503, then 200", &answer);
    let log = front.log_after(4).await;
    let expected = [502, 504, 503, 200].map(|status| format!("{status} GET /agents"));
    checks.check("the access log of the proxy has 502, 504, 503, 200", log == expected);
    let waited = report.delays().last().is_some_and(|delay| delay >= Duration::from_secs(1));
    checks.check(
        "the last attempt waited for the second that the 503 asked for, and a little more",
        answer.is_ok() && waited,
    );

    let twice = [api.stop("/agents/tea").await, api.delete("/agents/tea").await];
    checks.check("stopping and deleting succeed at once", twice.iter().all(Result::is_ok));

    let answer = api.get("/reset").await;
    print("GET, reset", &answer);
    checks.check("a reset is retried where repeating is safe", attempts_made(&answer) == 4);
    let answer = api.create("/reset", "tea").await;
    print("POST that creates, reset", &answer);
    checks.check(
        "a creation is not retried after a reset, and the error says so",
        ended_with(&answer, StopReason::Ambiguous),
    );

    let answer = api.start("/limited/tea").await;
    print("POST /start, below the limit", &answer);
    let answer = api.start("/limited/tea").await;
    print("POST /start, above the limit", &answer);
    checks.check("a 429 ends the call", ended_with(&answer, StopReason::Permanent));

    let front = start(&[Reply::Silence]).await?;
    let api = Orchestrator::new(front.url(), stop.clone())?;
    let started = Instant::now();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(api.get("/hang"), cancel);
    print("GET, hangs, cancelled", &answer);
    println!();
    let at_once = started.elapsed() < Duration::from_secs(15);
    checks.check(
        "cancellation ends the call at once",
        ended_with(&answer, StopReason::Cancelled) && at_once,
    );
    Ok(())
}

pub(super) fn attempts_made(answer: &Answer) -> u32 {
    answer.as_ref().err().map_or(0, |error| error.report().attempts_made())
}

pub(super) fn ended_with(answer: &Answer, reason: StopReason) -> bool {
    answer.as_ref().err().is_some_and(|error| error.reason() == reason)
}
