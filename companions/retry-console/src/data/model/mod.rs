//! The types of the JSON API, with the names and units of its description.

mod counts;
mod function;
mod live;

use serde::{Deserialize, Serialize};

pub use counts::CallCounts;
pub use function::{BudgetState, ErrorGroup, Function, FunctionDetail, Past, PastAttempt, Setting};
pub use live::{BreakerState, Live, LiveState, News, Transition};

use super::rates::Rates;

/// The right of a reader.
///
/// ```
/// use retry_console::Role;
///
/// assert!(Role::View < Role::Operate);
/// assert_eq!(serde_json::to_string(&Role::View)?, "\"view\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May look.
    View,
    /// May look and give orders.
    Operate,
}

/// Everything that the console shows, at one moment.
///
/// ```
/// use retry_console::Snapshot;
///
/// /// The functions of which most calls failed, from the answer of `GET api/snapshot`.
/// fn failing(answer: &str) -> serde_json::Result<Vec<String>> {
///     let snapshot: Snapshot = serde_json::from_str(answer)?;
///     let failing = snapshot.functions.into_iter().filter(|it| it.counts.failed * 2 > it.counts.calls);
///     Ok(failing.map(|it| it.name).collect())
/// }
///
/// let answer = r#"{ "id": 1, "now_at": 0, "role": "view", "processes": [], "overview": {}, "live": [], "live_total": 0,
///     "functions": [ { "name": "shop::charge", "calls": 10, "failed": 8 } ], "breakers": [], "news": [] }"#;
/// assert_eq!(failing(answer)?, ["shop::charge"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use retry_console::Process;
///
/// let one: Process = serde_json::from_str(r#"{ "instance": "a1b2", "name": "shop", "pid": 71, "host": "web-1", "started_at": 0 }"#)?;
/// assert_eq!((one.pid, one.stale), (71, false));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
    /// Whether its console shows tasks.
    #[serde(default)]
    pub has_tasks: bool,
    /// How many milliseconds the clock of a peer is ahead of the clock of the process that answers, in tenths of a second. All
    /// times of a snapshot are by the latter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_ms: Option<i64>,
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
///
/// ```
/// use retry_console::Overview;
///
/// let one: Overview = serde_json::from_str(r#"{ "calls": 120, "attempts": 150, "amplification": 1.25 }"#)?;
/// assert_eq!((one.counts.calls, one.counts.amplification), (120, 1.25));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Overview {
    /// Calls by outcome; in JSON, fields of the overview itself.
    #[serde(flatten)]
    pub counts: CallCounts,
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
