//! `t.explore(…)`: searches for failures after which an effect happens twice.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;

use super::Scope;
use super::exploring::{Exploring, Fate, Step};
use super::log::Logs;
use super::make::Maker;
use super::shared::Settings;
use super::twins::Twins;
use retry_runtime::control::lock;

/// The maximum number of runs.
const RUNS: usize = 5_000;

impl Scope {
    /// Runs `work` with every combination of failures of its attempts: each attempt fails before its body, fails after
    /// its body, or does not fail. Reports the runs in which an [effect](super::effect) happened more often than in a run
    /// without failures.
    ///
    /// The result shows whether a function may be declared `idempotent`. A function that charges twice when an answer is
    /// lost must not be; a function that sends [`Attempt::call_id`](retry_runtime::Attempt::call_id) as an idempotency
    /// key may be.
    ///
    /// The failures are timed-out attempts ([`Interruption::TimedOut`](retry_runtime::Interruption)), which are
    /// `Ambiguous`; [`explore_with`](Scope::explore_with) takes other failures. Combinations cover the first 10 attempts
    /// of a run, and at most 5000 runs are made. Budgets are off, and every run has fresh breakers.
    ///
    /// ```
    /// use retry_runtime::retryable;
    /// use retry_testing as testing;
    /// use std::io;
    ///
    /// #[retryable(idempotent, name = "docs::charge")]
    /// fn charge(amount: u32) -> io::Result<u32> {
    ///     testing::effect("charged"); // the bank
    ///     Ok(amount)
    /// }
    ///
    /// #[retryable(idempotent, attempt = attempt, name = "docs::charge_with_key")]
    /// fn charge_with_key(amount: u32) -> io::Result<u32> {
    ///     testing::effect_once("charged", attempt.call_id()); // a bank that checks the key
    ///     Ok(amount)
    /// }
    ///
    /// let t = testing::scope();
    /// let found = t.explore(|| charge(7));
    /// assert_eq!(found.doubled()[0].effect, "charged");
    /// t.explore(|| charge_with_key(7)).assert_once();
    /// ```
    ///
    /// # Panics
    ///
    /// If `work` makes no retryable call into which a failure can be injected, if it reports no effect, or if it panics.
    #[track_caller]
    pub fn explore<T>(&self, work: impl Fn() -> T) -> Exploration {
        self.exploration(None).sync(work)
    }

    /// [`explore`](Scope::explore) with the failures that `make` returns, which are classified as usual.
    ///
    /// # Panics
    ///
    /// The same as [`explore`](Scope::explore).
    #[track_caller]
    pub fn explore_with<E: 'static, T>(
        &self,
        make: impl Fn() -> E + Send + Sync + 'static,
        work: impl Fn() -> T,
    ) -> Exploration {
        self.exploration(Some(Maker::new(make))).sync(work)
    }

    /// [`explore`](Scope::explore) for `async` work.
    ///
    /// # Panics
    ///
    /// The same as [`explore`](Scope::explore).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the current run, and restores the settings of the scope.
    pub async fn explore_async<F: Future>(&self, work: impl Fn() -> F) -> Exploration {
        self.exploration(None).awaited(work).await
    }

    /// [`explore_with`](Scope::explore_with) for `async` work.
    ///
    /// # Panics
    ///
    /// The same as [`explore`](Scope::explore).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the current run, and restores the settings of the scope.
    pub async fn explore_async_with<E: 'static, F: Future>(
        &self,
        make: impl Fn() -> E + Send + Sync + 'static,
        work: impl Fn() -> F,
    ) -> Exploration {
        self.exploration(Some(Maker::new(make))).awaited(work).await
    }

    #[track_caller]
    fn exploration(&self, maker: Option<Maker>) -> Runs<'_> {
        let mut exploring = lock(&self.used().exploring);
        assert!(exploring.is_none(), "an exploration is already running in this scope");
        *exploring = Some(Exploring::new(maker));
        drop(exploring);
        let settings = *lock(&self.shared.settings);
        lock(&self.shared.settings).budget = false;
        let found = Exploration { runs: 0, complete: false, doubled: Vec::new() };
        Runs { scope: self, settings, usual: BTreeMap::new(), found }
    }
}

/// The runs of an exploration.
struct Runs<'t> {
    scope: &'t Scope,
    /// The settings of the scope before the exploration.
    settings: Settings,
    /// The effects of a run without failures.
    usual: BTreeMap<String, u32>,
    found: Exploration,
}

