//! Sequences of delays: from the policy's schedule and from the delays it draws.

use std::time::Duration;

use retry_runtime::{Backoff, Policy};
use serde_norway::Value;

use super::Vector;
use super::expect::same;
use super::fields::{self, Fields, saturating};
use super::run::{Case, Lane};
use super::settings::{self, Settings};

pub(super) fn run(vector: &Vector<'_>) -> Option<Result<(), String>> {
    let is_schedule = ["backoff", "delay_fn_ns"].iter().any(|key| vector.cfg.has(key));
    if !is_schedule || vector.get("script").is_some() {
        return None;
    }
    Some(match vector.get("table") {
        Some(table) => fields::rows(table).iter().try_for_each(|row| cell(vector, row)),
        None => expectations(vector),
    })
}

/// A row of a table: the delay before one retry.
fn cell(vector: &Vector<'_>, row: &serde_norway::Mapping) -> Result<(), String> {
    let mut policy = settings::policy(&vector.cfg)?;
    let row = Value::Mapping(row.clone());
    let cells = Fields::of(Some(&row));
    if let Some(Some(base)) = cells.duration("base") {
        policy = policy.base(base);
    }
    let retry = cells.count("retry").or(cells.count("retry_index").map(|index| index + 1));
    let retry = retry.ok_or("no retry")?;
    let longest = longest(policy, retry);
    if let Some(Some(delay)) = cells.duration("delay") {
        same(&format!("{row:?}"), longest, delay)?;
    }
    if let Some(Some(unspread)) = cells.duration("unjittered") {
        same(&format!("{row:?}"), longest, unspread)?;
    }
    if let Some(Some(most)) = cells.duration("jittered_le") {
        let drawn = policy.delays(7).nth(retry as usize - 1);
        same(&format!("{row:?}: at most"), drawn.is_some_and(|delay| delay <= most), true)?;
    }
    cells.all_read("row")
}

/// The longest delay that can precede the retry; without jitter, the delay.
fn longest(policy: Policy, retry: u32) -> Duration {
    policy.schedule().nth(retry as usize - 1).expect("a retry").longest
}

fn expectations(vector: &Vector<'_>) -> Result<(), String> {
    let (cfg, expect) = (&vector.cfg, &vector.expect);
    let policy = settings::policy(cfg)?;
    let index = cfg.count("retry_index").or(cfg.count("attempts_made"));
    // The computation above did not panic, and calls share no state.
    expect.flag("panics");
    cfg.flag("fresh_state");
    if cfg.has("max_attempts") {
        first_delays(vector)?;
    }
    if let Some(Some(delay)) = expect.duration("delay") {
        same("delay", longest(policy, index.ok_or("no index")?), delay)?;
    }
    if let Some(delays) = expect.durations("delays") {
        let found: Vec<_> =
            policy.schedule().map(|range| range.longest).take(delays.len()).collect();
        same("delays", found, delays)?;
    }
    for (unit, seconds) in [("s", 1.0), ("ms", 1e-3)] {
        for (retry, delay) in pairs(expect, &format!("delays_{unit}_at"))
            .chain(pairs(expect, &format!("delay_{unit}_at")))
        {
            let expected = saturating(delay.as_f64().ok_or("no delay")?, seconds);
            same(&format!("delay {retry}"), longest(policy, retry), expected)?;
        }
    }
    if let Some(range) = expect.text("strictly_increasing_for_retry") {
        let (from, to) = range.split_once("..").ok_or("no range")?;
        let (from, to): (u32, u32) = (number(from)?, number(to)?);
        let rising = (from..to).all(|retry| longest(policy, retry) < longest(policy, retry + 1));
        same("strictly increasing", rising, true)?;
    }
    bounds(vector, policy)?;
    means(vector, policy)?;
    every_base(vector)
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn pairs<'v>(expect: &Fields<'v>, key: &str) -> impl Iterator<Item = (u32, &'v Value)> {
    let map = expect.get(key).and_then(Value::as_mapping);
    map.into_iter().flatten().map(|(retry, delay)| {
        (retry.as_u64().expect("a retry").try_into().expect("a retry"), delay)
    })
}

/// A call that always fails sleeps for exactly the delays of the schedule.
fn first_delays(vector: &Vector<'_>) -> Result<(), String> {
    let settings = Settings::of(&vector.cfg, None)?;
    let case = Case { settings, script: vec!["err:E *".to_owned()], cancel: None };
    for lane in Lane::ALL {
        let Some(seen) = case.run(lane) else { continue };
        if let Some(Some(before)) = vector.expect.duration("delay_before_first_failure") {
            same("start of the first attempt", seen.report.attempts[0].started, before)?;
        }
        let expected = vector.expect.durations("delays").unwrap_or_default();
        let found: Vec<_> = seen.report.delays().take(expected.len()).collect();
        same(&format!("{lane:?}: delays"), found, expected)?;
    }
    Ok(())
}

