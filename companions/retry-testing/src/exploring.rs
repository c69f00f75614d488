//! Enumerates the combinations of failures of an exploration, depth first.

use std::fmt;
use std::time::Duration;

use super::make::Maker;
use retry_runtime::Interruption;
use retry_runtime::Site;
use retry_runtime::control::intercept::{Act, Can, Fault};

/// The number of attempts of a run that are covered by combinations. No failure is injected into later attempts.
pub(super) const DEPTH: usize = 10;

/// The fate of one attempt.
///
/// ```
/// # use retry_runtime::retryable;
/// # #[retryable(idempotent, name = "docs::fate")]
/// # fn charge() -> std::io::Result<u32> { retry_testing::effect("charged"); Ok(1) }
/// # let t = retry_testing::scope();
/// use retry_testing::Fate;
///
/// let found = t.explore(charge);
/// let lost = |fate| fate == Fate::FailsAfter;
/// assert!(found.doubled()[0].steps.iter().any(|step| lost(step.fate)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// The body runs, and its outcome counts.
    Runs,
    /// The attempt fails, and the body does not run.
    FailsBefore,
    /// The body runs, and then the attempt fails.
    FailsAfter,
}

impl Fate {
    const fn next(self) -> Option<Fate> {
        match self {
            Fate::Runs => Some(Fate::FailsBefore),
            Fate::FailsBefore => Some(Fate::FailsAfter),
            Fate::FailsAfter => None,
        }
    }
}

/// One attempt of a run, and its fate.
///
/// ```
/// # use retry_runtime::retryable;
/// # #[retryable(idempotent, name = "docs::step")]
/// # fn charge() -> std::io::Result<u32> { retry_testing::effect("charged"); Ok(1) }
/// # let t = retry_testing::scope();
/// let found = t.explore(charge);
/// for step in &found.doubled()[0].steps {
///     println!("{}: attempt {} {:?}", step.name, step.attempt, step.fate);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The annotated function.
    pub name: &'static str,
    /// The attempt's number in its call, from 1.
    pub attempt: u32,
    /// The attempt's fate.
    pub fate: Fate,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self.fate {
            Fate::Runs => "ran",
            Fate::FailsBefore => "failed before its effect",
            Fate::FailsAfter => "failed after its effect",
        };
        write!(f, "attempt {} of `{}` {fate}", self.attempt, self.name)
    }
}

/// The current run of an exploration.
#[derive(Debug)]
pub(super) struct Exploring {
    /// Makes the failures; `None` for interruptions.
    maker: Option<Maker>,
    /// The fates of the first attempts; later attempts run.
    ahead: Vec<Fate>,
    /// The attempts so far.
    pub(super) taken: Vec<Step>,
    /// The first function into which no failure could be injected, and its error type.
    pub(super) unable: Option<(&'static str, &'static str)>,
}

impl Exploring {
    pub(super) fn new(maker: Option<Maker>) -> Self {
        Exploring { maker, ahead: Vec::new(), taken: Vec::new(), unable: None }
    }

    /// The fault of the attempt that starts now.
    pub(super) fn plan(&mut self, site: &'static Site, attempt: u32, can: &Can) -> Option<Fault> {
        let Some(act) = self.failure(site, can) else {
            self.unable.get_or_insert((site.name(), can.error_name));
            return None;
        };
        let fate = self.ahead.get(self.taken.len()).copied().unwrap_or(Fate::Runs);
        self.taken.push(Step { name: site.name(), attempt, fate });
        if fate == Fate::Runs {
            return None;
        }
        Some(Fault { latency: None, act, after_body: fate == Fate::FailsAfter })
    }

    fn failure(&self, site: &'static Site, can: &Can) -> Option<Act> {
        match &self.maker {
            Some(maker) => maker.fits(can).then(|| maker.act()),
            None if can.interrupt => {
                let after = site.policy().attempt_limit().unwrap_or(Duration::from_secs(30));
                Some(Act::Interrupt(Interruption::TimedOut { after }))
            }
            None => None,
        }
    }

    /// Advances to the next combination; returns `false` after the last one.
    pub(super) fn advance(&mut self) -> bool {
        let mut ahead: Vec<Fate> = self.taken.drain(..).map(|step| step.fate).collect();
        ahead.truncate(DEPTH);
        while let Some(last) = ahead.pop() {
            if let Some(next) = last.next() {
                ahead.push(next);
                self.ahead = ahead;
                return true;
            }
        }
        false
    }
}
