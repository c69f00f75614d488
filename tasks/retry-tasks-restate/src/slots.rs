//! The workers of this process and their slots. The server sends attempts without asking, so they wait here: the greatest
//! priority first, then the function that has the fewest running attempts, then the longest due.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use retry_tasks::store::{End, Host, Hosted};
use retry_tasks::{TaskId, Time};
use tokio::sync::{oneshot, watch};

use crate::protocol::Ticket;

#[derive(Debug, Default)]
pub(crate) struct Slots {
    state: Mutex<State>,
    /// Changes whenever a slot becomes free.
    freed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    hosts: Vec<Entry>,
    waiting: Vec<Waiting>,
    numbers: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    host: Arc<dyn Host>,
    running: Vec<&'static str>,
}

#[derive(Debug)]
struct Waiting {
    name: String,
    priority: i32,
    due: Time,
    id: TaskId,
    place: oneshot::Sender<Place>,
}

/// A slot of a worker, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) function: Hosted,
    number: u64,
    is_free: AtomicBool,
    slots: Arc<Slots>,
}

impl Slots {
    /// Waits for a free slot of a worker that has the function.
    pub(crate) async fn acquire(self: &Arc<Self>, ticket: &Ticket) -> Place {
        loop {
            let (place, receiver) = oneshot::channel();
            let waiting = Waiting {
                name: ticket.name.clone(),
                priority: ticket.priority,
                due: ticket.due,
                id: ticket.id,
                place,
            };
            self.lock().waiting.push(waiting);
            self.hand_out();
            if let Ok(place) = receiver.await {
                return place;
            }
        }
    }

    /// Adds a worker. Returns the number under which it is [removed](Self::remove).
    pub(crate) fn add(self: &Arc<Self>, host: Arc<dyn Host>) -> u64 {
        let mut state = self.lock();
        state.numbers += 1;
        let number = state.numbers;
        state.hosts.push(Entry { number, host, running: Vec::new() });
        drop(state);
        self.hand_out();
        number
    }

    pub(crate) fn remove(&self, number: u64) {
        self.lock().hosts.retain(|entry| entry.number != number);
    }

    /// Completes when no attempt of this worker is running.
    pub(crate) async fn idle(&self, number: u64) {
        let mut freed = self.freed.subscribe();
        let is_idle = |_: &u64| {
            let state = self.lock();
            state.hosts.iter().all(|entry| entry.number != number || entry.running.is_empty())
        };
        // The sender is alive: it belongs to `self`.
        let _ = freed.wait_for(is_idle).await;
    }

    /// Gives the free slots to those who wait.
    pub(crate) fn hand_out(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            state.waiting.retain(|waiting| !waiting.place.is_closed());
            let Some((waiting, entry, function)) = state.next() else { return };
            let Waiting { place, .. } = state.waiting.swap_remove(waiting);
            let entry = &mut state.hosts[entry];
            entry.running.push(function.name);
            let (host, number) = (Arc::clone(&entry.host), entry.number);
            drop(state);
            // Nobody waits any more: the place is dropped, and so it is free again.
            let _ = place.send(Place {
                host,
                function,
                number,
                is_free: AtomicBool::new(false),
                slots: Arc::clone(self),
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next one of those who wait, with the worker and the function that it gets.
    fn next(&self) -> Option<(usize, usize, Hosted)> {
        let found = self.waiting.iter().enumerate().filter_map(|(at, waiting)| {
            let (entry, function) = self.vacancy(&waiting.name)?;
            let running = self.hosts[entry].running.iter();
            let running = running.filter(|name| **name == function.name).count();
            let order = (Reverse(waiting.priority), running, waiting.due, waiting.id);
            Some((order, at, entry, function))
        });
        let first = found.min_by(|one, two| one.0.cmp(&two.0))?;
        Some((first.1, first.2, first.3))
    }

    fn vacancy(&self, name: &str) -> Option<(usize, Hosted)> {
        self.hosts.iter().enumerate().find_map(|(at, entry)| {
            let is_free = entry.running.len() < entry.host.settings().slots
                && *entry.host.ending().borrow() == End::NotYet
                && !*entry.host.pausing().borrow();
            let function = entry.host.functions().iter().find(|function| function.name == name)?;
            let running = entry.running.iter().filter(|running| **running == name).count();
            let is_free = is_free && function.limit.is_none_or(|limit| running < limit);
            is_free.then_some((at, *function))
        })
    }
}

impl Place {
    /// Lets the worker end without this attempt.
    pub(crate) fn detach(&self) {
        self.release();
    }

    fn release(&self) {
        if self.is_free.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut state = self.slots.lock();
        if let Some(entry) = state.hosts.iter_mut().find(|entry| entry.number == self.number) {
            let at = entry.running.iter().position(|name| *name == self.function.name);
            at.map(|at| entry.running.swap_remove(at));
        }
        drop(state);
        self.slots.hand_out();
        self.slots.freed.send_modify(|freed| *freed += 1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.release();
    }
}
