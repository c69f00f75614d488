//! The rules for one section by itself, for any program.

use std::time::Duration;

use super::keys;
use super::model::Config;
use super::origin::below;
use super::protect::{BudgetOverrides, Overrides, key};
use super::reader::Reader;
use super::section::Section;
use super::settings::Settings;
use super::value::Growth;
use retry_runtime::budget::BudgetSettings;
use retry_runtime::control::Attempts;
use retry_runtime::{Kind, Policy, PolicyError};

/// Which operations a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Any operation: `[defaults]`, a profile.
    Shared,
    /// The operations that the section names.
    Operation,
}

/// Checks that the configuration has the profile that it chooses.
pub(crate) fn profile(reader: &mut Reader, config: &Config) {
    if let Some(message) = unknown_profile(config, config.global.profile.as_deref()) {
        at(reader, "global", "profile", &message);
    }
}

/// The message for a profile that does not exist.
pub(crate) fn unknown_profile(config: &Config, chosen: Option<&str>) -> Option<String> {
    let name = chosen.filter(|name| !config.profile.contains_key(*name))?;
    let known: Vec<&str> = config.profile.keys().map(String::as_str).collect();
    Some(keys::unknown("profile", name, &known))
}

/// Checks every section by itself.
pub(crate) fn sections(reader: &mut Reader, config: &Config) {
    section(reader, "defaults", Scope::Shared, &config.defaults);
    for (name, settings) in &config.profile {
        section(reader, &below("profile", name), Scope::Shared, settings);
    }
    for (name, settings) in &config.op {
        section(reader, &below("op", name), Scope::Operation, settings);
    }
    for (name, settings) in &config.budget {
        let path = below("budget", name);
        let line = reader.line_of(&path);
        budget(reader, &path, line, settings);
    }
    for (name, settings) in &config.breaker {
        let path = below("breaker", name);
        let line = reader.line_of(&path);
        overrides(reader, &path, line, settings);
    }
}

/// Checks the settings of a section against each other.
pub(crate) fn section(reader: &mut Reader, path: &str, scope: Scope, settings: &Settings) {
    if settings.max.is_some() && settings.attempts.is_some() {
        at(
            reader,
            path,
            "attempts",
            "`max` and `attempts` are the same limit, without and with the first attempt; remove one of them",
        );
    }
    if scope == Scope::Shared {
        let mut loosens = |key: &str, what: &str| {
            let message = format!(
                "{what} for all: whether doing it twice does harm is for each function to say; write `idempotent` in \
                 its attribute"
            );
            at(reader, path, key, &message);
        };
        if settings.idempotent == Some(true) {
            loosens("idempotent", "`idempotent = true` cannot be set");
        }
        if settings.on.is_some_and(|on| on.contains(Kind::Ambiguous)) {
            loosens("on", "`ambiguous` cannot be retried");
        }
    }
    // Settings without a path are those of an exported list of functions.
    if settings.backoff == Some(Growth::Custom) && !path.is_empty() {
        let message = "`backoff` (\"custom\") is a function of the program, which only its attribute can name; write \
                       \"exponential\" or a list of delays";
        at(reader, path, "backoff", message);
    }
    if let Some(chaos) = settings.chaos.filter(|chaos| !(0.0..=1.0).contains(&chaos.rate)) {
        at(reader, path, "chaos", &format!("`rate` ({}) must be from 0 to 1", chaos.rate));
    }
    for error in alone(settings) {
        let set = |key: &&&str| reader.line_of(&below(path, key)).is_some() || settings.has(key);
        let key = error.settings().iter().find(set).copied().unwrap_or_default().to_owned();
        at(reader, path, &key, &error.to_string());
    }
}

fn at(reader: &mut Reader, path: &str, key: &str, message: &str) {
    let line = reader.line_of(&below(path, key)).or_else(|| reader.line_of(path));
    reader.mistake(path, Some(key), line, message);
}

/// The mistakes that no other layer can mend: the settings are checked over the most lenient ones.
fn alone(settings: &Settings) -> impl Iterator<Item = PolicyError> + use<> {
    let lenient = Policy::new().cap(Duration::MAX).base(Duration::ZERO).idempotent(false);
    let mut values = settings.over(&lenient);
    // Another layer, or the attribute, may have a limit that ends the calls.
    values.policy.cancellable = settings.attempts == Some(Attempts::Unlimited)
        && (settings.deadline, settings.no_retry_after, settings.reset_after) == (None, None, None);
    values.policy.mistakes()
}

/// Settings that change which others have an effect: a `backoff` can bring back a `base` that no layer sets.
pub(crate) const SHAPES: [&str; 2] = ["backoff", "jitter"];

/// Checks the section of a budget by itself.
pub(crate) fn budget(reader: &mut Reader, path: &str, line: Option<usize>, set: &BudgetOverrides) {
    preset(reader, path, set);
    overrides(reader, path, line, set);
}

/// Checks that the preset exists.
pub(crate) fn preset(reader: &mut Reader, path: &str, set: &BudgetOverrides) {
    if let Some(Err(error)) = set.preset.as_deref().map(BudgetSettings::preset) {
        at(reader, path, "preset", &error.to_string());
    }
}

/// Checks the section of a budget or a breaker by itself: its name, and its settings over the most lenient ones.
pub(crate) fn overrides<O: Overrides>(
    reader: &mut Reader,
    path: &str,
    line: Option<usize>,
    set: &O,
) {
    if path.ends_with(".none") {
        reader.mistake(path, None, line, "`none` stands for none at all; choose another name");
    }
    if let Err(error) = O::validate(&set.over(O::LENIENT)) {
        at(reader, path, key(&error), &error.to_string());
    }
}
