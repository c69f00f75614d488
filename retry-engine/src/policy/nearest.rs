//! The nearest valid policy, for settings that are computed while the program runs.
//!
//! A call must not fail because a user of the program configured `max_delay` below the first delay, so a mistake in such
//! a value is repaired and not refused. Two ideas decide between the ways to repair one:
//!
//! - A limit is a promise: `cap`, `deadline` and the number of attempts are kept, and the settings that contradict
//!   them give way.
//! - A setting that is no number, or that says nothing, leaves its default in place.
//!
//! | mistake | nearest valid policy |
//! |---|---|
//! | `attempts = 0` | one attempt |
//! | `attempts = unlimited` without anything that ends the call | the default number of attempts |
//! | `on` lists a kind that is never retried | without that kind |
//! | `factor` below 1 | 1, so the delay stays the same |
//! | `factor` infinite | the largest number, so the second delay is `cap` |
//! | `factor` NaN, or beside a backoff that has no use for it | without `factor` |
//! | `base` beside a list or a function | without `base` |
//! | `base` above `cap` | `base` is `cap` |
//! | an entry of the list above `cap` | `cap` cuts the entry |
//! | an empty list | exponential backoff |
//! | the number of a jitter out of range | the nearest end of the range |
//! | the number of a jitter NaN, or decorrelated jitter beside a backoff | full jitter |
//! | `deadline` zero | no deadline, as in most configuration files |
//! | `timeout` zero, or where the function blocks | no timeout |
//! | `timeout` above `deadline`, or so long that no time for a retry is left | no timeout: `deadline` ends such an attempt |
//! | no retry can start before `deadline` | one attempt |
//! | `timeout` without a word on idempotency | not idempotent |
//! | `no_retry_after` zero, or above `deadline` | without `no_retry_after` |
//! | no retry can start before `no_retry_after` | one attempt |
//! | `reset_after` zero, or beside `deadline` | without `reset_after` |

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::Policy;
use super::error::PolicyError;
use super::jitter::Jitter;
use super::limits::UNLIMITED;
use crate::base::duration;
use crate::failure::class::Kind;

impl Policy {
    /// The nearest valid policy; a valid one comes back unchanged. For settings that a program's user wrote and that must not
    /// fail the program.
    ///
    /// Calls by [`retrying`](Policy::retrying) use it anyway; [`steps`](Policy::steps) wants a valid policy. Limits are kept:
    /// a first delay above `cap` becomes `cap`, no attempts become one, and a number that is none leaves the default in place.
    /// [`try_build`](Policy::try_build) refuses such a policy instead.
    ///
    /// ```
    /// use retry_runtime::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// fn longest(base: Duration, cap: Duration) -> Vec<Duration> {
    ///     let policy = Policy::new().max(2).base(base).cap(cap).jitter(Jitter::None).nearest();
    ///     let mut steps = policy.steps();
    ///     std::iter::from_fn(|| steps.after(true).pause()).collect()
    /// }
    ///
    /// let second = Duration::from_secs(1);
    /// assert_eq!(longest(second, 60 * second), [second, 2 * second]);
    /// assert_eq!(longest(90 * second, 60 * second), [60 * second; 2]);
    /// ```
    #[inline]
    pub fn nearest(self) -> Policy {
        self.nearest_valid(false).0
    }

    /// The nearest valid policy, and the first mistake in this one; a valid policy comes back unchanged.
    ///
    /// `blocking` says that the attempts block their thread, so that no timeout can end them.
    #[inline]
    pub(crate) fn nearest_valid(self, blocking: bool) -> (Policy, Option<PolicyError>) {
        match self.mistake(blocking) {
            None => (self, None),
            Some(error) => (self.repaired(blocking), Some(error)),
        }
    }

    fn mistake(&self, blocking: bool) -> Option<PolicyError> {
        if blocking && self.timeout.is_some() {
            return Some(PolicyError::TimeoutBlocking);
        }
        self.validate().err()
    }

