//! Claims and leases: who may run a task, for how long, and whose answer still counts.

use std::time::Duration;

use retry_runtime::resume::{Next, Standing, judge};
use retry_runtime::{Class, Kind, Site};

use crate::base::time::Time;
use crate::record::{Record, attempt::TaskAttempt, id::TaskId, lane::Lane, state::State};

/// The claim under which an attempt runs: a task and its fencing token.
///
/// ```
/// # use retry_tasks::{NewTask, Record, Time};
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
/// record.claim(now, Duration::from_secs(30), 0, "worker 1");
/// let first = record.lease();
/// assert!(record.is_held_under(first));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The task.
    pub id: TaskId,
    /// The fencing token. A store refuses changes under an older one.
    pub fence: u64,
}

/// A task that a worker has claimed for one attempt.
///
/// ```
/// # use retry_tasks::{NewTask, Record, Time};
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
/// record.claim(now, Duration::from_secs(30), 0, "worker 1");
/// let claimed = record.claimed(now); // what a store gives to a worker
/// assert_eq!(claimed.record.attempts, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The task; the attempt is counted already.
    pub record: Record,
    /// The state of the call before this attempt, for the engine.
    pub standing: Standing,
}

impl Record {
    /// The lease of the latest claim.
    pub fn lease(&self) -> Lease {
        Lease { id: self.id, fence: self.fence }
    }

    /// Whether an attempt is running and this is its lease. A worker whose lease is no longer valid has lost the
    /// task and must not change it.
    pub fn is_held_under(&self, lease: Lease) -> bool {
        self.lease() == lease && self.state == State::Running
    }

    /// Claims the task for an attempt of this worker. The lease is valid for this long without a renewal, and the bucket
    /// has paid these thousandths of a token. Returns the running attempt. A store need not keep it before its end: the record
    /// has all of it.
    pub fn claim(&mut self, now: Time, lease: Duration, paid: u64, worker: &str) -> TaskAttempt {
        self.state = State::Running;
        self.lane = Some(Lane::Leased);
        (self.lease_length, self.paid) = (lease, paid);
        self.attempts = self.attempts.saturating_add(1);
        self.round = self.round.saturating_add(1);
        self.fence = self.fence.saturating_add(1);
        self.run_at = Some(now + lease);
        self.started_at.get_or_insert(now);
        // Only an order by hand starts a round after the first.
        self.by_hand += u32::from(self.attempts > 1 && self.round_at.is_none());
        self.round_at.get_or_insert(now);
        self.attempt_at = Some(now);
        self.progress = None;
        self.worker = Some(worker.to_owned());
        self.latest_attempt()
    }

    /// The claimed task, for the worker.
    pub fn claimed(self, now: Time) -> Claimed {
        let mut standing = self.standing(now);
        standing.attempts = self.round.saturating_sub(1);
        Claimed { record: self, standing }
    }

    /// The state of the call, for the engine.
    pub fn standing(&self, now: Time) -> Standing {
        Standing {
            attempts: self.round,
            elapsed: self.round_at.map_or(Duration::ZERO, |at| now.since(at)),
            remaining: self.deadline.map(|deadline| deadline.since(now)),
            previous: self.last_delay,
            last_kind: self.last_kind,
            failures: self.failures,
            call_id: self.id.call_id(),
        }
    }

    /// The decision after the running attempt was lost: it may or may not have taken effect.
    pub fn after_loss(&self, site: &'static Site, now: Time) -> Next {
        judge(site, &self.standing(now), Class::new(Kind::Ambiguous))
    }

    /// Moves an open task to the lane in which it waits for its next attempt.
    pub(crate) fn settle(&mut self, now: Time) {
        self.lane = match self.state {
            _ if self.state.is_ended() => None,
            State::Running => Some(Lane::Leased),
            _ if self.must_pay() => Some(Lane::Paying),
            _ => Some(self.free_lane(now)),
        };
    }

    /// Moves an open task whose function has no budget to the lane of free attempts.
    pub(crate) fn settle_free(&mut self, now: Time) {
        if self.lane == Some(Lane::Paying) {
            self.lane = Some(self.free_lane(now));
        }
    }

    fn free_lane(&self, now: Time) -> Lane {
        if self.run_at.is_none_or(|due| due <= now) { Lane::Ready } else { Lane::Later }
    }

    /// Whether the deadline has passed.
    pub fn is_overdue(&self, now: Time) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}
