//! The view that a store has of a worker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::Site;
use tokio::sync::watch;

use super::attempt::Attempt;
use crate::machine::{lease::Claimed, retention::Retention};

/// A worker, as its store sees it: functions, worker slots, and settings.
///
/// ```
/// use retry_tasks::store::Host;
///
/// /// How many further attempts a store may hand to the worker.
/// fn free(host: &dyn Host, running: usize) -> usize {
///     host.settings().slots.saturating_sub(running)
/// }
/// # let _ = free;
/// ```
pub trait Host: Send + Sync + fmt::Debug + 'static {
    /// The settings of the worker.
    fn settings(&self) -> &Settings;
    /// The functions that the worker runs.
    fn functions(&self) -> &[Hosted];
    /// Whether the worker is ending, and how.
    fn ending(&self) -> watch::Receiver<End>;
    /// Whether the worker is paused: a store starts no attempt on it then, and lets those that run go on.
    fn pausing(&self) -> watch::Receiver<bool> {
        watch::channel(false).1
    }
    /// Begins one attempt of a task that the store has claimed. The store awaits its end and records it.
    fn begin(&self, task: Claimed) -> Attempt;
}

/// A function that a worker runs.
///
/// ```
/// use retry_tasks::store::Host;
///
/// fn names(host: &dyn Host) -> Vec<&'static str> {
///     host.functions().iter().map(|function| function.name).collect()
/// }
/// # let _ = names;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Hosted {
    /// The function's name.
    pub name: &'static str,
    /// The annotated function.
    pub site: &'static Site,
    /// The number of its attempts that the worker may run at a time; `None` when only the slots limit them.
    pub limit: Option<usize>,
}

/// The settings of a worker.
///
/// ```
/// use retry_tasks::store::Settings;
///
/// fn describe(settings: &Settings) -> String {
///     format!("{}: {} slots, a lease of {:?}", settings.name, settings.slots, settings.lease)
/// }
/// # let _ = describe;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The worker's name, for the history.
    pub name: Arc<str>,
    /// The number of worker slots: how many attempts may run at a time.
    pub slots: usize,
    /// How long a lease is valid without a renewal.
    pub lease: Duration,
    /// The time between two renewals of the leases.
    pub heartbeat: Duration,
    /// The time between two searches for due tasks.
    pub poll: Duration,
    /// How long ended tasks are kept.
    pub retention: Retention,
}

/// The end of a worker.
///
/// ```
/// use retry_tasks::store::{End, Host};
///
/// fn may_claim(host: &dyn Host) -> bool {
///     *host.ending().borrow() == End::NotYet
/// }
/// # let _ = may_claim;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The worker is running.
    NotYet,
    /// The worker starts no more attempts. Running ones may take this long to end; then their tasks are returned.
    Within(Duration),
    /// The worker stops at once and records nothing, as in a crash.
    Abandoned,
}
