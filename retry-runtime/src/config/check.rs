//! The rules that a section has to keep by itself, whatever program it is for.

use std::time::Duration;

use super::keys;
use super::model::Config;
use super::origin::below;
use super::overrides::Overrides;
use super::protect::{BreakerOverrides, BudgetOverrides};
use super::reader::Reader;
use super::settings::Settings;
use super::value::Attempts;
use crate::breaker::BreakerSettings;
use crate::budget::BudgetSettings;
use crate::failure::class::Kind;
use crate::policy::{Policy, PolicyError};

/// Whom a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Whatever operation: `[defaults]`, a profile.
    Shared,
    /// Operations that it names.
    Operation,
}

/// The profile that the configuration chooses is one of its own.
pub(crate) fn profile(reader: &mut Reader, config: &Config) {
    if let Some(message) = unknown_profile(config, config.global.profile.as_deref()) {
        at(reader, "global", "profile", &message);
    }
}

/// What is wrong with the choice of a profile.
pub(crate) fn unknown_profile(config: &Config, chosen: Option<&str>) -> Option<String> {
    let name = chosen.filter(|name| !config.profile.contains_key(*name))?;
    let known: Vec<&str> = config.profile.keys().map(String::as_str).collect();
    Some(keys::unknown("profile", name, &known))
}

/// Checks every section by itself.
pub(crate) fn sections(reader: &mut Reader, config: &Config) {
    section(reader, "defaults", Place::Shared, &config.defaults);
    for (name, settings) in &config.profile {
        section(reader, &below("profile", name), Place::Shared, settings);
    }
    for (name, settings) in &config.op {
        section(reader, &below("op", name), Place::Operation, settings);
    }
    for (name, settings) in &config.budget {
        let path = below("budget", name);
        let line = reader.line_of(&path);
        budget(reader, &path, line, settings);
    }
    for (name, settings) in &config.breaker {
        let path = below("breaker", name);
        let line = reader.line_of(&path);
        breaker(reader, &path, line, settings);
    }
}

/// Checks the settings of a section against each other.
pub(crate) fn section(reader: &mut Reader, path: &str, place: Place, settings: &Settings) {
    if settings.max.is_some() && settings.attempts.is_some() {
        at(
            reader,
            path,
            "attempts",
            "`max` and `attempts` are the same limit, without and with the first attempt; remove one of them",
        );
    }
    if place == Place::Shared {
        let loosens = "whether doing it twice does harm is for each function to say";
        if settings.idempotent == Some(true) {
            at(
                reader,
                path,
                "idempotent",
                &format!(
                    "`idempotent = true` cannot be set for all: {loosens}; write `idempotent` in its attribute"
                ),
            );
        }
        if settings.on.is_some_and(|on| on.contains(Kind::Ambiguous)) {
            at(
                reader,
                path,
                "on",
                &format!(
                    "`ambiguous` cannot be retried for all: {loosens}; write `idempotent` in its attribute"
                ),
            );
        }
    }
    if let Some(chaos) = settings.chaos.filter(|chaos| !(0.0..=1.0).contains(&chaos.rate)) {
        at(reader, path, "chaos", &format!("`rate` ({}) must be from 0 to 1", chaos.rate));
    }
    for error in alone(settings) {
        let set = |key: &&&str| reader.line_of(&below(path, key)).is_some() || settings.has(key);
        let key = culprits(&error).iter().find(set).copied().unwrap_or_default().to_owned();
        at(reader, path, &key, &error.to_string());
    }
}

fn at(reader: &mut Reader, path: &str, key: &str, message: &str) {
    let line = reader.line_of(&below(path, key)).or_else(|| reader.line_of(path));
    reader.mistake(path, Some(key), line, message);
}

/// What is wrong whatever the other layers say: they are given the benefit of the doubt.
fn alone(settings: &Settings) -> Vec<PolicyError> {
    let mut parts = Policy::new().cap(Duration::MAX).base(Duration::ZERO).idempotent(false).parts();
    settings.overlay(&mut parts, |_| {});
    if settings.attempts == Some(Attempts::Unlimited) && settings.deadline.is_none() {
        parts.deadline = Some(Duration::MAX);
    }
    Policy::of_parts(parts).mistakes().collect()
}

/// The settings of which one is to blame, the most likely first.
pub(crate) fn culprits(error: &PolicyError) -> &'static [&'static str] {
    match error {
        PolicyError::NoAttempts => &["max", "attempts"],
        PolicyError::UnlimitedWithoutDeadline => &["attempts", "max", "deadline"],
        PolicyError::Factor(_) => &["factor"],
        PolicyError::UnusedFactor => &["factor", "backoff", "jitter"],
        PolicyError::UnusedBase => &["base", "backoff"],
        PolicyError::UnusedBackoff => &["backoff", "jitter"],
        PolicyError::EmptyList => &["backoff"],
        PolicyError::BaseAboveCap { .. } => &["cap", "base"],
        PolicyError::EntryAboveCap { .. } => &["cap", "backoff"],
        PolicyError::JitterFraction(_) => &["jitter"],
        PolicyError::ZeroDeadline => &["deadline"],
        PolicyError::ZeroTimeout | PolicyError::TimeoutBlocking => &["timeout"],
        PolicyError::TimeoutAboveDeadline { .. } => &["timeout", "deadline"],
        PolicyError::TimeoutUndeclared => &["timeout", "idempotent", "on"],
        PolicyError::NoRetryBeforeDeadline { .. } => {
            &["deadline", "base", "backoff", "jitter", "cap", "max", "attempts"]
        }
        PolicyError::NeverRetried(_) => &["on"],
    }
}

/// Settings that change what is asked of others: a `backoff` may bring back a `base` that nobody has set.
pub(crate) const SHAPES: [&str; 2] = ["backoff", "jitter"];

/// Checks the settings of a budget against each other, as far as they are known here.
pub(crate) fn budget(reader: &mut Reader, path: &str, line: Option<usize>, set: &BudgetOverrides) {
    not_called_none(reader, path, line);
    let preset = set.preset.as_deref().map(BudgetSettings::preset);
    if let Some(Err(error)) = preset {
        at(reader, path, "preset", &error.to_string());
    }
    let open_minded = BudgetSettings::new().capacity(100_000).cost(0.0).throttled_cost(0.0);
    if let Err(error) = set.over(open_minded).validate() {
        at(reader, path, BudgetOverrides::key(&error), &error.to_string());
    }
}

/// Checks the settings of a breaker against each other, as far as they are known here.
pub(crate) fn breaker(
    reader: &mut Reader,
    path: &str,
    line: Option<usize>,
    set: &BreakerOverrides,
) {
    not_called_none(reader, path, line);
    let second = Duration::from_secs(1);
    let day = Duration::from_secs(86_400);
    let open_minded = BreakerSettings::new().slow(second).open(Duration::ZERO).open_max(day);
    if let Err(error) = set.over(open_minded).validate() {
        at(reader, path, error.field(), &error.to_string());
    }
}

/// A budget or a breaker cannot be called what stands for none.
fn not_called_none(reader: &mut Reader, path: &str, line: Option<usize>) {
    if path.ends_with(".none") {
        reader.mistake(path, None, line, "`none` stands for none at all; choose another name");
    }
}
