//! A policy taken apart, for whoever puts one together from several sources.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::{Policy, UNLIMITED};
use super::error::PolicyError;
use super::jitter::Jitter;
use crate::failure::kinds::Kinds;

/// The fields of a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts {
    /// `None` stands for no limit.
    pub(crate) attempts: Option<u32>,
    pub(crate) base: Option<Duration>,
    pub(crate) factor: Option<f64>,
    pub(crate) cap: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) jitter: Jitter,
    pub(crate) deadline: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) on: Kinds,
    pub(crate) idempotent: Option<bool>,
    pub(crate) hint_cap: Duration,
}

impl Policy {
    /// Takes it apart.
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            attempts: self.limit(),
            base: self.base,
            factor: self.factor,
            cap: self.cap,
            backoff: self.backoff,
            jitter: self.jitter,
            deadline: self.deadline,
            timeout: self.timeout,
            on: self.on,
            idempotent: self.idempotent,
            hint_cap: self.hint_cap,
        }
    }

    /// Puts it together again; not checked.
    pub(crate) fn of_parts(parts: Parts) -> Self {
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
            timed: parts.deadline.is_some() || parts.timeout.is_some(),
        }
    }

    /// Everything that is wrong with it, where [`validate`](Policy::validate) stops at the first.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = PolicyError> + use<> {
        self.rules().into_iter().flatten()
    }

    /// The delay before the first retry, as far as it depends on the policy alone.
    pub(crate) fn shown_base(&self) -> Duration {
        self.first_delay()
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
        ];
        for policy in policies {
            assert_eq!(Policy::of_parts(policy.parts()), policy);
        }
    }
}