    // The order matters: a repair relies on the settings above it.
    #[cold]
    fn repaired(mut self, blocking: bool) -> Policy {
        self.repair_growth();
        self.repair_jitter();
        self.on = self.on.without(Kind::Overloaded).without(Kind::Permanent);
        self.deadline = self.deadline.filter(|time| !time.is_zero());
        self.repair_starts();
        self.repair_attempts();
        self.repair_timeout(blocking);
        self.timed = self.cuts_attempts() || self.has_open_limits();
        self
    }

    fn repair_growth(&mut self) {
        if matches!(self.backoff, Backoff::List(&[])) {
            self.backoff = Backoff::Exponential;
        }
        let factor = self.factor.filter(|factor| !factor.is_nan() && self.backoff.uses_factor());
        self.factor = factor.map(|factor| factor.clamp(1.0, f64::MAX));
        if !self.backoff.uses_base() {
            self.base = None;
        } else if duration::less(self.cap, self.first_delay()) {
            self.base = Some(self.cap);
        }
        if let Backoff::List(entries) = self.backoff {
            self.cuts_entries |= entries.iter().any(|entry| *entry > self.cap);
        }
    }

    fn repair_jitter(&mut self) {
        self.jitter = match (self.jitter, self.backoff) {
            (Jitter::Proportional(r) | Jitter::Additive(r) | Jitter::First(r), _) if r.is_nan() => {
                Jitter::Full
            }
            (Jitter::Proportional(r), _) => Jitter::Proportional(r.clamp(0.0, 1.0)),
            (Jitter::Additive(r), _) => Jitter::Additive(r.clamp(0.0, f64::MAX)),
            (Jitter::First(r), _) => Jitter::First(r.clamp(0.0, f64::MAX)),
            (jitter @ Jitter::Decorrelated, Backoff::Exponential) => jitter,
            (Jitter::Decorrelated, _) => Jitter::Full,
            (jitter, _) => jitter,
        };
    }

    fn repair_starts(&mut self) {
        let deadline = self.deadline.unwrap_or(Duration::MAX);
        self.no_retry_after =
            self.no_retry_after.filter(|last| !last.is_zero() && *last <= deadline);
        self.reset_after =
            self.reset_after.filter(|time| !time.is_zero() && self.deadline.is_none());
    }

    fn repair_attempts(&mut self) {
        if self.attempts == UNLIMITED && !self.forever && !self.can_end() {
            *self = self.attempts(Policy::new().attempts);
        }
        let first_delay = self.shortest_first_delay();
        let limits = [self.deadline, self.no_retry_after];
        let fits = limits.into_iter().flatten().all(|limit| first_delay <= limit);
        if self.attempts == 0 || !fits {
            *self = self.attempts(1);
        }
    }

