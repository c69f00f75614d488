//! The mistakes in a policy: the settings that cause each, and a message with the field, the value and the remedy.

use std::fmt;
use std::time::Duration;

use self::PolicyError as E;
use crate::failure::class::Kind;

/// A setting that cannot be meant.
///
/// ```
/// use retry_runtime::{Policy, PolicyError};
///
/// let error = Policy::new().factor(0.5).validate().unwrap_err();
/// assert_eq!(error.to_string(), "`factor` (0.5) must be a finite number of at least 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PolicyError {
    /// `attempts = 0`.
    NoAttempts,
    /// No limit on attempts and no deadline either.
    UnlimitedWithoutDeadline,
    /// `factor` is below 1 or not finite.
    Factor(f64),
    /// `factor` beside a backoff or a jitter that has no use for it.
    UnusedFactor,
    /// `base` beside a list of delays.
    UnusedBase,
    /// `base` beside a function that computes the delays.
    UnusedBaseOfFunction,
    /// A backoff beside decorrelated jitter, which grows by itself.
    UnusedBackoff,
    /// A list of delays without entries.
    EmptyList,
    /// `base` is above `cap`.
    BaseAboveCap {
        /// The delay before the first retry.
        base: Duration,
        /// The longest delay.
        cap: Duration,
    },
    /// An entry of the list of delays is above `cap`.
    EntryAboveCap {
        /// The first entry that is too long.
        entry: Duration,
        /// The longest delay.
        cap: Duration,
    },
    /// The number in `proportional(r)` or `additive(r)` is out of range.
    JitterFraction(f64),
    /// `deadline` is zero.
    ZeroDeadline,
    /// `timeout` is zero.
    ZeroTimeout,
    /// `timeout` is above `deadline`.
    TimeoutAboveDeadline {
        /// The time for one attempt.
        timeout: Duration,
        /// The time for the whole call.
        deadline: Duration,
    },
    /// `timeout` without a word on idempotency.
    TimeoutUndeclared,
    /// `timeout` on a function that is not `async`.
    TimeoutBlocking,
    /// The first retry could not start before the deadline.
    NoRetryBeforeDeadline {
        /// The shortest possible delay before the first retry.
        delay: Duration,
        /// The time for the whole call.
        deadline: Duration,
    },
    /// An attempt that runs into `timeout`, and the delay after it, use up the whole `deadline`.
    NoRetryAfterTimeout {
        /// The time for one attempt.
        timeout: Duration,
        /// The delay before the first retry, without jitter.
        delay: Duration,
        /// The time for the whole call.
        deadline: Duration,
    },
    /// `on` lists a kind that is never retried.
    NeverRetried(Kind),
}

impl PolicyError {
    /// The settings that can cause the error, the most likely first.
    pub const fn settings(&self) -> &'static [&'static str] {
        match self {
            E::NoAttempts => &["max", "attempts"],
            E::UnlimitedWithoutDeadline => &["attempts", "max", "deadline"],
            E::Factor(_) => &["factor"],
            E::UnusedFactor => &["factor", "backoff", "jitter"],
            E::UnusedBase | E::UnusedBaseOfFunction => &["base", "backoff"],
            E::UnusedBackoff => &["backoff", "jitter"],
            E::EmptyList => &["backoff"],
            E::BaseAboveCap { .. } => &["cap", "base"],
            E::EntryAboveCap { .. } => &["cap", "backoff"],
            E::JitterFraction(_) => &["jitter"],
            E::ZeroDeadline => &["deadline"],
            E::ZeroTimeout | E::TimeoutBlocking => &["timeout"],
            E::TimeoutAboveDeadline { .. } => &["timeout", "deadline"],
            E::TimeoutUndeclared => &["timeout", "idempotent", "on"],
            E::NoRetryBeforeDeadline { .. } => {
                &["deadline", "base", "backoff", "jitter", "cap", "max", "attempts"]
            }
            E::NoRetryAfterTimeout { .. } => {
                &["timeout", "deadline", "base", "backoff", "cap", "max", "attempts"]
            }
            E::NeverRetried(_) => &["on"],
        }
    }

    /// Whether the compiler reports the error at the argument of this setting.
    pub(super) const fn concerns(&self, setting: &str) -> bool {
        let settings = self.settings();
        match self {
            // In an attribute: `max = 0` still allows one attempt.
            E::NoAttempts => same("attempts", setting),
            // The two settings contradict each other.
            E::BaseAboveCap { .. } | E::EntryAboveCap { .. } | E::TimeoutAboveDeadline { .. } => {
                same(settings[0], setting) || same(settings[1], setting)
            }
            _ => same(settings[0], setting),
        }
    }

    /// Whether the error depends on this setting; every error on one of a policy that a call computes.
    pub(super) const fn depends_on(&self, setting: &str) -> bool {
        let settings = self.settings();
        let mut i = 0;
        while i < settings.len() {
            if same(settings[i], setting) {
                return true;
            }
            i += 1;
        }
        same("policy", setting)
    }

    /// The message without values, for the compiler.
    pub(crate) const fn text(&self) -> &'static str {
        match self {
            E::NoAttempts => "`attempts` (0) must be at least 1, which means no retry",
            E::UnlimitedWithoutDeadline => {
                "`attempts = unlimited` needs a `deadline`, or the call may never end"
            }
            E::Factor(_) => {
                "`factor` must be a finite number of at least 1; 1 keeps the delay, 2 doubles it"
            }
            E::UnusedFactor => {
                "`factor` has no effect here, only with `backoff = exponential` and without decorrelated jitter; remove it"
            }
            E::UnusedBase => "`base` has no effect beside a list of delays; remove one of them",
            E::UnusedBaseOfFunction => {
                "`base` has no effect beside a function that computes the delays; remove one of them"
            }
            E::UnusedBackoff => {
                "`backoff` has no effect beside `jitter = decorrelated`, which grows by itself; remove one of them"
            }
            E::EmptyList => "`backoff = []` has no delay; write at least one",
            E::BaseAboveCap { .. } => {
                "`cap` must not be less than `base`; raise `cap` or lower `base`"
            }
            E::EntryAboveCap { .. } => "an entry of `backoff` is above `cap`; raise `cap`",
            E::JitterFraction(_) => {
                "the number in `proportional(r)` must be from 0 to 1, in `additive(r)` finite and from 0"
            }
            E::ZeroDeadline => "`deadline` must be above 0; leave it out for no deadline",
            E::ZeroTimeout => "`timeout` must be above 0; leave it out for no timeout",
            E::TimeoutAboveDeadline { .. } => {
                "`timeout` must not be above `deadline`; lower `timeout` or raise `deadline`"
            }
            E::TimeoutUndeclared => {
                "`timeout` needs `idempotent` or `idempotent = false` beside it: an attempt that is cut off may have taken effect"
            }
            E::TimeoutBlocking => {
                "`timeout` cannot end an attempt that is not `async`: nothing can stop a running thread; make the function `async` or leave `timeout` out"
            }
            E::NoRetryBeforeDeadline { .. } => {
                "the first retry could never start before `deadline`; raise it or lower the first delay"
            }
            E::NoRetryAfterTimeout { .. } => {
                "an attempt that times out leaves no time for a retry: `timeout` and the first delay reach `deadline`; lower them, or raise `deadline`"
            }
            E::NeverRetried(_) => {
                "`on` lists a kind that is never retried (`Overloaded` or `Permanent`); remove it"
            }
        }
    }
}

