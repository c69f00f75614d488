//! The transport in memory.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use retry_runtime::control::{lock, real_now};

use crate::transport::{Inbox, Transport};
use crate::word::Word;

/// A transport between members of one process, for tests and simulations of a fleet.
///
/// ```
/// use retry_fleet::{Bus, join};
/// use retry_runtime::breaker::Share;
///
/// let bus = Bus::new();
/// let one = join(Share::new("docs::one"), bus.seat())?;
/// let other = join(Share::new("docs::other"), bus.seat())?;
/// # drop((one, other));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bus(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    seats: u64,
    inboxes: Vec<(u64, Inbox)>,
    /// The seat that has the turn to probe with the breaker of a name, and the end of the turn.
    turns: HashMap<String, (u64, Instant)>,
    is_cut: bool,
}

/// A place on a [`Bus`]: the transport of one member.
///
/// ```
/// use retry_fleet::{Bus, Transport};
/// use std::time::Duration;
///
/// let bus = Bus::new();
/// let (one, other) = (bus.seat(), bus.seat());
/// assert!(one.probe("bank", Duration::from_secs(10))?);
/// assert!(!other.probe("bank", Duration::from_secs(10))?);
/// one.release("bank");
/// assert!(other.probe("bank", Duration::from_secs(10))?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Seat {
    bus: Bus,
    number: u64,
}

impl Bus {
    /// A bus without seats.
    pub fn new() -> Self {
        Bus::default()
    }

    /// A new place.
    pub fn seat(&self) -> Seat {
        let mut state = lock(&self.0);
        state.seats += 1;
        Seat { bus: self.clone(), number: state.seats }
    }

    /// Cuts the bus, or mends it: while it is cut, every method of its seats fails.
    pub fn cut(&self, is_cut: bool) {
        lock(&self.0).is_cut = is_cut;
    }
}

impl Transport for Seat {
    fn listen(&self, inbox: Inbox) {
        lock(&self.bus.0).inboxes.push((self.number, inbox));
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        let inboxes = {
            let state = lock(&self.bus.0);
            state.check()?;
            state.inboxes.clone()
        };
        for (number, inbox) in inboxes {
            if number != self.number {
                inbox.hear(word.clone());
            }
        }
        Ok(())
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        let (mut state, now) = (lock(&self.bus.0), real_now());
        state.check()?;
        let taken = state.turns.get(breaker);
        if taken.is_some_and(|(number, until)| *number != self.number && now < *until) {
            return Ok(false);
        }
        state.turns.insert(breaker.to_owned(), (self.number, now + hold));
        Ok(true)
    }

    fn release(&self, breaker: &str) {
        let mut state = lock(&self.bus.0);
        if state.turns.get(breaker).is_some_and(|(number, _)| *number == self.number) {
            state.turns.remove(breaker);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = lock(&self.bus.0);
        state.inboxes.retain(|(number, _)| *number != self.number);
        state.turns.retain(|_, (number, _)| *number != self.number);
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        match self.is_cut {
            true => Err(io::Error::new(io::ErrorKind::NotConnected, "the bus is cut")),
            false => Ok(()),
        }
    }
}
