//! `t.fail(name)`: the builder of a fault.

use std::panic::Location;
use std::sync::Arc;
use std::thread;

use super::IntoDuration;
use super::make::Maker;
use super::rule::{Rule, cannot_hang};
use super::shared::Shared;
use retry_runtime::Site;
use retry_runtime::control::intercept::Act;
use retry_runtime::control::lock;

/// The builder of a fault: selectors choose the attempts, and a fault says what happens to them.
///
/// Without a selector the fault hits every attempt; with several selectors, the attempts that all of them choose. If several
/// faults on a function hit an attempt, the first one happens; all of them count the attempt.
///
/// | selector | hits |
/// |---|---|
/// | [`first(n)`](Fault::first) | the first `n` attempts |
/// | [`every(n)`](Fault::every) | each `n`th attempt: with 3 the 3rd, the 6th … |
/// | [`rate(p)`](Fault::rate) | each attempt with probability `p`, drawn from the scope's seed |
/// | [`in_each_call`](Fault::in_each_call) | makes the others count from 1 in every call, and not over all calls of the scope |
///
/// | fault | what happens |
/// |---|---|
/// | [`with(make)`](Fault::with) | the attempt fails with this error; the body does not run |
/// | [`panic`](Fault::panic) | the attempt panics |
/// | [`hang`](Fault::hang) | the attempt hangs until a limit ends it |
/// | [`latency(time)`](Fault::latency) | the attempt is delayed by this time; without another fault, the body runs then |
/// | [`after_body`](Fault::after_body) | the body runs, and its outcome is lost: the effect happened, the answer did not arrive |
///
/// ```
/// use retry_runtime::retryable;
/// use std::io;
///
/// #[retryable(name = "docs::fault")]
/// fn fetch() -> io::Result<u32> { Ok(1) }
///
/// let t = retry_testing::scope();
/// t.fail("docs::fault").first(2).in_each_call().with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
/// assert_eq!((fetch()?, fetch()?), (1, 1));
/// assert_eq!(t.attempts("docs::fault"), 6);
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Debug)]
pub struct Fault<'t> {
    shared: &'t Arc<Shared>,
    site: &'static Site,
    index: usize,
    at: &'static Location<'static>,
}

impl<'t> Fault<'t> {
    pub(super) fn new(
        shared: &'t Arc<Shared>,
        site: &'static Site,
        at: &'static Location<'static>,
    ) -> Self {
        let index = lock(&shared.rules).add(Rule::new(site.name(), at));
        Fault { shared, site, index, at }
    }

    fn set(self, change: impl FnOnce(&mut Rule)) -> Self {
        change(lock(&self.shared.rules).change(self.index));
        self
    }

    /// Hits the first `count` attempts of the function in this scope.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    #[track_caller]
    #[must_use = "a fault must say what happens, too"]
    pub fn first(self, count: u32) -> Self {
        assert!(count > 0, "`first` (0) must be at least 1: otherwise the fault never happens");
        self.set(|rule| rule.first = Some(u64::from(count)))
    }

    /// Hits every `nth` attempt of the function in this scope.
    ///
    /// # Panics
    ///
    /// If `nth` is 0.
    #[track_caller]
    #[must_use = "a fault must say what happens, too"]
    pub fn every(self, nth: u32) -> Self {
        assert!(nth > 0, "`every` (0) must be at least 1, which is every attempt");
        self.set(|rule| rule.every = Some(u64::from(nth)))
    }

    /// Hits each attempt with this probability, from 0 to 1, drawn from the scope's [seed](super::Scope::seed).
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::rate")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// t.seed(7).budget_off();
    /// t.fail("docs::rate").rate(0.3).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
    /// let failed = (0..100).filter(|_| fetch().is_err()).count();
    /// assert!(failed < 10); // four attempts fail in a row in less than one call of a hundred
    /// ```
    ///
    /// # Panics
    ///
    /// If the rate is not from 0 to 1.
    #[track_caller]
    #[must_use = "a fault must say what happens, too"]
    pub fn rate(self, rate: f64) -> Self {
        assert!((0.0..=1.0).contains(&rate), "`rate` ({rate}) must be from 0 to 1");
        self.set(|rule| rule.rate = Some(rate))
    }

    /// Counts the attempts of every call from 1.
    #[must_use = "a fault must say what happens, too"]
    pub fn in_each_call(self) -> Self {
        self.set(|rule| rule.each_call = true)
    }

    /// Makes the attempt fail with the error that `make` returns.
    ///
    /// The type must be the error type of the function. With another type the hit attempt panics: the error type of a
    /// function is known only when it runs.
    pub fn with<E: 'static>(self, make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let maker = Maker::new(make);
        self.set(|rule| (rule.fault.act, rule.maker) = (maker.act(), Some(maker)))
    }

    /// Delays the attempt by this time in the scope's clock: `"200ms"` or a `Duration`.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::latency")]
    /// fn fetch() -> io::Result<u32> { Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// t.fail("docs::latency").first(1).latency("200ms");
    /// fetch()?;
    /// assert_eq!(t.elapsed(), std::time::Duration::from_millis(200)); // in the scope's clock
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the text is not a duration.
    #[track_caller]
    pub fn latency(self, time: impl IntoDuration) -> Self {
        let time = time.into_duration();
        self.set(|rule| rule.fault.latency = Some(time))
    }

    /// Makes the attempt hang. The scope's clock advances to the `timeout` or `deadline` that ends the attempt; without
    /// one, the caller must drop the call.
    ///
    /// # Panics
    ///
    /// If the function is not `async`, since nothing could end the attempt.
    #[track_caller]
    pub fn hang(self) -> Self {
        assert!(self.site.is_async(), "{}", cannot_hang(self.site.name()));
        self.set(|rule| rule.fault.act = Act::Hang)
    }

    /// Makes the attempt panic.
    pub fn panic(self) -> Self {
        self.set(|rule| rule.fault.act = Act::Panic)
    }

    /// Runs the body before the fault and discards its outcome: the effects of the body have happened.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use std::io;
    ///
    /// #[retryable(name = "docs::after_body")]
    /// fn charge() -> io::Result<u32> { retry_testing::effect("charged"); Ok(1) }
    ///
    /// let t = retry_testing::scope();
    /// t.fail("docs::after_body").first(1).after_body().with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
    /// charge()?;
    /// assert_eq!(t.effects("charged"), 2); // the first answer was lost
    /// # Ok::<(), io::Error>(())
    /// ```
    pub fn after_body(self) -> Self {
        self.set(|rule| rule.fault.after_body = true)
    }

    /// Requires that a call of the function succeeds after the fault has happened; otherwise the end of the scope fails the
    /// test. Attempts that the fault does not hit run the body.
    pub fn then_ok(self) -> Self {
        self.set(|rule| rule.then_ok = true)
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        let complete = lock(&self.shared.rules).change(self.index).is_complete();
        if !complete && !thread::panicking() {
            panic!(
                "the fault on `{}` ({}) does not say what happens: add `.with(…)`, `.panic()`, `.hang()` or \
                 `.latency(…)`",
                self.site.name(),
                self.at
            );
        }
    }
}