/// `==`, which is not const.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}

impl fmt::Display for PolicyError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            E::Factor(factor) => {
                write!(f, "`factor` ({factor:?}) must be a finite number of at least 1")
            }
            E::BaseAboveCap { base, cap } => {
                write!(f, "`cap` ({cap:?}) must not be less than `base` ({base:?})")
            }
            E::EntryAboveCap { entry, cap } => {
                write!(f, "`backoff` has an entry ({entry:?}) above `cap` ({cap:?}); raise `cap`")
            }
            E::JitterFraction(r) => {
                write!(f, "`jitter` ({r:?}) is out of range: ")?;
                f.write_str(self.text())
            }
            E::TimeoutAboveDeadline { timeout, deadline } => {
                write!(f, "`timeout` ({timeout:?}) must not be above `deadline` ({deadline:?})")
            }
            E::NoRetryBeforeDeadline { delay, deadline } => write!(
                f,
                "the first retry (after {delay:?}) could never start before `deadline` ({deadline:?}); \
                 raise it or lower the first delay"
            ),
            E::NoRetryAfterTimeout { timeout, delay, deadline } => write!(
                f,
                "an attempt that times out leaves no time for a retry: `timeout` ({timeout:?}) and the first delay \
                 ({delay:?}) reach `deadline` ({deadline:?}); lower them, or raise `deadline`"
            ),
            E::NeverRetried(kind) => {
                write!(f, "`on` lists `{kind}`, which is never retried; remove it")
            }
            _ => f.write_str(self.text()),
        }
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;
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
            POLICY.base(Duration::ZERO),
            POLICY.base(Duration::ZERO).cap(Duration::ZERO),
            POLICY.base(Duration::MAX).cap(Duration::MAX),
            POLICY.unlimited().deadline(second),
            POLICY.jitter(Jitter::Additive(7.0)),
            POLICY.timeout(second).idempotent(false),
            POLICY.timeout(second).on(Kinds::NONE.with(Kind::Ambiguous)),
            POLICY.base(second).jitter(Jitter::None).deadline(second),
            POLICY.unlimited().cancellable(),
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
            "`attempts = unlimited` needs a `deadline`, or the call may never end",
        );
        check(POLICY.factor(0.5), "`factor` (0.5) must be a finite number of at least 1");
        check(POLICY.factor(f64::NAN), "`factor` (NaN) must be a finite number of at least 1");
        check(
            POLICY.base(ms(100)).cap(ms(50)),
            "`cap` (50ms) must not be less than `base` (100ms)",
        );
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
            POLICY.jitter(Jitter::Decorrelated).factor(3.0),
            POLICY.jitter(Jitter::Decorrelated).backoff(Backoff::Linear),
        ];
        for policy in policies {
            assert!(policy.validate().is_err(), "{policy:?}");
        }
    }
}
