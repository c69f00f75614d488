//! Transactions: a batch of jobs is applied and committed, again where others were in the way or the connection was lost, and
//! the outcome of a commit whose answer was lost is found out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use retry_tasks::rows::{Job, News, Touches};
use retry_tasks::{Clock, Record, StoreError, Time};
use tokio_postgres::Row;

use super::clock::ServerClock;
use super::connect::{Call, Connection, Failure, warn};
use super::row::{BucketRow, storable, time};
use super::rows::{MARK, Result, Rows, record};

/// How often a transaction is done again because others were in the way.
const AGAIN: u32 = 20;

/// The pause before a lost connection is made again, and between two questions for the outcome of a commit.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the outcome of a commit is asked for. A server that was restarted has it after its recovery.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// Marks are asked for within a minute.
const CLEAN: &str = "DELETE FROM @commits WHERE at < now() - interval '10 minutes'";
const CLEAN_EVERY: Duration = Duration::from_secs(60);

/// The database's time in milliseconds since 1970.
pub(crate) const TIME: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// The time, and the settings of a transaction that changes tasks: one statement that is prepared once, where each `SET LOCAL`
/// would be parsed each time.
///
/// Every statement of a worker finds its rows by an index. The planner does not know that: it decides by statistics, and those of
/// a queue are always old. A plan that reads the whole table would stay in use while the table grows. A process that was stopped
/// inside of a transaction must not hold its locks.
const SETTLE_IN: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, set_config('lock_timeout', $1, true), \
     set_config('idle_in_transaction_session_timeout', '10s', true), set_config('enable_seqscan', 'off', true), \
     set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), \
     set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)";

/// Reads and locks the tasks that a batch touches. The order is that of the identifiers in every program, so that no two wait
/// for each other.
const TOUCH: &str = "SELECT t.id::text, row_to_json(t)::text FROM (SELECT * FROM @tasks \
     WHERE id = ANY($1::text[]::uuid[]) ORDER BY id FOR UPDATE) AS t";

const TOUCH_WITH_KEYS: &str = "SELECT t.id::text, row_to_json(t)::text FROM (SELECT * FROM @tasks WHERE id IN (\
     SELECT unnest($1::text[])::uuid UNION ALL SELECT k.id FROM @tasks AS k \
     JOIN unnest($2::text[], $3::text[]) AS w (name, key) ON k.name = w.name AND k.unique_key = w.key) \
     ORDER BY id FOR UPDATE) AS t";

/// The buckets of the functions of these tasks.
const TOUCH_THEIR_BUCKETS: &str = "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name IN (\
     SELECT name FROM @tasks WHERE id = ANY($1::text[]::uuid[])) ORDER BY name FOR UPDATE";

const TOUCH_BUCKETS: &str = "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name = ANY($1::text[]) \
     ORDER BY name FOR UPDATE";

/// The time of transactions: the database's, or a clock that was given.
#[derive(Clone, Debug)]
pub(crate) enum Timing {
    Server(Arc<ServerClock>),
    Given(Arc<dyn Clock>),
}

/// The end of one try of a transaction.
enum End {
    Committed(News),
    /// Nothing has changed.
    Failed(Failure),
    /// The connection was lost during the commit of the transaction with this mark.
    InDoubt(String, StoreError),
}

/// A connection that applies jobs in transactions.
#[derive(Debug)]
pub(crate) struct Transactions {
    rows: Rows,
    timing: Timing,
    begin: &'static str,
    /// The longest wait for a lock, in milliseconds.
    lock_timeout: String,
    /// Since when the server cannot be reached.
    away_since: Option<Instant>,
    /// When old marks were removed.
    cleaned: Instant,
}

