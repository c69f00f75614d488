//! The types of the JSON API, with the names and units of its description.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rates::Rates;

/// The right of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May look.
    View,
    /// May look and give orders.
    Operate,
}

/// Everything that the console shows, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The number of the state, which grows with each change.
    pub id: u64,
    /// The server's time, in milliseconds since 1970.
    pub now_at: u64,
    /// The right of the reader.
    pub role: Role,
    /// The process that answers, then its peers.
    pub processes: Vec<Process>,
    /// The figures of all processes that are not stale.
    pub overview: Overview,
    /// The annotated functions, in the order of their names.
    pub functions: Vec<Function>,
    /// The calls that are being retried, at most [`Snapshot::MAX_LIVE`].
    pub live: Vec<Live>,
    /// The number of all calls that are being retried.
    pub live_total: u64,
    /// The breakers of each process.
    pub breakers: Vec<BreakerState>,
    /// The last events, the oldest first.
    pub news: Vec<News>,
}

impl Snapshot {
    /// The highest number of live calls in a snapshot.
    pub const MAX_LIVE: usize = 1_000;
    /// The highest number of news in a snapshot.
    pub const MAX_NEWS: usize = 200;
}

/// A process with a console.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Process {
    /// A random name of this run of the process.
    pub instance: String,
    /// The name of the program.
    pub name: String,
    /// The number of the process on its host.
    pub pid: u32,
    /// The name of the host; empty when the system does not tell.
    pub host: String,
    /// The version of the program, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The time since which the console runs.
    pub started_at: u64,
    /// The address of a peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Whether a peer has not answered for 5 s, so that its numbers are left out.
    #[serde(default)]
    pub stale: bool,
    /// Why a peer did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The figures of all functions together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Overview {
    /// Calls that have ended.
    pub calls: u64,
    /// Calls whose first attempt succeeded.
    pub first_try: u64,
    /// Calls that a retry saved.
    pub saved: u64,
    /// Calls that failed, those whose failure was recovered from included.
    pub failed: u64,
    /// Calls that were cancelled or dropped.
    pub cancelled: u64,
    /// Calls that ended before their first attempt.
    pub unattempted: u64,
    /// Attempts of all calls.
    pub attempts: u64,
    /// Attempts for each call that made one.
    pub amplification: f64,
    /// Calls that are being retried.
    pub waiting: u64,
    /// Breakers that have been used.
    pub breakers: u64,
    /// Breakers that are not closed.
    pub not_closed: u64,
    /// Tasks whose time has come and that no worker has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks_due: Option<u64>,
    /// For how long the longest of these is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_due_ms: Option<u64>,
    /// Calls by second and outcome.
    pub rates: Rates,
}

/// An annotated function.
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
    /// Calls that have ended.
    pub calls: u64,
    /// Calls whose first attempt succeeded.
    pub first_try: u64,
    /// Calls that a retry saved.
    pub saved: u64,
    /// Calls that failed, those whose failure was recovered from included.
    pub failed: u64,
    /// Calls that were cancelled or dropped.
    pub cancelled: u64,
    /// Calls that ended before their first attempt.
    pub unattempted: u64,
    /// Attempts of all calls.
    pub attempts: u64,
    /// Retries of all calls.
    pub retries: u64,
    /// Attempts for each call that made one.
    pub amplification: f64,
    /// Calls that succeeded with the first attempt, the second one, and so on.
    pub success_by_attempt: Vec<u64>,
    /// Failed attempts by kind; kinds without one are left out.
    pub failures: BTreeMap<String, u64>,
    /// Calls by stop reason; reasons without one are left out.
    pub reasons: BTreeMap<String, u64>,
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

/// The state of a call that is being retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LiveState {
    /// The call sleeps before its next attempt.
    Waiting,
    /// An attempt runs.
    Running,
    /// The call was cancelled and ends with its running attempt.
    Cancelling,
}

/// A call that is being retried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Live {
    /// `instance-number`.
    pub id: String,
    /// The process that makes the call.
    pub instance: String,
    /// The name of the function; empty for a call without one.
    pub name: String,
    /// The attempt that runs or failed last, from 1.
    pub attempt: u32,
    /// The highest number of attempts; `None` without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Whether the call waits.
    pub state: LiveState,
    /// The start of the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<u64>,
    /// The time at which the call must have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<u64>,
    /// The time of the first failure.
    pub since_at: u64,
    /// The text of the last failure.
    pub last_error: String,
    /// The kind of the last failure.
    pub last_kind: String,
}

/// A breaker of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BreakerState {
    /// `instance-name`.
    pub id: String,
    /// The process that has the breaker.
    pub instance: String,
    /// The name; `table[key]` for one of a table.
    pub name: String,
    /// The key of a breaker of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The mode: `closed`, `open`, `half_open`, `forced_open`, `disabled` or `shadow`.
    pub mode: String,
    /// Calls in the window.
    pub calls: u32,
    /// Failed calls in the window.
    pub failures: u32,
    /// Slow calls in the window.
    pub slow: u32,
    /// The share of failed calls, from 0 to 1; `None` while there are too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<f64>,
    /// Attempts refused since the state began.
    pub rejected: u64,
    /// Attempts that run.
    pub in_flight: u32,
    /// The earliest time at which a call is admitted; `None` when calls are admitted now, or only by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_admission_at: Option<u64>,
    /// A letter for each call of the window, the oldest first; `None` for a window in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// The settings, as an attribute writes them.
    pub settings: String,
    /// The last changes of state, the oldest first.
    #[serde(default)]
    pub transitions: Vec<Transition>,
}

/// A change of a breaker's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transition {
    /// The time of the change. While nobody looks, the state is asked once a second.
    pub at: u64,
    /// The mode that ended.
    pub from: String,
    /// The mode that began.
    pub to: String,
    /// The counts that led to it; empty where they are not known.
    pub text: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct News {
    /// The time of the event.
    pub at: u64,
    /// The process.
    pub instance: String,
    /// The name of the event, such as `breaker.transition`.
    pub event: String,
    /// The function or the breaker; empty where the event belongs to neither.
    pub name: String,
    /// One line of text.
    pub text: String,
}

/// A function in full.
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
