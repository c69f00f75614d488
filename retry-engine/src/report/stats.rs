//! Statistics of calls: how many there were, and how they ended.

use super::reason::StopReason;
use super::record::Report;
use crate::failure::class::Kind;

/// The length of the counts by number: attempts and retries from this one on are counted together.
pub(crate) const NUMBERS: usize = 16;

/// The statistics of one annotated function, or of several added together.
///
/// All numbers of a call are counted at once when it ends, so the numbers of a snapshot always add up. A background
/// task is one call, counted in the process where it ends; retrying the task by hand makes another call.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 2, base = "0s", on = any, name = "docs::stats")]
/// fn fetch(ok: bool) -> Result<u32, String> { if ok { Ok(1) } else { Err("no".into()) } }
///
/// fetch(true)?;
/// fetch(false).unwrap_err();
///
/// let stats = retry_runtime::stats("docs::stats").expect("the function is linked");
/// assert_eq!((stats.calls(), stats.first_try, stats.failed), (2, 1, 1));
/// assert_eq!(stats.attempts, stats.calls() - stats.unattempted + stats.retries());
/// assert_eq!(stats.wasted, 2);
/// assert_eq!(stats.amplification(), 2.0);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Stats {
    /// Calls whose first attempt succeeded.
    pub first_try: u64,
    /// Calls that succeeded after at least one retry.
    pub after_retry: u64,
    /// Calls that ended with a failure.
    pub failed: u64,
    /// Calls whose failure was passed to `recover`.
    pub recovered: u64,
    /// Calls that were cancelled, or dropped before they ended.
    pub cancelled: u64,
    /// Attempts of all calls: `calls() - unattempted + retries()`.
    pub attempts: u64,
    /// The number of calls that made a first retry, a second retry, and so on; the 16th and last entry counts all
    /// further retries.
    pub retries_by_number: Vec<u64>,
    /// The number of calls that succeeded with the first attempt, the second attempt, and so on; the 16th and last
    /// entry counts all further attempts.
    pub success_by_attempt: Vec<u64>,
    /// Calls that ended before their first attempt: an open breaker refused them, or they were cancelled. `failed`,
    /// `recovered` and `cancelled` include them.
    pub unattempted: u64,
    /// Retries of calls that did not succeed.
    pub wasted: u64,
    /// Failed attempts by the failure's kind.
    pub failures: Failures,
    /// Calls by their stop reason.
    pub reasons: Reasons,
}

/// The number of failed attempts by the failure's kind.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 1, base = "0s", name = "docs::failures")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// connect().unwrap_err();
/// let stats = retry_runtime::stats("docs::failures").expect("the function is linked");
/// assert_eq!((stats.failures.transient, stats.failures.total()), (2, 2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field counts the kind of the same name")]
pub struct Failures {
    pub transient: u64,
    pub throttled: u64,
    pub ambiguous: u64,
    pub overloaded: u64,
    pub permanent: u64,
}

/// The number of calls by their [`StopReason`].
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 1, base = "0s", name = "docs::reasons")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// connect().unwrap_err();
/// let stats = retry_runtime::stats("docs::reasons").expect("the function is linked");
/// assert_eq!((stats.reasons.exhausted, stats.reasons.budget), (1, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field counts the reason of the same name")]
pub struct Reasons {
    pub success: u64,
    pub permanent: u64,
    pub exhausted: u64,
    pub deadline: u64,
    pub budget: u64,
    pub circuit_open: u64,
    pub ambiguous: u64,
    pub overloaded: u64,
    pub retry_after_too_long: u64,
    pub not_repeatable: u64,
    pub cancelled: u64,
    pub aborted: u64,
}

impl Failures {
    /// The count of this kind.
    pub fn of(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Transient => &mut self.transient,
            Kind::Throttled => &mut self.throttled,
            Kind::Ambiguous => &mut self.ambiguous,
            Kind::Overloaded => &mut self.overloaded,
            Kind::Permanent => &mut self.permanent,
        }
    }

    pub(crate) fn add(&mut self, mut other: Failures) {
        Kind::ALL.into_iter().for_each(|kind| *self.of(kind) += *other.of(kind));
    }

    /// The number of failed attempts of all kinds.
    #[inline]
    pub fn total(&self) -> u64 {
        let Failures { transient, throttled, ambiguous, overloaded, permanent } = self;
        transient + throttled + ambiguous + overloaded + permanent
    }
}

