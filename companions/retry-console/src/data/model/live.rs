//! The present: calls that are being retried, breakers, news.

use serde::{Deserialize, Serialize};

/// The state of a call that is being retried.
///
/// ```
/// use retry_console::LiveState;
///
/// assert_eq!(serde_json::from_str::<LiveState>("\"waiting\"")?, LiveState::Waiting);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use retry_console::Live;
///
/// let one: Live = serde_json::from_str(r#"{ "id": "a1b2-42", "instance": "a1b2", "name": "shop::charge", "attempt": 2, "limit": 4, "state": "waiting",
///     "next_at": 2500, "since_at": 1000, "last_error": "connection refused", "last_kind": "transient" }"#)?;
/// assert_eq!(one.next_at, Some(2500));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use retry_console::BreakerState;
///
/// let one: BreakerState = serde_json::from_str(r#"{ "id": "a1b2-bank", "instance": "a1b2", "name": "bank", "mode": "open", "calls": 20, "failures": 15, "slow": 0,
///     "rejected": 3, "in_flight": 0, "settings": "" }"#)?;
/// assert_eq!((one.mode.as_str(), one.failures), ("open", 15));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use retry_console::Transition;
///
/// let one: Transition = serde_json::from_str(r#"{ "at": 1000, "from": "closed", "to": "open", "text": "15 of 20 calls failed" }"#)?;
/// assert_eq!(one.to, "open");
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use retry_console::News;
///
/// let one: News = serde_json::from_str(r#"{ "at": 1000, "instance": "a1b2", "event": "breaker.transition", "name": "bank", "text": "…" }"#)?;
/// assert_eq!(one.event, retry_runtime::events::EventKind::BreakerTransition.name());
/// # Ok::<(), serde_json::Error>(())
/// ```
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
