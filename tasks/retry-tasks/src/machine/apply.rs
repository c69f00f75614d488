//! The transitions of a task: every request, its reply, and what follows from it.

use retry_runtime::StopReason;
use retry_runtime::resume::Next;

use super::ask::{Ask, Claim, Reply, Told};
use super::finish::AttemptEnd;
use super::{lease::Lease, orders::Verb, task::Task};
use crate::base::time::Time;
use crate::event::{EventKind, Measured};
use crate::record::{Progress, Record, attempt::AttemptOutcome, reason::FailReason, state::State};

/// Applies a request to a task at this time. Returns the reply, and everything that the rest of the store must know or keep
/// once the task is stored.
///
/// The function reads no clock and does no input or output, so that a store can call it in a transaction and an engine can call
/// it on one entity, again after a crash. When the reply is a refusal, the task is unchanged.
///
/// ```
/// use retry_tasks::machine::{Ask, Claim, Reply, Task, apply};
/// use retry_tasks::{AttemptEnd, NewTask, State, Time};
/// use std::time::Duration;
///
/// # let new = NewTask {
/// #     name: "mail::send".into(),
/// #     arguments: "{}".into(),
/// #     limit: Some(4),
/// #     ..NewTask::default()
/// # };
/// let now = Time::from_millis(0);
/// let (mut task, _) = Task::submit(new, now);
///
/// let claim = Claim::new("worker 1", Duration::from_secs(30));
/// assert_eq!(apply(&mut task, Ask::Claim(claim), now).0, Reply::Claimed);
///
/// let (fence, end) = (task.record.fence, AttemptEnd::Succeeded("144".into()));
/// let (reply, told) = apply(&mut task, Ask::End { fence, end, progress: None }, now);
/// assert_eq!(reply, Reply::Held(State::Complete));
/// assert_eq!((task.attempts.len(), told.len()), (1, 2)); // the attempt, and the event
/// ```
pub fn apply(task: &mut Task, ask: Ask, now: Time) -> (Reply, Vec<Told>) {
    let mut told = Vec::new();
    let reply = match ask {
        Ask::Claim(wish) => claim(task, wish, now, &mut told),
        Ask::Renew { fence, progress } => renew(task, fence, progress, now, &mut told),
        Ask::End { fence, end, progress } => match task.hold(fence, now, &mut told) {
            false => Reply::Gone(task.record.state),
            true => {
                task.record.progress = progress.or(task.record.progress.take());
                finish(task, end, now, &mut told)
            }
        },
        Ask::Lose { fence, next } => match task.record.is_held_under(lease(task, fence)) {
            false => Reply::Gone(task.record.state),
            true => finish(task, AttemptEnd::Lost(next), now, &mut told),
        },
        Ask::Order(verb) => order(task, verb, now, &mut told),
        Ask::Expire => expire(task, now, &mut told),
        Ask::Repair => Reply::Repaired(task.record.repair(now)),
        Ask::YieldKey if task.record.answers_for_key(now) => Reply::Answers(task.record.id),
        Ask::YieldKey => {
            task.record.lost_key = task.record.key.take().or(task.record.lost_key.take());
            Reply::Yielded
        }
        Ask::RegainKey => {
            task.record.key = task.record.lost_key.take().or(task.record.key.take());
            Reply::Held(task.record.state)
        }
    };
    (reply, told)
}

fn lease(task: &Task, fence: u64) -> Lease {
    Lease { id: task.record.id, fence }
}

fn claim(task: &mut Task, claim: Claim, now: Time, told: &mut Vec<Told>) -> Reply {
    let record = &mut task.record;
    match record.state {
        state if state.is_ended() => return Reply::Ended(state),
        // The reply to the same claim was lost on its way.
        State::Running if claim.nonce.is_some() && claim.nonce == task.nonce => {
            return Reply::Claimed;
        }
        State::Running => return Reply::Lost { task: Box::new(record.clone()) },
        _ if record.is_overdue(now) => return expire(task, now, told),
        _ => {}
    }
    if let Some(due) = record.run_at.filter(|due| *due > now) {
        return Reply::NotDue(due);
    }
    if let Some(limit) = claim.limit {
        record.limit = limit;
    }
    let measured = record.run_at.map(|due| Measured::Queued(now.since(due)));
    let _ = record.claim(now, claim.lease, claim.paid, &claim.worker);
    task.nonce = claim.nonce;
    let kind = EventKind::Started { attempt: record.attempts };
    told.push(Told::Event { kind, measured, ended: None });
    Reply::Claimed
}

fn renew(
    task: &mut Task,
    fence: u64,
    progress: Option<Progress>,
    now: Time,
    told: &mut Vec<Told>,
) -> Reply {
    if !task.hold(fence, now, told) {
        return Reply::Gone(task.record.state);
    }
    let record = &mut task.record;
    record.run_at = Some(now + record.lease_length);
    if let Some(progress) = progress {
        record.progress = Some(progress.clone());
        told.push(Told::event(EventKind::Progress(progress)));
    }
    Reply::Held(record.state)
}

