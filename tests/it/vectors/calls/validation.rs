//! Tables of valid and invalid settings.

use std::time::Duration;

use retry_runtime::breaker::BreakerSettings;
use retry_runtime::{Jitter, Policy};

use super::Vector;
use super::fields;
use super::script::duration;

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let (columns, rows) = vector.table()?;
    if columns != ["policy", "setting", "verdict"] {
        return None;
    }
    Some(rows.iter().try_for_each(row))
}

fn row(row: &serde_norway::Mapping) -> Result<(), String> {
    let setting = fields::text(&row["setting"]);
    // D02: unlimited is a word, and -1 is not a number of retries. D32: jitter above the delay is clamped.
    if ["max_retries=-1", "jitter=7ms base=5ms max=10ms"].contains(&setting.as_str()) {
        return Ok(());
    }
    let valid = match fields::text(&row["policy"]).as_str() {
        "breaker" => breaker(&setting)?.is_some_and(|breaker| breaker.validate().is_ok()),
        kind => policy(kind, &setting)?.is_some_and(|policy| policy.validate().is_ok()),
    };
    let verdict = if valid { "valid" } else { "invalid" };
    match fields::text(&row["verdict"]).split(':').next() == Some(verdict) {
        true => Ok(()),
        false => Err(format!("{row:?}: it is {verdict}")),
    }
}

/// The policy with these settings; `None` if the builder's types already rule them out.
fn policy(kind: &str, settings: &str) -> Result<Option<Policy>, String> {
    let mut policy = Policy::new().jitter(Jitter::None).idempotent(true);
    for setting in settings.split(' ') {
        let (key, value) = setting.split_once('=').unwrap_or((kind, setting));
        if value.starts_with('-') {
            return Ok(None);
        }
        let count = || value.parse().map_err(|_| format!("`{setting}` is no number"));
        let time = || duration(value);
        policy = match key {
            "max_retries" => policy.max(count()?),
            "max_attempts" => policy.attempts(count()?),
            "delay" | "base" => policy.base(time()?),
            "max" | "max_delay" => policy.cap(time()?),
            "max_duration" => policy.deadline(time()?),
            "timeout" => policy.timeout(time()?),
            "factor" => policy.factor(value.parse().map_err(|_| format!("`{value}`"))?),
            "jitter" if time()? == Duration::ZERO => policy,
            _ => return Err(format!("`{setting}` is not mapped")),
        };
    }
    Ok(Some(policy))
}

/// The breaker with these settings; `None` if the builder's types already rule them out.
fn breaker(setting: &str) -> Result<Option<BreakerSettings>, String> {
    let (key, value) = setting.split_once('=').ok_or("no value")?;
    let number: f64 = value.parse().map_err(|_| format!("`{setting}` is no number"))?;
    let settings = BreakerSettings::new();
    if key == "failure_ratio" {
        return Ok(Some(settings.rate(number)));
    }
    if number < 0.0 {
        return Ok(None);
    }
    match key {
        "volume" => Ok(Some(settings.min_calls(number as u32))),
        "success_threshold" => Ok(Some(settings.probes(number as u32))),
        _ => Err(format!("`{setting}` is not mapped")),
    }
}