impl Reasons {
    /// The count of this reason.
    pub fn of(&mut self, reason: StopReason) -> &mut u64 {
        match reason {
            StopReason::Success => &mut self.success,
            StopReason::Permanent => &mut self.permanent,
            StopReason::Exhausted => &mut self.exhausted,
            StopReason::Deadline => &mut self.deadline,
            StopReason::Budget => &mut self.budget,
            StopReason::CircuitOpen => &mut self.circuit_open,
            StopReason::Ambiguous => &mut self.ambiguous,
            StopReason::Overloaded => &mut self.overloaded,
            StopReason::RetryAfterTooLong => &mut self.retry_after_too_long,
            StopReason::NotRepeatable => &mut self.not_repeatable,
            StopReason::Cancelled => &mut self.cancelled,
            StopReason::Aborted => &mut self.aborted,
        }
    }

    /// Every reason with its count, in the order of [`StopReason`].
    #[inline]
    pub fn all(&self) -> impl Iterator<Item = (StopReason, u64)> + use<> {
        let mut counts = *self;
        StopReason::ALL.into_iter().map(move |reason| (reason, *counts.of(reason)))
    }
}

/// The facts by which a call that has ended is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: StopReason,
    pub(crate) attempts: u32,
    /// Whether the failure was passed to `recover`.
    pub(crate) recovered: bool,
}

impl Stats {
    /// Calls that have ended: the sum of `first_try`, `after_retry`, `failed`, `recovered` and `cancelled`.
    pub fn calls(&self) -> u64 {
        self.first_try + self.after_retry + self.failed + self.recovered + self.cancelled
    }

    /// Retries of all calls: the sum of `retries_by_number`.
    #[inline]
    pub fn retries(&self) -> u64 {
        self.retries_by_number.iter().sum()
    }

    /// Calls that succeeded without `recover`.
    #[inline]
    pub fn succeeded(&self) -> u64 {
        self.first_try + self.after_retry
    }

    /// The average number of attempts for each call: the factor by which retries multiply the load.
    ///
    /// It is 0 before the first call, and can be below 1 only when calls ended before their first attempt.
    #[inline]
    pub fn amplification(&self) -> f64 {
        if self.calls() == 0 { 0.0 } else { self.attempts as f64 / self.calls() as f64 }
    }

    /// The fraction of calls that succeeded, from 0 to 1; 1 before the first call.
    #[inline]
    pub fn success_rate(&self) -> f64 {
        if self.calls() == 0 { 1.0 } else { self.succeeded() as f64 / self.calls() as f64 }
    }

    /// Adds the statistics of another function.
    #[inline]
    pub fn add(&mut self, other: &Stats) {
        self.first_try += other.first_try;
        self.after_retry += other.after_retry;
        self.failed += other.failed;
        self.recovered += other.recovered;
        self.cancelled += other.cancelled;
        self.attempts += other.attempts;
        self.unattempted += other.unattempted;
        add_each(&mut self.retries_by_number, &other.retries_by_number);
        add_each(&mut self.success_by_attempt, &other.success_by_attempt);
        self.wasted += other.wasted;
        self.failures.add(other.failures);
        for (reason, count) in other.reasons.all() {
            *self.reasons.of(reason) += count;
        }
    }

    /// Counts a call by its report, for calls without an annotated function, which are not counted otherwise.
    ///
    /// ```
    /// use retry_runtime::{Policy, Stats, observe_blocking};
    ///
    /// let (_, report) = observe_blocking(|| Policy::new().call(|_| std::fs::read("no such file")));
    /// let mut stats = Stats::default();
    /// stats.record(&report);
    /// assert_eq!((stats.calls(), stats.failed, stats.failures.permanent), (1, 1, 1));
    /// ```
    #[inline]
    pub fn record(&mut self, report: &Report) {
        let attempts = report.attempts_made();
        self.count(Ended { reason: report.reason, attempts, recovered: false });
        for kind in report.attempts.iter().filter_map(|attempt| attempt.kind) {
            *self.failures.of(kind) += 1;
        }
    }

