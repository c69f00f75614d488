//! The end of an attempt and its consequence for the task: a result, a retry, a failure, or another try at once.

use std::time::Duration;

use retry_runtime::resume::{Next, Standing, judge, kept};
use retry_runtime::{Class, Delay, Kind, Site, StopReason};
use serde::{Deserialize, Serialize};

use crate::base::time::Time;
use crate::record::{
    Record, attempt::AttemptOutcome, attempt::TaskAttempt, reason::FailReason, state::State,
};

/// The text of an attempt whose lease ran out.
pub(crate) const LOST: &str =
    "the attempt was lost: its process ended, or did not renew its lease in time";

/// The text of an attempt that its worker has stopped.
const RETURNED: &str = "the attempt was stopped: its worker was shut down";

/// The end of one attempt, as its worker reports it.
///
/// ```
/// # use retry_tasks::{NewTask, Record, Time, AttemptEnd, State};
/// # use std::time::Duration;
///
/// # let task = NewTask {
/// #     name: "mail::send".into(),
/// #     arguments: r#"{"to":"a@example.com"}"#.into(),
/// #     limit: Some(4),
/// #     ..NewTask::default()
/// # };
/// let now = Time::from_millis(0);
/// let mut record = Record::new(task, now);
/// let attempt = record.claim(now, Duration::from_secs(30), 0, "worker 1");
/// record.finish(now, attempt, AttemptEnd::Succeeded("144".into()));
/// assert_eq!(record.state, State::Complete);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptEnd {
    /// The function returned this value: JSON.
    Succeeded(String),
    /// The attempt failed, and another one follows.
    Retry {
        /// The kind of the failure.
        kind: Kind,
        /// The text of the failure.
        error: String,
        /// The delay before the next attempt.
        delay: Delay,
    },
    /// The attempt failed, and the task fails with it.
    Failed {
        /// The kind of the failure; `None` when the function did not return one.
        kind: Option<Kind>,
        /// The text of the failure.
        error: String,
        /// The reason for which no further attempt follows.
        reason: FailReason,
    },
    /// The function panicked with this text; the engine has decided the next step, or the panic itself ends the task
    /// (`Aborted`).
    Panicked(String, Next),
    /// The attempt was lost or stopped; the engine has decided the next step.
    Lost(Next),
    /// A worker that shuts down stopped the attempt. The attempt does not count, and the task is due at once.
    Returned,
    /// The budget or the breaker refused the attempt. The attempt was not made, and the task is due after this delay.
    HeldBack(Duration),
    /// The function has put the task off for this long. The attempt does not count.
    Snoozed(Duration),
    /// The stored arguments have other names than the function's: another version of the program has submitted the task. The
    /// attempt was not made. The task is left to a worker of that version for some minutes before it fails with this text.
    Misfit(String),
}

/// How long a task is left to other workers whose arguments do not fit the function of the one that has claimed it: the
/// time in which a deployment replaces all workers.
const FOR_OTHERS: Duration = Duration::from_secs(10 * 60);

/// The delay before a task is offered to another worker.
const OFFER: Duration = Duration::from_secs(10);

impl AttemptEnd {
    /// An attempt that the budget or the breaker has refused for this long, if they know. The delay has a minimum,
    /// because each refused attempt costs two commits.
    pub fn held_back(wait: Option<Duration>) -> Self {
        const UNKNOWN: Duration = Duration::from_secs(1);
        const SHORTEST: Duration = Duration::from_millis(100);
        AttemptEnd::HeldBack(wait.map_or(UNKNOWN, |wait| wait.max(SHORTEST)))
    }

    /// An attempt that its worker has stopped: the task is returned where a repetition is safe.
    pub fn stopped(site: &'static Site, standing: &Standing) -> Self {
        match judge(site, standing, Class::new(Kind::Ambiguous)) {
            Next::Stop(reason) => AttemptEnd::Lost(Next::Stop(reason)),
            Next::Again(_) | Next::Refused(_) => AttemptEnd::Returned,
        }
    }

    /// An attempt whose function panicked, or whose thread has ended.
    pub(crate) fn panicked(error: &str) -> Self {
        AttemptEnd::Panicked(kept(error).to_string(), Next::Stop(StopReason::Aborted))
    }

    /// An attempt whose arguments another version of the program has submitted.
    pub(crate) fn misfit(error: &str) -> Self {
        AttemptEnd::Misfit(kept(error).to_string())
    }

    /// An attempt that did not run the function or could not store its result.
    pub(crate) fn unreadable(error: &str) -> Self {
        let error = kept(error).to_string();
        AttemptEnd::Failed { kind: None, error, reason: FailReason::Unreadable }
    }
}

