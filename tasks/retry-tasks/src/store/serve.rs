//! A worker of a leased store: it claims what is due, runs it, keeps its leases, and gives them back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::resume::{Next, judge};
use retry_runtime::{Class, Kind, Site};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::claim::{Claim, Taken, Vacancy};
use super::ops::{Finish, Renew};
use super::{Backend, Leased, Store};
use crate::machine::Attempted;
use crate::record::{Claimed, Lease};
use crate::worker::{End, Host, Live};
use crate::{StoreError, TaskId, Time};

/// How long a worker waits before it asks a store again that could not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// How often progress is written down.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often tasks are removed that need not be kept any more.
const PRUNE_EVERY: Duration = Duration::from_secs(10);

/// How many attempts may end before that is done sooner.
const PRUNE_AFTER: usize = 5000;

/// How long a worker that ends waits for a store that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an attempt is broken off.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// Its claim is not valid any more: nothing is to be written down.
    Gone,
    /// The worker ends: the task is given back.
    GiveBack,
}

/// An attempt that runs.
struct Running {
    name: &'static str,
    live: Arc<Live>,
    stop: Option<oneshot::Sender<Break>>,
}

impl Running {
    fn stop(&mut self, why: Break) {
        self.live.stop();
        if let Some(stop) = self.stop.take() {
            // It may have ended just now.
            let _ = stop.send(why);
        }
    }
}

pub(super) struct Server<B> {
    store: Arc<Leased<B>>,
    host: Arc<Host>,
    running: HashMap<Lease, Running>,
    done: mpsc::UnboundedReceiver<Lease>,
    finished: mpsc::UnboundedSender<Lease>,
    cancelled: broadcast::Receiver<TaskId>,
    work: watch::Receiver<u64>,
    next_look: Time,
    next_heartbeat: Time,
    next_prune: Time,
    /// Attempts that have ended since ended tasks were last removed.
    unpruned: usize,
}

impl<B: Backend> Server<B> {
    pub(super) fn new(store: Arc<Leased<B>>, host: Arc<Host>) -> Self {
        let (finished, done) = mpsc::unbounded_channel();
        let now = store.clock().now();
        Server {
            cancelled: store.bus().cancelled(),
            work: store.bus().work(),
            next_look: now,
            next_heartbeat: now + host.timing().heartbeat,
            next_prune: now + PRUNE_EVERY,
            unpruned: 0,
            running: HashMap::new(),
            store,
            host,
            done,
            finished,
        }
    }

    pub(super) async fn run(mut self) {
        let mut ending = self.host.ending();
        loop {
            let next = self.claim().await;
            let sleep = self.store.clock().sleep_until(self.wake(next));
            tokio::select! {
                end = ended(&mut ending) => return self.end(end).await,
                Some(lease) = self.done.recv() => self.forget(lease),
                id = self.cancelled.recv() => self.cancel(id),
                _ = self.work.changed() => {}
                () = sleep => {}
            }
            self.keep().await;
        }
    }

    /// When to wake: to claim again, or for what runs.
    fn wake(&self, next: Time) -> Time {
        let kept = if self.running.is_empty() { next } else { self.next_look };
        next.min(kept).min(self.next_heartbeat)
    }

    /// Starts what is due, and says when to look again.
    async fn claim(&mut self) -> Time {
        let now = self.store.clock().now();
        let poll = now + self.host.timing().poll;
        // What is done already makes room.
        while let Ok(lease) = self.done.try_recv() {
            self.forget(lease);
        }
        self.work.mark_unchanged();
        let places = self.host.in_flight().saturating_sub(self.running.len());
        if places == 0 {
            return poll;
        }
        let (worker, lease) = (Arc::clone(self.host.name()), self.host.timing().lease);
        let held = self.running.keys().copied().collect();
        let claim = Claim { vacancies: self.vacancies(places), places, worker, lease, held };
        match self.store.write(claim).await {
            Ok(Taken { claimed, next }) => {
                claimed.into_iter().for_each(|claimed| self.start(claimed));
                next.map_or(poll, |next| next.min(poll))
            }
            Err(error) => {
                warn("a worker could not take tasks", &error);
                now + AGAIN
            }
        }
    }

    fn vacancies(&self, places: usize) -> Vec<Vacancy> {
        let running = |name| self.running.values().filter(|running| running.name == name).count();
        let vacancy = |hosted: &crate::worker::Hosted| {
            let name = hosted.function.name();
            let left = hosted.limit.map_or(places, |limit| limit.saturating_sub(running(name)));
            Vacancy { name, site: hosted.site, places: left.min(places) }
        };
        self.host.hosted().iter().map(vacancy).collect()
    }

    fn start(&mut self, claimed: Claimed) {
        let hosted = self.host.hosted().iter();
        let Some(hosted) = hosted.copied().find(|it| it.function.name() == claimed.record.name)
        else {
            return;
        };
        let live = Arc::new(Live::new(claimed.record.id, claimed.record.progress.clone()));
        let (stop, stopped) = oneshot::channel();
        let lease = claimed.record.lease();
        let attempt = Attempt {
            store: Arc::clone(&self.store),
            host: Arc::clone(&self.host),
            site: hosted.site,
            live: Arc::clone(&live),
            finished: self.finished.clone(),
        };
        tokio::spawn(attempt.run(claimed, stopped));
        let name = hosted.function.name();
        self.running.insert(lease, Running { name, live, stop: Some(stop) });
    }

