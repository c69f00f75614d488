//! What happens to a task: the transitions, as arithmetic on records. Stores only keep the result.

use std::time::Duration;

use retry_runtime::resume::Next;
use retry_runtime::{Delay, Failures, Kind};

use crate::record::{AttemptOutcome, Claimed, NewTask, Progress, Record, TaskAttempt};
use crate::{FailReason, State, TaskId, Time, Verb};

/// The text of an attempt that was lost.
pub(crate) const LOST: &str =
    "the attempt was lost: its process ended, or was not heard of in time";

/// The text of an attempt that was broken off.
const GIVEN_BACK: &str = "the attempt was broken off: its worker was shut down";

/// What one attempt came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Attempted {
    /// It returned this: JSON.
    Succeeded(String),
    /// It failed, and another one follows.
    Again {
        /// What the failure means.
        kind: Kind,
        /// The failure in words.
        error: String,
        /// The pause before the next attempt.
        delay: Delay,
    },
    /// It failed, and that is the end.
    Failed {
        /// What the failure means, where somebody judged it.
        kind: Option<Kind>,
        /// The failure in words.
        error: String,
        /// Why there is no further attempt.
        reason: FailReason,
    },
    /// It was broken off; this follows.
    Lost(Next),
    /// It was broken off by a worker that shuts down, and is not counted: again at once.
    GivenBack,
    /// It was not made, and is not counted: again after this time.
    NotMade(Duration),
}

impl Attempted {
    /// The budget or the breaker has refused it, for so long if that is known. It is not asked again at
    /// once: each time costs two commits.
    pub(crate) fn refused(wait: Option<Duration>) -> Self {
        const UNKNOWN: Duration = Duration::from_secs(1);
        const SHORTEST: Duration = Duration::from_millis(100);
        Attempted::NotMade(wait.map_or(UNKNOWN, |wait| wait.max(SHORTEST)))
    }
}

impl Record {
    pub(crate) fn new(task: NewTask, now: Time) -> Self {
        Record {
            id: TaskId::new(now),
            name: task.name,
            arguments: task.arguments,
            redacted: task.redacted,
            state: State::Pending,
            priority: task.priority,
            key: task.key,
            valid_for: task.valid_for,
            created_at: now,
            run_at: Some(now + task.delay),
            started_at: None,
            ended_at: None,
            deadline: task.deadline.map(|limit| now + limit),
            attempts: 0,
            round: 0,
            round_at: None,
            limit: task.limit,
            fence: 0,
            worker: None,
            progress: None,
            result: None,
            last_error: None,
            last_kind: None,
            last_delay: None,
            paced: false,
        }
    }

    /// A worker takes it for an attempt.
    pub(crate) fn claim(&mut self, now: Time, until: Time, worker: &str) -> TaskAttempt {
        self.state = State::Running;
        self.attempts = self.attempts.saturating_add(1);
        self.round = self.round.saturating_add(1);
        self.fence += 1;
        self.run_at = Some(until);
        self.started_at.get_or_insert(now);
        self.round_at.get_or_insert(now);
        self.worker = Some(worker.to_owned());
        TaskAttempt {
            attempt: self.attempts,
            fence: self.fence,
            started: now,
            ended: None,
            outcome: AttemptOutcome::Running,
            kind: None,
            error: None,
            delay: None,
            delay_source: None,
            worker: worker.to_owned(),
        }
    }

    /// What a worker gets of a task that it has just claimed.
    pub(crate) fn claimed(self, now: Time, failures: Failures) -> Claimed {
        let mut standing = self.standing(now, failures);
        standing.attempts = self.round - 1;
        Claimed { record: self, standing, at: now }
    }

