//! The mistakes in a policy: the settings that cause each, and a message with the field, the value and the remedy.

use std::fmt;
use std::time::Duration;

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
    /// `on` lists a kind that is never retried.
    NeverRetried(Kind),
}

/// The settings that an error names, and its text.
struct Row {
    /// The settings at whose arguments the compiler reports the error.
    at: &'static [&'static str],
    /// The settings that can cause it, the most likely first.
    causes: &'static [&'static str],
    /// The message without values, for the compiler.
    text: &'static str,
}

impl PolicyError {
    /// One row for each error.
    const fn row(&self) -> Row {
        match self {
            PolicyError::NoAttempts => Row {
                at: &["attempts"],
                causes: &["max", "attempts"],
                text: "`attempts` (0) must be at least 1, which means no retry",
            },
            PolicyError::UnlimitedWithoutDeadline => Row {
                at: &["attempts"],
                causes: &["attempts", "max", "deadline"],
                text: "`attempts = unlimited` needs a `deadline`, or the call may never end",
            },
            PolicyError::Factor(_) => Row {
                at: &["factor"],
                causes: &["factor"],
                text: "`factor` must be a finite number of at least 1; 1 keeps the delay, 2 doubles it",
            },
            PolicyError::UnusedFactor => Row {
                at: &["factor"],
                causes: &["factor", "backoff", "jitter"],
                text: "`factor` has no effect here, only with `backoff = exponential` and without decorrelated jitter; remove it",
            },
            PolicyError::UnusedBase => Row {
                at: &["base"],
                causes: &["base", "backoff"],
                text: "`base` has no effect beside a list of delays; remove one of them",
            },
            PolicyError::UnusedBaseOfFunction => Row {
                at: &["base"],
                causes: &["base", "backoff"],
                text: "`base` has no effect beside a function that computes the delays; remove one of them",
            },
            PolicyError::UnusedBackoff => Row {
                at: &["backoff"],
                causes: &["backoff", "jitter"],
                text: "`backoff` has no effect beside `jitter = decorrelated`, which grows by itself; remove one of them",
            },
            PolicyError::EmptyList => Row {
                at: &["backoff"],
                causes: &["backoff"],
                text: "`backoff = []` has no delay; write at least one",
            },
            PolicyError::BaseAboveCap { .. } => Row {
                at: &["cap", "base"],
                causes: &["cap", "base"],
                text: "`cap` must not be less than `base`; raise `cap` or lower `base`",
            },
            PolicyError::EntryAboveCap { .. } => Row {
                at: &["cap", "backoff"],
                causes: &["cap", "backoff"],
                text: "an entry of `backoff` is above `cap`; raise `cap`",
            },
            PolicyError::JitterFraction(_) => Row {
                at: &["jitter"],
                causes: &["jitter"],
                text: "the number in `proportional(r)` must be from 0 to 1, in `additive(r)` finite and from 0",
            },
            PolicyError::ZeroDeadline => Row {
                at: &["deadline"],
                causes: &["deadline"],
                text: "`deadline` must be above 0; leave it out for no deadline",
            },
            PolicyError::ZeroTimeout => Row {
                at: &["timeout"],
                causes: &["timeout"],
                text: "`timeout` must be above 0; leave it out for no timeout",
            },
            PolicyError::TimeoutAboveDeadline { .. } => Row {
                at: &["timeout", "deadline"],
                causes: &["timeout", "deadline"],
                text: "`timeout` must not be above `deadline`; lower `timeout` or raise `deadline`",
            },
            PolicyError::TimeoutUndeclared => Row {
                at: &["timeout"],
                causes: &["timeout", "idempotent", "on"],
                text: "`timeout` needs `idempotent` or `idempotent = false` beside it: an attempt that is cut off may have taken effect",
            },
            PolicyError::TimeoutBlocking => Row {
                at: &["timeout"],
                causes: &["timeout"],
                text: "`timeout` cannot end an attempt that is not `async`: nothing can stop a running thread; make the function `async` or leave `timeout` out",
            },
            PolicyError::NoRetryBeforeDeadline { .. } => Row {
                at: &["deadline"],
                causes: &["deadline", "base", "backoff", "jitter", "cap", "max", "attempts"],
                text: "the first retry could never start before `deadline`; raise it or lower the first delay",
            },
            PolicyError::NeverRetried(_) => Row {
                at: &["on"],
                causes: &["on"],
                text: "`on` lists a kind that is never retried (`Overloaded` or `Permanent`); remove it",
            },
        }
    }