impl Task {
    /// Whether an attempt with this fencing token may still change the task. One that somebody has judged lost may, as long as
    /// nobody else has claimed the task; its end is in the history.
    pub(crate) fn may_be_held(&self, fence: u64) -> bool {
        self.record.is_held_under(lease(self, fence)) || self.lost_at(fence).is_some()
    }

    fn lost_at(&self, fence: u64) -> Option<usize> {
        let is_it = |it: &crate::record::attempt::TaskAttempt| {
            it.fence == fence && it.outcome == AttemptOutcome::Lost
        };
        (self.record.fence == fence).then(|| self.attempts.iter().rposition(is_it)).flatten()
    }

    /// Takes an attempt back that was judged lost. Returns whether the attempt is running.
    fn hold(&mut self, fence: u64, now: Time, told: &mut Vec<Told>) -> bool {
        if self.record.is_held_under(lease(self, fence)) {
            return true;
        }
        let Some(at) = self.lost_at(fence) else { return false };
        let lost = self.attempts.remove(at);
        self.record.revive(now, lost.started);
        told.push(Told::GoesOn(fence));
        true
    }
}

/// Ends the running attempt, with its consequence for the task.
fn finish(task: &mut Task, end: AttemptEnd, now: Time, told: &mut Vec<Told>) -> Reply {
    let number = task.record.attempts;
    let unmade = match &end {
        AttemptEnd::HeldBack(delay) => Some(EventKind::HeldBack { attempt: number, delay: *delay }),
        AttemptEnd::Snoozed(delay) => Some(EventKind::Snoozed { delay: *delay }),
        AttemptEnd::Misfit(error) => Some(EventKind::Misfit { error: error.clone() }),
        _ => None,
    };
    // The engine counts the calls that end by its decision after an attempt that has returned.
    let (ended, is_lost) = match &end {
        AttemptEnd::Panicked(_, Next::Stop(reason)) => (Some(*reason), false),
        AttemptEnd::Lost(Next::Stop(reason)) => (Some(*reason), true),
        AttemptEnd::Lost(_) => (None, true),
        _ => (None, false),
    };
    let mut measured = None;
    if let Some(attempt) = task.record.running_attempt() {
        let started = attempt.started;
        if let Some(attempt) = task.record.finish(now, attempt, end) {
            measured = Some(Measured::Attempt(attempt.outcome, now.since(started)));
            task.keep(attempt, told);
        }
    }
    task.nonce = None;
    if is_lost {
        let kind = EventKind::Lost { attempt: number };
        told.push(Told::Event { kind, measured: measured.take(), ended: None });
    }
    // A misfit may be final.
    let unmade = unmade.filter(|_| !task.record.state.is_ended());
    let kind = unmade.unwrap_or_else(|| consequence(&task.record));
    told.push(Told::Event { kind, measured, ended });
    Reply::Held(task.record.state)
}

/// The event that follows from the state after an attempt.
fn consequence(record: &Record) -> EventKind {
    let error = || record.last_error.clone().unwrap_or_default();
    match record.state {
        State::Complete => EventKind::Completed,
        State::Failed { reason } => EventKind::Failed { reason, error: error() },
        State::Cancelled => EventKind::Cancelled,
        State::Waiting { .. } | State::HeldBack { .. } => EventKind::Waiting {
            attempt: record.attempts,
            kind: record.last_kind,
            error: error(),
            delay: record.last_delay.unwrap_or_default(),
        },
        State::Pending | State::Running => EventKind::Returned,
    }
}

fn order(task: &mut Task, verb: Verb, now: Time, told: &mut Vec<Told>) -> Reply {
    let running = task.record.running_attempt();
    let ordered = match task.record.order(now, verb) {
        Ok(ordered) => ordered,
        Err(state) => return Reply::Refused(state),
    };
    let mut measured = None;
    if let Some(mut attempt) = running {
        // Its outcome no longer counts.
        attempt.ended = Some(now);
        attempt.outcome = AttemptOutcome::Cancelled;
        measured = Some(Measured::Attempt(attempt.outcome, now.since(attempt.started)));
        task.keep(attempt, told);
        task.nonce = None;
    }
    if verb == Verb::Reset {
        task.attempts.clear();
        told.push(Told::Forgotten);
    }
    let (kind, ended) = match verb {
        Verb::Cancel => (EventKind::Cancelled, Some(StopReason::Cancelled)),
        Verb::Reset => (EventKind::Reset, None),
        Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => (EventKind::Retried, None),
    };
    told.push(Told::Event { kind, measured, ended });
    Reply::Ordered(ordered)
}

/// Fails a task whose deadline has passed before an attempt could start.
fn expire(task: &mut Task, now: Time, told: &mut Vec<Told>) -> Reply {
    let record = &mut task.record;
    if record.state.is_ended() {
        return Reply::Ended(record.state);
    }
    if record.state == State::Running || !record.is_overdue(now) {
        return Reply::Open;
    }
    let late = "its deadline passed before an attempt could start";
    let error = record.last_error.get_or_insert_with(|| late.to_owned()).clone();
    let reason = FailReason::Deadline;
    record.end(now, State::Failed { reason });
    let kind = EventKind::Failed { reason, error };
    told.push(Told::Event { kind, measured: None, ended: Some(StopReason::Deadline) });
    Reply::Ended(record.state)
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
