//! The fields of a policy, for code that merges settings of several sources.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::Policy;
use super::error::PolicyError;
use super::hint::{Hint, HintCap};
use super::jitter::Jitter;
use super::limits::UNLIMITED;
use crate::failure::kinds::Kinds;

/// The fields of a policy. [`Policy`] has the builder method of the same name for each.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "each field is documented at the builder method of its name")]
pub struct Parts {
    pub attempts: Attempts,
    pub base: Option<Duration>,
    pub factor: Option<f64>,
    pub cap: Duration,
    pub backoff: Backoff,
    pub jitter: Jitter,
    pub deadline: Option<Duration>,
    pub timeout: Option<Duration>,
    pub no_retry_after: Option<Duration>,
    pub reset_after: Option<Duration>,
    pub on: Kinds,
    pub idempotent: Option<bool>,
    pub hint: Hint,
    pub hint_cap: HintCap,
    pub inherit: bool,
    /// Whether the calls have a cancellation token.
    pub cancellable: bool,
    /// Whether `cap` cuts longer entries of a list, which are a mistake otherwise.
    pub cuts_entries: bool,
}

/// A limit on attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// This many attempts, the first one included.
    Count(u32),
    /// As many as something else allows: a deadline, a cancellation token.
    Unlimited,
    /// As many as it takes: nothing else needs to end the call.
    Forever,
}

impl From<&Policy> for Parts {
    #[inline]
    fn from(policy: &Policy) -> Self {
        Parts {
            attempts: match policy.limit() {
                Some(attempts) => Attempts::Count(attempts),
                None if policy.forever => Attempts::Forever,
                None => Attempts::Unlimited,
            },
            base: policy.base,
            factor: policy.factor,
            cap: policy.cap,
            backoff: policy.backoff,
            jitter: policy.jitter,
            deadline: policy.deadline,
            timeout: policy.timeout,
            no_retry_after: policy.no_retry_after,
            reset_after: policy.reset_after,
            on: policy.on,
            idempotent: policy.idempotent,
            hint: policy.hint,
            hint_cap: match policy.clamps_hint {
                true => HintCap::Clamp(policy.hint_cap),
                false => HintCap::Stop(policy.hint_cap),
            },
            inherit: policy.inherit,
            cancellable: policy.cancellable,
            cuts_entries: policy.cuts_entries,
        }
    }
}

/// Not checked.
impl From<Parts> for Policy {
    #[inline]
    fn from(parts: Parts) -> Self {
        let (hint_cap, clamps_hint) = match parts.hint_cap {
            HintCap::Stop(longest) => (longest, false),
            HintCap::Clamp(longest) => (longest, true),
        };
        let limits = [parts.deadline, parts.timeout, parts.no_retry_after, parts.reset_after];
        Policy {
            attempts: match parts.attempts {
                Attempts::Count(attempts) => attempts,
                Attempts::Unlimited | Attempts::Forever => UNLIMITED,
            },
            forever: parts.attempts == Attempts::Forever,
            base: parts.base,
            factor: parts.factor,
            cap: parts.cap,
            backoff: parts.backoff,
            jitter: parts.jitter,
            deadline: parts.deadline,
            timeout: parts.timeout,
            no_retry_after: parts.no_retry_after,
            reset_after: parts.reset_after,
            on: parts.on,
            idempotent: parts.idempotent,
            hint: parts.hint,
            hint_cap,
            clamps_hint,
            inherit: parts.inherit,
            cancellable: parts.cancellable,
            cuts_entries: parts.cuts_entries,
            timed: limits.iter().any(Option::is_some),
        }
    }
}

impl Parts {
    /// Every mistake, where [`Policy::validate`] stops at the first.
    #[inline]
    pub fn mistakes(self) -> impl Iterator<Item = PolicyError> + use<> {
        Policy::from(self).rules().into_iter().flatten()
    }

    /// The delay before the first retry, without jitter.
    #[inline]
    pub fn first_delay(self) -> Duration {
        Policy::from(self).first_delay()
    }

    /// Whether the function is idempotent; `None` when nothing says so.
    #[inline]
    pub fn declared_idempotent(self) -> Option<bool> {
        Policy::from(self).declared_idempotent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_taken_apart_and_put_together_is_the_same() {
        let policies = [
            Policy::new(),
            Policy::new().unlimited().deadline(Duration::from_secs(1)).base(Duration::ZERO),
            Policy::new().max(7).factor(3.0).jitter(Jitter::None).idempotent(false),
            Policy::new().inherit(false),
            Policy::new().forever().hint_clamp(Duration::ZERO).hint(Hint::Instead),
            Policy::new().reset_after(Duration::from_secs(1)),
            Policy::new().no_retry_after(Duration::from_secs(1)),
        ];
        for policy in policies {
            assert_eq!(Policy::from(Parts::from(&policy)), policy);
        }
    }
}