    fn forget(&mut self, lease: Lease) {
        self.unpruned += 1;
        self.running.remove(&lease);
    }

    /// A task was cancelled in this process. One that was missed is found by the next heartbeat.
    fn cancel(&mut self, id: Result<TaskId, broadcast::error::RecvError>) {
        let Ok(id) = id else { return };
        for (lease, running) in &mut self.running {
            if lease.id == id {
                running.stop(Break::Gone);
            }
        }
    }

    /// Renews the leases when it is time, writes down progress, and removes what need not be kept.
    async fn keep(&mut self) {
        let now = self.store.clock().now();
        let all = now >= self.next_heartbeat;
        if now < self.next_look && !all {
            return;
        }
        self.next_look = now + LOOK_EVERY;
        if all {
            self.next_heartbeat = now + self.host.timing().heartbeat;
        }
        let news = self.running.iter().map(|(lease, running)| (*lease, running.live.news()));
        let leases: Vec<_> = news.filter(|(_, news)| all || news.is_some()).collect();
        if !leases.is_empty() {
            let renew = Renew { leases: leases.clone(), lease: self.host.timing().lease };
            match self.store.write(renew).await {
                Ok(gone) => gone.into_iter().for_each(|lease| self.stop(lease, Break::Gone)),
                Err(error) => {
                    warn("a worker could not renew its leases", &error);
                    self.next_heartbeat = now + AGAIN;
                    for (lease, _) in leases.iter().filter(|(_, news)| news.is_some()) {
                        self.running.get(lease).inspect(|running| running.live.renew());
                    }
                }
            }
        }
        if now >= self.next_prune || self.unpruned >= PRUNE_AFTER {
            (self.next_prune, self.unpruned) = (now + PRUNE_EVERY, 0);
            let (store, retention) = (Arc::clone(&self.store), self.host.retention());
            tokio::spawn(async move {
                if let Err(error) = store.prune(retention).await {
                    warn("ended tasks could not be removed", &error);
                }
            });
        }
    }

    fn stop(&mut self, lease: Lease, why: Break) {
        if let Some(running) = self.running.get_mut(&lease) {
            running.stop(why);
        }
    }

    async fn end(mut self, end: End) {
        let within = match end {
            End::Within(within) => within,
            End::NotYet | End::Abandoned => {
                self.running.values_mut().for_each(|running| running.stop(Break::Gone));
                Duration::ZERO
            }
        };
        let last = self.store.clock().now() + within;
        while !self.running.is_empty() {
            let now = self.store.clock().now();
            let left = last.since(now);
            if now > last + PATIENCE {
                // The store does not answer. Its leases run out.
                return;
            }
            if left.is_zero() {
                self.running.values_mut().for_each(|running| running.stop(Break::GiveBack));
            }
            let pause = if left.is_zero() { AGAIN } else { left.min(self.host.timing().poll) };
            let sleep = self.store.clock().sleep_until(now + pause);
            tokio::select! {
                Some(lease) = self.done.recv() => self.forget(lease),
                id = self.cancelled.recv() => self.cancel(id),
                () = sleep => {}
            }
            self.keep().await;
        }
    }
}

async fn ended(ending: &mut watch::Receiver<End>) -> End {
    let end = ending.wait_for(|end| *end != End::NotYet).await;
    // Without its handle, a worker goes on for nobody.
    end.map_or(End::Within(Duration::ZERO), |end| *end)
}

/// One attempt on its own task of the runtime.
struct Attempt<B> {
    store: Arc<Leased<B>>,
    host: Arc<Host>,
    site: &'static Site,
    live: Arc<Live>,
    finished: mpsc::UnboundedSender<Lease>,
}

impl<B: Backend> Attempt<B> {
    async fn run(self, claimed: Claimed, stopped: oneshot::Receiver<Break>) {
        let (lease, standing) = (claimed.record.lease(), claimed.standing);
        let done = tokio::select! {
            biased;
            why = stopped => match why {
                Ok(Break::GiveBack) => Some(given_back(self.site, &standing)),
                // A server that is gone has abandoned its tasks.
                Ok(Break::Gone) | Err(_) => None,
            },
            done = self.host.run_as(claimed, Arc::clone(&self.live)) => Some(done),
        };
        if let Some(done) = done {
            self.write_down(lease, done).await;
        }
        // The server may have ended.
        let _ = self.finished.send(lease);
    }

    /// Writes down what the attempt came to, for as long as it takes.
    async fn write_down(&self, lease: Lease, done: Attempted) {
        loop {
            let progress = self.live.news();
            let finish = Finish { lease, done: done.clone(), progress };
            match self.store.write(finish).await {
                Ok(_) => return,
                Err(error) => warn("the end of an attempt could not be written down yet", &error),
            }
            if matches!(*self.host.ending().borrow(), End::Abandoned) {
                return;
            }
            let clock = self.store.clock();
            clock.sleep_until(clock.now() + AGAIN).await;
        }
    }
}

/// What becomes of a task whose attempt was broken off.
fn given_back(site: &'static Site, standing: &retry_runtime::resume::Standing) -> Attempted {
    match judge(site, standing, Class::new(Kind::Ambiguous)) {
        Next::Stop(reason) => Attempted::Lost(Next::Stop(reason)),
        Next::Again(_) | Next::Refused(_) => Attempted::GivenBack,
    }
}

fn warn(what: &str, error: &StoreError) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "retry_tasks", %error, "{what}");
    #[cfg(not(feature = "tracing"))]
    let _ = (what, error);
}
