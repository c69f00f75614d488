//! The rules of a policy: every field by itself, and the fields against each other.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::Policy;
use super::error::PolicyError;
use super::jitter::Jitter;
use super::limits::UNLIMITED;
use crate::base::duration;
use crate::failure::class::Kind;

impl Policy {
    /// Checks every field, and the fields against each other.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// let error = Policy::new().base(Duration::from_secs(40)).validate().unwrap_err();
    /// assert_eq!(error.to_string(), "`cap` (30s) must not be less than `base` (40s)");
    /// ```
    ///
    /// # Errors
    ///
    /// The first setting that cannot be meant.
    pub const fn validate(&self) -> Result<(), PolicyError> {
        // `?` is not const.
        let rules = self.rules();
        let mut i = 0;
        while i < rules.len() {
            if let Some(error) = rules[i] {
                return Err(error);
            }
            i += 1;
        }
        Ok(())
    }

    /// The same policy if it is valid: the end of a chain of settings that come from outside of the program.
    ///
    /// A constant ends in [`checked`](Policy::checked) instead, which makes a mistake a compile error.
    ///
    /// ```
    /// use retry_runtime::{Policy, PolicyError};
    /// use std::time::Duration;
    ///
    /// fn policy(retries: u32, longest_delay: Duration) -> Result<Policy, PolicyError> {
    ///     Policy::new().max(retries).cap(longest_delay).try_build()
    /// }
    ///
    /// assert!(policy(5, Duration::from_secs(20)).is_ok());
    /// let error = policy(5, Duration::from_millis(50)).unwrap_err();
    /// assert_eq!(error.to_string(), "`cap` (50ms) must not be less than `base` (1s)");
    /// ```
    ///
    /// # Errors
    ///
    /// The first mistake that [`validate`](Policy::validate) finds.
    #[inline]
    pub const fn try_build(self) -> Result<Self, PolicyError> {
        match self.validate() {
            Ok(()) => Ok(self),
            Err(error) => Err(error),
        }
    }

    /// The first mistake that each rule finds.
    pub(super) const fn rules(&self) -> [Option<PolicyError>; 6] {
        [
            self.check_attempts(),
            self.check_growth(),
            self.check_jitter(),
            self.check_limits(),
            self.check_starts(),
            self.check_kinds(),
        ]
    }

