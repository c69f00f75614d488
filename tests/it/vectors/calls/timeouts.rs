//! Tables about timeouts and deadlines.

use std::time::Duration;

use super::expect::Expect;
use super::fields::{self, Fields};
use super::run::Case;
use super::settings::Settings;
use super::{Vector, scripts};

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let (columns, rows) = vector.table()?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    match columns[..] {
        ["body_ms", "result"] => Some(rows.iter().try_for_each(|row| body(vector, row))),
        ["elapsed_s", "stop"] | ["elapsed_s", "next_delay_s", "stop"] => {
            // Our rule: before the delay, the call stops if the delay would end after the deadline (D24).
            vector.cfg.get("mode");
            let limit = vector.cfg.duration("total_timeout").flatten();
            Some(rows.iter().try_for_each(|row| stop(limit.ok_or("no limit")?, row)))
        }
        _ => None,
    }
}

/// The outcome of a body that takes this long.
fn body(vector: &Vector<'_>, row: &serde_norway::Mapping) -> Result<(), String> {
    let settings = Settings::of(&vector.cfg, None)?;
    let script = vec![format!("ok@{}ms", fields::text(&row["body_ms"]))];
    let expect = Expect { result: Some(fields::text(&row["result"])), ..Expect::default() };
    let case = Case { settings, script, cancel: None };
    scripts::once(&case, &expect).map_err(|what| format!("{row:?}: {what}"))
}

/// Whether a call stops after an attempt that ends at this time, before this delay.
fn stop(limit: Duration, row: &serde_norway::Mapping) -> Result<(), String> {
    let delay = row.get("next_delay_s").map_or("0".to_owned(), fields::text);
    let (limit, elapsed) = (limit.as_secs_f64(), fields::text(&row["elapsed_s"]));
    let cfg = format!("{{max_attempts: 9, total_timeout_s: {limit}, delay_s: {delay}}}");
    let cfg = serde_norway::from_str(&cfg).expect("a map");
    let settings = Settings::of(&Fields::of(Some(&cfg)), None)?;
    let stops = row["stop"].as_bool().ok_or("no verdict")?;
    let expect = Expect { calls: Some(if stops { 1 } else { 2 }), ..Expect::default() };
    let script = vec![format!("err:E@{elapsed}s"), "ok *".to_owned()];
    let case = Case { settings, script, cancel: None };
    scripts::once(&case, &expect).map_err(|what| format!("{row:?}: {what}"))
}
