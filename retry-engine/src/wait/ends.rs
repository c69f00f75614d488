//! The ends of sleeps, in order: a binary heap from which any sleep can be taken out.
//!
//! Most sleeps that limit an attempt are dropped long before their end, so an entry must not stay until then.

use std::task::Waker;

use crate::base::time::Instant;

/// The sleeps of the process that have not been dropped.
pub(super) struct Ends {
    /// The sleeps that go on, each with its number; a parent ends no later than its children.
    heap: Vec<(Instant, usize)>,
    /// The sleeps by number.
    sleeps: Vec<Sleeper>,
    /// The numbers that no sleep has.
    free: Vec<usize>,
}

struct Sleeper {
    /// The place in the heap; `None` after the end.
    place: Option<usize>,
    /// The task to wake at the end.
    waker: Option<Waker>,
}

impl Ends {
    pub(super) const fn new() -> Self {
        Ends { heap: Vec::new(), sleeps: Vec::new(), free: Vec::new() }
    }

    /// The end of the sleep that ends first.
    pub(super) fn first(&self) -> Option<Instant> {
        self.heap.first().map(|&(end, _)| end)
    }

    /// Adds a sleep and returns its number.
    pub(super) fn add(&mut self, end: Instant, waker: Waker) -> usize {
        let place = self.heap.len();
        let sleeper = Sleeper { place: Some(place), waker: Some(waker) };
        let number = match self.free.pop() {
            Some(number) => {
                self.sleeps[number] = sleeper;
                number
            }
            None => {
                self.sleeps.push(sleeper);
                self.sleeps.len() - 1
            }
        };
        self.heap.push((end, number));
        self.rise(place);
        number
    }

    /// Sets the task to wake, and returns the one before: the caller drops it outside of the lock.
    pub(super) fn set_waker(&mut self, number: usize, waker: Waker) -> Option<Waker> {
        self.sleeps[number].waker.replace(waker)
    }

    /// Ends the first sleep if its time has come, and returns the task to wake.
    pub(super) fn end_first(&mut self, now: Instant) -> Option<Waker> {
        let &(_, number) = self.heap.first().filter(|&&(end, _)| end <= now)?;
        self.take_out(number);
        self.sleeps[number].waker.take()
    }

    /// Forgets a sleep, and returns its task's waker: the caller drops it outside of the lock.
    pub(super) fn forget(&mut self, number: usize) -> Option<Waker> {
        self.take_out(number);
        self.free.push(number);
        self.sleeps[number].waker.take()
    }

    /// Takes a sleep out of the heap.
    fn take_out(&mut self, number: usize) {
        let Some(place) = self.sleeps[number].place.take() else { return };
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            // The last one has this place now.
            self.note(place);
            self.sink(place);
            self.rise(place);
        }
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent].0 <= self.heap[place].0 {
                return;
            }
            self.swap(place, parent);
            place = parent;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let mut child = 2 * place + 1;
            if child + 1 < self.heap.len() && self.heap[child + 1].0 < self.heap[child].0 {
                child += 1;
            }
            if child >= self.heap.len() || self.heap[place].0 <= self.heap[child].0 {
                return;
            }
            self.swap(place, child);
            place = child;
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.note(one);
        self.note(other);
    }

    /// Notes the place of the sleep that the heap has there.
    fn note(&mut self, place: usize) {
        let number = self.heap[place].1;
        self.sleeps[number].place = Some(place);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Add(u64),
        Forget(usize),
        Advance(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..50_u64).prop_map(Step::Add),
            2 => (0..64_usize).prop_map(Step::Forget),
            1 => (0..20_u64).prop_map(Step::Advance),
        ]
    }

    proptest! {
        #[test]
        fn sleeps_end_in_order_and_forgotten_ones_never(steps in prop::collection::vec(step(), 1..200)) {
            let start = Instant::now();
            let at = |seconds| start + Duration::from_secs(seconds);
            let (mut ends, mut now) = (Ends::new(), 0);
            // The sleeps that have not been forgotten, by number, with their ends; `None` after the end.
            let mut model = BTreeMap::<usize, Option<u64>>::new();
            for step in steps {
                match step {
                    Step::Add(seconds) => {
                        let number = ends.add(at(now + seconds), Waker::noop().clone());
                        prop_assert_eq!(model.insert(number, Some(now + seconds)), None);
                    }
                    Step::Forget(index) if !model.is_empty() => {
                        let number = *model.keys().nth(index % model.len()).expect("not empty");
                        let waits = model.remove(&number).flatten().is_some();
                        prop_assert_eq!(ends.forget(number).is_some(), waits);
                    }
                    Step::Forget(_) => {}
                    Step::Advance(seconds) => {
                        now += seconds;
                        let due = model.values_mut().filter(|end| end.is_some_and(|end| end <= now));
                        let due = due.map(|end| *end = None).count();
                        let mut woken = 0;
                        while ends.end_first(at(now)).is_some() {
                            woken += 1;
                        }
                        prop_assert_eq!(woken, due);
                    }
                }
                let first = model.values().flatten().min().map(|&end| at(end));
                prop_assert_eq!(ends.first(), first);
            }
        }
    }

    #[test]
    fn the_number_of_a_forgotten_sleep_is_given_again() {
        let mut ends = Ends::new();
        let end = Instant::now();
        let [first, second] = [0, 1].map(|_| ends.add(end, Waker::noop().clone()));
        ends.forget(first);
        assert_eq!(ends.add(end, Waker::noop().clone()), first);
        ends.forget(second);
        assert_eq!((ends.heap.len(), ends.sleeps.len()), (1, 2));
    }
}
