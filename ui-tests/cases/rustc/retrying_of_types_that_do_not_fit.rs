//! Calls by `Policy::retrying` whose types do not fit.

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{CancelToken, Policy};

const POLICY: Policy = Policy::new();

#[derive(Debug)]
struct Plain;

fn an_error_that_nothing_classifies() {
    let _ = POLICY.retrying(|_| Err::<(), _>(Plain)).run();
}

async fn an_awaited_error_that_nothing_classifies() {
    let _ = POLICY.retrying(|_| async { Err::<(), _>(Plain) }).await;
}

fn a_number_that_is_no_outcome() {
    let _ = POLICY.retrying(|_| 7).run();
}

async fn an_awaited_number_that_is_no_outcome() {
    let _ = POLICY.retrying_any(|_| 7).await;
}

async fn a_future_of_a_number() {
    let _ = POLICY.retrying(|_| async { 7 }).await;
}

fn an_error_that_cannot_tell_an_interruption() {
    let _ = POLICY.retrying_any(|_| Err::<(), _>(Plain)).cancel(CancelToken::new()).run();
}

fn a_verdict_that_is_a_number() {
    let _ = POLICY.retrying_any(|_| Err::<(), _>(Plain)).judge(|_, _| 3).run();
}

fn an_answer_of_retry_if_that_is_a_number() {
    let _ = POLICY.retrying_any(|_| Ok::<_, Plain>(7)).retry_if(|value| *value).run();
}

async fn a_blocking_call_that_is_awaited() {
    let _ = POLICY.retrying_any(|_| Err::<(), _>(Plain)).await;
}

fn an_awaited_call_that_is_run() {
    let _ = POLICY.retrying_any(|_| async { Err::<(), _>(Plain) }).run();
}

async fn an_awaited_error_that_cannot_tell_an_interruption() {
    let _ = POLICY.retrying_any(|_| async { Err::<(), _>(Plain) }).limited().await;
}

static SEARCH: Breaker = Breaker::new("search", BreakerSettings::new());

fn an_error_that_cannot_tell_the_refusal_of_a_breaker() {
    let _ = POLICY.retrying_any(|_| Err::<(), _>(Plain)).breaker(&SEARCH).run();
}

fn a_flag_in_place_of_a_token() {
    let _ = POLICY.retrying(|_| std::io::Result::Ok(7)).cancel(true).run();
}

fn a_breaker_by_value(breaker: Breaker) {
    let _ = POLICY.retrying(|_| std::io::Result::Ok(7)).breaker(breaker).run();
}

fn two_predicates() {
    let _ = POLICY.retrying_any(|_| Err::<(), _>(7)).when(|_| true).when(|error| *error == 7).run();
}

async fn a_closure_that_lends_and_returns_no_future() {
    let _ = POLICY.retrying_mut(|_| std::io::Result::Ok(7)).await;
}

fn main() {}
