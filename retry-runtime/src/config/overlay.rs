//! One layer of settings over another, and the policy that comes of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::origin::Origin;
use super::settings::Settings;
use super::value::{Attempts, Growth, TimeLimit};
use crate::failure::class::Kind;
use crate::failure::kinds::Kinds;
use crate::policy::Parts;
use crate::policy::Policy;
use crate::policy::backoff::Backoff;
use crate::policy::jitter::Jitter;

impl Settings {
    /// Puts these settings over a policy; `changed` is told the name of each that counts from now on.
    ///
    /// What a lower layer says, and a higher one has no use for, gives way: a list of delays takes the place
    /// of a `base` below it, as in the attribute over a preset.
    pub(crate) fn overlay(&self, parts: &mut Parts, mut changed: impl FnMut(&'static str)) {
        if let Some(limit) = self.limit() {
            parts.attempts = limit;
            changed("max");
        }
        if let Some(growth) = &self.backoff {
            parts.backoff = growth.backoff();
            if !parts.backoff.uses_base() {
                parts.base = None;
                changed("base");
            }
            if !parts.backoff.uses_factor() {
                parts.factor = None;
                changed("factor");
            }
            changed("backoff");
        }
        if let Some(Jitter::Decorrelated) = self.jitter {
            if self.factor.is_none() {
                parts.factor = None;
                changed("factor");
            }
            if self.backoff.is_none() {
                parts.backoff = Backoff::Exponential;
                changed("backoff");
            }
        }
        // Input: the field, what is set, its name.
        macro_rules! set {
            ($($field:ident = $value:expr),*) => {
                $(if let Some(value) = $value {
                    parts.$field = value;
                    changed(stringify!($field));
                })*
            };
        }
        set!(
            factor = self.factor.map(Some),
            base = self.base.map(Some),
            cap = self.cap,
            jitter = self.jitter,
            deadline = self.deadline.map(TimeLimit::time),
            timeout = self.timeout.map(TimeLimit::time),
            on = self.on,
            idempotent = self.idempotent.map(Some),
            hint_cap = self.hint_cap
        );
        if self.idempotent == Some(false) && self.on.is_none() && parts.on.contains(Kind::Ambiguous)
        {
            // `on` with `Ambiguous` says that it is idempotent.
            let others = parts.on.iter().filter(|kind| *kind != Kind::Ambiguous);
            parts.on = others.fold(Kinds::NONE, Kinds::with);
            changed("on");
        }
    }

    /// The policy that these settings make over the built-in defaults.
    ///
    /// ```
    /// use retry_runtime::config::Settings;
    /// use std::time::Duration;
    ///
    /// let policy = "max = 2, base = '100ms', jitter = none".parse::<Settings>()?.policy()?;
    /// let delays: Vec<_> = policy.schedule().map(|delay| delay.longest.as_millis()).collect();
    /// assert_eq!(delays, [100, 200]);
    /// # Ok::<(), retry_runtime::config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that [`Policy::validate`](crate::Policy::validate) refuses.
    pub fn policy(&self) -> Result<Policy, ConfigErrors> {
        let mut parts = Policy::new().parts();
        self.overlay(&mut parts, |_| {});
        let policy = Policy::of_parts(parts);
        let mut mistakes = Mistakes::default();
        for error in policy.mistakes() {
            mistakes.push(Mistake::new(Origin::BuiltIn, error.to_string()));
        }
        mistakes.or(policy)
    }

    /// The limit on attempts: `Some(None)` is none.
    fn limit(&self) -> Option<Option<u32>> {
        match (self.attempts, self.max) {
            (Some(Attempts::Unlimited), _) => Some(None),
            (Some(Attempts::Count(attempts)), _) => Some(Some(attempts)),
            (None, Some(retries)) => Some(Some(retries.saturating_add(1))),
            (None, None) => None,
        }
    }

    /// A policy's settings, all of them.
    pub(crate) fn of(parts: &Parts) -> Self {
        Settings {
            attempts: Some(parts.attempts.map_or(Attempts::Unlimited, Attempts::Count)),
            backoff: Some(Growth::of(parts.backoff)),
            base: parts.base,
            factor: parts.factor,
            cap: Some(parts.cap),
            jitter: Some(parts.jitter),
            deadline: parts.deadline.map(TimeLimit::After),
            timeout: parts.timeout.map(TimeLimit::After),
            on: Some(parts.on),
            idempotent: parts.idempotent,
            hint_cap: Some(parts.hint_cap),
            ..Settings::default()
        }
    }

    /// Those of the settings that an attribute has written.
    pub(crate) fn only(&self, written: &[impl AsRef<str>]) -> Self {
        let has = |name: &str| written.iter().any(|word| word.as_ref() == name);
        if has("policy") {
            return self.clone();
        }
        Settings {
            attempts: self.attempts.filter(|_| has("max") || has("attempts")),
            backoff: self.backoff.clone().filter(|_| has("backoff")),
            base: self.base.filter(|_| has("base")),
            factor: self.factor.filter(|_| has("factor")),
            cap: self.cap.filter(|_| has("cap")),
            jitter: self.jitter.filter(|_| has("jitter")),
            deadline: self.deadline.filter(|_| has("deadline")),
            timeout: self.timeout.filter(|_| has("timeout")),
            on: self.on.filter(|_| has("on")),
            idempotent: self.idempotent.filter(|_| has("idempotent")),
            hint_cap: self.hint_cap.filter(|_| has("hint_cap")),
            ..Settings::default()
        }
    }
}

impl TimeLimit {
    fn time(self) -> Option<Duration> {
        match self {
            TimeLimit::None => None,
            TimeLimit::After(time) => Some(time),
        }
    }
}

impl Growth {
    fn backoff(&self) -> Backoff {
        match self {
            Growth::Exponential => Backoff::Exponential,
            Growth::Fixed => Backoff::Fixed,
            Growth::Linear => Backoff::Linear,
            Growth::Fibonacci => Backoff::Fibonacci,
            Growth::List(entries) => Backoff::List(interned(entries)),
        }
    }

