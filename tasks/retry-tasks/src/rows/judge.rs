//! Decides which leases are lost: those that this process has seen unchanged for their length on its own monotonic clock.
//!
//! No two machines' clocks are compared (Kubernetes elects leaders in the same way): the end of a lease only tells
//! whether it was renewed. Time in which this process could not look does not count either, because whatever stopped the
//! judge, a locked file or a stopped machine, may have stopped the holder of the lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{keeper::Keeper, table::Held};
use crate::base::{clock::Clock, time::Time};
use crate::machine::lease::Lease;

/// The lease of a function that this program does not have is closed after this many times its length: only a worker
/// with the function knows whether it can be repeated.
const FOREIGN: u32 = 10;

/// The leases that this process has seen.
#[derive(Debug)]
pub(super) struct Judge {
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    leases: HashMap<Lease, Sight>,
    /// The last look, on a clock that no test moves.
    looked: Option<Instant>,
}

/// The end of a lease as it was seen, and when it was seen first.
#[derive(Clone, Copy, Debug)]
struct Sight {
    until: Time,
    since: Duration,
}

/// The result of a look.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The leases that are lost.
    pub(super) lost: Vec<Held>,
    /// The time until the next lease may be lost.
    pub(super) next: Option<Duration>,
}

impl Judge {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Judge { clock, seen: Mutex::default() }
    }

    /// The time up to which tasks are due.
    pub(super) fn certain(&self) -> Time {
        self.clock.certain()
    }

    /// Notes a lease that this process has just claimed or renewed.
    pub(super) fn note(&self, lease: Lease, until: Time) {
        let since = self.clock.elapsed();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.leases.insert(lease, Sight { until, since });
    }

    /// Forgets what was seen: this process could not look, so the holders of the leases may not have been able to renew them.
    pub(super) fn forget(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.leases.clear();
    }

    /// Looks at all leases. `keeper` has those of this process, which are never lost.
    pub(super) fn look(&self, held: Vec<Held>, keeper: &Keeper) -> Verdict {
        let (now, real) = (self.clock.elapsed(), Instant::now());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = seen.looked.replace(real).map_or(Duration::ZERO, |last| real - last);
        let before = std::mem::take(&mut seen.leases);
        let mut verdict = Verdict::default();
        for held in held {
            let known = before.get(&held.lease).copied();
            let is_same = |sight: &Sight| sight.until == held.until && gap <= held.length / 2;
            let sight = known.filter(is_same).unwrap_or(Sight { until: held.until, since: now });
            seen.leases.insert(held.lease, sight);
            if keeper.keeps(held.lease) {
                continue;
            }
            let is_foreign = retry_runtime::site(&held.name).is_none();
            let length = if is_foreign { held.length * FOREIGN } else { held.length };
            let left = length.saturating_sub(now.saturating_sub(sight.since));
            if left.is_zero() {
                verdict.lost.push(held);
            } else {
                verdict.next = Some(verdict.next.map_or(left, |next| next.min(left)));
            }
        }
        verdict
    }
}
