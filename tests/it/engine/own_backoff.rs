//! Backoffs as calls see them: the user's own function, delays that grow out of each other, and attempts that only a
//! token limits.

use std::cell::RefCell;
use std::time::Duration;

use retry_runtime::{CancelToken, StopReason, observe, retryable};

use super::{Failure, ms, secs};

mod delays {
    use std::time::Duration;

    pub(super) fn quadratic(retry: u32) -> Duration {
        Duration::from_millis(u64::from(retry * retry))
    }
}

fn one_more(retry: u32) -> Duration {
    delays::quadratic(retry) + Duration::from_millis(1)
}

#[retryable(max = 3, backoff = delays::quadratic, jitter = none)]
async fn path() -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[retryable(max = 3, backoff = one_more, jitter = none, deadline = "1m")]
async fn word() -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[retryable(max = 3, backoff = |retry| Duration::from_secs(u64::from(retry)), jitter = none)]
async fn closure() -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[tokio::test(start_paused = true)]
async fn a_backoff_can_be_a_function_of_the_retrys_number() {
    assert_eq!(observe(path()).await.1.total, ms(1 + 4 + 9));
    assert_eq!(observe(word()).await.1.total, ms(2 + 5 + 10));
    assert_eq!(observe(closure()).await.1.total, secs(1 + 2 + 3));
}

#[retryable(attempts = unlimited, cancel = token, base = "1s", jitter = none, backoff = fixed, budget = none)]
async fn until_cancelled(token: &CancelToken) -> Result<(), Failure> {
    let _ = token;
    Err(Failure::Refused)
}

#[tokio::test(start_paused = true)]
async fn attempts_without_a_limit_may_be_ended_by_a_token_alone() {
    let token = CancelToken::new();
    let cancel = async {
        tokio::time::sleep(ms(100_500)).await;
        token.cancel();
    };
    let ((), (result, report)) = futures::join!(cancel, observe(until_cancelled(&token)));
    assert!(result.is_err());
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Cancelled, 101));
}

#[tokio::test(start_paused = true)]
async fn decorrelated_delays_of_a_call_grow_out_of_each_other() {
    #[retryable(
        max = 60, base = "100ms", cap = "1h", jitter = decorrelated, budget = none,
        on_retry = |retry| delays.borrow_mut().push(retry.delay())
    )]
    async fn refused(delays: &RefCell<Vec<Duration>>) -> Result<(), Failure> {
        let _ = delays;
        Err(Failure::Refused)
    }
    let delays = RefCell::default();
    refused(&delays).await.unwrap_err();
    let delays = delays.into_inner();
    assert_eq!(delays.len(), 60);
    let mut previous = ms(100);
    for delay in &delays {
        assert!(ms(100) <= *delay && *delay <= 3 * previous, "{delays:?}");
        previous = *delay;
    }
    // Drawn from the base each time, none would be longer than three times the base.
    assert!(delays.iter().any(|delay| *delay > ms(300)), "{delays:?}");
}
