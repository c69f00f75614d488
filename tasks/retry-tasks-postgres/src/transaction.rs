//! Transactions: a batch of jobs is applied and committed, again where others were in the way or the connection was lost, and
//! the outcome of a commit whose answer was lost is found out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use retry_tasks::rows::{Job, News};
use retry_tasks::{Clock, Lane, StoreError};

use super::clock::ServerClock;
use super::connect::{Call, Connection, Failure, warn};
use super::held::Held;
use super::memory::{Memory, Role};
use super::rows::{MARK, Result, Rows};

/// The number of tries of a transaction while others are in the way.
const AGAIN: u32 = 20;

/// The pause before a lost connection is made again, and between two questions for the outcome of a commit.
const PAUSE: Duration = Duration::from_millis(100);

/// The time for which the outcome of a commit is asked for. A server that was restarted has it after its recovery.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// Marks are asked for within a minute.
const CLEAN: &str = "DELETE FROM @commits WHERE at < now() - interval '10 minutes'";
const CLEAN_EVERY: Duration = Duration::from_secs(60);

/// The statement for the database's time in milliseconds since 1970, and for more.
macro_rules! time_and {
    ($more:literal) => {
        concat!("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", $more)
    };
}

/// The time for which a server that has answered counts as one that is there. A transaction may then be sent in one flight with its
/// commit. Otherwise it begins in a flight of its own, so that a server that is gone leaves no doubt about a commit.
const LIVELY: Duration = Duration::from_millis(100);

/// The lanes of the tasks that wait for a claim.
const WAITING: [Lane; 3] = [Lane::Ready, Lane::Later, Lane::Paying];

/// The database's time.
pub(crate) const TIME: &str = time_and!("");

/// The time, and the settings of a transaction that changes tasks: one statement that is prepared once, where each `SET LOCAL`
/// would be parsed each time.
///
/// Every statement of a worker finds its rows by an index. The planner does not know that: it decides by statistics, and those of
/// a queue are always old. A plan that reads the whole table would stay in use while the table grows. A process that was stopped
/// inside of a transaction must not hold its locks.
const SETTLE_IN: &str = time_and!(
    ", set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', '10s', true), \
     set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), \
     set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true), \
     set_config('jit', 'off', true)"
);

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
    pub(super) rows: Rows,
    pub(super) memory: Memory,
    role: Role,
    pub(super) timing: Timing,
    begin: &'static str,
    /// The longest wait for a lock, in milliseconds.
    lock_timeout: String,
    /// The instant of the server's last answer.
    answered: Option<Instant>,
    /// The instant from which on the server could not be reached.
    away_since: Option<Instant>,
    /// The instant of the last removal of old marks.
    cleaned: Instant,
    has_left_one: bool,
}

impl Transactions {
    pub(crate) fn new(connection: Connection, timing: Timing, memory: Memory, role: Role) -> Self {
        let lock_timeout = connection.patience().as_millis().to_string();
        let is_reader = role == Role::Reads;
        let begin = match is_reader {
            true => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            false => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        let rows = Rows::new(connection, is_reader);
        let (answered, away_since, cleaned) = (None, None, Instant::now());
        Transactions {
            rows,
            memory,
            role,
            timing,
            begin,
            lock_timeout,
            answered,
            away_since,
            cleaned,
            has_left_one: false,
        }
    }

    /// Applies the jobs in one transaction and replies to each. When one of them fails, each gets a transaction of its own.
    /// Returns the news.
    pub(crate) fn write(&mut self, batch: &mut Vec<Job>) -> News {
        self.has_left_one = false;
        let together = self.commit(batch, false);
        let is_shared = matches!(
            together,
            Err(StoreError::Unreachable { .. }
                | StoreError::Unknown { .. }
                | StoreError::Full { .. })
        );
        let alone = together.is_err() && !is_shared;
        // A transaction that has failed has perhaps locked some.
        self.has_left_one |= together.is_err() && self.role == Role::Writes;
        let mut news = News::default();
        let mut reply = together.map(|told| news.add(told));
        for mut job in batch.drain(..) {
            if alone {
                reply =
                    self.commit(std::slice::from_mut(&mut job), true).map(|told| news.add(told));
            }
            job.reply(reply.clone());
        }
        self.memory.published(self.role);
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
        self.rows.begin(is_careful, self.opening());
        let applied = self.apply(jobs);
        self.answered = self.rows.told.map(|(_, at)| at);
        if let (Timing::Server(clock), Some((time, at))) = (&self.timing, self.rows.told) {
            clock.see(time, at);
        }
        let Err(error) = applied else {
            if self.role == Role::Writes {
                self.memory.wait_for_other(self.role, self.rows.overlay.changed());
            }
            let mut news = news_of(jobs);
            self.tell_unlocked(&mut news);
            self.remember();
            return End::Committed(news);
        };
        // Perhaps because something is not as it was remembered.
        *self.memory.held() = Held::default();
        self.answered = None;
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

    /// Notes the tasks that the transaction has locked and left.
    fn tell_unlocked(&mut self, news: &mut News) {
        let overlay = &self.rows.overlay;
        match self.role {
            // A claim that takes nothing leaves what this process cannot take, and others would only do the same.
            Role::Claims if overlay.is_unchanged() => {}
            Role::Claims => news.is_claimable |= overlay.has_left_one(&[Lane::Ready]),
            // The claims of this process were in the way, too.
            Role::Writes => self.has_left_one |= overlay.has_left_one(&WAITING),
            Role::Reads => {}
        }
    }

    /// Whether the last batch has locked tasks that it has left to every worker, those of this process among them.
    pub(crate) fn has_left_one(&self) -> bool {
        self.has_left_one
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
        let is_change = self.rows.has_changed || !self.rows.overlay.is_unchanged();
        let is_time = is_change && self.cleaned.elapsed() >= CLEAN_EVERY;
        if is_time {
            self.cleaned = Instant::now();
        }
        let clean = is_time.then(|| Call::Query(CLEAN, Vec::new()));
        if self.role == Role::Claims {
            self.memory.wait_for_other(self.role, self.rows.overlay.changed());
        }
        self.memory.commits(self.role, self.rows.overlay.changed());
        self.rows.commit(clean)
    }

    pub(super) fn is_lively(&self) -> bool {
        self.answered.is_some_and(|at| at.elapsed() < LIVELY)
    }

    /// The statements that begin a transaction; the second one returns its time.
    fn opening(&self) -> Vec<Call> {
        let settled = match self.rows.is_reader {
            true => Call::Query(TIME, Vec::new()),
            false => Call::Query(SETTLE_IN, vec![Box::new(self.lock_timeout.clone())]),
        };
        vec![Call::Plain(self.begin.to_owned()), settled]
    }

    fn roll_back(&mut self) {
        if self.rows.is_open
            && self.rows.connection.run(vec![Call::Plain("ROLLBACK".to_owned())]).is_err()
        {
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
