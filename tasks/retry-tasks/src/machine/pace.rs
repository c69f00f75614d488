//! The pace of retries: a bucket of tokens for each function, kept in the store, whatever the number of workers.
//!
//! A retry takes its cost from the bucket. Where the bucket has less, the task is held: nothing is written, and the task
//! gets its tokens in the order of due times as soon as a success or the time pays for them. A hold does not last for
//! ever, or a dependency that stays dead would keep its tasks open for days: after an hour, or when no task of the function
//! has succeeded for 5 to 10 minutes, the attempt is made without a token.

use std::time::Duration;

use retry_runtime::budget::{BudgetSettings, Refund};
use retry_runtime::{Kind, Site, resume};

use crate::base::time::Time;
use crate::record::{Record, id::TaskId};

/// The refill and the capacity where the function's `budget(…)` sets none: 10 tokens, one a second. Simulated: after an
/// outage of 3 s, 300 tasks need 0.8 s and 20 000 tasks need 1.7 s; a dependency that stays dead ends 300 tasks within
/// 15 min.
const CAPACITY: u32 = 10;
const REFILL: Duration = Duration::from_secs(1);

/// How many times its capacity a bucket may hold while tasks are held: they get each token as soon as a worker has a
/// free slot.
const SURPLUS: u64 = 10;

/// The shortest hold without a success of the function, after which the attempt is made without a token. The longest is
/// twice this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// The longest hold.
pub(crate) const LONGEST: Duration = Duration::from_secs(3600);

/// The success of a function is stored again after this time.
const STALE: Duration = Duration::from_secs(1);

/// The tokens of a function, as a store keeps them. Amounts are in thousandths of a token.
///
/// ```
/// use retry_tasks::{Bucket, Time};
///
/// // What a table keeps for each function: 10 tokens, one a second.
/// let at = Time::from_millis(1_700_000_000_000);
/// let bucket = Bucket { tokens: 10_000, at, capacity: 10_000, refill: 1000, succeeded: None };
/// assert_eq!(bucket.tokens / 1000, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The tokens that were there at `at`.
    pub tokens: u64,
    /// The time up to which the refill is counted.
    pub at: Time,
    /// The capacity, for readers that do not know the function.
    pub capacity: u64,
    /// The time that brings one token, in milliseconds; 0 when time brings none.
    pub refill: u64,
    /// The last success of a task of the function.
    pub succeeded: Option<Time>,
}

/// The rules of a function's bucket, from its `budget(…)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    settings: BudgetSettings,
}

fn milli(tokens: f64) -> u64 {
    (tokens * 1000.0).round() as u64
}

impl Pace {
    /// The rules of this function; `None` when it has no budget.
    pub(crate) fn of(site: &'static Site) -> Option<Self> {
        let pace = Pace { settings: resume::budget(site)? };
        // A preset without costs, such as `unlimited`, limits nothing.
        (pace.settings.cost > 0.0).then_some(pace)
    }

    /// The cost of a retry after a failure of this kind.
    pub(crate) fn cost(self, last: Option<Kind>) -> u64 {
        milli(match last {
            Some(Kind::Throttled) => self.settings.throttled_cost,
            Some(Kind::Ambiguous) => self.settings.ambiguous_cost.unwrap_or(self.settings.cost),
            _ => self.settings.cost,
        })
    }

    fn capacity(self) -> u64 {
        u64::from(self.settings.capacity.unwrap_or(CAPACITY)) * 1000
    }

    fn refill(self) -> u64 {
        let calls = BudgetSettings::new().refill;
        let every = match self.settings.refill {
            // The default of calls that somebody waits for.
            every if every == calls => Some(REFILL),
            every => every,
        };
        every.map_or(0, |every| (every.as_millis() as u64).max(1))
    }

    /// The tokens that a success brings whose attempt has cost this much.
    fn earned(self, paid: u64) -> u64 {
        let refund = match self.settings.refund {
            _ if paid == 0 => 0,
            Refund::Cost => paid,
            Refund::Tokens(tokens) => milli(tokens),
        };
        refund + milli(self.settings.deposit)
    }

