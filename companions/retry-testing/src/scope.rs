//! The guard of a scope.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::IntoDuration;
use super::assertion::Assert;
use super::fault::Fault;
use super::names;
use super::shared::{Shared, Within, here, lock};
use retry_runtime::Report;
use retry_runtime::control::intercept;

/// Opens a testing scope, which lasts until the guard is dropped.
///
/// It holds for all that this thread does: for the test itself, and in a `#[tokio::test]` for the tasks of its
/// runtime, unless that is `multi_thread`. Other tests, which run on other threads, see nothing of it.
/// [`wrap`](Scope::wrap) and [`wrap_fn`](Scope::wrap_fn) take tasks and threads into it.
///
/// # Panics
///
/// When a scope is open on this thread, or when this runs in a wrapped task or thread.
#[track_caller]
#[must_use = "the scope ends when the guard is dropped: `let t = testing::scope();`"]
pub fn scope() -> Scope {
    if let Some(within) = here() {
        panic!(
            "a testing scope is open here already, since {}; use that one, or drop it first",
            within.shared.opened
        );
    }
    let shared = Arc::new(Shared::new(Location::caller()));
    intercept::set_thread(Some(Arc::new(Within { shared: Arc::clone(&shared), task: None })));
    Scope { shared, thread: PhantomData }
}

/// The guard of a testing scope; see [`scope`].
///
/// When it is dropped it fails the test if a fault has never happened, or if the scope was not used at all.
pub struct Scope {
    pub(super) shared: Arc<Shared>,
    /// It stays on its thread.
    thread: PhantomData<*const ()>,
}

impl Scope {
    /// Fixes what jitter and rates are drawn from. Without it the seed is 0: a test does the same every time it
    /// runs.
    pub fn seed(&self, seed: u64) -> &Self {
        self.shared.use_it();
        lock(&self.shared.settings).seed = seed;
        self
    }

    /// Delays are not spread, for calls that start from now on.
    pub fn jitter_off(&self) -> &Self {
        self.shared.use_it();
        lock(&self.shared.settings).jitter = false;
        self
    }

    /// No budget limits the retries. With one, it is a fresh one that only this scope draws from.
    pub fn budget_off(&self) -> &Self {
        self.shared.use_it();
        lock(&self.shared.settings).budget = false;
        self
    }

    /// No call that starts from now on makes more attempts, whatever its policy says.
    ///
    /// # Panics
    ///
    /// When `attempts` is 0.
    #[track_caller]
    pub fn attempts_at_most(&self, attempts: u32) -> &Self {
        assert!(attempts > 0, "`attempts_at_most` (0) must be at least 1");
        self.shared.use_it();
        lock(&self.shared.settings).at_most = Some(attempts);
        self
    }

    /// Describes a fault of the function of this name: which attempts it hits, and what happens to them.
    ///
    /// The name is the function's, or enough of its end: `"charge"` for `shop::billing::charge`. A fault takes the
    /// place of the body: inside of the breaker and of the attempt's timeout.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use retry_testing as testing;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::fetch")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = testing::scope();
    /// t.fail("docs::fetch").first(2).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
    /// assert_eq!(fetch()?, 1);
    /// t.assert("docs::fetch").attempts(3).succeeded();
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no function of this name.
    #[track_caller]
    #[must_use = "a fault says what happens: `.with(…)`, `.panic()`, `.hang()`, `.latency(…)`"]
    pub fn fail(&self, name: &str) -> Fault<'_> {
        self.shared.use_it();
        Fault::new(&self.shared, names::site(name), Location::caller())
    }

    /// How many attempts the function has made in this scope, all calls together.
    ///
    /// # Panics
    ///
    /// When there is no function of this name.
    #[track_caller]
    pub fn attempts(&self, name: &str) -> u32 {
        self.shared.use_it();
        lock(&self.shared.logs).of(names::site(name).name()).attempts
    }

    /// The pauses of the function's calls in this scope, in the order in which they began: as long as they would
    /// have been slept.
    ///
    /// # Panics
    ///
    /// When there is no function of this name.
    #[track_caller]
    pub fn delays(&self, name: &str) -> Vec<Duration> {
        self.shared.use_it();
        lock(&self.shared.logs).of(names::site(name).name()).delays.clone()
    }

    /// The report of the function's call that ended last.
    ///
    /// # Panics
    ///
    /// When there is no function of this name, and when no call of it has ended in this scope.
    #[track_caller]
    pub fn report(&self, name: &str) -> Report {
        match self.reports(name).pop() {
            Some(report) => report,
            None => panic!(
                "no call of `{}` has ended in this scope (one in another task or thread needs `t.wrap`)",
                names::site(name).name()
            ),
        }
    }

    /// The reports of all calls of the function that have ended in this scope, in that order.
    ///
    /// # Panics
    ///
    /// When there is no function of this name.
    #[track_caller]
    pub fn reports(&self, name: &str) -> Vec<Report> {
        self.shared.use_it();
        let site = names::site(name);
        lock(&self.shared.logs)
            .of(site.name())
            .calls
            .iter()
            .map(|call| call.report.clone())
            .collect()
    }

    /// Assertions about the calls of the function in this scope.
    ///
    /// # Panics
    ///
    /// When there is no function of this name; and each assertion when it does not hold.
    #[track_caller]
    pub fn assert(&self, name: &str) -> Assert {
        self.shared.use_it();
        let name = names::site(name).name();
        Assert::new(name, lock(&self.shared.logs).of(name).clone())
    }

    /// How often this [effect](super::effect) has happened in this scope.
    pub fn effects(&self, what: &str) -> u32 {
        self.shared.use_it();
        lock(&self.shared.effects).count(what)
    }

    /// Lets this time pass: `"5s"` or a `Duration`. Calls and breakers of the scope see it.
    ///
    /// # Panics
    ///
    /// When the text is no duration.
    #[track_caller]
    pub fn advance(&self, time: impl IntoDuration) {
        self.shared.use_it();
        self.shared.time.advance(time.into_duration());
    }

    /// How much time has passed in the scope: what was slept, and what [`advance`](Scope::advance) and tokio's
    /// paused clock have added. What really happens takes none.
    pub fn elapsed(&self) -> Duration {
        self.shared.use_it();
        self.shared.time.passed()
    }

    /// What is wrong with how the scope was used.
    fn complaint(&self) -> Option<String> {
        if let Some(mistake) = self.shared.mistake() {
            return Some(mistake);
        }
        let opened = self.shared.opened;
        if !self.shared.was_used() {
            return Some(format!(
                "the testing scope opened at {opened} has ended before anything happened in it: keep its guard, as \
                 in `let t = testing::scope();`"
            ));
        }
        let leftovers = lock(&self.shared.rules).leftovers();
        (!leftovers.is_empty()).then(|| leftovers.join("\n"))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        intercept::set_thread(None);
        self.shared.close();
        if !thread::panicking() {
            if let Some(complaint) = self.complaint() {
                panic!("{complaint}");
            }
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("opened", &self.shared.opened).finish_non_exhaustive()
    }
}
