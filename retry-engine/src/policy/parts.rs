//! The fields of a policy, for code that merges settings of several sources.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::{Policy, UNLIMITED};
use super::error::PolicyError;
use super::jitter::Jitter;
use crate::failure::kinds::Kinds;

/// The fields of a policy. [`Policy`] has the builder method of the same name for each.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "each field is documented at the builder method of its name")]
pub struct Parts {
    /// `None` stands for no limit.
    pub attempts: Option<u32>,
    pub base: Option<Duration>,
    pub factor: Option<f64>,
    pub cap: Duration,
    pub backoff: Backoff,
    pub jitter: Jitter,
    pub deadline: Option<Duration>,
    pub timeout: Option<Duration>,
    pub on: Kinds,
    pub idempotent: Option<bool>,
    pub hint_cap: Duration,
    pub inherit: bool,
    /// Whether the calls have a cancellation token.
    pub cancellable: bool,
    /// Whether `cap` cuts longer entries of a list, which are a mistake otherwise.
    pub cuts_entries: bool,
}

impl From<&Policy> for Parts {
    fn from(policy: &Policy) -> Self {
        Parts {
            attempts: policy.limit(),
            base: policy.base,
            factor: policy.factor,
            cap: policy.cap,
            backoff: policy.backoff,
            jitter: policy.jitter,
            deadline: policy.deadline,
            timeout: policy.timeout,
            on: policy.on,
            idempotent: policy.idempotent,
            hint_cap: policy.hint_cap,
            inherit: policy.inherit,
            cancellable: policy.cancellable,
            cuts_entries: policy.cuts_entries,
        }
    }
}

/// Not checked.
impl From<Parts> for Policy {
    fn from(parts: Parts) -> Self {
        Policy {
            attempts: parts.attempts.unwrap_or(UNLIMITED),
            base: parts.base,
            factor: parts.factor,
            cap: parts.cap,
            backoff: parts.backoff,
            jitter: parts.jitter,
            deadline: parts.deadline,
            timeout: parts.timeout,
            on: parts.on,
            idempotent: parts.idempotent,
            hint_cap: parts.hint_cap,
            inherit: parts.inherit,
            cancellable: parts.cancellable,
            cuts_entries: parts.cuts_entries,
            timed: parts.deadline.is_some() || parts.timeout.is_some(),
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
    pub fn first_delay(self) -> Duration {
        Policy::from(self).first_delay()
    }

    /// Whether the function is idempotent; `None` when nothing says so.
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
        ];
        for policy in policies {
            assert_eq!(Policy::from(Parts::from(&policy)), policy);
        }
    }
}
