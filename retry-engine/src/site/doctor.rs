//! Findings about how functions are retried, from the outcomes of their calls so far.

use std::fmt;
use std::time::Duration;

use super::source::{self, Protection};
use super::{Site, registry};
use crate::base::clock;
use crate::base::duration::Rounded;
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::failure::class::Kind;
use crate::report::reason::StopReason;

/// Fewer failed attempts say nothing about a classification.
const ENOUGH_FAILURES: u64 = 20;

/// A budget may be empty for a while without a finding: that is its purpose.
const TOO_LONG_EMPTY: Duration = Duration::from_secs(60);

/// Something that looks wrong, with what to do about it.
///
/// ```
/// for diagnosis in retry_runtime::doctor() {
///     println!("{}:{}: {diagnosis}", diagnosis.file, diagnosis.line);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Diagnosis {
    /// The function's name.
    pub name: &'static str,
    /// The source file of its attribute.
    pub file: &'static str,
    /// The line of its attribute.
    pub line: u32,
    /// The finding.
    pub finding: Finding,
}

/// The kinds of findings.
///
/// ```
/// use retry_runtime::{Finding, doctor};
///
/// let undeclared = doctor().into_iter().filter(|it| matches!(it.finding, Finding::Undeclared { .. }));
/// for diagnosis in undeclared {
///     println!("say whether {} is idempotent", diagnosis.name);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "finding", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Finding {
    /// No failure has ever been `Permanent`: perhaps everything is retried, programming errors too.
    NeverPermanent {
        /// How many attempts have failed.
        failures: u64,
    },
    /// `Ambiguous` failures have ended calls, and the attribute does not say whether the function is idempotent.
    Undeclared {
        /// How many calls ended so.
        calls: u64,
    },
    /// Its error is boxed (`anyhow`, `Box<dyn Error>`), and attempts failed with errors of which no type inside is known:
    /// they count as `Permanent` and are not retried.
    Unknown {
        /// How many attempts failed so.
        failures: u64,
    },
    /// It is not `async`, and has slept on a thread of a tokio runtime. Unless it was called in `spawn_blocking`, which
    /// tokio does not tell, no task of that thread went on meanwhile.
    BlockedWorker,
    /// It is called inside of another retryable function: their attempts multiply. It is found when the call
    /// around it is timed or is being retried, and the last function that was found around it is named.
    Nested {
        /// The function around it.
        outer: &'static str,
        /// The most attempts that one call of the function around it can make of this one; `None` when one
        /// of the two is limited by its deadline only.
        worst_case: Option<u64>,
    },
    /// Its budget refused every retry for more than a minute.
    BudgetEmpty {
        /// For how long, at least.
        longest: Duration,
    },
    /// Other functions have the same name: settings apply to all of them, and look-ups by name find one.
    SharedName {
        /// Where the others are, as `file:line`.
        others: Vec<String>,
        /// Where the function is that look-ups by name find, as `file:line`.
        found: String,
    },
    /// Its attribute gives a shared budget or breaker other settings than the ones that apply.
    ConflictingSettings {
        /// `budget` or `breaker`.
        of: &'static str,
        /// The shared name.
        shared: &'static str,
        /// Where the settings that apply are, as `file:line`.
        holds: String,
    },
    /// Its breaker has a [share](crate::breaker::Share) that the program has not connected: the breaker is a local one.
    NotConnected {
        /// The name of the share.
        share: &'static str,
    },
}

/// Looks over all functions and returns what looks wrong, ordered by file and line.
///
/// It judges by the calls since the start of the process or the last
/// [`clear`](crate::clear): run it after a load test, or show it on an operator's page.
///
/// ```
/// use retry_runtime::{Finding, doctor, retryable};
/// use std::io;
///
/// #[retryable(max = 3, base = "0s", name = "docs::doctor")]
/// fn transfer() -> io::Result<()> { Err(io::ErrorKind::ConnectionReset.into()) }
///
/// transfer().unwrap_err();
/// let found = doctor();
/// assert_eq!(found[0].finding, Finding::Undeclared { calls: 1 });
/// println!("{}", found[0]);
/// ```
#[inline]
pub fn doctor() -> Vec<Diagnosis> {
    let mut sites: Vec<_> = registry::sites().collect();
    registry::order(&mut sites);
    sites.into_iter().flat_map(examine).collect()
}

#[inline]
fn examine(site: &'static Site) -> impl Iterator<Item = Diagnosis> {
    let (name, file, line) = (site.name(), site.file(), site.line());
    let findings = [
        never_permanent(site),
        undeclared(site),
        unknown(site),
        blocked_worker(site),
        nested(site),
        budget_empty(site),
        shared_name(site),
        conflicting_settings::<Budget>(site),
        conflicting_settings::<Breaker>(site),
        not_connected(site),
    ];
    findings.into_iter().flatten().map(move |finding| Diagnosis { name, file, line, finding })
}

#[inline]
fn never_permanent(site: &Site) -> Option<Finding> {
    let failures = site.stats().failures;
    let suspicious = failures.permanent == 0 && failures.total() >= ENOUGH_FAILURES;
    suspicious.then(|| Finding::NeverPermanent { failures: failures.total() })
}

