//! A worker that has lost a task cannot change it: the cases that the public API cannot show.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::{Policy, Site, retryable};

use super::{
    claim::Claim, claim::Vacancy, finish::Finish, leased::Leased, renew::Look, renew::Renew,
};
use crate::memory::Memory;
use crate::store::{Store, host::Hosted};
use crate::{AttemptEnd, AttemptOutcome, Claimed, Clock, Lease, ManualClock, NewTask, State, Verb};

const LEASE: Duration = Duration::from_secs(30);

#[retryable(on = any, idempotent, jitter = none, name = "fencing::send", task(crate = crate))]
fn send() -> Result<u8, String> {
    Ok(1)
}

fn site() -> &'static Site {
    retry_runtime::site("fencing::send").expect("declared above")
}

struct Queue {
    store: Leased<Memory>,
    clock: Arc<ManualClock>,
}

impl Queue {
    async fn with_a_task() -> Self {
        let clock = Arc::new(ManualClock::new());
        let store = Leased::new(Memory::default(), Arc::clone(&clock) as Arc<dyn Clock>);
        let new: NewTask = send::task().into_new(None).expect("no arguments");
        store.submit(new).await.expect("stored");
        Queue { store, clock }
    }

    async fn claim(&self) -> Option<Claimed> {
        self.look().await;
        let function = Hosted { name: "fencing::send", site: site(), limit: None };
        let vacancies = vec![Vacancy { function, slots: 1 }];
        let claim = Claim {
            vacancies,
            slots: 1,
            worker: "w".into(),
            lease: LEASE,
            is_careful: false,
            clock: self.clock.clone(),
        };
        self.store.write(claim).await.expect("claimed").claimed.pop()
    }

    /// Closes the leases that are lost.
    async fn look(&self) {
        self.store.write(Look).await.expect("looked");
    }

    async fn finish(&self, lease: Lease) -> Result<State, State> {
        let end = AttemptEnd::Succeeded("1".to_owned());
        let finish = Finish { lease, end, progress: None };
        self.store.write(finish).await.expect("written").expect("the task is there")
    }
}

#[tokio::test]
async fn a_second_end_is_refused_because_the_task_is_complete_already() {
    let queue = Queue::with_a_task().await;
    let lease = queue.claim().await.expect("due").record.lease();
    assert_eq!(queue.finish(lease).await, Ok(State::Complete));
    assert_eq!(queue.finish(lease).await, Err(State::Complete));
}

#[tokio::test]
async fn an_end_under_an_older_fencing_token_is_refused() {
    let queue = Queue::with_a_task().await;
    let first = queue.claim().await.expect("due").record.lease();
    queue.clock.advance(LEASE);
    assert!(queue.claim().await.is_none(), "the attempt counts as lost, and the task waits");
    queue.clock.advance(Duration::from_secs(1));
    let second = queue.claim().await.expect("due again").record.lease();
    assert!(second.fence > first.fence);
    assert_eq!(queue.finish(first).await, Err(State::Running), "the second attempt runs");
    let renew = Renew { leases: vec![(first, LEASE, None)] };
    assert_eq!(queue.store.write(renew).await, Ok(vec![first]), "the worker has lost this lease");
    assert_eq!(queue.finish(second).await, Ok(State::Complete));
}

#[tokio::test]
async fn an_end_after_a_cancellation_is_refused() {
    let queue = Queue::with_a_task().await;
    let lease = queue.claim().await.expect("due").record.lease();
    let ordered = queue.store.order(lease.id, Verb::Cancel).await.expect("written");
    assert!(ordered.is_some_and(|ordered| ordered.is_ok()));
    assert_eq!(queue.finish(lease).await, Err(State::Cancelled));
}

#[tokio::test]
async fn an_end_that_comes_late_counts_as_long_as_nobody_else_has_claimed_the_task() {
    let queue = Queue::with_a_task().await;
    let lease = queue.claim().await.expect("due").record.lease();
    queue.clock.advance(LEASE);
    queue.look().await;
    let (record, attempts) =
        queue.store.load(lease.id, true).await.expect("read").expect("the task is there");
    assert!(matches!(record.state, State::Waiting { .. }), "judged lost: {}", record.state);
    assert_eq!(attempts[0].outcome, AttemptOutcome::Lost);
    assert_eq!(queue.finish(lease).await, Ok(State::Complete));
    let (record, attempts) =
        queue.store.load(lease.id, true).await.expect("read").expect("the task is there");
    assert_eq!((attempts.len(), attempts[0].outcome), (1, AttemptOutcome::Succeeded));
    assert_eq!(record.last_error, None);
    assert_eq!(record.failures.total(), 0);
}

#[tokio::test]
async fn a_renewal_that_comes_late_takes_the_task_back() {
    let queue = Queue::with_a_task().await;
    let lease = queue.claim().await.expect("due").record.lease();
    queue.clock.advance(LEASE);
    queue.look().await;
    let renew = Renew { leases: vec![(lease, LEASE, None)] };
    assert_eq!(queue.store.write(renew).await, Ok(vec![]));
    queue.clock.advance(Duration::from_secs(5));
    assert!(queue.claim().await.is_none(), "it is running again");
    assert_eq!(queue.finish(lease).await, Ok(State::Complete));
}

#[tokio::test]
async fn a_clock_that_is_set_forward_takes_no_lease_away() {
    let queue = Queue::with_a_task().await;
    let lease = queue.claim().await.expect("due").record.lease();
    queue.clock.step(Duration::from_secs(48 * 3600));
    assert!(queue.claim().await.is_none());
    queue.clock.advance(LEASE / 2);
    assert!(queue.claim().await.is_none());
    let record = queue.store.load(lease.id, false).await.expect("read").expect("there").0;
    assert_eq!(record.state, State::Running);
    assert_eq!(queue.finish(lease).await, Ok(State::Complete));
}

#[test]
fn the_policy_of_the_function_is_the_one_in_its_attribute() {
    assert_eq!(site().policy().limit(), Policy::new().limit());
    assert_eq!(send(), Ok(1));
}
