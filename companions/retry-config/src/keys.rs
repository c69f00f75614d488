//! Keys with a unit in them, and the messages for names that do not exist.

use super::tree::beginning;
use retry_text::{elsewhere, nearest};

/// Arguments of the attribute that take code; a file cannot set them.
const CODE: [&str; 12] = [
    "when", "retry_if", "recover", "cancel", "on_retry", "attempt", "clone", "keep", "name",
    "policy", "report", "crate",
];

/// The unit at the end of a key: its length in nanoseconds, and its name.
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

/// The key without the unit at its end, and the unit.
pub(crate) fn with_unit(name: &str) -> Option<(&str, Unit)> {
    UNITS.iter().find_map(|(end, unit)| Some((name.strip_suffix(end)?, *unit)))
}

/// The key of a setting with a unit of this many nanoseconds at its end.
pub(crate) fn in_unit(setting: &str, nanos: u64) -> String {
    let end = UNITS.iter().find(|(_, (length, _))| *length == nanos).map_or("", |(end, _)| *end);
    format!("{setting}{end}")
}

/// The endings of keys that say a unit.
#[cfg(test)]
pub(crate) fn endings() -> [&'static str; 8] {
    UNITS.map(|(end, _)| end)
}

/// The message for an unknown setting of an operation; `known` are its settings.
pub(crate) fn unknown_setting(name: &str, known: &[&'static str]) -> String {
    if CODE.contains(&name) {
        return format!(
            "`{name}` belongs to the code and can only be written in the attribute; remove it"
        );
    }
    if name == "profile" {
        return "one profile applies to the whole program; write `profile` below `[global]`"
            .to_owned();
    }
    let lower = name.to_lowercase();
    let meant = elsewhere::ours(&lower)
        .filter(|ours| known.contains(ours))
        .or_else(|| nearest(&lower, known))
        .or_else(|| elsewhere::nearly(&lower).filter(|ours| known.contains(ours)));
    unknown_meant("key", name, meant, known)
}

/// The message for an unknown setting of a budget or a breaker; `elsewhere` has the names of other libraries.
pub(crate) fn unknown_in(
    section: &str,
    name: &str,
    elsewhere: &[(&'static str, &[&str])],
    known: &[&'static str],
) -> String {
    if matches!(name, "key" | "keys" | "name") {
        return format!(
            "`{name}` belongs to the code and can only be written in the attribute, as in `{section}(key = host)`; remove it"
        );
    }
    let lower = name.to_lowercase();
    let meant = elsewhere::ours_in(elsewhere, &lower).or_else(|| nearest(&lower, known));
    unknown_meant("key", name, meant.filter(|meant| known.contains(meant)), known)
}

/// "unknown key `maxx`; did you mean `max`?", or the list of all names when none is near.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    unknown_meant(what, name, nearest(name, known), known)
}

/// [`unknown`], when the caller knows which name is meant.
pub(crate) fn unknown_meant(what: &str, name: &str, meant: Option<&str>, known: &[&str]) -> String {
    let problem = match beginning(name) {
        Some(start) => format!("unknown {what} `{start}` …"),
        None => format!("unknown {what} `{name}`"),
    };
    meant_or_known(&problem, meant, known)
}

/// A problem with a name, and which name is meant or which there are.
pub(crate) fn meant_or_known(problem: &str, meant: Option<&str>, known: &[&str]) -> String {
    match meant {
        Some(meant) => format!("{problem}; did you mean `{meant}`?"),
        None if known.is_empty() => format!("{problem}; there is none; remove it"),
        None => format!("{problem}; the known ones are {}", some(known)),
    }
}

/// The first 20 names, and how many more there are.
pub(crate) fn some(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