impl Runs<'_> {
    #[track_caller]
    fn sync<T>(mut self, work: impl Fn() -> T) -> Exploration {
        loop {
            self.clear();
            drop(work());
            if !self.end() {
                return self.finish();
            }
        }
    }

    async fn awaited<F: Future>(mut self, work: impl Fn() -> F) -> Exploration {
        loop {
            self.clear();
            drop(work().await);
            if !self.end() {
                return self.finish();
            }
        }
    }

    /// Forgets the effects, budgets, breakers and calls of the scope.
    fn clear(&self) {
        let shared = &self.scope.shared;
        lock(&shared.effects).take();
        *lock(&shared.twins) = Twins::default();
        *lock(&shared.logs) = Logs::default();
    }

    /// Compares the run's effects with the first run's; returns whether another run follows.
    #[track_caller]
    fn end(&mut self) -> bool {
        let shared = &self.scope.shared;
        let effects = lock(&shared.effects).take();
        let mut exploring = lock(&shared.exploring);
        let Some(run) = exploring.as_mut() else { return false };
        let (taken, unable) = (run.taken.clone(), run.unable);
        let more = run.advance();
        drop(exploring);
        self.found.runs += 1;
        if self.found.runs == 1 {
            check_first(&taken, unable, &effects);
            self.usual = effects;
        } else {
            self.compare(&taken, &effects);
        }
        self.found.complete = !more;
        more && self.found.runs < RUNS
    }

    fn compare(&mut self, taken: &[Step], effects: &BTreeMap<String, u32>) {
        for (effect, times) in effects {
            let usual = self.usual.get(effect).copied().unwrap_or(1);
            if *times > usual {
                let (effect, steps) = (effect.clone(), taken.to_vec());
                self.found.doubled.push(Doubled { effect, times: *times, usual, steps });
            }
        }
    }

    fn finish(mut self) -> Exploration {
        // The simplest runs first.
        let failures = |steps: &[Step]| steps.iter().filter(|step| step.fate != Fate::Runs).count();
        self.found.doubled.sort_by_key(|run| (failures(&run.steps), run.steps.len()));
        let none = Exploration { runs: 0, complete: true, doubled: Vec::new() };
        std::mem::replace(&mut self.found, none)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        let shared = &self.scope.shared;
        *lock(&shared.exploring) = None;
        *lock(&shared.settings) = self.settings;
        self.clear();
    }
}

/// Panics if the run without failures made no call or reported no effect.
#[track_caller]
fn check_first(taken: &[Step], unable: Option<(&str, &str)>, effects: &BTreeMap<String, u32>) {
    match (taken, unable) {
        ([], None) => panic!(
            "`explore` found no retryable call in the work (one in another task or thread needs `t.wrap`)"
        ),
        ([], Some((name, error))) => panic!(
            "`explore` cannot make a failure for `{name}`: pass one of the type `{error}` with \
             `explore_with(|| …, || …)`"
        ),
        _ => {}
    }
    assert!(
        !effects.is_empty(),
        "`explore` saw no effect: have the double of the remote service call `testing::effect(…)`, or \
         `testing::effect_once(…, key)` if it recognises repeated requests by a key"
    );
}

/// The result of an exploration.
///
/// ```
/// # use retry_runtime::retryable;
/// # #[retryable(idempotent, name = "docs::exploration")]
/// # fn charge() -> std::io::Result<u32> { retry_testing::effect("charged"); Ok(1) }
/// # let t = retry_testing::scope();
/// let found = t.explore(charge);
/// assert!(found.is_complete() && found.runs() > 1);
/// println!("{found}"); // each run that charged twice, with its attempts
/// ```
#[derive(Clone, Debug)]
#[must_use = "the result says whether an effect happened twice; see `assert_once`"]
pub struct Exploration {
    runs: usize,
    complete: bool,
    doubled: Vec<Doubled>,
}

/// A run in which an effect happened too often.
///
/// ```
/// # use retry_runtime::retryable;
/// # #[retryable(idempotent, name = "docs::doubled")]
/// # fn charge() -> std::io::Result<u32> { retry_testing::effect("charged"); Ok(1) }
/// # let t = retry_testing::scope();
/// let found = t.explore(charge);
/// let worst = &found.doubled()[0];
/// assert_eq!((worst.effect.as_str(), worst.usual), ("charged", 1));
/// assert!(worst.times > worst.usual);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Doubled {
    /// The name of the effect.
    pub effect: String,
    /// How often the effect happened in this run.
    pub times: u32,
    /// How often the effect happens without failures.
    pub usual: u32,
    /// The attempts of the run, in order.
    pub steps: Vec<Step>,
}

impl Exploration {
    /// The number of runs that were made.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Whether every combination was run; `false` if there are more than 5000.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The runs in which an effect happened too often.
    pub fn doubled(&self) -> &[Doubled] {
        &self.doubled
    }

    /// Asserts that no effect happened too often.
    ///
    /// # Panics
    ///
    /// If an effect happened too often in any run.
    #[track_caller]
    pub fn assert_once(&self) {
        assert!(self.doubled.is_empty(), "{self}");
    }
}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (runs, bad) = (self.runs, self.doubled.len());
        let more = if self.complete { "" } else { " (more runs are possible, but were not made)" };
        if bad == 0 {
            return write!(f, "no effect happened too often in {runs} runs{more}");
        }
        write!(f, "effects happened too often in {bad} of {runs} runs{more}:")?;
        for Doubled { effect, times, usual, steps } in self.doubled.iter().take(5) {
            write!(f, "\n\n`{effect}` happened {times} times instead of {usual}, when")?;
            for step in steps {
                write!(f, "\n  {step}")?;
            }
        }
        if bad > 5 {
            write!(f, "\n\nand {} more", bad - 5)?;
        }
        Ok(())
    }
}