    /// The function's bucket at this time: the stored one with its refill, or a full one.
    pub(crate) fn bucket(self, stored: Option<Bucket>, now: Time) -> Bucket {
        let (capacity, refill) = (self.capacity(), self.refill());
        let tokens = self.settings.start.map_or(capacity, milli).min(capacity);
        let full = Bucket { tokens, at: now, capacity, refill, succeeded: None };
        Bucket { capacity, refill, ..stored.unwrap_or(full) }.filled(now)
    }
}

impl Bucket {
    /// The bucket with the tokens that time has brought until now, in whole steps, so that no fraction is lost however
    /// often somebody looks.
    #[must_use]
    pub(crate) fn filled(self, now: Time) -> Self {
        if self.tokens >= self.capacity || self.refill == 0 || self.at > now {
            // A stamp in the future is the mistake of a clock.
            return Bucket { at: now, ..self };
        }
        let passed = now.since(self.at).as_millis() as u64;
        let earned = passed.saturating_mul(1000) / self.refill;
        let tokens = self.tokens.saturating_add(earned);
        if tokens >= self.capacity {
            return Bucket { tokens: self.capacity, at: now, ..self };
        }
        let at = self.at + Duration::from_millis((earned * self.refill).div_ceil(1000));
        Bucket { tokens, at, ..self }
    }

    /// Takes the cost of a retry; `false` when there are too few tokens.
    pub(crate) fn take(&mut self, cost: u64) -> bool {
        let left = self.tokens.checked_sub(cost);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// Puts tokens into the bucket. While tasks are held, more than the capacity may be there.
    pub(crate) fn put(&mut self, tokens: u64, is_holding: bool) {
        let most = if is_holding { self.capacity.saturating_mul(SURPLUS) } else { self.capacity };
        self.tokens = self.tokens.saturating_add(tokens).min(most);
    }

    /// Counts a success whose attempt has cost this much. Returns whether the bucket must be stored.
    pub(crate) fn succeed(&mut self, pace: Pace, paid: u64, now: Time, is_holding: bool) -> bool {
        let before = *self;
        self.put(pace.earned(paid), is_holding);
        let is_known = self.succeeded.is_some_and(|at| at <= now && now.since(at) < STALE);
        if !is_known {
            self.succeeded = Some(now);
        }
        before != *self
    }

    /// Drops what exceeds the capacity: no task is held any more.
    pub(crate) fn end_of_holds(&mut self) {
        self.tokens = self.tokens.min(self.capacity);
    }

    /// The time at which the bucket has tokens for this cost, if nothing but time passes.
    pub(crate) fn pays_at(&self, cost: u64) -> Option<Time> {
        if cost <= self.tokens {
            return Some(self.at);
        }
        let missing = cost - self.tokens;
        let wait = missing.saturating_mul(self.refill).div_ceil(1000);
        (self.refill > 0 && cost <= self.capacity).then(|| self.at + Duration::from_millis(wait))
    }

    /// How long no task of the function has succeeded.
    pub(crate) fn quiet(&self, now: Time) -> Duration {
        self.succeeded.map_or(Duration::MAX, |at| now.since(at))
    }

    /// Whether the bucket has too few tokens for a retry after a failure of this kind, as far as a reader can tell that
    /// does not know the function.
    pub(crate) fn is_short(&self, now: Time, last: Option<Kind>) -> bool {
        let cost = if last == Some(Kind::Throttled) { 500 } else { 1000 };
        self.filled(now).tokens < cost.min(self.capacity)
    }
}

impl Record {
    /// How long the task is held while no task of its function succeeds: 5 to 10 minutes, another time for each attempt
    /// of each task, so that they do not all end in one instant.
    pub fn patience(&self) -> Duration {
        PATIENCE + PATIENCE.mul_f64(fraction(self.id, self.fence))
    }

    /// Whether the bucket must pay for the next attempt: it is a retry, or a retry by hand of many tasks.
    pub(crate) fn must_pay(&self) -> bool {
        self.round > 0 || self.paced
    }
}

/// A number from 0 to 1 that looks random (the finalizer of SplitMix64).
fn fraction(id: TaskId, fence: u64) -> f64 {
    let mut bits = (id.as_u128() as u64) ^ fence.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
