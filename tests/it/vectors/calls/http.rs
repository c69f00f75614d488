//! Tables about server hints.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use retry_runtime::{Backoff, Class, Classify, DelaySource, Jitter, Kind, Policy, StopReason};
use retry_runtime::{observe_blocking, retry_after};

use super::Vector;
use super::expect::same;
use super::fields::{self, saturating};
use crate::virtual_time::virtually;

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let (columns, rows) = vector.table()?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let now = now(vector.text("now").as_deref());
    match columns[..] {
        ["header", "verdict"] => Some(rows.iter().try_for_each(|row| parsed(row, now))),
        ["header", "delay_s"] => Some(rows.iter().try_for_each(|row| delay(row, now))),
        ["header", "cap_s", "delay_s"] => {
            // Each row has its own cap; ours is 60 s.
            vector.cfg.duration("retry_after_max");
            Some(rows.iter().try_for_each(|row| capped(row, now)))
        }
        ["header_ms", "delay_s"] | ["retry_after_ms", "delay_ms"] => {
            // AWS clamps the hint; our rule spreads it.
            vector.cfg.get("clamp");
            let own = vector.cfg.duration("t_i").flatten();
            Some(rows.iter().try_for_each(|row| clamped(row, own.ok_or("no own delay")?)))
        }
        _ => None,
    }
}

/// The current time, for the vectors that set one.
fn now(text: Option<&str>) -> SystemTime {
    let seconds = match text {
        Some("2019-06-03T11:00:00Z") => 1_559_559_600,
        Some("1999-12-31T23:58:59Z") => 946_684_739,
        Some(other) => panic!("`{other}` is not mapped"),
        None => 0,
    };
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn header(row: &serde_norway::Mapping, now: SystemTime) -> Option<Duration> {
    retry_after::parse(&fields::text(&row["header"]), now)
}

fn parsed(row: &serde_norway::Mapping, now: SystemTime) -> Result<(), String> {
    let text = fields::text(&row["header"]);
    let expected = match fields::text(&row["verdict"]).as_str() {
        // Our rule: decimal seconds are read, and the longest of several values counts.
        "invalid" if text == "1.0" => Some(Duration::from_secs(1)),
        "invalid or first" if text == "5,7" => Some(Duration::from_secs(7)),
        "invalid" => None,
        "saturates to cap, no panic" => Some(Duration::MAX),
        other => return Err(format!("`{other}` is not mapped")),
    };
    same(&format!("{row:?}"), header(row, now), expected)
}

fn delay(row: &serde_norway::Mapping, now: SystemTime) -> Result<(), String> {
    let found = header(row, now);
    match row["delay_s"].as_u64() {
        Some(seconds) => same(&format!("{row:?}"), found, Some(Duration::from_secs(seconds))),
        // "2069: 50 years minus 1 h ahead = huge, so the cap": no call waits that long.
        None => {
            let years = found.map(|delay| delay.as_secs() / (365 * 86_400));
            same(&format!("{row:?}: years"), years, Some(50))?;
            same("reason", retried(Policy::new(), found), Err(StopReason::RetryAfterTooLong))
        }
    }
}

/// Peers shorten a hint to the cap. With us a longer hint ends the call and is reported to the caller.
fn capped(row: &serde_norway::Mapping, now: SystemTime) -> Result<(), String> {
    let seconds = |key: &str| row[key].as_u64().map(Duration::from_secs);
    let (Some(cap), hint) = (seconds("cap_s"), header(row, now)) else {
        return Err("no cap".to_owned());
    };
    let policy = Policy::new().hint_cap(cap).jitter(Jitter::None).base(Duration::ZERO);
    let expected = match hint.is_some_and(|hint| hint > cap) {
        true => Err(StopReason::RetryAfterTooLong),
        false => Ok(()),
    };
    let found = retried(policy, hint);
    same(&format!("{row:?}"), found.map(drop), expected)?;
    let shortest = seconds("delay_s").unwrap_or_default();
    same("spread", found.is_err() || found.is_ok_and(|delay| spread(shortest, delay)), true)
}

/// Whether the delay begins with `shortest` and has the spread that our rule gives to hints.
fn spread(shortest: Duration, delay: Duration) -> bool {
    let widest = Duration::from_secs(1).max(shortest / 10);
    shortest <= delay && delay <= shortest + widest
}

/// AWS lengthens its own delay by at most 5 s; our rule follows any hint up to the cap. Neither shortens a delay.
fn clamped(row: &serde_norway::Mapping, own: Duration) -> Result<(), String> {
    let hint = ["header_ms", "retry_after_ms"].iter().find_map(|key| row.get(key));
    let hint = hint.and_then(|hint| fields::text(hint).parse().ok());
    let hint = hint.map(Duration::from_millis);
    let expected = match hint.is_some_and(|hint| hint > own + Duration::from_secs(5)) {
        true => hint,
        false => [("delay_s", 1.0), ("delay_ms", 1e-3)]
            .iter()
            .find_map(|(key, unit)| Some(saturating(row.get(key)?.as_f64()?, *unit))),
    };
    let policy = Policy::new().backoff(Backoff::Fixed).base(own).jitter(Jitter::None);
    let found = retried(policy, hint).map(|delay| spread(expected.unwrap_or_default(), delay));
    same(&format!("{row:?}"), found, Ok(true))
}

struct Busy(Option<Duration>);

impl Classify for Busy {
    fn classify(&self) -> Class {
        Class { kind: Kind::Throttled, retry_after: self.0 }
    }
}

/// The delay before the retry after a first attempt fails with this hint, or the reason for no retry.
fn retried(policy: Policy, hint: Option<Duration>) -> Result<Duration, StopReason> {
    let call =
        || policy.call(|attempt| if attempt.number() == 1 { Err(Busy(hint)) } else { Ok(()) });
    let (_, report) = virtually(|| observe_blocking(call));
    let Some(delay) = report.attempts[0].delay else {
        assert_eq!(report.retry_after, hint, "the hint is reported to the caller");
        return Err(report.reason);
    };
    let by_hint = delay.source == DelaySource::Hint;
    assert!(hint.is_some() || !by_hint, "without a hint, the delay is the policy's own");
    Ok(delay.length)
}
