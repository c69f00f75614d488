//! Every way in which the attempts of some work can fail: one after the other, deepest first.

use std::fmt;
use std::time::Duration;

use super::make::Maker;
use retry_runtime::Interruption;
use retry_runtime::Site;
use retry_runtime::control::intercept::{Act, Can, Fault};

/// So many attempts of one run fail in every way; those after them succeed as far as it depends on us.
pub(super) const DEPTH: usize = 10;

/// What happens to one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// The body runs, and its outcome counts.
    Runs,
    /// It fails, and the body has not run.
    FailsBefore,
    /// The body runs, and its outcome is lost.
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

/// One attempt of a run, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The annotated function.
    pub name: &'static str,
    /// The attempt's number in its call, from 1.
    pub attempt: u32,
    /// What happened to it.
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

/// A run under way.
#[derive(Debug)]
pub(super) struct Exploring {
    /// Makes the failures; without one they are interruptions.
    maker: Option<Maker>,
    /// What is to happen to the first attempts.
    ahead: Vec<Fate>,
    /// What has happened so far.
    pub(super) taken: Vec<Step>,
    /// A function whose failures could not be made.
    pub(super) unable: Option<(&'static str, &'static str)>,
}

impl Exploring {
    pub(super) fn new(maker: Option<Maker>) -> Self {
        Exploring { maker, ahead: Vec::new(), taken: Vec::new(), unable: None }
    }

    /// Decides about the attempt that starts now.
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

    /// Turns to the next run; `false` when this was the last one.
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
