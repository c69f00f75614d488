//! Compares the result of a call with a vector's `expect`.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::{DelaySource, Interruption, StopReason};
use serde_norway::Value;

use super::fields::{Fields, text};
use super::run::{Case, Lane, Seen};

/// The `expect` of a vector that runs a script.
#[derive(Clone, Debug, Default)]
pub(super) struct Expect {
    pub(super) calls: Option<u32>,
    pub(super) result: Option<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) retries: Option<u32>,
    pub(super) retried: Option<bool>,
    pub(super) delays: Option<Vec<Duration>>,
    pub(super) sleeps: Option<u32>,
    pub(super) elapsed: Option<Duration>,
    pub(super) hooks: Option<Vec<(u32, String)>>,
    pub(super) hook_attempts: Option<Vec<u32>>,
    pub(super) hook_calls: Option<u32>,
    pub(super) classified: Option<u32>,
    pub(super) fallback_calls: Option<u32>,
    pub(super) timeouts: Option<u32>,
}

impl Expect {
    pub(super) fn of(expect: &Fields<'_>) -> Expect {
        let elapsed = expect.duration("elapsed").flatten();
        let zero_based = expect.list("retry_event_attempts_zero_based");
        Expect {
            calls: expect.count("calls"),
            result: expect.text("result"),
            stop_reason: expect.text("stop_reason"),
            retries: expect.count("retries"),
            retried: expect.flag("retried"),
            delays: expect.durations("delays"),
            sleeps: expect.count("sleep_calls"),
            elapsed,
            hooks: expect.list("before_retry_hook").map(|hooks| hooks.iter().map(hook).collect()),
            hook_attempts: zero_based.map(|list| {
                list.iter().map(|n| n.as_u64().expect("a number") as u32 + 1).collect()
            }),
            hook_calls: expect.count("retry_events"),
            classified: expect.count("classifier_calls"),
            fallback_calls: expect.count("fallback_calls"),
            timeouts: expect.count("timeout_events"),
        }
    }

    /// # Errors
    ///
    /// Describes the first difference.
    pub(super) fn check(&self, case: &Case, lane: Lane, seen: &Seen) -> Result<(), String> {
        let report = &seen.report;
        let made = report.attempts_made();
        same("attempts in the report", made, seen.calls)?;
        wanted("calls", self.calls, seen.calls)?;
        wanted("retries", self.retries, report.retries())?;
        wanted("retried", self.retried, report.retries() > 0)?;
        if !cut_by_soft_limit(case, lane, seen)? {
            self.check_result(seen)?;
            wanted("elapsed", self.elapsed, seen.elapsed)?;
        }
        if self.fallback_calls.is_none() && case.settings.fallback.is_none() {
            same("total of the report", report.total, seen.elapsed)?;
        }
        if let Some(reason) = &self.stop_reason {
            same("stop reason", report.reason, stop_reason(reason)?)?;
        }
        wanted("sleeps", self.sleeps, report.delays().count() as u32)?;
        if let Some(delays) = &self.delays {
            check_delays(delays, case, seen)?;
        }
        wanted("fallback calls", self.fallback_calls, seen.fallback_calls)?;
        wanted("classifier calls", self.classified, seen.classified)?;
        let timed_out = |text: &&Arc<str>| &***text == "Timeout";
        let timeouts = report.attempts.iter().filter_map(|a| a.error.as_ref()).filter(timed_out);
        wanted("timeouts", self.timeouts, timeouts.count() as u32)?;
        self.check_hooks(lane, seen)
    }

    fn check_hooks(&self, lane: Lane, seen: &Seen) -> Result<(), String> {
        if matches!(lane, Lane::PolicyAsync | Lane::PolicySync) {
            return Ok(());
        }
        // The hook is called before each sleep, and only then.
        let sleeps = seen.report.delays().count();
        same("hook calls beside sleeps", seen.hooks.len(), sleeps)?;
        wanted("hooks", self.hooks.clone(), seen.hooks.clone())?;
        wanted("hook calls", self.hook_calls, seen.hooks.len() as u32)?;
        let attempts = seen.hooks.iter().map(|(attempt, _)| *attempt).collect();
        wanted("attempts of the hooks", self.hook_attempts.clone(), attempts)
    }

