//! The settings of an operation, in `[defaults]`, a profile or an `[op]` section: a row for each.

use std::time::Duration;

use super::chaos::Chaos;
use super::keys;
use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::origin::Origin;
use super::overlay::Part;
use super::section::{Section, section};
use super::value::{Growth, MOST_ATTEMPTS, Named, TimeLimit};
use retry_runtime::control::{Attempts, HintCap, Parts};
use retry_runtime::{Backoff, Hint, Jitter, Kind, Kinds, Policy};

/// Input: a row for each setting, as in [`section!`], and where its value goes: into the `policy` (`+` the effect that
/// it has on other parts), among the `others`, or into the `limit` on attempts.
/// Output: the section, and how it is laid over the values of an operation.
macro_rules! operation {
    (
        $(#[$doc:meta])*
        $name:ident {$(
            $(#[doc = $row:expr])*
            $key:ident $(| $alias:ident)*: $ty:ident $(in $range:expr)? => $place:ident $(+ $effect:ident)?;
        )*}
    ) => {
        section! {
            $(#[$doc])*
            $name or unknown {$(
                $(#[doc = $row])* $key $(| $alias)*: $ty $(in $range)?;
            )*}
        }

        impl $name {
            /// Puts these settings over the values; calls `changed` with the key of each value that was set or cleared.
            ///
            /// A setting of a lower layer that these settings leave without effect is cleared: a list of delays takes
            /// the place of a `base`, as in the attribute over a preset.
            pub(crate) fn overlay(&self, to: &mut Values, changed: &mut dyn FnMut(&'static str)) {
                if let Some(limit) = self.limit() {
                    to.policy.attempts.put(&limit);
                    changed("max");
                }
                $(if let Some(value) = &self.$key {
                    operation!(@put $place, to, changed, $key, value);
                    $(self.$effect(&mut to.policy, changed);)?
                })*
            }

            /// The settings that give these values.
            pub(crate) fn of(values: &Values) -> Self {
                $name { $($key: operation!(@get $place, values, $key),)* }
            }

            /// The settings with the keys that `keep` chooses.
            fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
                $name { $($key: self.$key.clone().filter(|_| keep(stringify!($key))),)* }
            }
        }
    };
    (@put policy, $to:ident, $changed:ident, $key:ident, $value:ident) => {
        $to.policy.$key.put($value);
        $changed(stringify!($key));
    };
    (@put others, $to:ident, $changed:ident, $key:ident, $value:ident) => {
        $to.others.$key.put($value);
        $changed(stringify!($key));
    };
    // `max` and `attempts` are one limit, which is put once.
    (@put limit, $to:ident, $changed:ident, $key:ident, $value:ident) => { let _ = $value; };
    (@get policy, $values:ident, $key:ident) => { $values.policy.$key.get() };
    (@get others, $values:ident, $key:ident) => { $values.others.$key.clone() };
    (@get limit, $values:ident, max) => { None };
    (@get limit, $values:ident, attempts) => { $values.policy.attempts.get() };
}

operation! {
    /// The settings of one section; `None` leaves the value to the layers below.
    ///
    /// | key | value |
    /// |---|---|
    /// | `enabled` | `false`: one plain attempt |
    /// | `max`, or `attempts` | `3`; `attempts = 4`, `"unlimited"` where something else ends the calls, `"forever"` |
    /// | `backoff` | `"exponential"`, `"fixed"`, `"linear"`, `"fibonacci"`, or a list: `["100ms", "1s"]` |
    /// | `base`, `cap` | `"250ms"`, `"1.5s"`, `"1m 30s"` |
    /// | `factor` | `2.0` |
    /// | `jitter` | `"full"`, `"equal"`, `"decorrelated"`, `"proportional(0.2)"`, `"additive(0.5)"`, `"first(2.0)"`, `"none"` |
    /// | `deadline`, `timeout`, `no_retry_after`, `reset_after` | `"30s"`, or `"none"` to remove the limit of a lower layer |
    /// | `on` | `"transient \| throttled"`, or a list of kinds |
    /// | `idempotent` | `false`; `true` only where the attribute says so too |
    /// | `hint` | `"at_least"`, `"instead"`, `"exact"` |
    /// | `hint_cap` | `"60s"`: a longer hint stops the call; `"clamp(10s)"`: it is cut |
    /// | `budget` | the name of a budget, or `"none"` |
    /// | `breaker` | `"none"`, or the name of a breaker if the attribute has a breaker |
    /// | `measure` | `true`: calls are timed even when the first attempt succeeds |
    /// | `chaos` | `{ rate = 0.05 }`, see the module [`chaos`](super::chaos) |
    ///
    /// One line of text is read as in the attribute:
    ///
    /// ```
    /// use retry_config::Settings;
    /// use std::time::Duration;
    ///
    /// let settings: Settings = "max = 5, base = '200ms', jitter = equal".parse()?;
    /// assert_eq!((settings.max, settings.base), (Some(5), Some(Duration::from_millis(200))));
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    Settings {
        /// Whether failures are retried at all.
        enabled: bool => others;
        /// Retries after the first attempt.
        max | max_retries | retries: u32 in 0..=MOST_ATTEMPTS - 1 => limit;
        /// The same limit, counted with the first attempt; cannot be combined with `max`.
        attempts | max_attempts: Attempts => limit;
        /// How delays grow.
        backoff: Growth => policy + drop_unused;
        /// The delay before the first retry.
        base | base_delay | initial_delay | initial_interval | initial_backoff: Duration => policy;
        /// Growth of the exponential backoff.
        factor | multiplier | backoff_multiplier: f64 => policy;
        /// The longest delay.
        cap | max_delay | max_interval | max_backoff: Duration => policy;
        /// How delays are spread.
        jitter: Jitter => policy + replace_backoff;
        /// The time for the whole call.
        deadline | total_timeout | max_elapsed_time: TimeLimit => policy;
        /// The time for one attempt.
        timeout | attempt_timeout | per_attempt_timeout: TimeLimit => policy;
        /// The time after which no attempt begins.
        no_retry_after: TimeLimit => policy;
        /// The time after which an attempt that fails was healthy.
        reset_after: TimeLimit => policy;
        /// The kinds that are retried.
        on: Kinds => policy;
        /// Whether running the operation twice has the same effect as running it once.
        idempotent: bool => policy + drop_ambiguous;
        /// Whether a server's hint also makes a delay shorter.
        hint: Hint => policy;
        /// The longest delay that a server may ask for.
        hint_cap: HintCap => policy;
        /// The budget that pays for retries.
        budget: Named => others;
        /// The breaker that admits attempts.
        breaker: Named => others;
        /// Whether every call is timed.
        measure: bool => others;
        /// Faults for staging environments.
        chaos: Chaos => others;
    }
}

/// The values of an operation: its policy, and the settings that are not part of a policy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) policy: Parts,
    pub(crate) others: Settings,
}

impl From<&Policy> for Values {
    fn from(policy: &Policy) -> Self {
        Values { policy: Parts::from(policy), others: Settings::default() }
    }
}

impl Settings {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }

    /// The names that other libraries have for a setting, which files accept, too.
    ///
    /// ```
    /// use retry_config::Settings;
    ///
    /// assert_eq!(Settings::aliases("max"), ["max_retries", "retries"]);
    /// ```
    pub fn aliases(setting: &str) -> &'static [&'static str] {
        Settings::ROWS.iter().find(|row| row.key == setting).map_or(&[], |row| row.aliases)
    }

    /// The policy that these settings make over the built-in defaults.
    ///
    /// ```
    /// use retry_config::Settings;
    /// use std::time::Duration;
    ///
    /// let policy = "max = 2, base = '100ms', jitter = none".parse::<Settings>()?.policy()?;
    /// let delays: Vec<_> = policy.schedule().map(|delay| delay.longest.as_millis()).collect();
    /// assert_eq!(delays, [100, 200]);
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that [`Policy::validate`](retry_runtime::Policy::validate) refuses.
    pub fn policy(&self) -> Result<Policy, ConfigErrors> {
        let values = self.over(&Policy::new());
        let mut mistakes = Mistakes::default();
        for error in values.policy.mistakes() {
            mistakes.push(Mistake::new(Origin::BuiltIn, error.to_string()));
        }
        mistakes.or(Policy::from(values.policy))
    }

    /// A policy with these settings over it; not validated.
    pub(crate) fn over(&self, policy: &Policy) -> Values {
        let mut values = Values::from(policy);
        self.overlay(&mut values, &mut |_| {});
        values
    }

    /// The settings that the arguments of an attribute set; a preset sets all of them.
    pub(crate) fn only(&self, arguments: &[String]) -> Self {
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        self.filter(|key| has(key) || has("policy") || key == "attempts" && has("max"))
    }

    fn limit(&self) -> Option<Attempts> {
        self.attempts.or_else(|| self.max.map(|retries| Attempts::Count(retries.saturating_add(1))))
    }

    /// Clears what this backoff does not use: a list has no `base`, most backoffs have no `factor`.
    fn drop_unused(&self, parts: &mut Parts, changed: &mut dyn FnMut(&'static str)) {
        if !parts.backoff.uses_base() {
            parts.base = None;
            changed("base");
        }
        if !parts.backoff.uses_factor() {
            parts.factor = None;
            changed("factor");
        }
    }

    /// Decorrelated jitter grows by itself: it takes the place of a backoff and a factor below it.
    fn replace_backoff(&self, parts: &mut Parts, changed: &mut dyn FnMut(&'static str)) {
        if self.jitter != Some(Jitter::Decorrelated) {
            return;
        }
        if self.factor.is_none() {
            parts.factor = None;
            changed("factor");
        }
        if self.backoff.is_none() {
            parts.backoff = Backoff::Exponential;
            changed("backoff");
        }
    }

    /// `on` with `Ambiguous` declares idempotency, so `idempotent = false` removes the kind.
    fn drop_ambiguous(&self, parts: &mut Parts, changed: &mut dyn FnMut(&'static str)) {
        let declared = parts.on.contains(Kind::Ambiguous) && self.on.is_none();
        if self.idempotent == Some(false) && declared {
            let others = parts.on.iter().filter(|kind| *kind != Kind::Ambiguous);
            parts.on = others.fold(Kinds::NONE, Kinds::with);
            changed("on");
        }
    }
}

/// The message for an unknown key.
fn unknown(name: &str) -> String {
    // `chaos` is for staging environments, and is never proposed for a misspelled key.
    let keys: Vec<_> = Settings::keys().into_iter().filter(|key| *key != "chaos").collect();
    keys::unknown_setting(name, &keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(policy: Policy, settings: &str) -> Policy {
        Policy::from(settings.parse::<Settings>().unwrap().over(&policy).policy)
    }

    #[test]
    fn a_list_takes_the_place_of_a_base_below_it() {
        const LIST: &[Duration] = &[Duration::from_millis(100), Duration::from_secs(1)];
        let policy = Policy::new().base(Duration::from_secs(9)).factor(3.0);
        let listed = over(policy, "backoff = ['100ms', '1s']");
        assert_eq!(listed, Policy::new().backoff(Backoff::List(LIST)));
    }

    #[test]
    fn settings_that_are_not_idempotent_remove_ambiguous_failures() {
        let on = Kinds::NONE.with(Kind::Transient).with(Kind::Ambiguous);
        let tightened = Parts::from(&over(Policy::new().on(on), "idempotent = false"));
        assert_eq!(tightened.declared_idempotent(), Some(false));
        assert!(!tightened.on.contains(Kind::Ambiguous) && tightened.on.contains(Kind::Transient));
    }

    #[test]
    fn the_settings_of_a_policy_over_the_defaults_are_the_policy() {
        let policy = Policy::new().max(2).backoff(Backoff::Linear).jitter(Jitter::Additive(0.5));
        let settings = Settings::of(&Values::from(&policy));
        assert_eq!(Policy::from(settings.over(&Policy::new()).policy), policy);
    }

    #[test]
    fn a_name_of_another_library_and_a_unit_in_a_name_are_understood() {
        let row = |name| Settings::row(name).map(|(row, unit)| (row.key, unit));
        assert_eq!(row("max_retries"), Some(("max", None)));
        assert_eq!(row("base_delay_ms"), Some(("base", Some((1_000_000, "ms")))));
        assert_eq!(row("timeout_secs"), Some(("timeout", Some((1_000_000_000, "s")))));
        assert_eq!(row("factor_ms"), None);
        assert_eq!(row("delay"), None);
    }

    #[test]
    fn the_nearest_name_is_proposed_also_where_another_library_has_it() {
        assert_eq!(unknown("bse"), "unknown key `bse`; did you mean `base`?");
        assert_eq!(unknown("delay"), "unknown key `delay`; did you mean `base`?");
        assert!(unknown("recover").contains("only be written in the attribute"));
    }
}
