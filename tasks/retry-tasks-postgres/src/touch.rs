//! The rows that a batch of jobs is going to need, as far as they are known before: they are read and locked together, unless
//! they are remembered.

use std::collections::{BTreeSet, HashMap};

use retry_tasks::rows::{Job, Touches};
use retry_tasks::{Bucket, Clock, Record, Time};
use tokio_postgres::Row;

use super::columns::Id;
use super::connect::Call;
use super::row::{BucketRow, record, storable};
use super::rows::Result;
use super::transaction::{Timing, Transactions};

/// Reads and locks the tasks that a batch touches. The order is that of the identifiers in every program, so that no two wait
/// for each other.
const TOUCH: &str = "SELECT t.% FROM (SELECT * FROM @tasks \
     WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE) AS t";

const TOUCH_WITH_KEYS: &str = "SELECT t.% FROM (SELECT * FROM @tasks WHERE id IN (\
     SELECT unnest($1::uuid[]) UNION ALL SELECT k.id FROM @tasks AS k \
     JOIN unnest($2::text[], $3::text[]) AS w (name, key) ON k.name = w.name AND k.unique_key = w.key) \
     ORDER BY id FOR UPDATE) AS t";

/// The buckets of the functions of these tasks, and of these functions.
const TOUCH_THEIR_BUCKETS: &str = "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name IN (\
     SELECT name FROM @tasks WHERE id = ANY($1::uuid[]) UNION ALL SELECT unnest($2::text[])) ORDER BY name FOR UPDATE";

const TOUCH_BUCKETS: &str = "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name = ANY($1::text[]) \
     ORDER BY name FOR UPDATE";

impl Transactions {
    /// Begins a transaction, and reads the rows that the jobs touch, unless they are remembered. Returns its time.
    pub(super) fn begin(&mut self, jobs: &[Job]) -> Result<Time> {
        let mut touches = Touches::default();
        if !self.rows.is_reader {
            jobs.iter().for_each(|job| touches.add(job.touches()));
        }
        let names = self.recall(&mut touches);
        let ids: Vec<Id> = touches.tasks.iter().copied().map(Id).collect();
        let mut calls = Vec::new();
        if !touches.keys.is_empty() {
            let (names, keys): (Vec<_>, Vec<_>) =
                touches.keys.iter().map(|(name, key)| (storable(name), storable(key))).unzip();
            let params: Vec<_> =
                vec![Box::new(ids) as _, Box::new(names) as _, Box::new(keys) as _];
            calls.push(Call::Query(TOUCH_WITH_KEYS, params));
        } else if !ids.is_empty() || !names.is_empty() {
            calls.push(Call::Query(TOUCH, vec![Box::new(ids.clone())]));
            let params: Vec<_> = vec![Box::new(ids) as _, Box::new(names.clone()) as _];
            calls.push(Call::Query(TOUCH_THEIR_BUCKETS, params));
        }
        if !calls.is_empty() || !self.is_lively() {
            let answers = self.rows.open(calls)?;
            let records = answers.first().map(Vec::as_slice).unwrap_or_default().iter().map(record);
            let buckets = answers.get(1).map(Vec::as_slice);
            self.touched(touches, records.collect(), names, buckets)?;
        }
        Ok(match &self.timing {
            Timing::Given(clock) => clock.now(),
            Timing::Server(clock) => {
                let told = self.rows.told;
                told.into_iter().for_each(|(time, at)| clock.see(time, at));
                // The database's clock may step back.
                clock.now().max(told.map_or(Time::default(), |(time, _)| time))
            }
        })
    }

    /// Takes the remembered tasks of the leases; the others are to be read. Returns the functions of these tasks whose buckets
    /// are to be read.
    fn recall(&mut self, touches: &mut Touches) -> Vec<String> {
        let mut names = BTreeSet::new();
        let held = self.memory.held();
        for lease in std::mem::take(&mut touches.leases) {
            // A careful transaction reads what it changes.
            let known = held.task(lease).filter(|_| !self.rows.is_careful);
            let Some((record, version)) = known else {
                touches.tasks.push(lease.id);
                continue;
            };
            if held.lacks_bucket(&record.name) {
                self.rows.overlay.found_bucket(record.name.clone(), None);
            } else {
                names.insert(record.name.clone());
            }
            self.rows.overlay.remember(record.clone(), *version);
        }
        names.into_iter().collect()
    }

    /// Remembers what the transaction has left.
    pub(super) fn remember(&mut self) {
        // The rows of a savepoint have another version.
        let version = self.rows.version.filter(|_| !self.rows.is_careful);
        let mut held = self.memory.held();
        for (id, record) in self.rows.overlay.take_changed() {
            match (record, version) {
                (Some(record), Some(version)) => held.note(record, version),
                _ => held.forget(id),
            }
        }
        for (name, bucket) in self.rows.overlay.buckets() {
            if bucket {
                held.note_bucket(name, true);
            }
        }
    }

    /// Notes the rows that the batch touches, and those that do not exist. Locks the buckets of their functions and of those with
    /// these names, unless they were read with the tasks.
    fn touched(
        &mut self,
        touches: Touches,
        records: Vec<Record>,
        mut names: Vec<String>,
        buckets: Option<&[Row]>,
    ) -> Result<()> {
        names.extend(records.iter().map(|record| record.name.clone()));
        let overlay = &mut self.rows.overlay;
        records.into_iter().for_each(|record| overlay.found(record));
        touches.tasks.into_iter().for_each(|id| overlay.missing(id));
        touches.keys.into_iter().for_each(|(name, key)| overlay.free(name, key));
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let asked = match buckets {
            Some(_) => Vec::new(),
            None => self.rows.ask(TOUCH_BUCKETS, vec![Box::new(names.clone())])?,
        };
        let rows = buckets.unwrap_or(&asked).iter();
        let rows = rows.filter_map(|row| serde_json::from_str::<BucketRow>(row.get(0)).ok());
        let mut found: HashMap<String, Bucket> =
            rows.map(|row| (row.name.clone(), (&row).into())).collect();
        for name in names {
            let bucket = found.remove(&name);
            self.memory.held().note_bucket(&name, bucket.is_some());
            self.rows.overlay.found_bucket(name, bucket);
        }
        Ok(())
    }
}
