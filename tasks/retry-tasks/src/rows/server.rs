//! The loop that serves one worker: it claims due tasks, starts attempts, looks for lost ones, and returns tasks at the end.
//! Leases are renewed elsewhere, by the [`keeper`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};

use super::{
    aside::is_of_one_row, attempt, attempt::RETRY_STORE, attempt::Running, attempt::Step,
    attempt::Stop, attempt::warn, claim::Batch, claim::Claim, claim::Vacancy, keeper,
    leased::Backend, leased::Leased, patrol, renew::Look,
};
use crate::base::time::Time;
use crate::machine::{lease::Claimed, lease::Lease};
use crate::record::id::TaskId;
use crate::store::{error::StoreError, host::End, host::Host};

/// The time between two removals of old tasks.
const PRUNE_EVERY: Duration = Duration::from_secs(10);

/// The time between two rounds for tasks that nobody runs.
const PATROL_EVERY: Duration = Duration::from_secs(60);

/// The number of ended attempts after which old tasks are removed sooner.
const PRUNE_AFTER: usize = 5000;

/// The pause before the next claim when tasks are due and none could be claimed: others have locked them.
const LOCKED: Duration = Duration::from_millis(20);

/// How long a worker that is ending waits for a store that fails.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Server<B> {
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
    running: HashMap<Lease, Running>,
    steps: mpsc::UnboundedReceiver<Step>,
    steps_sender: mpsc::UnboundedSender<Step>,
    cancelled: broadcast::Receiver<TaskId>,
    claimable: watch::Receiver<u64>,
    next_look: Time,
    next_prune: Time,
    next_patrol: Time,
    /// The number of attempts that have ended since the last removal of old tasks.
    unpruned: usize,
}

impl<B: Backend> Server<B> {
    pub(super) fn new(store: Arc<Leased<B>>, host: Arc<dyn Host>) -> Self {
        let (steps_sender, steps) = mpsc::unbounded_channel();
        let now = store.clock.now();
        Server {
            cancelled: store.parts.bus.cancelled.subscribe(),
            claimable: store.parts.bus.claimable.subscribe(),
            next_look: now,
            next_prune: now + PRUNE_EVERY,
            next_patrol: now,
            unpruned: 0,
            running: HashMap::new(),
            store,
            host,
            steps,
            steps_sender,
        }
    }

    pub(super) async fn run(mut self) {
        let mut ending = self.host.ending();
        let mut pausing = self.host.pausing();
        keeper::start(&self.store);
        let mut next = self.claim().await;
        loop {
            let sleep = self.store.clock.sleep_until(next.min(self.next_look));
            let may_claim = tokio::select! {
                end = ended(&mut ending) => return self.end(end).await,
                Some(step) = self.steps.recv() => self.step(step),
                id = self.cancelled.recv() => { self.cancel(id); true }
                _ = self.claimable.changed() => true,
                Ok(()) = pausing.changed() => true,
                () = sleep => true,
            };
            self.maintain().await;
            if may_claim {
                next = self.claim().await;
            }
        }
    }

    /// Starts the due tasks and returns the time of the next claim.
    async fn claim(&mut self) -> Time {
        self.make_room().await;
        let now = self.store.clock.now();
        let host = Arc::clone(&self.host);
        let settings = host.settings();
        let poll = now + settings.poll;
        self.claimable.mark_unchanged();
        let slots = settings.slots.saturating_sub(self.busy());
        if slots == 0 || *host.pausing().borrow() {
            return poll;
        }
        match self.claim_for(slots).await {
            Ok(Batch { claimed, next }) => {
                let is_locked = claimed.is_empty() && next.is_some_and(|next| next <= now);
                let next = if is_locked { Some(now + LOCKED) } else { next };
                claimed.into_iter().for_each(|claimed| self.start(claimed));
                next.map_or(poll, |next| next.min(poll))
            }
            Err(error) => {
                warn("a worker could not claim tasks", &error);
                now + RETRY_STORE
            }
        }
    }

    /// Lets attempts end that have just started and end at once, so that one claim fills all of their slots.
    async fn make_room(&mut self) {
        let mut has_waited = false;
        loop {
            let mut is_quiet = true;
            while let Ok(step) = self.steps.try_recv() {
                self.step(step);
                is_quiet = false;
            }
            if self.busy() == 0 || (is_quiet && has_waited) {
                return;
            }
            has_waited = true;
            tokio::task::yield_now().await;
        }
    }

    /// The number of attempts that need a slot.
    fn busy(&self) -> usize {
        self.running.values().filter(|it| !it.is_ending).count()
    }

    /// Notes a step of an attempt; `true` when a slot is free now.
    fn step(&mut self, step: Step) -> bool {
        match step {
            Step::Ending(lease) => {
                let running = self.running.get_mut(&lease);
                running.is_some_and(|it| !std::mem::replace(&mut it.is_ending, true))
            }
            Step::Ended(lease) => {
                self.unpruned += 1;
                self.running.remove(&lease).is_some_and(|it| !it.is_ending)
            }
        }
    }

