//! The share of a breaker: the processes of a fleet that tell each other when their breakers of one name open.
//!
//! The engine knows no transport. A program that shares its breakers links a [`Link`] under the name of the share (crate
//! `retry-fleet`); the breaker tells it of its transitions, and asks it for the turn to probe. Both happen under no lock and
//! only where a state changes or a half-open breaker refuses: a call of a closed breaker does nothing for it.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::machine::Machine;
use super::ticket::{Mode, Transition};
use crate::base::border::contained;
use crate::base::sync::lock;

/// The name under which a program connects breakers to those of its other processes: the setting
/// [`share`](super::BreakerSettings::share).
///
/// Until the program connects the name (crate `retry-fleet`), and while the connection is down, the breakers are as local as
/// those without a share.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Share};
///
/// static ORDERS: Share = Share::new("orders");
/// static BANK: Breaker = Breaker::new("bank", BreakerSettings::new().share(ORDERS));
///
/// assert!(BANK.permit().is_ok());
/// assert_eq!(BANK.settings().share.map(|share| share.name()), Some("orders"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Share(&'static str);

impl Share {
    /// The share of this name. Two values of the same name are the same share.
    pub const fn new(name: &'static str) -> Self {
        Share(name)
    }

    /// The name.
    #[inline]
    pub const fn name(&self) -> &'static str {
        self.0
    }

    /// Whether the program has connected it.
    #[inline]
    pub(crate) fn is_connected(self) -> bool {
        linked(self).is_some()
    }
}

impl fmt::Display for Share {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The state of a breaker as its fleet hears it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Its own results opened it.
    Open,
    /// The word of others opened it, or keeps it open: it has nothing to say.
    Following,
    /// Its probes decide.
    Probing,
    /// It refuses nothing, or an operator decides for it.
    Closed,
}

/// The connection of a share. The methods are called in the thread of a call and must return at once.
#[doc(hidden)]
pub trait Link: Send + Sync {
    /// A breaker has changed its state.
    fn changed(&self, breaker: &str, stance: Stance);

    /// A half-open breaker asks for the turn to probe; false if nobody will answer.
    fn ask(&self, breaker: &str) -> bool;
}

static LINKS: Mutex<Vec<(Share, Arc<dyn Link>)>> = Mutex::new(Vec::new());

/// Connects a share; false if it is connected already.
#[doc(hidden)]
#[inline]
pub fn link(share: Share, link: Arc<dyn Link>) -> bool {
    let mut links = lock(&LINKS);
    let is_new = links.iter().all(|(known, _)| *known != share);
    if is_new {
        links.push((share, link));
    }
    is_new
}

/// Disconnects a share.
#[doc(hidden)]
#[inline]
pub fn unlink(share: Share) {
    let place = |links: &[(Share, Arc<dyn Link>)]| links.iter().position(|(it, _)| *it == share);
    let mut links = lock(&LINKS);
    let removed = place(&links).map(|place| links.swap_remove(place));
    // Its drop is foreign code.
    drop(links);
    contained(|| drop(removed));
}

fn linked(share: Share) -> Option<Arc<dyn Link>> {
    let links = lock(&LINKS);
    links.iter().find(|(known, _)| *known == share).map(|(_, link)| Arc::clone(link))
}

/// The news of a step of the machine for the share.
pub(super) type News = Option<(Share, Stance)>;

/// Tells the share of a breaker's state. The caller holds no lock.
#[cold]
pub(super) fn tell(breaker: &str, (share, stance): (Share, Stance)) {
    if let Some(link) = linked(share) {
        // Moved, so that a last drop is contained as well.
        contained(move || link.changed(breaker, stance));
    }
}

/// Asks the share for the turn to probe; false if nobody will answer. The caller holds no lock.
pub(super) fn ask(share: Share, breaker: &str) -> bool {
    linked(share).is_some_and(|link| contained(move || link.ask(breaker)).unwrap_or(false))
}

impl Machine {
    /// The stance after these transitions, of a machine with a share.
    pub(super) fn news(&self, transitions: &[Transition]) -> News {
        let share = self.settings.share?;
        let stance = match transitions.last()?.to {
            Mode::Open if self.follows => Stance::Following,
            Mode::Open => Stance::Open,
            Mode::HalfOpen => Stance::Probing,
            Mode::Closed | Mode::ForcedOpen | Mode::Disabled | Mode::Shadow => Stance::Closed,
        };
        Some((share, stance))
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "share_tests.rs"]
mod tests;
