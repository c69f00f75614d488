//! `t.fail(name)`: a fault, put together like a sentence.

use std::panic::Location;
use std::sync::Arc;
use std::thread;

use super::IntoDuration;
use super::make::Maker;
use super::rule::{Act, Rule, cannot_hang};
use super::shared::{Shared, lock};
use retry_runtime::Site;

/// A fault that is being described: which attempts it hits, and what happens to them.
///
/// Without a selector it hits every attempt; several selectors must all agree. Of several faults on a function,
/// the first one that hits an attempt happens; all of them count it.
///
/// | selector | hits |
/// |---|---|
/// | [`first(n)`](Fault::first) | the first `n` attempts |
/// | [`every(n)`](Fault::every) | each `n`th attempt: with 3 the 3rd, the 6th … |
/// | [`rate(p)`](Fault::rate) | this part of all attempts, drawn from the scope's seed |
/// | [`in_each_call`](Fault::in_each_call) | counted from 1 in every call, and not over all calls of the scope |
///
/// | fault | what happens |
/// |---|---|
/// | [`with(make)`](Fault::with) | the attempt fails with this error; the body does not run |
/// | [`panic`](Fault::panic) | the attempt panics |
/// | [`hang`](Fault::hang) | the attempt does not end, but for a limit |
/// | [`latency(time)`](Fault::latency) | the attempt takes this time first; alone, the body runs then |
/// | [`after_body`](Fault::after_body) | the body runs, and its outcome is lost: the effect happened, the answer did not arrive |
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
    /// When `count` is 0.
    #[track_caller]
    #[must_use = "a fault says what happens, too"]
    pub fn first(self, count: u32) -> Self {
        assert!(
            count > 0,
            "`first` (0) must be at least 1: a fault that never happens is no fault"
        );
        self.set(|rule| rule.first = Some(u64::from(count)))
    }

    /// Hits each `nth` attempt of the function in this scope.
    ///
    /// # Panics
    ///
    /// When `nth` is 0.
    #[track_caller]
    #[must_use = "a fault says what happens, too"]
    pub fn every(self, nth: u32) -> Self {
        assert!(nth > 0, "`every` (0) must be at least 1, which is every attempt");
        self.set(|rule| rule.every = Some(u64::from(nth)))
    }

    /// Hits this part of all attempts, from 0 to 1, drawn from the scope's [seed](super::Scope::seed).
    ///
    /// # Panics
    ///
    /// When the rate is not from 0 to 1.
    #[track_caller]
    #[must_use = "a fault says what happens, too"]
    pub fn rate(self, rate: f64) -> Self {
        assert!((0.0..=1.0).contains(&rate), "`rate` ({rate}) must be from 0 to 1");
        self.set(|rule| rule.rate = Some(rate))
    }

    /// Attempts are counted from 1 in every call.
    #[must_use = "a fault says what happens, too"]
    pub fn in_each_call(self) -> Self {
        self.set(|rule| rule.each_call = true)
    }

    /// The attempt fails with the error that `make` returns.
    ///
    /// Its type must be the error type of the function. The attempt that would be hit panics when it is
    /// another one: what a function fails with is known when it runs.
    pub fn with<E: 'static>(self, make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let maker = Maker::new(make);
        self.set(|rule| rule.act = Act::Fail(maker))
    }

    /// The attempt takes this time before anything else: `"200ms"` or a `Duration`, in the scope's time.
    ///
    /// # Panics
    ///
    /// When the text is no duration.
    #[track_caller]
    pub fn latency(self, time: impl IntoDuration) -> Self {
        let time = time.into_duration();
        self.set(|rule| rule.latency = Some(time))
    }

    /// The attempt does not end by itself. The scope's time goes on to the `timeout` or `deadline` that ends it;
    /// without one, whoever awaits the call must end it.
    ///
    /// # Panics
    ///
    /// When the function is not `async`: nothing could end it.
    #[track_caller]
    pub fn hang(self) -> Self {
        assert!(self.site.is_async(), "{}", cannot_hang(self.site.name()));
        self.set(|rule| rule.act = Act::Hang)
    }

    /// The attempt panics.
    pub fn panic(self) -> Self {
        self.set(|rule| rule.act = Act::Panic)
    }

    /// The body runs first, and its outcome is lost: what it does has happened when the fault does.
    pub fn after_body(self) -> Self {
        self.set(|rule| rule.after_body = true)
    }

    /// A call of the function must succeed by itself after the fault has happened, or the end of the scope fails
    /// the test. The attempts that the fault does not hit run the body.
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