    /// The attempt has ended. The attempt that is returned is written; `None` takes it back.
    pub(crate) fn finish(
        &mut self,
        now: Time,
        mut attempt: TaskAttempt,
        done: Attempted,
    ) -> Option<TaskAttempt> {
        attempt.ended = Some(now);
        // What was not made has not been paid for.
        self.paced &= matches!(done, Attempted::NotMade(_) | Attempted::GivenBack);
        match done {
            Attempted::Succeeded(result) => {
                attempt.outcome = AttemptOutcome::Succeeded;
                self.result = Some(result);
                self.progress = self
                    .progress
                    .take()
                    .map(|progress| Progress { fraction: Some(1.0), ..progress });
                self.end(now, State::Complete);
            }
            Attempted::Again { kind, error, delay } => {
                attempt.outcome = AttemptOutcome::Failed;
                self.failed(&mut attempt, Some(kind), error);
                self.wait(now, &mut attempt, delay);
            }
            Attempted::Failed { kind, error, reason } => {
                attempt.outcome = AttemptOutcome::Failed;
                self.failed(&mut attempt, kind, error);
                self.end(now, State::Failed { reason });
            }
            Attempted::Lost(next) => {
                attempt.outcome = AttemptOutcome::Lost;
                self.failed(&mut attempt, Some(Kind::Ambiguous), LOST.to_owned());
                match next {
                    Next::Again(delay) => self.wait(now, &mut attempt, delay),
                    Next::Refused(after) => {
                        self.hold(now, after.unwrap_or_default());
                    }
                    Next::Stop(reason) => self.end(now, State::Failed { reason: reason.into() }),
                }
            }
            Attempted::GivenBack => {
                attempt.outcome = AttemptOutcome::Lost;
                self.failed(&mut attempt, Some(Kind::Ambiguous), GIVEN_BACK.to_owned());
                self.round -= 1;
                self.hold(now, Duration::ZERO);
            }
            Attempted::NotMade(after) => {
                self.attempts -= 1;
                self.round -= 1;
                if self.round == 0 {
                    self.round_at = None;
                }
                if self.attempts == 0 {
                    self.started_at = None;
                }
                self.hold(now, after);
                return None;
            }
        }
        Some(attempt)
    }

    fn failed(&mut self, attempt: &mut TaskAttempt, kind: Option<Kind>, error: String) {
        attempt.kind = kind;
        attempt.error = Some(error.clone());
        self.last_kind = kind;
        self.last_error = Some(error);
    }

    fn wait(&mut self, now: Time, attempt: &mut TaskAttempt, delay: Delay) {
        attempt.delay = Some(delay.length);
        attempt.delay_source = Some(delay.source);
        self.last_delay = Some(delay.length);
        let next = now + delay.length;
        self.run_at = Some(next);
        self.state = State::Waiting { next_attempt_at: next };
    }

    /// Back to where it was before a claim that came to nothing.
    fn hold(&mut self, now: Time, after: Duration) {
        let next = now + after;
        self.run_at = Some(next);
        self.state = match self.attempts {
            0 => State::Pending,
            _ if after.is_zero() => State::Pending,
            _ => State::Waiting { next_attempt_at: next },
        };
        self.fence += 1;
    }

    pub(crate) fn end(&mut self, now: Time, state: State) {
        self.state = state;
        self.run_at = None;
        self.ended_at = Some(now);
    }

    /// Carries out an order by hand, where the state allows it.
    pub(crate) fn order(&mut self, now: Time, verb: Verb) -> bool {
        match verb {
            Verb::Cancel if !self.state.is_ended() => {
                self.end(now, State::Cancelled);
                // An attempt that runs finds its claim gone.
                self.fence += 1;
            }
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced if self.state.can_retry() => {
                self.round = match (verb, self.limit) {
                    // One more, if the limit leaves none.
                    (Verb::RetryOnce, Some(limit)) => self.round.min(limit.saturating_sub(1)),
                    (Verb::RetryOnce, None) => self.round,
                    _ => 0,
                };
                self.paced = verb == Verb::RetryPaced;
                self.again(now);
            }
            Verb::Reset if self.state.is_ended() => {
                (self.attempts, self.round) = (0, 0);
                self.started_at = None;
                (self.last_error, self.last_kind) = (None, None);
                (self.result, self.progress) = (None, None);
                self.paced = false;
                self.again(now);
            }
            _ => return false,
        }
        true
    }

    fn again(&mut self, now: Time) {
        self.state = State::Pending;
        self.run_at = Some(now);
        self.ended_at = None;
        self.round_at = None;
        self.last_delay = None;
        // It was meant for the time after the submission.
        self.deadline = None;
        self.fence += 1;
    }

    /// Retries that were made.
    pub(crate) fn retry_count(&self) -> u32 {
        self.attempts.saturating_sub(1)
    }

    /// Retries that may be made in all, with what was granted by hand; `None` when only time limits them.
    pub(crate) fn max_retries(&self) -> Option<u32> {
        let before = self.attempts - self.round.min(self.attempts);
        self.limit.map(|limit| (before + limit.max(self.round)).saturating_sub(1))
    }

    /// Whether its result still answers for a task with the same key.
    pub(crate) fn answers_for(&self, now: Time) -> bool {
        match self.state {
            State::Complete => match (self.ended_at, self.valid_for) {
                (Some(ended), Some(valid)) => now < ended + valid,
                _ => true,
            },
            State::Failed { .. } | State::Cancelled => false,
            _ => true,
        }
    }
}
