//! The names of the settings, ours and those of other libraries.

use retry_text::{elsewhere, nearest};

/// The settings of an operation, of `[defaults]` and of a profile.
pub(crate) const SETTINGS: [&str; 16] = [
    "enabled",
    "max",
    "attempts",
    "backoff",
    "base",
    "factor",
    "cap",
    "jitter",
    "deadline",
    "timeout",
    "on",
    "idempotent",
    "hint_cap",
    "budget",
    "breaker",
    "measure",
];

/// Settings that are durations, and so have a name with a unit: `base_delay_ms`.
const TIMES: [&str; 5] = ["base", "cap", "deadline", "timeout", "hint_cap"];

/// Names of other libraries that are taken for ours. What is not here is proposed, and not guessed.
const ACCEPTED: [(&str, &[&str]); 7] = [
    ("max", &["max_retries", "retries"]),
    ("attempts", &["max_attempts"]),
    ("base", &["base_delay", "initial_delay", "initial_interval", "initial_backoff"]),
    ("cap", &["max_delay", "max_interval", "max_backoff"]),
    ("factor", &["multiplier", "backoff_multiplier"]),
    ("deadline", &["total_timeout", "max_elapsed_time"]),
    ("timeout", &["attempt_timeout", "per_attempt_timeout"]),
];

/// Arguments of the attribute that are code, and so cannot come from a file.
const CODE: [&str; 12] = [
    "when", "retry_if", "recover", "cancel", "on_retry", "attempt", "clone", "keep", "name",
    "policy", "report", "crate",
];

/// The unit that the name of a key says: nanoseconds, and how to write it.
pub(crate) type Unit = (u64, &'static str);

const UNITS: [(&str, Unit); 8] = [
    ("_ms", (1_000_000, "ms")),
    ("_millis", (1_000_000, "ms")),
    ("_milliseconds", (1_000_000, "ms")),
    ("_s", (1_000_000_000, "s")),
    ("_secs", (1_000_000_000, "s")),
    ("_seconds", (1_000_000_000, "s")),
    ("_mins", (60_000_000_000, "min")),
    ("_minutes", (60_000_000_000, "min")),
];

/// The setting of this name, ours or another library's, and the unit that the name says.
pub(crate) fn setting(name: &str) -> Option<(&'static str, Option<Unit>)> {
    if let Some(setting) = named(name) {
        return Some((setting, None));
    }
    let (stem, unit) = with_unit(name)?;
    named(stem).filter(|setting| TIMES.contains(setting)).map(|setting| (setting, Some(unit)))
}

/// The name without the unit that it ends in, and the unit.
pub(crate) fn with_unit(name: &str) -> Option<(&str, Unit)> {
    UNITS.iter().find_map(|(end, unit)| Some((name.strip_suffix(end)?, *unit)))
}

/// The name of a setting with this unit, which is so many nanoseconds.
pub(crate) fn in_unit(setting: &str, nanos: u64) -> String {
    let end = UNITS.iter().find(|(_, (length, _))| *length == nanos).map_or("", |(end, _)| *end);
    format!("{setting}{end}")
}

fn named(name: &str) -> Option<&'static str> {
    let ours = SETTINGS.into_iter().find(|setting| *setting == name);
    let theirs = || ACCEPTED.iter().find(|(_, names)| names.contains(&name)).map(|(ours, _)| *ours);
    ours.or_else(theirs)
}

/// Names and endings of names that are understood besides ours.
#[cfg(test)]
pub(crate) fn accepted() -> impl Iterator<Item = &'static str> {
    ACCEPTED.iter().flat_map(|(_, names)| *names).copied().chain(UNITS.map(|(end, _)| end))
}

/// What is wrong with the name of a setting, and which one is meant.
pub(crate) fn unknown_setting(name: &str) -> String {
    if CODE.contains(&name) {
        return format!(
            "`{name}` belongs to the code and can only be written in the attribute; remove it"
        );
    }
    let lower = name.to_lowercase();
    let meant = elsewhere::ours(&lower)
        .filter(|ours| SETTINGS.contains(ours))
        .or_else(|| nearest(&lower, &SETTINGS))
        .or_else(|| elsewhere::nearly(&lower).filter(|ours| SETTINGS.contains(ours)));
    said("key", name, meant, &SETTINGS)
}

/// "unknown key `maxx`; did you mean `max`?", or the list of all where none is near.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    said(what, name, nearest(name, known), known)
}

fn said(what: &str, name: &str, meant: Option<&str>, known: &[&str]) -> String {
    match meant {
        Some(meant) => format!("unknown {what} `{name}`; did you mean `{meant}`?"),
        None if known.is_empty() => format!("unknown {what} `{name}`; there is none; remove it"),
        None => format!("unknown {what} `{name}`; the known ones are {}", some(known)),
    }
}

/// The names, and how many more when there are many.
pub(crate) fn some(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_library_and_a_unit_in_a_name_are_understood() {
        assert_eq!(setting("max_retries"), Some(("max", None)));
        assert_eq!(setting("base_delay_ms"), Some(("base", Some((1_000_000, "ms")))));
        assert_eq!(setting("timeout_secs"), Some(("timeout", Some((1_000_000_000, "s")))));
        assert_eq!(setting("factor_ms"), None);
        assert_eq!(setting("delay"), None);
    }

    #[test]
    fn the_nearest_name_is_proposed_also_where_another_library_has_it() {
        assert_eq!(unknown_setting("bse"), "unknown key `bse`; did you mean `base`?");
        assert_eq!(unknown_setting("delay"), "unknown key `delay`; did you mean `base`?");
        assert!(unknown_setting("recover").contains("only be written in the attribute"));
    }
}