    pub(crate) fn count(&mut self, ended: Ended) {
        let Ended { reason, attempts, recovered } = ended;
        let retries = attempts.saturating_sub(1);
        *self.reasons.of(reason) += 1;
        self.attempts += u64::from(attempts);
        self.unattempted += u64::from(attempts == 0);
        let numbers = (retries as usize).min(NUMBERS);
        if self.retries_by_number.len() < numbers {
            self.retries_by_number.resize(numbers, 0);
        }
        for count in &mut self.retries_by_number[..numbers] {
            *count += 1;
        }
        if let Some(further @ 1..) = retries.checked_sub(NUMBERS as u32) {
            *numbered(&mut self.retries_by_number, u32::MAX) += u64::from(further);
        }
        match reason {
            StopReason::Success => {
                *numbered(&mut self.success_by_attempt, retries) += 1;
                *(if retries == 0 { &mut self.first_try } else { &mut self.after_retry }) += 1;
                return;
            }
            StopReason::Cancelled | StopReason::Aborted => self.cancelled += 1,
            _ if recovered => self.recovered += 1,
            _ => self.failed += 1,
        }
        self.wasted += u64::from(retries);
    }

    /// Adds first-try successes, which are counted separately.
    #[inline]
    pub(crate) fn add_first_tries(&mut self, calls: u64) {
        if calls > 0 {
            self.first_try += calls;
            self.attempts += calls;
            self.reasons.success += calls;
            *numbered(&mut self.success_by_attempt, 0) += calls;
        }
    }
}

#[inline]
fn add_each(to: &mut Vec<u64>, from: &[u64]) {
    to.resize(to.len().max(from.len()), 0);
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// The count at this position, from 0; all positions beyond the last one share its count.
fn numbered(counts: &mut Vec<u64>, position: u32) -> &mut u64 {
    let position = (position as usize).min(NUMBERS - 1);
    if counts.len() <= position {
        counts.resize(position + 1, 0);
    }
    &mut counts[position]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(calls: &[(StopReason, u32)]) -> Stats {
        let mut stats = Stats::default();
        for &(reason, attempts) in calls {
            stats.count(Ended { reason, attempts, recovered: false });
        }
        stats
    }

    #[test]
    fn calls_are_the_sum_of_their_outcomes_and_attempts_are_calls_and_retries() {
        let stats = counted(&[
            (StopReason::Success, 3),
            (StopReason::Exhausted, 4),
            (StopReason::Cancelled, 2),
            (StopReason::Permanent, 1),
        ]);
        assert_eq!((stats.calls(), stats.attempts, stats.retries()), (4, 10, 6));
        assert_eq!(stats.retries_by_number, [3, 2, 1]);
        assert_eq!(stats.success_by_attempt, [0, 0, 1]);
        assert_eq!(stats.wasted, 4);
    }

    #[test]
    fn retries_beyond_the_last_number_are_counted_together() {
        let stats = counted(&[(StopReason::Exhausted, 40)]);
        assert_eq!(stats.retries(), 39);
        assert_eq!(stats.retries_by_number.len(), NUMBERS);
        assert_eq!(stats.retries_by_number[NUMBERS - 1], 1 + 23);
        assert_eq!(counted(&[(StopReason::Exhausted, 17)]).retries(), 16);
    }

    #[test]
    fn a_call_that_was_refused_before_its_first_attempt_has_no_attempts() {
        let stats = counted(&[(StopReason::CircuitOpen, 0)]);
        assert_eq!((stats.calls(), stats.attempts, stats.retries(), stats.failed), (1, 0, 0, 1));
        assert_eq!(stats.unattempted, 1);
    }

    #[test]
    fn a_call_whose_failure_goes_to_recover_is_recovered_and_its_retries_are_wasted() {
        let mut stats = Stats::default();
        stats.count(Ended { reason: StopReason::Exhausted, attempts: 4, recovered: true });
        assert_eq!((stats.recovered, stats.failed, stats.wasted, stats.calls()), (1, 0, 3, 1));
    }

    #[test]
    fn adding_statistics_gives_the_same_as_counting_all_calls_together() {
        let one = [(StopReason::Success, 2), (StopReason::Deadline, 1)];
        let two = [(StopReason::Success, 5), (StopReason::Aborted, 3)];
        let mut sum = counted(&one);
        sum.add(&counted(&two));
        assert_eq!(sum, counted(&[one, two].concat()));
    }

    #[test]
    fn first_try_successes_are_counted_in_every_number_they_belong_to() {
        let mut stats = Stats::default();
        stats.add_first_tries(5);
        assert_eq!((stats.calls(), stats.attempts, stats.reasons.success), (5, 5, 5));
        assert_eq!(stats.success_by_attempt, [5]);
        assert_eq!((stats.amplification(), stats.success_rate()), (1.0, 1.0));
    }
}
