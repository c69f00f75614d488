//! Looks at a budget: the tokens that it can pay at this moment. They store nothing.

use std::time::Duration;

use super::bucket::tokens;
use super::handle::Budget;
use crate::base::time::Instant;
use crate::failure::class::Kind;

impl Budget {
    /// Tokens that can still be owed at this moment: the capacity less the debt.
    pub fn available(&self) -> f64 {
        let (owed, capacity) = self.balance();
        tokens(capacity - owed)
    }

    /// Tokens that are owed at this moment.
    pub fn owed(&self) -> f64 {
        tokens(self.balance().0)
    }

    /// Tokens that may be owed at this moment: the capacity that is set, or the one that follows from the volume of
    /// calls.
    pub fn capacity(&self) -> f64 {
        tokens(self.balance().1)
    }

    /// The debt and the capacity.
    fn balance(&self) -> (u32, u32) {
        let (bucket, now) = (self.rules.bucket(), self.millis());
        let capacity = self.capacity_at(&bucket, now);
        (bucket.owes(now, self.load(), capacity), capacity)
    }

    /// The first moment from now on at which a retry after a failure of this kind is admitted if nothing
    /// but time passes; `None` when more than time is needed.
    pub fn would_admit_at(&self, kind: Kind) -> Option<Instant> {
        let now = self.timeline.now();
        let millis = self.timeline.millis(now);
        match self.admits_in(millis, kind)? {
            0 => Some(now.instant()),
            wait => self.timeline.instant(now, Duration::from_millis(millis + wait)),
        }
    }

    /// Whether a retry after a failure of this kind would be refused at this moment.
    pub(crate) fn refuses(&self, kind: Kind) -> bool {
        self.admits_in(self.millis(), kind) != Some(0)
    }

    fn admits_in(&self, now: u64, kind: Kind) -> Option<u64> {
        let bucket = self.rules.bucket();
        let capacity = self.capacity_at(&bucket, now);
        bucket.admits_in(now, self.load(), bucket.cost(kind), capacity)
    }
}
