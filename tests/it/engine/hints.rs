use std::time::Duration;

use retry_runtime::{
    Class, Classify, DelaySource, Hint, Interruption, Jitter, Policy, Report, StopReason, classify,
    observe, retry_after,
};

use super::{Failure, every, secs};

/// Makes a call whose first attempt fails with this hint and whose second attempt succeeds.
async fn hinted(policy: Policy, wait: Duration) -> (Result<(), Failure>, Report) {
    let call = policy.call_async(|attempt| async move {
        if attempt.number() > 1 { Ok(()) } else { Err(Failure::Busy { wait: Some(wait) }) }
    });
    observe(call).await
}

/// Checks the source of the delay, and that the delay is in the range.
async fn check(policy: Policy, wait: Duration, range: [Duration; 2], source: DelaySource) {
    let (result, report) = hinted(policy, wait).await;
    assert_eq!(result, Ok(()), "{report:?}");
    let found = report.attempts[0].delay.unwrap();
    assert_eq!(found.source, source, "{policy:?}");
    let [shortest, longest] = range;
    assert!(shortest <= found.length && found.length <= longest, "{policy:?}: {found:?}");
    // tokio's timer has a resolution of a millisecond.
    assert!(report.total.abs_diff(found.length) <= Duration::from_millis(1), "{report:?}");
    assert_eq!(report.retry_after, None, "a success has no hint");
}

async fn check_too_long(policy: Policy, wait: Duration) {
    let (result, report) = hinted(policy, wait).await;
    assert_eq!(result, Err(Failure::Busy { wait: Some(wait) }));
    assert_eq!(report.reason, StopReason::RetryAfterTooLong);
    assert_eq!(report.retry_after, Some(wait), "the hint is reported to the caller");
    assert_eq!(report.total, Duration::ZERO, "the call stops at once");
}

