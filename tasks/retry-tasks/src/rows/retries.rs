//! The due retries of one function in a claim, and the bucket that pays for them.

use retry_runtime::Site;

use super::aside::Aside;
use super::table::{Due, Table};
use crate::base::time::Time;
use crate::machine::pace::{Bucket, LONGEST, PATIENCE, Pace};
use crate::record::lane::Lane;
use crate::store::error::Result;

/// A due retry and its price; `None` for one that is free.
pub(super) type Priced = (Due, Option<u64>);

/// The retries of one function in one claim.
pub(super) struct Retries {
    /// The bucket before and after the claim; `None` when the function has no budget, or no retries are due.
    bucket: Option<(Option<Bucket>, Bucket)>,
    /// The cost of the first retry that is held.
    held: Option<u64>,
}

impl Retries {
    /// No retries are due.
    pub(super) fn none() -> Self {
        Retries { bucket: None, held: None }
    }

    /// Finds the due retries of the function for which its bucket has tokens, in the order in which they are held, and
    /// those whose patience is over.
    pub(super) fn due(
        table: &mut dyn Table,
        aside: &Aside,
        site: &'static Site,
        name: &str,
        now: Time,
        limit: usize,
    ) -> Result<(Self, Vec<Priced>)> {
        let due = table.due(name, Lane::Paying, now, limit + aside.len())?;
        let due: Vec<Due> = due.into_iter().filter(|due| !aside.has(due.id)).take(limit).collect();
        let none = Retries::none();
        if due.is_empty() {
            return Ok((none, Vec::new()));
        }
        let Some(pace) = Pace::of(site) else {
            return Ok((none, due.into_iter().map(|due| (due, None)).collect()));
        };
        let stored = table.bucket(name)?;
        let bucket = pace.bucket(stored, now);
        let (mut left, mut held, mut priced) = (bucket, None, Vec::<Priced>::new());
        for due in due {
            let cost = pace.cost(table.get(due.id)?.and_then(|record| record.last_kind));
            let cost = if left.take(cost) {
                Some(cost)
            } else if now.since(due.run_at) >= LONGEST {
                None
            } else {
                held = Some(cost);
                break;
            };
            priced.push((due, cost));
        }
        if held.is_some() && bucket.quiet(now) >= PATIENCE && priced.len() < limit {
            let impatient = table.impatient(name, now, bucket.quiet(now), limit)?;
            let is_new = |due: &Due| {
                !aside.has(due.id) && priced.iter().all(|(known, _)| known.id != due.id)
            };
            let more: Vec<Due> = impatient.into_iter().filter(is_new).collect();
            let left = limit - priced.len();
            priced.extend(more.into_iter().take(left).map(|due| (due, None)));
        }
        Ok((Retries { bucket: Some((stored, bucket)), held }, priced))
    }

    /// Takes the cost of a retry that is claimed. Returns the thousandths of a token that were paid.
    pub(super) fn pay(&mut self, cost: u64) -> u64 {
        let has_paid = self.bucket.as_mut().is_some_and(|(_, bucket)| bucket.take(cost));
        if has_paid { cost } else { 0 }
    }

    /// Puts back the cost of a retry that was not made.
    pub(super) fn refund(&mut self, paid: u64) {
        if let Some((_, bucket)) = &mut self.bucket {
            bucket.tokens += paid;
        }
    }

    /// Stores the bucket if it has changed.
    pub(super) fn store(&mut self, table: &mut dyn Table, name: &str, now: Time) -> Result<()> {
        let Some((stored, bucket)) = &mut self.bucket else { return Ok(()) };
        if self.held.is_none() && table.due(name, Lane::Paying, now, 1)?.is_empty() {
            bucket.end_of_holds();
        }
        // The refill alone is computed again at any time.
        let is_changed = match stored {
            Some(stored) => stored.filled(now).tokens != bucket.tokens || stored.at > now,
            None => bucket.tokens < bucket.capacity || self.held.is_some(),
        };
        if is_changed { table.put_bucket(name, bucket) } else { Ok(()) }
    }

    /// The time at which the next retry may start: when it is due, when the bucket has tokens for it, or when the
    /// patience of a held one may be over.
    pub(super) fn next(
        &self,
        table: &mut dyn Table,
        name: &str,
        now: Time,
    ) -> Result<Option<Time>> {
        let Some(cost) = self.held else { return table.next_due(name, Lane::Paying) };
        let Some((_, bucket)) = &self.bucket else { return Ok(None) };
        let quiet_at = bucket.succeeded.map(|at| at + PATIENCE).filter(|at| *at > now);
        Ok(bucket.pays_at(cost).filter(|at| *at > now).into_iter().chain(quiet_at).min())
    }
}
