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
use super::log::Log;
use super::names;
use super::shared::{Shared, Within, here};
use retry_runtime::Report;
use retry_runtime::control::{intercept, lock};

/// Opens a testing scope, which lasts until the guard is dropped.
///
/// The scope contains every call on this thread: those of the test itself, and in a `#[tokio::test]` those of the tasks of
/// its runtime, unless that is `multi_thread`. Other tests run on other threads and are not affected.
/// [`wrap`](Scope::wrap) and [`wrap_fn`](Scope::wrap_fn) add tasks and threads to the scope.
///
/// ```
/// use retry_runtime::retryable;
/// use std::io;
///
/// #[retryable(name = "docs::scope")]
/// fn fetch() -> io::Result<u32> { Ok(1) }
///
/// let t = retry_testing::scope();
/// t.jitter_off();
/// t.fail("docs::scope").first(2).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
/// assert_eq!(fetch()?, 1); // takes no real time
/// assert_eq!(t.elapsed(), std::time::Duration::from_secs(3));
/// # Ok::<(), io::Error>(())
/// ```
///
/// # Panics
///
/// If a scope is already open on this thread, or in a wrapped task or thread.
#[track_caller]
#[must_use = "the scope ends when the guard is dropped: `let t = testing::scope();`"]
pub fn scope() -> Scope {
    if let Some(within) = here() {
        panic!(
            "a testing scope is already open here, since {}; use that scope, or drop it first",
            within.shared.opened
        );
    }
    let shared = Arc::new(Shared::new(Location::caller()));
    intercept::set_thread(Some(Arc::new(Within { shared: Arc::clone(&shared), task: None })));
    Scope { shared, thread: PhantomData }
}

/// The RAII guard of a testing scope; see [`scope`].
///
/// Dropping the guard fails the test if a fault never happened, or if the scope was never used.
pub struct Scope {
    pub(super) shared: Arc<Shared>,
    /// Makes the guard `!Send`.
    thread: PhantomData<*const ()>,
}

impl Scope {
    /// Sets the seed of jitter and rates. The default is 0, so a test does the same each time it runs.
    pub fn seed(&self, seed: u64) -> &Self {
        lock(&self.used().settings).seed = seed;
        self
    }

    /// Turns jitter off for calls that start from now on.
    pub fn jitter_off(&self) -> &Self {
        lock(&self.used().settings).jitter = false;
        self
    }

    /// Turns budgets off. By default the scope has a fresh copy of each budget.
    pub fn budget_off(&self) -> &Self {
        lock(&self.used().settings).budget = false;
        self
    }

    /// Limits the attempts of calls that start from now on, in addition to their policies.
    ///
    /// # Panics
    ///
    /// If `attempts` is 0.
    #[track_caller]
    pub fn attempts_at_most(&self, attempts: u32) -> &Self {
        assert!(attempts > 0, "`attempts_at_most` (0) must be at least 1");
        lock(&self.used().settings).at_most = Some(attempts);
        self
    }

    /// Starts the description of a fault of the function with this name.
    ///
    /// The name may be shortened to its last parts: `"charge"` for `shop::billing::charge`. A fault replaces the body, inside
    /// the breaker and the attempt's timeout.
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
    /// If there is no function with this name.
    #[track_caller]
    #[must_use = "a fault must say what happens: `.with(…)`, `.panic()`, `.hang()`, `.latency(…)`"]
    pub fn fail(&self, name: &str) -> Fault<'_> {
        Fault::new(self.used(), names::site(name), Location::caller())
    }

    /// The number of attempts of all calls of the function in this scope.
    ///
    /// # Panics
    ///
    /// If there is no function with this name.
    #[track_caller]
    pub fn attempts(&self, name: &str) -> u32 {
        self.log(name).attempts
    }

    /// The pauses of all calls of the function in this scope, in the order of their starts.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::delays")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// t.jitter_off();
    /// t.fail("docs::delays").first(2).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
    /// fetch()?;
    /// assert_eq!(t.delays("docs::delays"), [1, 2].map(std::time::Duration::from_secs));
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no function with this name.
    #[track_caller]
    pub fn delays(&self, name: &str) -> Vec<Duration> {
        self.log(name).delays
    }

    /// The report of the call of the function that ended last.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::report")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// t.fail("docs::report").first(1).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
    /// fetch()?;
    /// assert_eq!(t.report("docs::report").retries(), 1);
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no function with this name, or if no call of the function has ended in this scope.
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

    /// The reports of all ended calls of the function in this scope, in the order of their ends.
    ///
    /// # Panics
    ///
    /// If there is no function with this name.
    #[track_caller]
    pub fn reports(&self, name: &str) -> Vec<Report> {
        self.log(name).calls.into_iter().map(|call| call.report).collect()
    }

    /// Assertions about the calls of the function in this scope.
    ///
    /// # Panics
    ///
    /// If there is no function with this name. Each assertion panics if it does not hold.
    #[track_caller]
    pub fn assert(&self, name: &str) -> Assert {
        Assert::new(names::site(name).name(), self.log(name))
    }

    /// How often the [effect](super::effect) with this name has happened in this scope.
    pub fn effects(&self, name: &str) -> u32 {
        lock(&self.used().effects).count(name)
    }

    /// Advances the scope's clock: `"5s"` or a `Duration`. Calls and breakers in the scope read this clock.
    ///
    /// ```
    /// use retry_runtime::breaker::Mode;
    /// use retry_runtime::retryable;
    ///
    /// #[retryable(on = any, breaker("docs::advance", open = "5s", jitter = 0.0), name = "docs::advance")]
    /// fn fetch() -> std::io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// retry_runtime::breaker("docs::advance").expect("declared above").trip(None);
    /// assert!(fetch().is_err());
    /// t.advance("5s");
    /// assert!(fetch().is_ok());
    /// # assert_eq!(retry_runtime::breaker("docs::advance").unwrap().mode(), Mode::HalfOpen);
    /// ```
    ///
    /// # Panics
    ///
    /// If the text is not a duration.
    #[track_caller]
    pub fn advance(&self, time: impl IntoDuration) {
        self.used().time.advance(time.into_duration());
    }

    /// The time that has passed on the scope's clock: by sleeps, by [`advance`](Scope::advance) and by tokio's paused clock.
    /// Real time does not count.
    pub fn elapsed(&self) -> Duration {
        self.used().time.passed()
    }

    /// The log of the function with this name.
    #[track_caller]
    fn log(&self, name: &str) -> Log {
        lock(&self.used().logs).of(names::site(name).name()).clone()
    }

    /// The state of the scope, which is in use from now on.
    pub(super) fn used(&self) -> &Arc<Shared> {
        self.shared.use_it();
        &self.shared
    }

    /// The message if the scope was misused.
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
