//! The rules of a policy after a failed attempt, in the order in which they decide.

use std::time::Duration;

use crate::base::clock::Moment;
use crate::base::rng::Rng;
use crate::failure::class::{Class, Kind};
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::{Delay, DelaySource};

/// The standing of a series of attempts, as far as the rules ask for it.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    /// Attempts since the last healthy one, the one that has just failed included.
    pub(crate) attempt: u32,
    /// The delay before that attempt; `None` for the first one. Needed only where the policy's delays grow by themselves.
    pub(crate) previous: Option<Duration>,
    pub(crate) deadline: Option<Moment>,
    /// When the time of `no_retry_after` began.
    pub(crate) began: Option<Moment>,
    /// Whether the request says of itself that it is idempotent; asked where the policy says nothing.
    pub(crate) idempotent: Option<bool>,
    pub(crate) rng: &'a mut Rng,
}

impl Course<'_> {
    /// The pause before the next attempt, or the rule that allows none. `agreed` is the answer of `when`.
    #[inline(always)]
    pub(crate) fn allowed(
        &mut self,
        policy: &Policy,
        now: Moment,
        class: Class,
        agreed: bool,
    ) -> Result<Delay, StopReason> {
        self.worth_repeating(policy, class.kind, agreed)?;
        self.attempts_left(policy)?;
        self.time_left(policy, now, class.retry_after)
    }

    /// Fails if the failure is not to be retried, by its kind, `when`, `idempotent` and `on`.
    #[inline(always)]
    fn worth_repeating(&self, policy: &Policy, kind: Kind, agreed: bool) -> Result<(), StopReason> {
        let is_idempotent = || policy.declared_idempotent().or(self.idempotent) == Some(true);
        match kind {
            Kind::Permanent => Err(StopReason::Permanent),
            Kind::Overloaded => Err(StopReason::Overloaded),
            _ if !agreed => Err(StopReason::Permanent),
            Kind::Ambiguous if !is_idempotent() => Err(StopReason::Ambiguous),
            kind @ (Kind::Transient | Kind::Throttled) if !policy.retries_kind(kind) => {
                Err(StopReason::Permanent)
            }
            _ => Ok(()),
        }
    }

    /// Fails if the limit of `max` or `attempts` is reached.
    #[inline(always)]
    fn attempts_left(&self, policy: &Policy) -> Result<(), StopReason> {
        let left = policy.allows_another_after(self.attempt);
        if left { Ok(()) } else { Err(StopReason::Exhausted) }
    }

    /// Returns the pause: the server's hint with a spread, else the policy's delay; fails if the deadline comes first.
    #[inline(always)]
    fn time_left(
        &mut self,
        policy: &Policy,
        now: Moment,
        hint: Option<Duration>,
    ) -> Result<Delay, StopReason> {
        let left = self.left(policy, now);
        if left == Some(Duration::ZERO) {
            return Err(StopReason::Deadline);
        }
        let mut random = || self.rng.draw();
        let (length, source) = match hint {
            Some(hint) => {
                let left = left.unwrap_or(Duration::MAX);
                hinted(policy, self.attempt, hint, left, random())?
            }
            None => (policy.delay(self.attempt, self.previous, random), DelaySource::Backoff),
        };
        // A hint has been compared, and its spread ends at the deadline.
        if left.is_some_and(|left| length > left) {
            return Err(StopReason::Deadline);
        }
        Ok(Delay { length, source })
    }

    /// The time in which another attempt may begin; `None` if nothing limits it.
    #[inline(always)]
    fn left(&self, policy: &Policy, now: Moment) -> Option<Duration> {
        let left = self.deadline.map(|deadline| deadline.since(now));
        let (Some(last), Some(began)) = (policy.last_start(), self.began) else { return left };
        let start = last.saturating_sub(now.since(began));
        Some(left.map_or(start, |left| left.min(start)))
    }
}

/// The pause that the server asked for, at most the time left; fails if the hint itself is longer than that, or than the
/// policy allows.
#[cold]
fn hinted(
    policy: &Policy,
    retry: u32,
    hint: Duration,
    left: Duration,
    random: u64,
) -> Result<(Duration, DelaySource), StopReason> {
    let hint = policy.allowed_hint(hint).filter(|hint| *hint <= left);
    let Some(hint) = hint else { return Err(StopReason::RetryAfterTooLong) };
    let (length, by_hint) = policy.hinted_delay(retry, hint, left, random);
    let source = if by_hint { DelaySource::Hint } else { DelaySource::Backoff };
    Ok((length, source))
}