#[tokio::test(start_paused = true)]
async fn a_hint_longer_than_the_policys_delay_replaces_it() {
    let range = [secs(7), secs(8)];
    check(every(secs(1), 2), secs(7), range, DelaySource::Hint).await;
    // `cap` limits the policy's own delays only.
    check(every(secs(1), 2).cap(secs(2)), secs(7), range, DelaySource::Hint).await;
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_is_taken_instead_makes_the_delay_shorter() {
    let policy = every(secs(20), 2).hint(Hint::Instead);
    check(policy, secs(2), [secs(2), secs(3)], DelaySource::Hint).await;
    check(policy, secs(0), [secs(0), secs(1)], DelaySource::Hint).await;
    check(policy, secs(40), [secs(40), secs(44)], DelaySource::Hint).await;
}

#[tokio::test(start_paused = true)]
async fn an_exact_hint_is_waited_for_and_not_spread() {
    let policy = every(secs(20), 2).hint(Hint::Exact);
    for hint in [0, 2, 40].map(secs) {
        check(policy, hint, [hint; 2], DelaySource::Hint).await;
    }
    check_too_long(policy, secs(61)).await;
    check(policy.hint_clamp(secs(10)), secs(61), [secs(10); 2], DelaySource::Hint).await;
}

#[tokio::test(start_paused = true)]
async fn a_clamped_hint_is_cut_to_its_cap_and_does_not_stop_the_call() {
    let policy = every(secs(1), 2).hint_clamp(secs(10));
    check(policy, secs(3600), [secs(10), secs(11)], DelaySource::Hint).await;
    check(policy, Duration::MAX, [secs(10), secs(11)], DelaySource::Hint).await;
    check(policy, secs(7), [secs(7), secs(8)], DelaySource::Hint).await;
    // The time left is no wish of the program's that a shorter hint would meet.
    check_too_long(policy.deadline(secs(9)), secs(3600)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hint_shorter_than_the_policys_delay_does_not_shorten_it() {
    check(every(secs(5), 2), secs(3), [secs(5), secs(8)], DelaySource::Backoff).await;
    check(every(secs(5), 2), secs(0), [secs(5); 2], DelaySource::Backoff).await;
}

#[tokio::test(start_paused = true)]
async fn twenty_clients_with_one_hint_do_not_return_in_one_instant() {
    let exact = Policy::new().max(2).jitter(Jitter::None);
    for policy in [exact, exact.base(Duration::from_millis(100)), exact.jitter(Jitter::Full)] {
        let mut delays = Vec::new();
        for _ in 0..20 {
            let (_, report) = hinted(policy, secs(30)).await;
            delays.push(report.attempts[0].delay.unwrap().length);
        }
        delays.sort();
        assert!(secs(30) <= delays[0] && delays[19] <= secs(33), "{delays:?}");
        assert!(delays[19] - delays[0] > secs(1), "{delays:?}");
        delays.dedup();
        assert!(delays.len() > 15, "{delays:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_longer_than_hint_cap_ends_the_call() {
    let policy = every(secs(1), 2);
    // The hint itself decides; its spread may exceed the cap.
    check(policy, secs(60), [secs(60), secs(66)], DelaySource::Hint).await;
    check_too_long(policy, secs(61)).await;
    let range = [secs(61), Duration::from_millis(67_100)];
    check(policy.hint_cap(secs(90)), secs(61), range, DelaySource::Hint).await;
    check_too_long(policy.hint_cap(secs(6)), secs(7)).await;
    check_too_long(policy.hint_cap(secs(0)), Duration::from_nanos(1)).await;
    check_too_long(policy.hint_cap(Duration::MAX).deadline(secs(9)), Duration::MAX).await;
}

#[tokio::test(start_paused = true)]
async fn a_hint_longer_than_the_time_left_ends_the_call_and_its_spread_does_not() {
    let policy = every(secs(1), 2).deadline(secs(7));
    check(policy, secs(7), [secs(7); 2], DelaySource::Hint).await;
    for _ in 0..20 {
        let range = [Duration::from_millis(6_500), secs(7)];
        check(policy, Duration::from_millis(6_500), range, DelaySource::Hint).await;
    }
    check_too_long(policy, secs(8)).await;
}

#[tokio::test(start_paused = true)]
async fn the_hint_of_the_last_failure_is_reported_whatever_ended_the_call() {
    let (_, report) = hinted(every(secs(1), 1), secs(3)).await;
    assert_eq!((report.reason, report.retry_after), (StopReason::Exhausted, Some(secs(3))));
}

/// A response with a status and a `Retry-After` header.
#[derive(Clone, Copy, Debug)]
struct Answer(u16, Option<&'static str>);

impl Classify for Answer {
    fn classify(&self) -> Class {
        classify::of_status(self.0, self.1.and_then(retry_after::from_header))
    }
}

impl From<Interruption> for Answer {
    fn from(_: Interruption) -> Self {
        Answer(0, None)
    }
}

#[tokio::test(start_paused = true)]
async fn a_503_with_a_retry_after_is_throttled_and_waits_as_long() {
    let check = async |answer: Answer, kind: &str, delay: u64, source| {
        let policy = every(secs(1), 2).idempotent(true);
        let call = policy.call_async(|_| async { Err::<(), _>(answer) });
        let (_, report) = observe(call).await;
        let first = &report.attempts[0];
        assert_eq!(first.kind.unwrap().name(), kind, "{answer:?}");
        let found = first.delay.unwrap();
        assert_eq!(found.source, source, "{answer:?}");
        let waited = secs(delay) <= found.length && found.length <= secs(delay + 1);
        assert!(waited, "{answer:?}: {found:?}");
    };
    check(Answer(503, Some("7")), "throttled", 7, DelaySource::Hint).await;
    check(Answer(503, Some("soon")), "ambiguous", 1, DelaySource::Backoff).await;
    check(Answer(503, None), "ambiguous", 1, DelaySource::Backoff).await;
    check(Answer(429, Some("7")), "throttled", 7, DelaySource::Hint).await;
    // A date in the past means "now" and is not an error.
    let past = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    check(Answer(503, past), "throttled", 1, DelaySource::Backoff).await;
}
