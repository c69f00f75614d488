//! Tables about which failures and values are retried.

use super::expect::{Expect, same};
use super::fields::{self, Fields};
use super::run::Case;
use super::settings::{Rejects, Settings};
use super::{Vector, scripts};
use retry_runtime::{Class, Kind, classify};

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let (columns, rows) = vector.table()?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    match columns[..] {
        ["error", "calls"] => Some(rows.iter().try_for_each(|row| calls(vector, row))),
        ["outcome", "abort"] => {
            vector.cfg.get("abort_on_result");
            Some(rows.iter().try_for_each(abort))
        }
        ["outcome", "any_of_x1_x2", "all_of_x1_int"] => Some(rows.iter().try_for_each(any_all)),
        ["status", _, "transient"] => Some(rows.iter().try_for_each(transient)),
        ["status", "code", "throttling"] => Some(rows.iter().try_for_each(throttling)),
        _ => None,
    }
}

/// The number of runs of a body that fails in this way.
fn calls(vector: &Vector<'_>, row: &serde_norway::Mapping) -> Result<(), String> {
    let settings = Settings::of(&vector.cfg, vector.text("types"))?;
    let script = vec![format!("err:{} *", fields::text(&row["error"]))];
    let calls = row["calls"].as_u64().map(|calls| calls as u32);
    let expect = Expect { calls, ..Expect::default() };
    let case = Case { settings, script, cancel: None };
    scripts::once(&case, &expect).map_err(|what| format!("{row:?}: {what}"))
}

/// A value that aborts is one that `retry_if` accepts.
fn abort(row: &serde_norway::Mapping) -> Result<(), String> {
    let outcome = fields::text(&row["outcome"]);
    if outcome.contains('+') {
        // A `Result` is a value or an error, never both.
        return Ok(());
    }
    let rejected = (0..=100).map(|value: u32| value.to_string()).collect();
    let retried = row["abort"].as_bool().map(|aborts| !aborts);
    retry(row, &outcome, Rejects::Values(rejected), retried)
}

/// Conditions on values never match an error.
fn any_all(row: &serde_norway::Mapping) -> Result<(), String> {
    let outcome = fields::text(&row["outcome"]);
    let (one, two) = ("1".to_owned(), "2".to_owned());
    let any = Rejects::Values(vec![one.clone(), two]);
    retry(row, &outcome, any, row["any_of_x1_x2"].as_bool())?;
    // Every outcome of the table is an integer.
    retry(row, &outcome, Rejects::Values(vec![one]), row["all_of_x1_int"].as_bool())
}

/// Whether this outcome is retried when only these values are retried and no error is.
fn retry(
    row: &serde_norway::Mapping,
    outcome: &str,
    rejects: Rejects,
    retried: Option<bool>,
) -> Result<(), String> {
    let cfg = serde_norway::from_str("{max_attempts: 2, delay_ms: 0, retry_on: []}");
    let cfg = cfg.expect("a map");
    let mut settings = Settings::of(&Fields::of(Some(&cfg)), None)?;
    settings.rejects = Some(rejects);
    let case = Case { settings, script: vec![format!("{outcome} *")], cancel: None };
    let expect = Expect { retried, ..Expect::default() };
    scripts::once(&case, &expect).map_err(|what| format!("{row:?}: {what}"))
}

/// The class of a row's status; `None` for rows about AWS's own error codes, which are not ours.
fn class(row: &serde_norway::Mapping, code: &str) -> Option<Class> {
    let known_by_status = matches!(fields::text(&row[code]).as_str(), "null" | "BadError");
    let status = u16::try_from(row["status"].as_u64().filter(|_| known_by_status)?).ok()?;
    Some(classify::of_status(status, None))
}

fn transient(row: &serde_norway::Mapping) -> Result<(), String> {
    let Some(class) = class(row, "code_or_error") else { return Ok(()) };
    // Our rule: these are retried where a retry is safe.
    let expected = row["transient"].as_bool();
    let retried = matches!(class.kind, Kind::Transient | Kind::Ambiguous);
    same(&format!("{row:?}: transient"), Some(retried), expected)
}

fn throttling(row: &serde_norway::Mapping) -> Result<(), String> {
    let Some(class) = class(row, "code") else { return Ok(()) };
    let throttled = class.kind == Kind::Throttled;
    same(&format!("{row:?}: throttling"), Some(throttled), row["throttling"].as_bool())
}
