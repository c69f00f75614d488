//! Cases with a script: the number of runs, the delays, and the end of the call.

use std::time::Duration;

use super::expect::{Expect, same};
use super::run::{CancelAt, Case, Lane};
use super::settings::Settings;
use super::{Vector, fields};

/// Runs the script under the `cfg`, through every lane that supports it.
pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let has_script = vector.get("script").is_some();
    let is_cancelled = ["cancel_at", "cancel_at_ms"].iter().any(|key| vector.get(key).is_some());
    (has_script || is_cancelled).then(|| script(vector))
}

fn script(vector: &Vector<'_>) -> Result<(), String> {
    let settings = Settings::of(&vector.cfg, vector.text("types"))?;
    let mut expect = Expect::of(&vector.expect);
    remarks(vector);
    vector.decided(&mut expect);
    let cancel = cancel(vector)?;
    let script = items(vector, &settings);
    let case = Case { settings, script, cancel };
    let error = case.settings.policy.validate().err().map(|error| error.to_string());
    match (error, vector.refused()) {
        (None, None) => {}
        (Some(error), Some(words)) if error.starts_with(words) => {
            return shown(&case, &expect);
        }
        (error, words) => return same("refused", error.as_deref(), words),
    }
    match vector.get("invocations").and_then(|n| n.as_u64()) {
        Some(invocations) => several(&case, &expect, invocations as u32),
        None => once(&case, &expect),
    }
}

/// Runs the case through every lane that supports it.
pub(super) fn once(case: &Case, expect: &Expect) -> Result<(), String> {
    let mut lanes = 0;
    for lane in Lane::ALL {
        if let Some(seen) = case.run(lane) {
            lanes += 1;
            expect.check(case, lane, &seen).map_err(|what| format!("{lane:?}: {what}"))?;
        }
    }
    if lanes == 0 { Err("no lane runs it".to_owned()) } else { Ok(()) }
}

/// Our counters cover one call; the peer's accumulate over calls.
fn several(case: &Case, all: &Expect, invocations: u32) -> Result<(), String> {
    let each = |sum: Option<u32>| sum.map(|sum| sum / invocations);
    let expect = Expect { calls: each(all.calls), retries: each(all.retries), ..all.clone() };
    (0..invocations).try_for_each(|_| once(case, &expect))
}

/// Even the schedule of invalid settings shows the peer's delays.
fn shown(case: &Case, expect: &Expect) -> Result<(), String> {
    let Some(delays) = &expect.delays else { return Ok(()) };
    let found = case.settings.policy.schedule().map(|range| range.longest).collect();
    same("delays", &found, delays)
}

/// Keys without an equivalent in our outcomes.
fn remarks(vector: &Vector<'_>) {
    // Call statistics have tests of their own; here each call is checked separately.
    vector.expect.get("stop_reason_count");
    // A call has one result, so it is reported once; there is one token, so it is the caller's.
    vector.expect.get("closed_events");
    vector.expect.get("token_identity");
    // A call always returns the last error.
    vector.cfg.get("exhausted");
}

fn items(vector: &Vector<'_>, settings: &Settings) -> Vec<String> {
    if let Some(script) = vector.get("script").and_then(|script| script.as_sequence()) {
        return script.iter().map(fields::text).collect();
    }
    let during = vector.text("cancel_at").is_some_and(|at| at == "in_first_attempt");
    let body = match (during, &settings.rejects) {
        (true, _) => "hang",
        (false, Some(_)) => "ok:0 *",
        (false, None) => "err:E *",
    };
    vec![body.to_owned()]
}

fn cancel(vector: &Vector<'_>) -> Result<Option<CancelAt>, String> {
    if let Some(millis) = vector.get("cancel_at_ms").and_then(|at| at.as_u64()) {
        return Ok(Some(CancelAt::After(Duration::from_millis(millis))));
    }
    let Some(at) = vector.text("cancel_at") else { return Ok(None) };
    Ok(Some(match at.as_str() {
        "before_first_attempt" => CancelAt::Start,
        // Bodies that do not hang take no time, and the first delay is longer than this time.
        "in_first_attempt" | "in_first_sleep" => CancelAt::After(Duration::from_millis(1)),
        _ => return Err(format!("cancel_at `{at}` is not mapped")),
    }))
}
