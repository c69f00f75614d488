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
    /// No limit on attempts, and nothing else that ends the call.
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
    /// [`Backoff::list`](crate::Backoff::list) has no room for another list, or the list is too long.
    TooManyDelays,
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
    /// `no_retry_after` is zero.
    ZeroNoRetryAfter,
    /// `no_retry_after` is above `deadline`.
    NoRetryAfterAboveDeadline {
        /// The time after which no attempt begins.
        last: Duration,
        /// The time for the whole call.
        deadline: Duration,
    },
    /// The first retry could not start before `no_retry_after`.
    NoRetryInTime {
        /// The shortest possible delay before the first retry.
        delay: Duration,
        /// The time after which no attempt begins.
        last: Duration,
    },
    /// `reset_after` is zero.
    ZeroResetAfter,
    /// `reset_after` beside `deadline`.
    ResetBesideDeadline,
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
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// let error = Policy::new().factor(0.5).validate().unwrap_err();
    /// assert_eq!(error.settings(), ["factor"]);
    /// ```
    pub const fn settings(&self) -> &'static [&'static str] {
        match self {
            E::NoAttempts => &["max", "attempts"],
            E::UnlimitedWithoutDeadline => {
                &["attempts", "max", "deadline", "no_retry_after", "reset_after"]
            }
            E::Factor(_) => &["factor"],
            E::UnusedFactor => &["factor", "backoff", "jitter"],
            E::UnusedBase | E::UnusedBaseOfFunction => &["base", "backoff"],
            E::UnusedBackoff => &["backoff", "jitter"],
            E::EmptyList | E::TooManyDelays => &["backoff"],
            E::BaseAboveCap { .. } => &["cap", "base"],
            E::EntryAboveCap { .. } => &["cap", "backoff"],
            E::JitterFraction(_) => &["jitter"],
            E::ZeroDeadline => &["deadline"],
            E::ZeroTimeout | E::TimeoutBlocking => &["timeout"],
            E::TimeoutAboveDeadline { .. } => &["timeout", "deadline"],
            E::ZeroNoRetryAfter => &["no_retry_after"],
            E::NoRetryAfterAboveDeadline { .. } => &["no_retry_after", "deadline"],
            E::NoRetryInTime { .. } => {
                &["no_retry_after", "base", "backoff", "jitter", "cap", "max", "attempts"]
            }
            E::ZeroResetAfter => &["reset_after"],
            E::ResetBesideDeadline => &["reset_after", "deadline"],
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
    #[inline]
    pub(super) const fn concerns(&self, setting: &str) -> bool {
        let settings = self.settings();
        match self {
            // In an attribute: `max = 0` still allows one attempt.
            E::NoAttempts => same("attempts", setting),
            // The two settings contradict each other.
            E::BaseAboveCap { .. }
            | E::EntryAboveCap { .. }
            | E::TimeoutAboveDeadline { .. }
            | E::NoRetryAfterAboveDeadline { .. }
            | E::ResetBesideDeadline => same(settings[0], setting) || same(settings[1], setting),
            _ => same(settings[0], setting),
        }
    }

    /// Whether the error depends on this setting; every error on one of a policy that a call computes.
    #[inline]
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
                "`attempts = unlimited` needs a `deadline`, a `no_retry_after` or a `reset_after`, or the call may never end; write `attempts = forever` where that is meant"
            }
            E::Factor(_) => {
                "`factor` must be a finite number of at least 1; 1 keeps the delay, 2 doubles it"
            }
            E::UnusedFactor => {
                "`factor` has no effect here, only with `backoff = exponential` or `jitter = decorrelated`; remove it"
            }
            E::UnusedBase => "`base` has no effect beside a list of delays; remove one of them",
            E::UnusedBaseOfFunction => {
                "`base` has no effect beside a function that computes the delays; remove one of them"
            }
            E::UnusedBackoff => {
                "`backoff` has no effect beside `jitter = decorrelated`, which grows by itself; remove one of them"
            }
            E::EmptyList => "`backoff = []` has no delay; write at least one",
            E::TooManyDelays => {
                "`backoff` has no room for this list: a program makes at most 1024 lists while it runs, of at most 1024 delays each"
            }
            E::BaseAboveCap { .. } => {
                "`cap` must not be less than `base`; raise `cap` or lower `base`"
            }
            E::EntryAboveCap { .. } => "an entry of `backoff` is above `cap`; raise `cap`",
            E::JitterFraction(_) => {
                "the number in `proportional(r)` must be from 0 to 1, in `additive(r)` and `first(r)` finite and from 0"
            }
            E::ZeroDeadline => "`deadline` must be above 0; leave it out for no deadline",
            E::ZeroTimeout => "`timeout` must be above 0; leave it out for no timeout",
            E::TimeoutAboveDeadline { .. } => {
                "`timeout` must not be above `deadline`; lower `timeout` or raise `deadline`"
            }
            E::ZeroNoRetryAfter => {
                "`no_retry_after` must be above 0; leave it out for no such limit, or write `max = 0` for no retry"
            }
            E::NoRetryAfterAboveDeadline { .. } => {
                "`no_retry_after` must not be above `deadline`, which ends the call before; remove it or raise `deadline`"
            }
            E::NoRetryInTime { .. } => {
                "the first retry could never start before `no_retry_after`; raise it or lower the first delay"
            }
            E::ZeroResetAfter => {
                "`reset_after` must be above 0, or every failure would begin anew; leave it out, or write the shortest healthy run"
            }
            E::ResetBesideDeadline => {
                "`reset_after` has no place beside `deadline`, which ends a call however healthy its attempts are; remove one of them"
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
#[inline]
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
            E::NoRetryAfterAboveDeadline { last, deadline } => write!(
                f,
                "`no_retry_after` ({last:?}) must not be above `deadline` ({deadline:?}), which ends the call before; \
                 remove it or raise `deadline`"
            ),
            E::NoRetryInTime { delay, last } => write!(
                f,
                "the first retry (after {delay:?}) could never start before `no_retry_after` ({last:?}); \
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