impl Transactions {
    pub(crate) fn new(connection: Connection, timing: Timing, is_reader: bool) -> Self {
        let lock_timeout = connection.patience().as_millis().to_string();
        let begin = match is_reader {
            true => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            false => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        let rows = Rows::new(connection, is_reader);
        let (away_since, cleaned) = (None, Instant::now());
        Transactions { rows, timing, begin, lock_timeout, away_since, cleaned }
    }

    /// Applies the jobs in one transaction and replies to each. When one of them fails, each gets a transaction of its own.
    /// Returns the news.
    pub(crate) fn write(&mut self, batch: &mut Vec<Job>) -> News {
        let together = self.commit(batch, false);
        let is_shared = matches!(
            together,
            Err(StoreError::Unreachable { .. }
                | StoreError::Unknown { .. }
                | StoreError::Full { .. })
        );
        let alone = together.is_err() && !is_shared;
        let mut news = News::default();
        let mut reply = together.map(|told| news.add(told));
        for mut job in batch.drain(..) {
            if alone {
                reply =
                    self.commit(std::slice::from_mut(&mut job), true).map(|told| news.add(told));
            }
            job.reply(reply.clone());
        }
        news
    }

    /// Applies a job that only reads.
    pub(crate) fn read(&mut self, job: &mut Job) -> Result<()> {
        self.commit(std::slice::from_mut(job), false).map(drop)
    }

    /// Applies the jobs in one transaction, again where that helps. When this fails, nothing has changed, unless the error says
    /// that it is not known.
    fn commit(&mut self, jobs: &mut [Job], is_careful: bool) -> Result<News> {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match self.attempt(jobs, is_careful) {
                End::Committed(news) => {
                    self.away_since = None;
                    return Ok(news);
                }
                End::InDoubt(mark, error) => {
                    if self.settle(&mark, error)? {
                        return Ok(news_of(jobs));
                    }
                    continue;
                }
                End::Failed(failure) => failure,
            };
            match failure {
                Failure::Refused(error) => return Err(error),
                Failure::Again(error) if tries == AGAIN => return Err(error),
                // Not all at the same time.
                Failure::Again(_) => self.rows.connection.pause(jitter(tries)),
                Failure::Lost(error) => {
                    let away = *self.away_since.get_or_insert(start);
                    if away.elapsed() >= self.rows.connection.patience() {
                        return Err(error);
                    }
                    self.rows.connection.pause(PAUSE);
                }
            }
        }
    }

    fn attempt(&mut self, jobs: &mut [Job], is_careful: bool) -> End {
        self.rows.begin(is_careful);
        let Err(error) = self.apply(jobs) else {
            let mut news = news_of(jobs);
            news.is_claimable |= self.rows.overlay.has_left_some();
            return End::Committed(news);
        };
        let failure = self.rows.failure.take().unwrap_or(Failure::Refused(error));
        match (failure, self.rows.mark.take()) {
            (Failure::Lost(error), Some(mark)) if self.rows.may_be_committed => {
                End::InDoubt(mark, error)
            }
            (failure @ Failure::Lost(_), _) => End::Failed(failure),
            (failure, _) => {
                self.roll_back();
                End::Failed(failure)
            }
        }
    }

    /// Applies the jobs and commits their changes.
    fn apply(&mut self, jobs: &mut [Job]) -> Result<()> {
        let now = self.begin(jobs)?;
        for job in jobs {
            job.apply(&mut self.rows, now)?;
            // An operation may go on after the failure of one row, but the transaction cannot.
            if let Some(failure) = &self.rows.failure {
                return Err(failure.error().clone());
            }
        }
        let is_time = self.rows.has_changed && self.cleaned.elapsed() >= CLEAN_EVERY;
        if is_time {
            self.cleaned = Instant::now();
        }
        let clean = is_time.then(|| Call::Query(CLEAN, Vec::new()));
        self.rows.commit(clean)
    }