impl Record {
    /// Ends an attempt. Returns the attempt to be stored; `None` when it was not made.
    pub fn finish(
        &mut self,
        now: Time,
        mut attempt: TaskAttempt,
        end: AttemptEnd,
    ) -> Option<TaskAttempt> {
        attempt.ended = Some(now);
        // The budget has paid for an attempt that was made, and for no other.
        self.paced &= matches!(
            end,
            AttemptEnd::HeldBack(_)
                | AttemptEnd::Returned
                | AttemptEnd::Misfit(_)
                | AttemptEnd::Snoozed(_)
        );
        let end = self.offered(now, end);
        if !matches!(end, AttemptEnd::Succeeded(_)) {
            // It was the attempt's: the next one starts anew.
            self.progress = None;
        }
        match end {
            AttemptEnd::Succeeded(result) => {
                attempt.outcome = AttemptOutcome::Succeeded;
                self.result = Some(result);
                if let Some(progress) = &mut self.progress {
                    progress.fraction = Some(1.0);
                }
                self.end(now, State::Complete);
            }
            AttemptEnd::Retry { kind, error, delay } => {
                self.failed(&mut attempt, Some(kind), error);
                self.wait(now, &mut attempt, delay);
            }
            AttemptEnd::Failed { kind, error, reason } => {
                self.failed(&mut attempt, kind, error);
                self.end(now, State::Failed { reason });
            }
            AttemptEnd::Panicked(error, next) => {
                let kind = (next != Next::Stop(StopReason::Aborted)).then_some(Kind::Transient);
                self.failed(&mut attempt, kind, error);
                match next {
                    Next::Again(delay) => self.wait(now, &mut attempt, delay),
                    Next::Refused(after) => self.put_off(now, after.unwrap_or_default()),
                    Next::Stop(StopReason::Aborted) => {
                        self.end(now, State::Failed { reason: FailReason::Panicked });
                    }
                    Next::Stop(reason) => self.end(now, State::Failed { reason: reason.into() }),
                }
            }
            AttemptEnd::Lost(next) => {
                self.lost(&mut attempt, LOST);
                match next {
                    Next::Again(delay) => self.wait(now, &mut attempt, delay),
                    Next::Refused(after) => self.put_off(now, after.unwrap_or_default()),
                    Next::Stop(reason) => self.end(now, State::Failed { reason: reason.into() }),
                }
            }
            AttemptEnd::Returned => {
                self.lost(&mut attempt, RETURNED);
                // It does not count.
                self.forget_lost();
                self.round = self.round.saturating_sub(1);
                self.release(now, Duration::ZERO);
            }
            AttemptEnd::HeldBack(after) | AttemptEnd::Snoozed(after) => {
                self.unmade(now, after);
                return None;
            }
            AttemptEnd::Misfit(error) => {
                self.last_error = Some(error);
                self.unmade(now, OFFER);
                return None;
            }
        }
        self.settle(now);
        Some(attempt)
    }

    /// Takes back the claim of an attempt that was not made. The task is due after this delay.
    fn unmade(&mut self, now: Time, after: Duration) {
        self.attempts = self.attempts.saturating_sub(1);
        self.round = self.round.saturating_sub(1);
        let is_by_hand = self.round == 0 && self.attempts > 0;
        self.by_hand = self.by_hand.saturating_sub(u32::from(is_by_hand));
        self.round_at = self.round_at.filter(|_| self.round > 0);
        self.started_at = self.started_at.filter(|_| self.attempts > 0);
        self.release(now, after);
        self.settle(now);
    }

    /// The end of an attempt: a misfit is final after some minutes.
    fn offered(&mut self, now: Time, end: AttemptEnd) -> AttemptEnd {
        match end {
            AttemptEnd::Misfit(error) => {
                let since = *self.misfit_at.get_or_insert(now);
                if now.since(since) < FOR_OTHERS {
                    return AttemptEnd::Misfit(error);
                }
                AttemptEnd::Failed { kind: None, error, reason: FailReason::Unreadable }
            }
            end => {
                self.misfit_at = None;
                end
            }
        }
    }

    fn failed(&mut self, attempt: &mut TaskAttempt, kind: Option<Kind>, error: String) {
        if let Some(kind) = kind {
            *self.failures.of(kind) += 1;
        }
        attempt.outcome = AttemptOutcome::Failed;
        (attempt.kind, self.last_kind) = (kind, kind);
        attempt.error = Some(error.clone());
        self.last_error = Some(error);
    }

    fn lost(&mut self, attempt: &mut TaskAttempt, error: &str) {
        self.failed(attempt, Some(Kind::Ambiguous), error.to_owned());
        attempt.outcome = AttemptOutcome::Lost;
    }

    fn forget_lost(&mut self) {
        let lost = self.failures.of(Kind::Ambiguous);
        *lost = lost.saturating_sub(1);
    }

    fn wait(&mut self, now: Time, attempt: &mut TaskAttempt, delay: Delay) {
        attempt.delay = Some(delay.length);
        attempt.delay_source = Some(delay.source);
        self.last_delay = Some(delay.length);
        let next = now + delay.length;
        self.run_at = Some(next);
        self.state = State::Waiting { next_attempt_at: next };
    }

    /// Gives up the claim. The task is due after this delay.
    fn release(&mut self, now: Time, after: Duration) {
        self.put_off(now, after);
        self.fence = self.fence.saturating_add(1);
    }

    /// Makes the task due after this delay.
    fn put_off(&mut self, now: Time, after: Duration) {
        let next = now + after;
        self.run_at = Some(next);
        self.state = if self.attempts == 0 || after.is_zero() {
            State::Pending
        } else {
            State::Waiting { next_attempt_at: next }
        };
    }

    /// Takes an attempt back that was judged lost and is running: nobody else has claimed the task.
    pub(crate) fn revive(&mut self, now: Time, started: Time) {
        self.state = State::Running;
        self.attempt_at = Some(started);
        self.run_at = Some(now + self.lease_length);
        self.ended_at = None;
        if self.last_error.as_deref() == Some(LOST) {
            (self.last_error, self.last_kind) = (None, None);
        }
        self.forget_lost();
        self.settle(now);
    }

    /// Ends the task in this state.
    pub fn end(&mut self, now: Time, state: State) {
        self.state = state;
        self.run_at = None;
        self.lane = None;
        self.ended_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_panic_is_stored_without_the_secrets_of_a_url() {
        let text = "the function panicked: no answer from https://user:pw@host/x?token=abc";
        for end in [AttemptEnd::panicked(text), AttemptEnd::unreadable(text)] {
            let (AttemptEnd::Failed { error, .. } | AttemptEnd::Panicked(error, _)) = end else {
                panic!("{end:?}")
            };
            assert_eq!(error, "the function panicked: no answer from https://host/x");
        }
    }
}
