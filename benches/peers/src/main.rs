//! Runs the measurements with peers.
//!
//! Each peer is configured as in its documentation, with three retries; it asks the failure whether to retry, and uses
//! exponential backoff with jitter if it has one. In the cases with a timer, all candidates pause for one millisecond, so
//! that their timers fire at the same times.

mod backon;
mod breakers;
mod retry;
mod retry_if;
mod seatbelt;
mod service;
mod tokio_retry2;
mod tower;
mod tower_resilience;
mod tryhard;

use retry_benches::Suite;

fn suite() -> Suite {
    let mut suite = Suite::without_peers();
    suite.add(backon::CANDIDATES, backon::CASES, backon::WAITERS);
    suite.add(tokio_retry2::CANDIDATES, tokio_retry2::CASES, tokio_retry2::WAITERS);
    suite.add(tryhard::CANDIDATES, tryhard::CASES, tryhard::WAITERS);
    suite.add(retry::CANDIDATES, retry::CASES, &[]);
    suite.add(retry_if::CANDIDATES, retry_if::CASES, retry_if::WAITERS);
    suite.add(tower::CANDIDATES, tower::CASES, tower::WAITERS);
    suite.add(tower_resilience::CANDIDATES, tower_resilience::CASES, tower_resilience::WAITERS);
    suite.add(seatbelt::CANDIDATES, seatbelt::CASES, seatbelt::WAITERS);
    suite.add(breakers::CANDIDATES, breakers::CASES, &[]);
    suite
}

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("answers") => retry_benches::check_answers(&suite()),
        _ => suite().measure(&words)?,
    }
    Ok(())
}
