//! The rules of a policy: every field by itself, and the fields against each other.

use super::backoff::Backoff;
use super::builder::{Policy, UNLIMITED};
use super::error::PolicyError;
use super::jitter::Jitter;
use crate::base::duration;
use crate::failure::class::Kind;

impl Policy {
    /// Checks every field, and the fields against each other.
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

    /// What each rule finds.
    pub(super) const fn rules(&self) -> [Option<PolicyError>; 5] {
        [
            self.check_attempts(),
            self.check_growth(),
            self.check_jitter(),
            self.check_limits(),
            self.check_kinds(),
        ]
    }

    /// The same policy, known to be valid.
    ///
    /// # Panics
    ///
    /// When [`validate`](Policy::validate) finds a mistake; in a `const` that is a compile error.
    #[track_caller]
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
    pub const fn checked_for(self, setting: &str) -> Self {
        if let Err(error) = self.validate() {
            if error.concerns(setting) {
                panic!("{}", error.text());
            }
        }
        self
    }

    /// [`checked`](Policy::checked), for calls that block.
    #[doc(hidden)]
    #[track_caller]
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
        if self.attempts == UNLIMITED && self.deadline.is_none() {
            return Some(PolicyError::UnlimitedWithoutDeadline);
        }
        None
    }

    const fn check_growth(&self) -> Option<PolicyError> {
        if let Some(factor) = self.factor {
            if !(factor.is_finite() && factor >= 1.0) {
                return Some(PolicyError::Factor(factor));
            }
            if !self.backoff.uses_factor() || matches!(self.jitter, Jitter::Decorrelated) {
                return Some(PolicyError::UnusedFactor);
            }
        }
        if let Backoff::List(&[]) = self.backoff {
            return Some(PolicyError::EmptyList);
        }
        match self.backoff {
            Backoff::List(_) if self.base.is_some() => return Some(PolicyError::UnusedBase),
            Backoff::Custom(_) if self.base.is_some() => {
                return Some(PolicyError::UnusedBaseOfFunction);
            }
            _ => {}
        }
        if let Backoff::List(entries) = self.backoff {
            let mut i = 0;
            while i < entries.len() {
                if duration::less(self.cap, entries[i]) {
                    return Some(PolicyError::EntryAboveCap { entry: entries[i], cap: self.cap });
                }
                i += 1;
            }
        } else if duration::less(self.cap, self.first_delay()) {
            return Some(PolicyError::BaseAboveCap { base: self.first_delay(), cap: self.cap });
        }
        None
    }

    const fn check_jitter(&self) -> Option<PolicyError> {
        if matches!(self.jitter, Jitter::Decorrelated)
            && !matches!(self.backoff, Backoff::Exponential)
        {
            return Some(PolicyError::UnusedBackoff);
        }
        match self.jitter {
            Jitter::Proportional(r) if !(r >= 0.0 && r <= 1.0) => {
                Some(PolicyError::JitterFraction(r))
            }
            Jitter::Additive(r) if !(r >= 0.0 && r.is_finite()) => {
                Some(PolicyError::JitterFraction(r))
            }
            _ => None,
        }
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
        let delay = self.shortest_first_delay();
        if self.attempts > 1 && duration::less(deadline, delay) {
            return Some(PolicyError::NoRetryBeforeDeadline { delay, deadline });
        }
        None
    }

    const fn check_kinds(&self) -> Option<PolicyError> {
        if self.on.contains(Kind::Overloaded) {
            return Some(PolicyError::NeverRetried(Kind::Overloaded));
        }
        if self.on.contains(Kind::Permanent) {
            return Some(PolicyError::NeverRetried(Kind::Permanent));
        }
        None
    }
}