    /// Claims tasks for this many slots. When one of them cannot be changed, it is set aside.
    async fn claim_for(&self, slots: usize) -> Result<Batch, StoreError> {
        let settings = self.host.settings();
        let claim = |is_careful| Claim {
            vacancies: self.vacancies(slots),
            slots,
            worker: Arc::clone(&settings.name),
            lease: settings.lease,
            clock: Arc::clone(&self.store.clock),
            is_careful,
        };
        match self.store.claim(claim(false)).await {
            Err(error) if is_of_one_row(&error) => self.store.claim(claim(true)).await,
            reply => reply,
        }
    }

    fn vacancies(&self, slots: usize) -> Vec<Vacancy> {
        let is_busy = |it: &&Running, name| it.function == name && !it.is_ending;
        let running = |name| self.running.values().filter(|it| is_busy(it, name)).count();
        let functions = self.host.functions().iter();
        let vacancies = functions.map(|function| {
            let running = || running(function.name);
            let left = function.limit.map_or(slots, |limit| limit.saturating_sub(running()));
            Vacancy { function: *function, slots: left.min(slots) }
        });
        vacancies.filter(|vacancy| vacancy.slots > 0).collect()
    }

    fn start(&mut self, claimed: Claimed) {
        let functions = self.host.functions().iter();
        let Some(function) = functions.copied().find(|it| it.name == claimed.record.name) else {
            return;
        };
        let lease = claimed.record.lease();
        let (store, host) = (Arc::clone(&self.store), Arc::clone(&self.host));
        let running = attempt::start(store, host, function, claimed, self.steps_sender.clone());
        self.running.insert(lease, running);
    }

    /// Stops the attempt of a task that was cancelled in this process. The next heartbeat finds any that was missed.
    fn cancel(&mut self, id: Result<TaskId, broadcast::error::RecvError>) {
        let running = self.running.iter().filter(|(lease, _)| Ok(lease.id) == id);
        running.for_each(|(_, running)| running.link.stop(Stop::Lost));
    }

    /// Looks for lost leases and removes old tasks, each when its time has come.
    async fn maintain(&mut self) {
        let now = self.store.clock.now();
        if now >= self.next_look {
            self.look(now).await;
        }
        if now >= self.next_patrol {
            self.next_patrol = now + PATROL_EVERY;
            let (store, host) = (Arc::clone(&self.store), Arc::clone(&self.host));
            tokio::spawn(async move {
                if let Err(error) = patrol::round(store, host).await {
                    warn("a worker could not look for tasks that nobody runs", &error);
                }
            });
        }
        if now >= self.next_prune || self.unpruned >= PRUNE_AFTER {
            (self.next_prune, self.unpruned) = (now + PRUNE_EVERY, 0);
            let (store, retention) = (Arc::clone(&self.store), self.host.settings().retention);
            // Those of other programs have settings of their own.
            let functions = self.host.functions().iter();
            let names = functions.map(|function| function.name.to_owned()).collect();
            tokio::spawn(async move {
                if let Err(error) = store.prune_functions(names, retention).await {
                    warn("old tasks could not be removed", &error);
                }
            });
        }
    }

    /// Closes the leases that are lost.
    async fn look(&mut self, now: Time) {
        self.next_look = now + self.host.settings().heartbeat;
        match self.store.write(Look).await {
            Ok(Some(left)) => self.next_look = self.next_look.min(now + left),
            Ok(None) => {}
            Err(error) => {
                self.store.parts.judge.forget();
                warn("a worker could not look for lost attempts", &error);
            }
        }
    }

    fn stop_all(&mut self, why: Stop) {
        self.running.values().for_each(|running| running.link.stop(why));
    }

    async fn end(mut self, end: End) {
        let within = match end {
            End::Within(within) => within,
            End::NotYet | End::Abandoned => {
                self.running.keys().for_each(|lease| self.store.parts.keeper.forget(*lease));
                self.stop_all(Stop::Lost);
                Duration::ZERO
            }
        };
        let last = self.store.clock.now() + within;
        while !self.running.is_empty() {
            let now = self.store.clock.now();
            let left = last.since(now);
            if now > last + PATIENCE {
                // The store does not reply. The leases will run out.
                return;
            }
            if left.is_zero() {
                self.stop_all(Stop::Return);
                // They end by themselves. Until then they keep their leases, so no worker starts them again.
                self.running.retain(|_, running| !running.link.handle.is_busy());
                if self.running.is_empty() {
                    return;
                }
            }
            let pause =
                if left.is_zero() { RETRY_STORE } else { left.min(self.host.settings().poll) };
            let sleep = self.store.clock.sleep_until(now + pause);
            tokio::select! {
                Some(step) = self.steps.recv() => { self.step(step); }
                id = self.cancelled.recv() => self.cancel(id),
                () = sleep => {}
            }
            self.maintain().await;
        }
    }
}

async fn ended(ending: &mut watch::Receiver<End>) -> End {
    let end = ending.wait_for(|end| *end != End::NotYet).await;
    // The handle of the worker was dropped.
    end.map_or(End::Within(Duration::ZERO), |end| *end)
}