    fn check_result(&self, seen: &Seen) -> Result<(), String> {
        let Some(expected) = self.result.as_deref() else { return Ok(()) };
        let found = match &seen.result {
            Ok(value) => format!("ok:{value}"),
            Err(failure) => format!("err:{}", failure.name),
        };
        // `ok` accepts any value; the cause inside a wrapper is our error (D08).
        let expected = match expected {
            "ok" | "body_result" if seen.result.is_ok() => return Ok(()),
            wrapper if wrapper.contains("{cause:") => return check_wrapper(wrapper, seen),
            expected => expected,
        };
        same("result", found.as_str(), expected)
    }
}

/// `err:RetryException{cause:e4,earlier:[e1,e2,e3],retry_count:3}`: our error is `e4`, and the rest is in the
/// report.
fn check_wrapper(wrapper: &str, seen: &Seen) -> Result<(), String> {
    let fields = wrapper.split_once('{').map_or("", |(_, fields)| fields.trim_end_matches('}'));
    let after = |key: &str| fields.split_once(key).map(|(_, rest)| rest);
    let cause = after("cause:").and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let last = seen.result.as_ref().err().map(|failure| failure.name.as_str());
    same("cause", last, Some(cause))?;
    let errors: Vec<&str> =
        seen.report.attempts.iter().filter_map(|attempt| attempt.error.as_deref()).collect();
    if let Some(earlier) = after("earlier:[").and_then(|rest| rest.split(']').next()) {
        same("earlier errors", errors[..errors.len() - 1].join(","), earlier.to_owned())?;
    }
    if let Some(count) = after("retry_count:") {
        same("retry count", seen.report.retries().to_string(), count.to_owned())?;
    }
    Ok(())
}

/// Our deadline interrupts a running `async` attempt, where peers with a soft limit let the attempt end
/// (D34). The call must then end exactly at the deadline and for that reason.
fn cut_by_soft_limit(case: &Case, lane: Lane, seen: &Seen) -> Result<bool, String> {
    let cut = seen.result.as_ref().err().and_then(|failure| failure.cut);
    let (Some(limit), Some(Interruption::DeadlinePassed)) = (case.settings.soft_limit, cut) else {
        return Ok(false);
    };
    same("lane", lane.is_async(), true)?;
    same("stop reason", seen.report.reason, StopReason::Deadline)?;
    same("elapsed", seen.elapsed, limit)?;
    Ok(true)
}

/// With jitter, both our delay and the peer's must lie in the policy's range; without jitter they must be equal.
fn check_delays(expected: &[Duration], case: &Case, seen: &Seen) -> Result<(), String> {
    let attempts = &seen.report.attempts;
    let found: Vec<_> = attempts.iter().filter_map(|attempt| attempt.delay).collect();
    if found.len() != expected.len() {
        return Err(format!("delays: {found:?}, expected {expected:?}"));
    }
    for ((expected, found), range) in
        expected.iter().zip(found).zip(case.settings.policy.schedule())
    {
        let (low, high) = match found.source {
            DelaySource::Hint => (*expected, *expected),
            _ => (range.shortest, range.longest),
        };
        if !(low..=high).contains(expected) || !(low..=high).contains(&found.length) {
            return Err(format!(
                "delay {}: {:?} in {low:?} ..= {high:?}, expected {expected:?}",
                range.retry, found.length
            ));
        }
    }
    Ok(())
}

fn stop_reason(name: &str) -> Result<StopReason, String> {
    Ok(match name {
        "success" => StopReason::Success,
        "max_attempts" => StopReason::Exhausted,
        "not_retryable" => StopReason::Permanent,
        "max_duration" | "deadline" => StopReason::Deadline,
        "cancelled" => StopReason::Cancelled,
        "ambiguous" => StopReason::Ambiguous,
        "overloaded" => StopReason::Overloaded,
        "retry_after_too_long" => StopReason::RetryAfterTooLong,
        _ => return Err(format!("stop reason `{name}` is not mapped")),
    })
}

fn hook(value: &Value) -> (u32, String) {
    (value[0].as_u64().expect("an attempt") as u32, text(&value[1]))
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?}, expected {expected:?}"))
}

fn wanted<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: Option<T>,
    found: T,
) -> Result<(), String> {
    expected.map_or(Ok(()), |expected| same(what, found, expected))
}
