//! The messages of mistakes, and settings that are none.

use std::time::Duration;

use crate::failure::class::Kind;
use crate::failure::kinds::Kinds;
use crate::policy::Policy;
use crate::policy::backoff::Backoff;
use crate::policy::jitter::Jitter;

const POLICY: Policy = Policy::new();

fn check(policy: Policy, message: &str) {
    assert_eq!(policy.validate().expect_err(message).to_string(), message);
}

#[test]
fn the_defaults_and_odd_but_computable_settings_are_valid() {
    let second = Duration::from_secs(1);
    for policy in [
        POLICY,
        POLICY.max(0),
        POLICY.max(u32::MAX - 2),
        POLICY.max(u32::MAX),
        Policy::every(second),
        Policy::every(Duration::MAX),
        POLICY.attempts(u32::MAX),
        POLICY.base(Duration::ZERO),
        POLICY.base(Duration::ZERO).cap(Duration::ZERO),
        POLICY.base(Duration::MAX).cap(Duration::MAX),
        POLICY.unlimited().deadline(second),
        POLICY.jitter(Jitter::Additive(7.0)),
        POLICY.timeout(second).idempotent(false),
        POLICY.timeout(second).on(Kinds::NONE.with(Kind::Ambiguous)),
        POLICY.base(second).jitter(Jitter::None).deadline(second),
        POLICY.unlimited().cancellable(),
        POLICY.unlimited().no_retry_after(second),
        POLICY.unlimited().reset_after(second),
        POLICY.forever(),
        POLICY.no_retry_after(second).deadline(second).jitter(Jitter::None),
        POLICY.no_retry_after(second / 2).jitter(Jitter::None).max(0),
        POLICY.no_retry_after(second).reset_after(second),
        POLICY.jitter(Jitter::Decorrelated).factor(1.5),
        POLICY.jitter(Jitter::First(2.0)),
        POLICY.max(0).timeout(second).deadline(second).idempotent(true),
        POLICY.timeout(second).deadline(second * 3).idempotent(true),
    ] {
        assert_eq!(policy.validate(), Ok(()), "{policy:?}");
    }
}

#[test]
fn a_timeout_and_the_first_delay_that_reach_the_deadline_are_a_mistake() {
    let s = Duration::from_secs;
    let policy = POLICY.idempotent(true).timeout(s(5)).base(s(2));
    check(
        policy.deadline(s(6)),
        "an attempt that times out leaves no time for a retry: `timeout` (5s) and the first delay (2s) reach \
         `deadline` (6s); lower them, or raise `deadline`",
    );
    assert!(policy.deadline(s(7)).validate().is_err(), "the sum is the deadline");
    assert_eq!(policy.deadline(s(8)).validate(), Ok(()));
    assert_eq!(policy.deadline(s(7)).cap(s(2)).max(0).validate(), Ok(()), "no retry to make");
    assert!(policy.timeout(s(300)).deadline(s(300)).base(s(0)).validate().is_err());
    assert!(policy.timeout(Duration::MAX).deadline(Duration::MAX).validate().is_err());
}

#[test]
fn every_mistake_names_the_field_the_value_and_the_remedy() {
    let ms = Duration::from_millis;
    check(POLICY.attempts(0), "`attempts` (0) must be at least 1, which means no retry");
    check(
        POLICY.unlimited(),
        "`attempts = unlimited` needs a `deadline`, a `no_retry_after` or a `reset_after`, or the call may never \
         end; write `attempts = forever` where that is meant",
    );
    check(POLICY.factor(0.5), "`factor` (0.5) must be a finite number of at least 1");
    check(POLICY.factor(f64::NAN), "`factor` (NaN) must be a finite number of at least 1");
    check(POLICY.base(ms(100)).cap(ms(50)), "`cap` (50ms) must not be less than `base` (100ms)");
    check(
        POLICY.deadline(ms(100)).timeout(ms(200)).idempotent(true),
        "`timeout` (200ms) must not be above `deadline` (100ms)",
    );
    check(
        POLICY.jitter(Jitter::None).deadline(ms(900)),
        "the first retry (after 1s) could never start before `deadline` (900ms); \
         raise it or lower the first delay",
    );
    check(
        POLICY.on(Kinds::NONE.with(Kind::Permanent)),
        "`on` lists `permanent`, which is never retried; remove it",
    );
    const LONG: &[Duration] = &[Duration::from_secs(31)];
    let policies = [
        POLICY.deadline(Duration::ZERO),
        POLICY.timeout(Duration::ZERO).idempotent(true),
        POLICY.timeout(ms(5)),
        POLICY.jitter(Jitter::Proportional(1.5)),
        POLICY.jitter(Jitter::Additive(f64::INFINITY)),
        POLICY.backoff(Backoff::List(&[])),
        POLICY.backoff(Backoff::List(&[Duration::ZERO])).base(ms(5)),
        POLICY.backoff(Backoff::List(LONG)),
        POLICY.backoff(Backoff::Fixed).factor(2.0),
        POLICY.jitter(Jitter::First(f64::NAN)),
        POLICY.no_retry_after(Duration::ZERO),
        POLICY.no_retry_after(ms(999)).jitter(Jitter::None),
        POLICY.no_retry_after(ms(5000)).deadline(ms(4000)),
        POLICY.reset_after(Duration::ZERO),
        POLICY.reset_after(ms(5)).deadline(ms(5000)),
        POLICY.jitter(Jitter::Decorrelated).backoff(Backoff::Linear),
    ];
    for policy in policies {
        assert!(policy.validate().is_err(), "{policy:?}");
    }
}