#[inline]
fn undeclared(site: &'static Site) -> Option<Finding> {
    let mut reasons = site.stats().reasons;
    let calls = *reasons.of(StopReason::Ambiguous);
    let undeclared = site.policy_now().declared_idempotent().is_none();
    (undeclared && calls > 0).then_some(Finding::Undeclared { calls })
}

#[inline]
fn unknown(site: &Site) -> Option<Finding> {
    let failures = site.findings().unknown;
    (failures > 0).then_some(Finding::Unknown { failures })
}

#[inline]
fn blocked_worker(site: &Site) -> Option<Finding> {
    site.findings().blocked_worker.then_some(Finding::BlockedWorker)
}

#[inline]
fn nested(site: &'static Site) -> Option<Finding> {
    let outer = site.findings().called_in?;
    let attempts = |site: &'static Site| site.policy_now().limit().map(u64::from);
    let worst_case = attempts(outer).zip(attempts(site)).map(|(outer, inner)| outer * inner);
    Some(Finding::Nested { outer: outer.name(), worst_case })
}

#[inline]
fn budget_empty(site: &'static Site) -> Option<Finding> {
    let findings = site.findings();
    let refuses = |budget: &Budget| budget.refuses(Kind::Transient);
    // No call may have asked since; then the budget says whether it would refuse now.
    let since = findings.refused_since.filter(|_| site.budget_now().is_some_and(refuses));
    let running = since.map(|since| clock::now().saturating_duration_since(since));
    let longest = findings.longest_refusal.max(running.unwrap_or_default());
    (longest > TOO_LONG_EMPTY).then_some(Finding::BudgetEmpty { longest })
}

#[inline]
fn shared_name(site: &'static Site) -> Option<Finding> {
    let twins = registry::sites_named(site.name());
    let others = twins.iter().filter(|twin| !std::ptr::eq(**twin, site));
    let others: Vec<_> = others.map(|twin| twin.place()).collect();
    let found = twins.first().filter(|_| !others.is_empty())?.place();
    Some(Finding::SharedName { others, found })
}

fn conflicting_settings<T: Protection>(site: &'static Site) -> Option<Finding> {
    let shared = T::source(site).name_of_settings()?;
    let declared = source::declarations::<T>(shared);
    let (holds, settings) = declared.first()?;
    let (_, own) = declared.iter().find(|(declaring, _)| std::ptr::eq(*declaring, site))?;
    let holds = holds.place();
    (own != settings).then_some(Finding::ConflictingSettings { of: T::WORD, shared, holds })
}

#[inline]
fn not_connected(site: &'static Site) -> Option<Finding> {
    let share = site.breaker_settings_now()?.share?;
    // A program connects its shares when it starts.
    let is_missing = site.stats().calls() > 0 && !share.is_connected();
    is_missing.then_some(Finding::NotConnected { share: share.name() })
}

impl fmt::Display for Diagnosis {
    /// One line: `src/pay.rs:12: pay::transfer: …`.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnosis { name, file, line, finding } = self;
        write!(f, "{file}:{line}: {name}: {finding}")
    }
}

impl fmt::Display for Finding {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::NeverPermanent { failures } => write!(
                f,
                "none of {failures} failed attempts was `Permanent`: check that mistakes of the caller are, since \
                 retries cannot help them"
            ),
            Finding::Undeclared { calls } => write!(
                f,
                "{calls} of its calls ended because an attempt may have taken effect: declare `idempotent` to have them \
                 retried, or `idempotent = false` to keep it so"
            ),
            Finding::Unknown { failures } => write!(
                f,
                "{failures} of its attempts failed with a boxed error that has no known type inside, which is never \
                 retried: return an error that derives `Classify` without a box, or write `when = |error| …` or \
                 `on = any`"
            ),
            Finding::BlockedWorker => f.write_str(
                "it has slept on a thread of a tokio runtime: if that thread runs `async` tasks, make it `async`, or call it \
                 in `spawn_blocking`",
            ),
            Finding::Nested { outer, worst_case: Some(most) } => write!(
                f,
                "it is called in `{outer}`, which is retried too: one call of that can make {most} attempts of \
                 this; retry in one of the two places"
            ),
            Finding::Nested { outer, worst_case: None } => write!(
                f,
                "it is called in `{outer}`, which is retried too, and their attempts multiply; retry in one of the \
                 two places"
            ),
            Finding::BudgetEmpty { longest } => write!(
                f,
                "its budget has refused every retry for {}: what it calls is down, or the budget is too small for \
                 its load",
                Rounded(*longest)
            ),
            Finding::SharedName { others, found } => write!(
                f,
                "its name is also that of {}: look-ups by name find the one at {found}, settings apply to all; give \
                 each a `name = …` of its own",
                others.join(", ")
            ),
            Finding::ConflictingSettings { of, shared, holds } => write!(
                f,
                "its settings of the shared {of} `{shared}` do not apply: those at {holds} differ and come first; \
                 write the settings in one attribute, and only the name in the others"
            ),
            Finding::NotConnected { share } => write!(
                f,
                "its breaker has the share `{share}`, which nothing connects: it is a local breaker until the program joins \
                 with the crate `retry-fleet`"
            ),
        }
    }
}
