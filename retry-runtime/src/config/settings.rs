//! The settings of an operation, as `[defaults]`, a profile or an `[op]` section has them.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::value::{Attempts, Growth, Named, TimeLimit};
use super::written::{self, Written};
use crate::failure::kinds::Kinds;
use crate::policy::jitter::Jitter;

/// The settings of one section; what is `None` is left to the layers below.
///
/// | key | value |
/// |---|---|
/// | `enabled` | `false`: one plain attempt |
/// | `max`, or `attempts` | `3`; `attempts = 4`, `attempts = "unlimited"` |
/// | `backoff` | `"exponential"`, `"fixed"`, `"linear"`, `"fibonacci"`, or a list: `["100ms", "1s"]` |
/// | `base`, `cap`, `hint_cap` | `"250ms"`, `"1.5s"`, `"1m 30s"` |
/// | `factor` | `2.0` |
/// | `jitter` | `"full"`, `"equal"`, `"decorrelated"`, `"proportional(0.2)"`, `"additive(0.5)"`, `"none"` |
/// | `deadline`, `timeout` | `"30s"`, or `"none"` to take away what a lower layer says |
/// | `on` | `"transient \| throttled"`, or a list of them |
/// | `idempotent` | `false`; `true` only where the attribute says so too |
/// | `budget` | the name of one, or `"none"` |
/// | `breaker` | `"none"`, or the name of one where the attribute has a breaker |
/// | `measure` | `true`: calls are timed also when they succeed at once |
/// | `chaos` | feature `chaos`: `{ rate = 0.05 }`, see there |
///
/// As text, for one section in one line, it is written as in the attribute:
///
/// ```
/// use retry_runtime::config::Settings;
/// use std::time::Duration;
///
/// let settings: Settings = "max = 5, base = '200ms', jitter = equal".parse()?;
/// assert_eq!((settings.max, settings.base), (Some(5), Some(Duration::from_millis(200))));
/// # Ok::<(), retry_runtime::config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Whether failures are retried at all.
    pub enabled: Option<bool>,
    /// Retries after the first attempt.
    pub max: Option<u32>,
    /// The same limit, counted with the first attempt; not together with `max`.
    pub attempts: Option<Attempts>,
    /// How delays grow.
    pub backoff: Option<Growth>,
    /// The delay before the first retry.
    pub base: Option<Duration>,
    /// Growth of the exponential backoff.
    pub factor: Option<f64>,
    /// The longest delay.
    pub cap: Option<Duration>,
    /// How delays are spread.
    pub jitter: Option<Jitter>,
    /// The time for the whole call.
    pub deadline: Option<TimeLimit>,
    /// The time for one attempt.
    pub timeout: Option<TimeLimit>,
    /// The kinds that are retried.
    pub on: Option<Kinds>,
    /// Whether doing it twice is the same as doing it once.
    pub idempotent: Option<bool>,
    /// The longest delay that a server may ask for.
    pub hint_cap: Option<Duration>,
    /// The budget that pays for retries.
    pub budget: Option<Named>,
    /// The breaker that watches over attempts.
    pub breaker: Option<Named>,
    /// Whether every call is timed.
    pub measure: Option<bool>,
    /// What goes wrong, in staging.
    pub chaos: Option<super::chaos::Chaos>,
}

impl Settings {
    /// What is set, as a file would say it.
    pub(crate) fn entries(&self) -> Vec<(&'static str, Written)> {
        let entries = [
            ("enabled", self.enabled.map(Written::Flag)),
            ("max", self.max.map(Written::Whole)),
            ("attempts", self.attempts.map(Written::from)),
            ("backoff", self.backoff.clone().map(Written::from)),
            ("base", self.base.map(Written::from)),
            ("factor", self.factor.map(Written::Number)),
            ("cap", self.cap.map(Written::from)),
            ("jitter", self.jitter.map(Written::from)),
            ("deadline", self.deadline.map(Written::from)),
            ("timeout", self.timeout.map(Written::from)),
            ("on", self.on.map(Written::from)),
            ("idempotent", self.idempotent.map(Written::Flag)),
            ("hint_cap", self.hint_cap.map(Written::from)),
            ("budget", self.budget.clone().map(Written::from)),
            ("breaker", self.breaker.clone().map(Written::from)),
            ("measure", self.measure.map(Written::Flag)),
            ("chaos", self.chaos.map(|chaos| Written::Text(chaos.to_string()))),
        ];
        entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Whether the setting of this name is set.
    pub(crate) fn has(&self, setting: &str) -> bool {
        self.entries().iter().any(|(name, _)| *name == setting)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written::serialize(self.entries(), serializer)
    }
}
