//! Functions: their figures, settings and last calls.

use std::collections::BTreeMap;

use retry_runtime::Latency;
use serde::{Deserialize, Serialize};

use super::counts::CallCounts;

/// An annotated function.
///
/// ```
/// use retry_console::Function;
///
/// let one: Function = serde_json::from_str(r#"{ "name": "shop::charge", "calls": 120, "saved": 12, "breaker": "bank" }"#)?;
/// assert_eq!((one.counts.saved, one.breaker.as_deref()), (12, Some("bank")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Function {
    /// The name of the site.
    pub name: String,
    /// The source file.
    pub file: String,
    /// The line of the attribute.
    pub line: u32,
    /// Whether it is `async`.
    pub is_async: bool,
    /// The function of which this is the part of one label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Calls by outcome; in JSON, fields of the function itself.
    #[serde(flatten)]
    pub counts: CallCounts,
    /// Calls that succeeded with the first attempt, the second one, and so on.
    pub success_by_attempt: Vec<u64>,
    /// Failed attempts by kind; kinds without one are left out.
    pub failures: BTreeMap<String, u64>,
    /// Calls by stop reason; reasons without one are left out.
    pub reasons: BTreeMap<String, u64>,
    /// The median of the durations of attempts, for a function with `measure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// The time within which 99 of 100 attempts ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The durations of attempts in full; only where a process answers for itself alone: a console adds them up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// Calls that are being retried.
    pub waiting: u64,
    /// Processes that have the function.
    pub instances: u32,
    /// The budget that pays for retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetState>,
    /// The name of the breaker, or of the table of breakers by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<String>,
    /// The findings of the doctor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// A retry budget. Of several processes, the tokens are added up.
///
/// ```
/// use retry_console::BudgetState;
///
/// let one: BudgetState = serde_json::from_str(r#"{ "name": "bank", "available": 8.5, "capacity": 10.0, "owed": 1.5 }"#)?;
/// assert_eq!(one.available, one.capacity - one.owed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BudgetState {
    /// The shared name, or the name of the function.
    pub name: String,
    /// The tokens that are left.
    pub available: f64,
    /// The size of the bucket in tokens.
    pub capacity: f64,
    /// The tokens that are owed.
    pub owed: f64,
}

/// A function in full.
///
/// ```
/// use retry_console::FunctionDetail;
///
/// let one: FunctionDetail = serde_json::from_str(r#"{ "function": { "name": "shop::charge" }, "settings": [], "calls": [],
///     "errors": [ { "text": "connection refused", "count": 12, "last_at": 1000 } ] }"#)?;
/// assert_eq!(one.errors[0].count, 12);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionDetail {
    /// The figures.
    pub function: Function,
    /// The settings in force, each with its origin.
    pub settings: Vec<Setting>,
    /// The last calls that did not succeed at once, the newest first.
    pub calls: Vec<Past>,
    /// The failures of these calls by message, the most frequent first.
    pub errors: Vec<ErrorGroup>,
}

/// A setting in force.
///
/// ```
/// use retry_console::Setting;
///
/// let one: Setting = serde_json::from_str(r#"{ "setting": "max", "value": "3", "origin": "attribute at src/shop.rs:12" }"#)?;
/// assert_eq!(one.value, "3");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Setting {
    /// The name.
    pub setting: String,
    /// The value, as a file writes it.
    pub value: String,
    /// The origin of the value.
    pub origin: String,
}

/// A call that has ended.
///
/// ```
/// use retry_console::Past;
///
/// let one: Past = serde_json::from_str(r#"{ "ended_at": 1000, "instance": "a1b2", "reason": "exhausted", "total_ms": 1200.5, "omitted": 0, "attempts": [] }"#)?;
/// assert_eq!(one.reason, retry_runtime::StopReason::Exhausted.name());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Past {
    /// The time at which the call ended.
    pub ended_at: u64,
    /// The process that made the call.
    pub instance: String,
    /// The stop reason.
    pub reason: String,
    /// How long the call took, pauses included.
    pub total_ms: f64,
    /// The number of attempts before those in `attempts`.
    pub omitted: u32,
    /// The last attempts, in order.
    pub attempts: Vec<PastAttempt>,
}

/// An attempt of a call that has ended.
///
/// ```
/// use retry_console::PastAttempt;
///
/// let one: PastAttempt = serde_json::from_str(r#"{ "number": 1, "started_ms": 0.0, "error": "connection refused", "kind": "transient", "delay_ms": 200.0 }"#)?;
/// assert_eq!(one.delay_ms, Some(200.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PastAttempt {
    /// The number, from 1.
    pub number: u32,
    /// The time from the start of the call to the start of the attempt.
    pub started_ms: f64,
    /// How long the attempt ran; `None` where the first attempt was not timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The text of the failure; `None` for a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The kind of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The pause after the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<f64>,
    /// The origin of the pause: `backoff`, `hint` or `budget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_source: Option<String>,
}

/// Failures with the same message.
///
/// ```
/// use retry_console::ErrorGroup;
///
/// let one: ErrorGroup = serde_json::from_str(r#"{ "text": "connection refused", "kind": "transient", "count": 12, "last_at": 1000 }"#)?;
/// assert_eq!(one.count, 12);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorGroup {
    /// The message of the newest of them.
    pub text: String,
    /// The kind of the newest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How many there are.
    pub count: u64,
    /// The end of the last call with one.
    pub last_at: u64,
}