    /// Begins a transaction, and reads the rows that the jobs touch. Returns its time.
    fn begin(&mut self, jobs: &[Job]) -> Result<Time> {
        let mut touches = Touches::default();
        if !self.rows.is_reader {
            jobs.iter().for_each(|job| touches.add(job.touches()));
        }
        let mut calls = self.opening();
        let ids: Vec<String> = touches.tasks.iter().map(ToString::to_string).collect();
        if !touches.keys.is_empty() {
            let (names, keys): (Vec<_>, Vec<_>) =
                touches.keys.iter().map(|(name, key)| (storable(name), storable(key))).unzip();
            let params: Vec<_> =
                vec![Box::new(ids) as _, Box::new(names) as _, Box::new(keys) as _];
            calls.push(Call::Query(TOUCH_WITH_KEYS, params));
        } else if !ids.is_empty() {
            calls.push(Call::Query(TOUCH, vec![Box::new(ids.clone())]));
            calls.push(Call::Query(TOUCH_THEIR_BUCKETS, vec![Box::new(ids)]));
        }
        let answers = self.rows.send(calls)?;
        let now = answers.get(1).and_then(|rows| Some(time(rows.first()?.get(0))));
        let records = answers.get(2).map(Vec::as_slice).unwrap_or_default().iter().map(record);
        let buckets = answers.get(3).map(Vec::as_slice);
        self.touched(touches, records.collect(), buckets)?;
        Ok(match &self.timing {
            Timing::Given(clock) => clock.now(),
            Timing::Server(clock) => {
                now.into_iter().for_each(|now| clock.see(now));
                // The database's clock may step back.
                clock.now().max(now.unwrap_or_default())
            }
        })
    }

    /// The statements that begin a transaction; the second one returns its time.
    fn opening(&self) -> Vec<Call> {
        let settled = match self.rows.is_reader {
            true => Call::Query(TIME, Vec::new()),
            false => Call::Query(SETTLE_IN, vec![Box::new(self.lock_timeout.clone())]),
        };
        vec![Call::Plain(self.begin.to_owned()), settled]
    }

    /// Notes the rows that the batch touches, and those that do not exist. Locks the buckets of their functions, unless they
    /// were read with the tasks.
    fn touched(
        &mut self,
        touches: Touches,
        records: Vec<Record>,
        buckets: Option<&[Row]>,
    ) -> Result<()> {
        let mut names: Vec<String> = records.iter().map(|record| record.name.clone()).collect();
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
        let overlay = &mut self.rows.overlay;
        names.into_iter().for_each(|name| overlay.found_bucket(name, None));
        for row in buckets.unwrap_or(&asked) {
            if let Ok(row) = serde_json::from_str::<BucketRow>(row.get(0)) {
                overlay.found_bucket(row.name.clone(), Some((&row).into()));
            }
        }
        Ok(())
    }

    fn roll_back(&mut self) {
        if self.rows.connection.run(vec![Call::Plain("ROLLBACK".to_owned())]).is_err() {
            self.rows.connection.hang_up();
        }
    }

    /// Finds out whether a transaction was committed whose answer was lost: whether another one can leave the same mark. Where
    /// the lost one has not ended yet, the server lets this one wait for its end.
    fn settle(&mut self, mark: &str, error: StoreError) -> Result<bool> {
        warn("the connection was lost during a commit, whose outcome is asked for", &error);
        let start = Instant::now();
        let mut last = error.to_string();
        while start.elapsed() < SETTLED_WITHIN {
            let mut calls = self.opening();
            calls.push(Call::Query(MARK, vec![Box::new(mark.to_owned())]));
            let asked = self.rows.connection.run(calls);
            match asked {
                Ok(_) => {
                    self.roll_back();
                    return Ok(false);
                }
                // A mark is unique: it is there.
                Err(Failure::Again(_)) => {
                    self.roll_back();
                    return Ok(true);
                }
                Err(Failure::Lost(error)) => last = error.to_string(),
                Err(Failure::Refused(error)) => {
                    self.roll_back();
                    last = error.to_string();
                }
            }
            self.rows.connection.pause(PAUSE);
        }
        let server = self.rows.connection.server().to_owned();
        Err(StoreError::Unknown { server, detail: last })
    }
}

fn news_of(jobs: &[Job]) -> News {
    let mut news = News::default();
    jobs.iter().for_each(|job| news.add(job.news()));
    news
}

/// A pause before the next try, from a millisecond on, of a length that two programs do not share.
fn jitter(tries: u32) -> Duration {
    let random = retry_runtime::CallId::unique().as_u128() % 1000;
    Duration::from_millis(1) * tries
        + Duration::from_micros(u64::try_from(random).unwrap_or(0)) * tries
}
