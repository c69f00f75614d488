//! A function in full: its settings, its last calls, and their failures by message.

use std::collections::BTreeMap;
use std::time::Duration;

use retry_runtime::{AttemptRecord, PastCall};

use super::clock::millis;
use super::collect;
use crate::data::model::{ErrorGroup, Function, FunctionDetail, Past, PastAttempt};

/// The function of this name in this process; `None` when there is none.
pub(crate) fn of(function: Function, instance: &str) -> Option<FunctionDetail> {
    let site = retry_runtime::site(&function.name)?;
    let mut calls: Vec<Past> = site.history().iter().map(|call| past(call, instance)).collect();
    calls.reverse();
    let errors = groups(&calls);
    Some(FunctionDetail { settings: collect::settings_of(&function.name), function, calls, errors })
}

fn past(call: &PastCall, instance: &str) -> Past {
    let report = &call.report;
    Past {
        ended_at: millis(call.ended),
        instance: instance.to_owned(),
        reason: report.reason.name().to_owned(),
        total_ms: precise(report.total),
        omitted: report.omitted,
        attempts: report.attempts.iter().map(attempt).collect(),
    }
}

fn attempt(attempt: &AttemptRecord) -> PastAttempt {
    PastAttempt {
        number: attempt.number,
        started_ms: precise(attempt.started),
        duration_ms: attempt.duration.map(precise),
        error: attempt.error.as_deref().map(str::to_owned),
        kind: attempt.kind.map(|kind| kind.name().to_owned()),
        delay_ms: attempt.delay.map(|delay| precise(delay.length)),
        delay_source: attempt.delay.map(|delay| delay.source.name().to_owned()),
    }
}

/// Milliseconds to a thousandth.
fn precise(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The message of a group. Digits do not distinguish messages: an address or a number in them would make each one a group of
/// its own.
pub(crate) fn without_digits(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The failures of these calls by message, the most frequent first.
pub(crate) fn groups(calls: &[Past]) -> Vec<ErrorGroup> {
    let mut groups: BTreeMap<String, ErrorGroup> = BTreeMap::new();
    for call in calls {
        for attempt in &call.attempts {
            let Some(text) = &attempt.error else { continue };
            let group = groups.entry(without_digits(text)).or_insert_with(|| ErrorGroup {
                text: text.clone(),
                kind: attempt.kind.clone(),
                count: 0,
                last_at: 0,
            });
            group.count += 1;
            group.last_at = group.last_at.max(call.ended_at);
        }
    }
    let mut groups: Vec<ErrorGroup> = groups.into_values().collect();
    groups.sort_by(|one, other| other.count.cmp(&one.count).then(one.text.cmp(&other.text)));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_differ_in_a_number_are_one_group() {
        let attempt = |error: &str| PastAttempt {
            number: 1,
            started_ms: 0.0,
            duration_ms: None,
            error: Some(error.into()),
            kind: Some("transient".into()),
            delay_ms: None,
            delay_source: None,
        };
        let call = Past {
            ended_at: 7,
            instance: "a".into(),
            reason: "exhausted".into(),
            total_ms: 1.0,
            omitted: 0,
            attempts: vec![
                attempt("port 80 refused"),
                attempt("no route"),
                attempt("port 443 refused"),
            ],
        };
        let groups = groups(&[call]);
        let told: Vec<_> = groups.iter().map(|it| (it.text.as_str(), it.count)).collect();
        assert_eq!(told, [("port 80 refused", 2), ("no route", 1)]);
    }
}