/// The range of random delays, for the given retries or for the first ones.
fn bounds(vector: &Vector<'_>, policy: Policy) -> Result<(), String> {
    let expect = &vector.expect;
    expect.count("calls_per_index");
    let above = expect.duration("gt").flatten();
    let most = expect.duration("le").flatten().unwrap_or(Duration::MAX);
    let retries = vector.get("over").and_then(|over| over["retry_index"].as_sequence().cloned());
    for retry in retries.iter().flatten().filter_map(Value::as_u64) {
        for seed in 0..2 {
            let delay = policy.delays(seed).nth(retry as usize - 1).ok_or("no retry")?;
            let holds = above.is_none_or(|above| delay > above) && delay <= most;
            same(&format!("{delay:?} before retry {retry} is in bounds"), holds, true)?;
        }
    }
    let ends = expect.text("then").is_some_and(|then| then == "end");
    if let Some(bounds) = expect.list("bounds_s_half_open") {
        let nth = |of: &Value, i: usize| saturating(of[i].as_f64().expect("a bound"), 1.0);
        for (range, bound) in policy.schedule().zip(bounds) {
            let found = (range.shortest, range.longest);
            same("bounds", found, (nth(bound, 0), nth(bound, 1)))?;
        }
        same("number of delays", policy.schedule().count(), bounds.len())?;
    }
    if let Some(first) = expect.get("first_s") {
        let first = Fields::of(Some(first));
        let range = policy.schedule().next().ok_or("no first delay")?;
        let bound = |key| first.number(key).map(|bound| saturating(bound, 1.0));
        same(
            "first delay",
            (Some(range.shortest), Some(range.longest)),
            (bound("ge"), bound("lt")),
        )?;
        same("second", expect.text("second").as_deref(), Some("MAX"))?;
        let second = policy.schedule().nth(1).ok_or("no second delay")?;
        // Our rule: at the cap, the spread ends at the cap instead of beginning there.
        same("second delay", second.longest, Duration::MAX)?;
        same("its spread", second.shortest < Duration::MAX, true)?;
        same("ends", ends && policy.schedule().nth(2).is_none(), true)?;
    }
    Ok(())
}

/// The mean of many draws.
fn means(vector: &Vector<'_>, policy: Policy) -> Result<(), String> {
    let Some(means) = vector.expect.list("mean_s_by_retry") else { return Ok(()) };
    let tolerances = vector.expect.list("tolerance_s").ok_or("no tolerance")?;
    let trials = vector.get("over").and_then(|over| over["trials"].as_u64()).ok_or("no trials")?;
    let mut sums = vec![0.0; means.len()];
    for seed in 0..trials {
        let delays = policy.delays(seed);
        sums.iter_mut().zip(delays).for_each(|(sum, delay)| *sum += delay.as_secs_f64());
    }
    for (retry, ((sum, mean), tolerance)) in sums.iter().zip(means).zip(tolerances).enumerate() {
        let (found, mean) = (sum / trials as f64, mean.as_f64().ok_or("no mean")?);
        let near = (found - mean).abs() <= tolerance.as_f64().ok_or("no tolerance")?;
        same(&format!("mean {found} of retry {} is near {mean}", retry + 1), near, true)?;
    }
    Ok(())
}

/// "quickcheck property over the whole u64/u32 range": any base, any cap above it, any retry.
fn every_base(vector: &Vector<'_>) -> Result<(), String> {
    let Some(first) = vector.expect.text("first_equals") else { return Ok(()) };
    let between = vector.expect.texts("always_between").unwrap_or_default();
    same("property", (first.as_str(), between.join(" ")), ("min", "min max".to_owned()))?;
    let mut random = crate::random::Random::seeded(77);
    for _ in 0..2_000 {
        let (a, b) = (random.any(), random.any());
        let (min, max) = (Duration::from_millis(a.min(b)), Duration::from_millis(a.max(b)));
        let policy = settings::policy(&vector.cfg)?.base(min).cap(max);
        same("first", longest(policy, 1), min)?;
        let retry = random.any() as u32;
        for delay in policy.schedule().take(70).map(|range| range.longest) {
            same("between", (min..=max).contains(&delay), true)?;
        }
        let delay = Backoff::Exponential.delay(min, 2.0, retry).min(max);
        same("between", (min..=max).contains(&delay), true)?;
    }
    Ok(())
}
