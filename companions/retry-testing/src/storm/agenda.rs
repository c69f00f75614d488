//! The events of a simulation, in virtual time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use super::clock;

/// Planned events. Those at the same time happen in the order in which they were planned.
#[derive(Debug)]
pub struct Agenda<E> {
    events: BinaryHeap<Reverse<Planned<E>>>,
    planned: u64,
}

/// An event, its time and its number.
#[derive(Debug)]
struct Planned<E> {
    at: Duration,
    number: u64,
    event: E,
}

impl<E> Agenda<E> {
    /// Plans an event so long after the start.
    pub fn plan(&mut self, at: Duration, event: E) {
        self.planned += 1;
        self.events.push(Reverse(Planned { at, number: self.planned, event }));
    }

    /// The next event and its time, to which the clock of this thread is set.
    pub fn pop(&mut self) -> Option<(Duration, E)> {
        let Reverse(Planned { at, event, .. }) = self.events.pop()?;
        clock::set(at);
        Some((at, event))
    }
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Agenda { events: BinaryHeap::new(), planned: 0 }
    }
}

impl<E> Ord for Planned<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_at_the_same_time_happen_in_the_order_in_which_they_were_planned() {
        let mut agenda = Agenda::default();
        for (at, event) in [(2, "c"), (1, "a"), (2, "d"), (1, "b")] {
            agenda.plan(Duration::from_secs(at), event);
        }
        let told: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(_, event)| event).collect();
        assert_eq!(told, ["a", "b", "c", "d"]);
        assert_eq!(clock::now(), clock::at(Duration::from_secs(2)));
    }
}
