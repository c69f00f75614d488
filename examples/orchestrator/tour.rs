//! What the front and the server behind it do wrong, and what becomes of the calls.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use retry_config::Config;
use retry_examples::bad_server::Answer as Say;
use retry_examples::front::Front;
use retry_examples::story::Promises;
use retry_runtime::{CancelToken, StopReason, observe};

use super::{Answer, Orchestrator, SETTINGS, explain};

pub(super) const OK: Say = Say::Whole("200 OK", "", "done");
pub(super) const BUSY: Say = Say::Whole("503 Service Unavailable", "Retry-After: 1\r\n", "");

fn told(what: &str, answer: &Answer) {
    match answer {
        Ok(body) => println!("{what:28} {body}"),
        Err(error) => println!("{what:28} {}", explain(error)),
    }
}

/// All of it, in front of one server and then of another.
pub(super) async fn all(
    start: impl AsyncFn(&[Say]) -> io::Result<Front>,
    promises: &mut Promises,
) -> Result<(), Box<dyn Error>> {
    let real = Config::from_json(SETTINGS)?.defaults.policy()?;
    let longest: Vec<_> = real.schedule().map(|delay| delay.longest).collect();
    println!(
        "By its settings the delays before the retries are up to {longest:?}; here they are shorter."
    );
    let front = start(&[Say::HangUp, Say::Silence, BUSY, OK]).await?;
    println!("In front of the server stands {}.\n", front.name());
    let stop = CancelToken::new();
    let api = Orchestrator::new(front.url(), stop.clone())?;

    let (answer, report) = observe(api.get("/agents")).await;
    told("502, 504, 503, then 200", &answer);
    let books = front.books_of(4).await;
    let expected = [502, 504, 503, 200].map(|status| format!("{status} GET /agents"));
    promises.keep("by the books of the front: 502, 504, 503, 200", books == expected);
    let waited = report.delays().last() == Some(Duration::from_secs(1));
    promises.keep("the last one after the second that was asked for", answer.is_ok() && waited);

    let twice = [api.stop("/agents/tea").await, api.delete("/agents/tea").await];
    promises.keep("stopping and deleting work at once", twice.iter().all(Result::is_ok));

    let answer = api.get("/reset").await;
    told("GET, reset", &answer);
    promises.keep("a reset is repeated where that is harmless", made(&answer) == 4);
    let answer = api.create("/reset", "tea").await;
    told("POST that creates, reset", &answer);
    promises.keep("and not where it is not, and says so", ended(&answer, StopReason::Ambiguous));

    let answer = api.start("/limited/tea").await;
    told("POST /start, in time", &answer);
    let answer = api.start("/limited/tea").await;
    told("POST /start, too often", &answer);
    promises.keep("a 429 ends the call", ended(&answer, StopReason::Permanent));

    let front = start(&[Say::Silence]).await?;
    let api = Orchestrator::new(front.url(), stop.clone())?;
    let started = Instant::now();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(api.get("/hang"), cancel);
    told("GET, hangs, cancelled", &answer);
    println!();
    let at_once = started.elapsed() < Duration::from_secs(15);
    promises.keep("cancelled at once", ended(&answer, StopReason::Cancelled) && at_once);
    Ok(())
}

pub(super) fn made(answer: &Answer) -> u32 {
    answer.as_ref().err().map_or(0, |error| error.report().attempts_made())
}

pub(super) fn ended(answer: &Answer, reason: StopReason) -> bool {
    answer.as_ref().err().is_some_and(|error| error.reason() == reason)
}