    fn repair_timeout(&mut self, blocking: bool) {
        let Some(timeout) = self.timeout else { return };
        let is_late = self.deadline.is_some_and(|deadline| match self.attempts {
            1 => timeout > deadline,
            _ => timeout.saturating_add(self.capped_first_delay()) >= deadline,
        });
        if blocking || timeout.is_zero() || is_late {
            self.timeout = None;
        } else if self.declared_idempotent().is_none() {
            self.idempotent = Some(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::failure::kinds::Kinds;
    use crate::policy::hint::{Hint, HintCap};
    use crate::policy::{Attempts, Parts};

    const POLICY: Policy = Policy::new();
    const MS: fn(u64) -> Duration = Duration::from_millis;
    const LIST: &[Duration] = &[Duration::from_millis(5), Duration::from_millis(500)];

    /// The nearest policy to `policy` is `nearest`, and its first mistake concerns `setting`.
    #[track_caller]
    fn check(policy: Policy, setting: &str, nearest: Policy) {
        let (found, error) = policy.nearest_valid(false);
        assert_eq!(found, nearest, "{policy:?}");
        assert!(error.expect("a mistake").settings().contains(&setting), "{error:?}");
    }

    #[test]
    fn limits_are_kept_and_the_settings_that_contradict_them_give_way() {
        check(POLICY.cap(MS(50)), "cap", POLICY.cap(MS(50)).base(MS(50)));
        check(POLICY.base(MS(90)).cap(MS(50)), "base", POLICY.base(MS(50)).cap(MS(50)));
        let short = POLICY.deadline(MS(500)).jitter(Jitter::None);
        check(short, "deadline", short.max(0));
        let late = POLICY.deadline(MS(500)).idempotent(true);
        check(late.timeout(MS(600)), "timeout", late);
        check(late.timeout(MS(500)), "timeout", late);
        let late = POLICY.no_retry_after(MS(900)).jitter(Jitter::None);
        check(late, "no_retry_after", late.max(0));
        let short = POLICY.deadline(MS(900));
        check(short.no_retry_after(MS(901)), "no_retry_after", short);
        check(short.reset_after(MS(5)), "reset_after", short);
    }

    #[test]
    fn values_outside_their_range_go_to_its_nearest_end() {
        check(POLICY.attempts(0), "attempts", POLICY.attempts(1));
        check(POLICY.factor(0.5), "factor", POLICY.factor(1.0));
        check(POLICY.factor(f64::NEG_INFINITY), "factor", POLICY.factor(1.0));
        check(POLICY.factor(f64::INFINITY), "factor", POLICY.factor(f64::MAX));
        let [proportional, additive] = [Jitter::Proportional, Jitter::Additive];
        check(POLICY.jitter(proportional(1.5)), "jitter", POLICY.jitter(proportional(1.0)));
        check(POLICY.jitter(proportional(-1.5)), "jitter", POLICY.jitter(proportional(0.0)));
        check(POLICY.jitter(additive(-0.1)), "jitter", POLICY.jitter(additive(0.0)));
        check(POLICY.jitter(additive(f64::INFINITY)), "jitter", POLICY.jitter(additive(f64::MAX)));
    }

    #[test]
    fn values_that_say_nothing_leave_the_default_in_place() {
        check(POLICY.factor(f64::NAN), "factor", POLICY);
        check(POLICY.jitter(Jitter::Proportional(f64::NAN)), "jitter", POLICY);
        check(POLICY.deadline(Duration::ZERO), "deadline", POLICY);
        check(POLICY.timeout(Duration::ZERO), "timeout", POLICY);
        check(POLICY.no_retry_after(Duration::ZERO), "no_retry_after", POLICY);
        check(POLICY.reset_after(Duration::ZERO), "reset_after", POLICY);
        check(POLICY.unlimited(), "attempts", POLICY);
        check(POLICY.unlimited().deadline(Duration::ZERO), "deadline", POLICY);
        check(POLICY.backoff(Backoff::List(&[])), "backoff", POLICY);
        check(POLICY.timeout(MS(5)), "timeout", POLICY.timeout(MS(5)).idempotent(false));
        let on = Kinds::NONE.with(Kind::Throttled);
        check(POLICY.on(on.with(Kind::Permanent)), "on", POLICY.on(on));
    }

    #[test]
    fn settings_that_the_backoff_has_no_use_for_are_left_out() {
        let list = POLICY.backoff(Backoff::List(&LIST[..1]));
        check(list.base(MS(7)), "base", list);
        check(list.factor(3.0), "factor", list);
        let linear = POLICY.backoff(Backoff::Linear);
        check(linear.jitter(Jitter::Decorrelated), "jitter", linear);
    }

    #[test]
    fn the_cap_cuts_the_entries_of_a_list() {
        let list = POLICY.backoff(Backoff::List(LIST)).cap(MS(50)).jitter(Jitter::None);
        let (nearest, error) = list.nearest_valid(false);
        assert_eq!(error, Some(PolicyError::EntryAboveCap { entry: MS(500), cap: MS(50) }));
        assert_eq!(nearest.validate(), Ok(()));
        assert!(nearest.delays(7).eq([MS(5), MS(50), MS(50)]));
    }

    #[test]
    fn a_blocking_call_has_no_timeout() {
        let timed = POLICY.idempotent(true).timeout(MS(5));
        assert_eq!(timed.nearest_valid(false), (timed, None));
        let (nearest, error) = timed.nearest_valid(true);
        assert_eq!(nearest.attempt_limit(), None);
        assert!(!nearest.is_timed());
        assert_eq!(error, Some(PolicyError::TimeoutBlocking));
    }

    fn duration() -> impl Strategy<Value = Duration> {
        prop_oneof![
            Just(Duration::ZERO),
            Just(Duration::MAX),
            (0..5_u64).prop_map(Duration::from_secs),
            any::<u64>().prop_map(Duration::from_nanos),
        ]
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), 0.0..3.0]
    }

    fn backoff() -> impl Strategy<Value = Backoff> {
        const LISTS: [&[Duration]; 3] =
            [&[], &[Duration::ZERO, Duration::MAX], &[Duration::from_secs(2)]];
        prop_oneof![
            Just(Backoff::Exponential),
            Just(Backoff::Fixed),
            Just(Backoff::Linear),
            Just(Backoff::Fibonacci),
            (0..LISTS.len()).prop_map(|i| Backoff::List(LISTS[i])),
            Just(Backoff::Custom(|retry| Duration::from_secs(retry.into()))),
        ]
    }

    fn jitter() -> impl Strategy<Value = Jitter> {
        prop_oneof![
            Just(Jitter::Full),
            Just(Jitter::Equal),
            Just(Jitter::Decorrelated),
            Just(Jitter::None),
            number().prop_map(Jitter::Proportional),
            number().prop_map(Jitter::Additive),
            number().prop_map(Jitter::First),
        ]
    }

    prop_compose! {
        fn policy()(
            attempts in prop_oneof![
                (0..3_u32).prop_map(Attempts::Count),
                Just(Attempts::Unlimited),
                Just(Attempts::Forever),
            ],
            base in proptest::option::of(duration()),
            factor in proptest::option::of(number()),
            (cap, hint_cap) in (duration(), duration()),
            (backoff, jitter) in (backoff(), jitter()),
            deadline in proptest::option::of(duration()),
            timeout in proptest::option::of(duration()),
            (no_retry_after, reset_after) in
                (proptest::option::of(duration()), proptest::option::of(duration())),
            kinds in proptest::collection::vec(proptest::sample::select(&Kind::ALL[..]), 0..4),
            idempotent in any::<Option<bool>>(),
            (inherit, cancellable, cuts_entries) in any::<(bool, bool, bool)>(),
        ) -> Policy {
            let on = kinds.into_iter().fold(Kinds::NONE, Kinds::with);
            Policy::from(Parts {
                attempts, base, factor, cap, backoff, jitter, deadline, timeout, on, idempotent,
                hint: Hint::AtLeast, hint_cap: HintCap::Stop(hint_cap), inherit, cancellable, cuts_entries,
                no_retry_after, reset_after,
            })
        }
    }

    proptest! {
        #[test]
        fn the_nearest_policy_is_valid_and_a_valid_one_is_its_own_nearest(
            policy in policy(), blocking: bool,
        ) {
            let (nearest, error) = policy.nearest_valid(blocking);
            prop_assert_eq!(nearest.mistake(blocking), None);
            prop_assert_eq!(nearest.nearest_valid(blocking), (nearest, None));
            // As text, because NaN is not equal to itself.
            let text = |error: Option<PolicyError>| error.map(|error| error.to_string());
            prop_assert_eq!(text(error), text(policy.mistake(blocking)));
            if error.is_none() {
                prop_assert_eq!(nearest, policy);
            }
            prop_assert_eq!(Policy::from(Parts::from(&nearest)), nearest, "all fields agree");
        }
    }
}