    /// The settings that can cause the error, the most likely first.
    pub const fn settings(&self) -> &'static [&'static str] {
        self.row().causes
    }

    /// Whether the compiler reports the error at the argument of this setting.
    pub(super) const fn concerns(&self, setting: &str) -> bool {
        let settings = self.row().at;
        let mut i = 0;
        while i < settings.len() {
            if same(settings[i], setting) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// The message without values, for the compiler.
    pub(crate) const fn text(&self) -> &'static str {
        self.row().text
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            PolicyError::Factor(factor) => {
                write!(f, "`factor` ({factor:?}) must be a finite number of at least 1")
            }
            PolicyError::BaseAboveCap { base, cap } => {
                write!(f, "`cap` ({cap:?}) must not be less than `base` ({base:?})")
            }
            PolicyError::EntryAboveCap { entry, cap } => {
                write!(f, "`backoff` has an entry ({entry:?}) above `cap` ({cap:?}); raise `cap`")
            }
            PolicyError::JitterFraction(r) => {
                write!(f, "`jitter` ({r:?}) is out of range: ")?;
                f.write_str(self.text())
            }
            PolicyError::TimeoutAboveDeadline { timeout, deadline } => {
                write!(f, "`timeout` ({timeout:?}) must not be above `deadline` ({deadline:?})")
            }
            PolicyError::NoRetryBeforeDeadline { delay, deadline } => write!(
                f,
                "the first retry (after {delay:?}) could never start before `deadline` ({deadline:?}); \
                 raise it or lower the first delay"
            ),
            PolicyError::NeverRetried(kind) => {
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

    fn check(policy: Policy, message: &str) {
        assert_eq!(policy.validate().map_err(|error| error.to_string()), Err(message.to_owned()));
    }

    #[test]
    fn the_defaults_and_odd_but_computable_settings_are_valid() {
        let second = Duration::from_secs(1);
        for policy in [
            Policy::new(),
            Policy::new().max(0),
            Policy::new().max(u32::MAX - 2),
            Policy::new().base(Duration::ZERO),
            Policy::new().base(Duration::ZERO).cap(Duration::ZERO),
            Policy::new().base(Duration::MAX).cap(Duration::MAX),
            Policy::new().unlimited().deadline(second),
            Policy::new().jitter(Jitter::Additive(7.0)),
            Policy::new().timeout(second).idempotent(false),
            Policy::new().timeout(second).on(Kinds::NONE.with(Kind::Ambiguous)),
            Policy::new().base(second).jitter(Jitter::None).deadline(second),
        ] {
            assert_eq!(policy.validate(), Ok(()), "{policy:?}");
        }
    }

    #[test]
    fn every_mistake_names_the_field_the_value_and_the_remedy() {
        let ms = Duration::from_millis;
        check(Policy::new().attempts(0), "`attempts` (0) must be at least 1, which means no retry");
        check(
            Policy::new().unlimited(),
            "`attempts = unlimited` needs a `deadline`, or the call may never end",
        );
        check(Policy::new().factor(0.5), "`factor` (0.5) must be a finite number of at least 1");
        check(
            Policy::new().factor(f64::NAN),
            "`factor` (NaN) must be a finite number of at least 1",
        );
        check(
            Policy::new().base(ms(100)).cap(ms(50)),
            "`cap` (50ms) must not be less than `base` (100ms)",
        );
        check(
            Policy::new().deadline(ms(100)).timeout(ms(200)).idempotent(true),
            "`timeout` (200ms) must not be above `deadline` (100ms)",
        );
        check(
            Policy::new().jitter(Jitter::None).deadline(ms(900)),
            "the first retry (after 1s) could never start before `deadline` (900ms); \
             raise it or lower the first delay",
        );
        check(
            Policy::new().on(Kinds::NONE.with(Kind::Permanent)),
            "`on` lists `permanent`, which is never retried; remove it",
        );
        const LONG: &[Duration] = &[Duration::from_secs(31)];
        let policies = [
            Policy::new().deadline(Duration::ZERO),
            Policy::new().timeout(Duration::ZERO).idempotent(true),
            Policy::new().timeout(ms(5)),
            Policy::new().jitter(Jitter::Proportional(1.5)),
            Policy::new().jitter(Jitter::Additive(f64::INFINITY)),
            Policy::new().backoff(Backoff::List(&[])),
            Policy::new().backoff(Backoff::List(&[Duration::ZERO])).base(ms(5)),
            Policy::new().backoff(Backoff::List(LONG)),
            Policy::new().backoff(Backoff::Fixed).factor(2.0),
            Policy::new().jitter(Jitter::Decorrelated).factor(3.0),
            Policy::new().jitter(Jitter::Decorrelated).backoff(Backoff::Linear),
        ];
        for policy in policies {
            assert!(policy.validate().is_err(), "{policy:?}");
        }
    }
}