    /// The same policy, known to be valid.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(5).base(Duration::from_millis(20)).checked();
    /// assert_eq!(QUICK.limit(), Some(6));
    /// ```
    ///
    /// # Panics
    ///
    /// When [`validate`](Policy::validate) finds a mistake; in a `const` that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn checked(self) -> Self {
        if let Err(error) = self.validate() {
            panic!("{}", error.text());
        }
        self
    }

    /// [`checked`](Policy::checked) as far as the setting of this name is concerned, so that the compiler
    /// points at the argument that is wrong.
    #[doc(hidden)]
    #[track_caller]
    #[inline]
    pub const fn checked_for(self, setting: &str) -> Self {
        if let Err(error) = self.validate() {
            if error.concerns(setting) {
                panic!("{}", error.text());
            }
        }
        self
    }

    /// [`checked`](Policy::checked) as far as no setting of these names is concerned: each call computes those.
    #[doc(hidden)]
    #[track_caller]
    #[inline]
    pub const fn checked_beside(self, per_call: &[&str]) -> Self {
        let rules = self.rules();
        let mut i = 0;
        while i < rules.len() {
            if let Some(error) = rules[i] {
                let mut is_known = true;
                let mut j = 0;
                while j < per_call.len() {
                    is_known &= !error.depends_on(per_call[j]);
                    j += 1;
                }
                if is_known {
                    panic!("{}", error.text());
                }
            }
            i += 1;
        }
        self
    }

    /// [`checked`](Policy::checked), for calls that block.
    #[doc(hidden)]
    #[track_caller]
    #[inline]
    pub const fn checked_blocking(self) -> Self {
        if self.timeout.is_some() {
            panic!("{}", PolicyError::TimeoutBlocking.text());
        }
        self.checked()
    }

    const fn check_attempts(&self) -> Option<PolicyError> {
        if self.attempts == 0 {
            return Some(PolicyError::NoAttempts);
        }
        let endless = self.attempts == UNLIMITED && !self.forever && !self.can_end();
        if endless { Some(PolicyError::UnlimitedWithoutDeadline) } else { None }
    }

    /// Whether something besides the number of attempts can end a call.
    pub(super) const fn can_end(&self) -> bool {
        self.deadline.is_some()
            || self.no_retry_after.is_some()
            || self.reset_after.is_some()
            || self.cancellable
    }

    const fn check_growth(&self) -> Option<PolicyError> {
        if let Some(factor) = self.factor {
            if !(factor.is_finite() && factor >= 1.0) {
                return Some(PolicyError::Factor(factor));
            }
            if !self.backoff.uses_factor() {
                return Some(PolicyError::UnusedFactor);
            }
        }
        let (cap, base) = (self.cap, self.first_delay());
        match self.backoff {
            Backoff::List(&[]) => Some(PolicyError::EmptyList),
            Backoff::List(_) if self.base.is_some() => Some(PolicyError::UnusedBase),
            Backoff::Custom(_) if self.base.is_some() => Some(PolicyError::UnusedBaseOfFunction),
            Backoff::List(_) if self.cuts_entries => None,
            Backoff::List(entries) => entry_above(cap, entries),
            _ if duration::less(cap, base) => Some(PolicyError::BaseAboveCap { base, cap }),
            _ => None,
        }
    }

    const fn check_jitter(&self) -> Option<PolicyError> {
        let (r, highest) = match (self.jitter, self.backoff) {
            (Jitter::Decorrelated, Backoff::Exponential) => return None,
            (Jitter::Decorrelated, _) => return Some(PolicyError::UnusedBackoff),
            (Jitter::Proportional(r), _) => (r, 1.0),
            (Jitter::Additive(r) | Jitter::First(r), _) => (r, f64::MAX),
            _ => return None,
        };
        if r >= 0.0 && r <= highest { None } else { Some(PolicyError::JitterFraction(r)) }
    }

    const fn check_limits(&self) -> Option<PolicyError> {
        if let Some(timeout) = self.timeout {
            if timeout.is_zero() {
                return Some(PolicyError::ZeroTimeout);
            }
            if self.declared_idempotent().is_none() {
                return Some(PolicyError::TimeoutUndeclared);
            }
        }
        let Some(deadline) = self.deadline else { return None };
        if deadline.is_zero() {
            return Some(PolicyError::ZeroDeadline);
        }
        if let Some(timeout) = self.timeout {
            if duration::less(deadline, timeout) {
                return Some(PolicyError::TimeoutAboveDeadline { timeout, deadline });
            }
        }
        if self.attempts == 1 {
            return None;
        }
        let delay = self.shortest_first_delay();
        if duration::less(deadline, delay) {
            return Some(PolicyError::NoRetryBeforeDeadline { delay, deadline });
        }
        if let Some(timeout) = self.timeout {
            let delay = self.capped_first_delay();
            if !duration::less(timeout.saturating_add(delay), deadline) {
                return Some(PolicyError::NoRetryAfterTimeout { timeout, delay, deadline });
            }
        }
        None
    }

    /// `no_retry_after` and `reset_after`.
    const fn check_starts(&self) -> Option<PolicyError> {
        if let Some(reset) = self.reset_after {
            if reset.is_zero() {
                return Some(PolicyError::ZeroResetAfter);
            }
            if self.deadline.is_some() {
                return Some(PolicyError::ResetBesideDeadline);
            }
        }
        let Some(last) = self.no_retry_after else { return None };
        if last.is_zero() {
            return Some(PolicyError::ZeroNoRetryAfter);
        }
        if let Some(deadline) = self.deadline {
            if duration::less(deadline, last) {
                return Some(PolicyError::NoRetryAfterAboveDeadline { last, deadline });
            }
        }
        let delay = self.shortest_first_delay();
        if self.attempts != 1 && duration::less(last, delay) {
            return Some(PolicyError::NoRetryInTime { delay, last });
        }
        None
    }

    const fn check_kinds(&self) -> Option<PolicyError> {
        let kind = match (self.on.contains(Kind::Overloaded), self.on.contains(Kind::Permanent)) {
            (true, _) => Kind::Overloaded,
            (_, true) => Kind::Permanent,
            _ => return None,
        };
        Some(PolicyError::NeverRetried(kind))
    }
}

/// The first entry of the list that is above the cap, as a mistake.
const fn entry_above(cap: Duration, entries: &[Duration]) -> Option<PolicyError> {
    let mut i = 0;
    while i < entries.len() {
        if duration::less(cap, entries[i]) {
            return Some(PolicyError::EntryAboveCap { entry: entries[i], cap });
        }
        i += 1;
    }
    None
}