    pub(crate) fn of(backoff: Backoff) -> Self {
        match backoff {
            Backoff::Exponential => Growth::Exponential,
            Backoff::Fixed => Growth::Fixed,
            Backoff::Linear => Growth::Linear,
            Backoff::Fibonacci => Growth::Fibonacci,
            Backoff::List(entries) => Growth::List(entries.to_vec()),
        }
    }
}

/// The list, kept for the process's life: calls in flight may use it for as long as they like. There are as
/// many as configurations have different ones.
fn interned(entries: &[Duration]) -> &'static [Duration] {
    static LISTS: Mutex<BTreeSet<&'static [Duration]>> = Mutex::new(BTreeSet::new());
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lists.get(entries) {
        return known;
    }
    let kept: &'static [Duration] = Vec::leak(entries.to_vec());
    lists.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(policy: Policy, settings: &str) -> Policy {
        let mut parts = policy.parts();
        settings.parse::<Settings>().unwrap().overlay(&mut parts, |_| {});
        Policy::of_parts(parts)
    }

    #[test]
    fn a_list_takes_the_place_of_a_base_below_it() {
        const LIST: &[Duration] = &[Duration::from_millis(100), Duration::from_secs(1)];
        let policy = Policy::new().base(Duration::from_secs(9)).factor(3.0);
        let listed = over(policy, "backoff = ['100ms', '1s']");
        assert_eq!(listed, Policy::new().backoff(Backoff::List(LIST)));
    }

    #[test]
    fn a_list_that_comes_back_is_kept_once() {
        let entries = [Duration::from_millis(17), Duration::from_millis(71)];
        assert!(std::ptr::eq(interned(&entries), interned(&entries)));
    }

    #[test]
    fn what_says_that_it_is_not_idempotent_takes_ambiguous_failures_away() {
        let on = Kinds::NONE.with(Kind::Transient).with(Kind::Ambiguous);
        let tightened = over(Policy::new().on(on), "idempotent = false");
        assert_eq!(tightened.declared_idempotent(), Some(false));
        assert!(!tightened.retries(Kind::Ambiguous) && tightened.retries(Kind::Transient));
    }

    #[test]
    fn the_settings_of_a_policy_over_the_defaults_are_the_policy() {
        let policy = Policy::new().max(2).backoff(Backoff::Linear).jitter(Jitter::Additive(0.5));
        let mut parts = Policy::new().parts();
        Settings::of(&policy.parts()).overlay(&mut parts, |_| {});
        assert_eq!(Policy::of_parts(parts), policy);
    }
}
