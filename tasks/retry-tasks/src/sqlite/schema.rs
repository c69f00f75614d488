//! The tables, the version of a file, and the migration of older files.

use super::transaction::Rows;
use crate::store::error::{Result, StoreError};

/// Marks the file as a task store ("rtsk").
const APPLICATION: i32 = 0x7274_736b;

/// The migrations, one for each version. The file's `user_version` counts those that it has.
const STEPS: [&str; 4] = [FIRST, LISTED_BY_NAME, LANES, FEWER_WRITES];

/// The version that this program reads and writes.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Times are milliseconds since 1970, delays are nanoseconds. A task that has not ended has a `run_at`: its due time, or
/// the end of the running attempt's lease. At both times a worker must look at the task.
const FIRST: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tasks (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    phase      INTEGER NOT NULL,
    reason     TEXT,
    priority   INTEGER NOT NULL,
    unique_key TEXT,
    valid_for  INTEGER,
    created_at INTEGER NOT NULL,
    run_at     INTEGER,
    started_at INTEGER,
    ended_at   INTEGER,
    deadline   INTEGER,
    attempts   INTEGER NOT NULL,
    round      INTEGER NOT NULL,
    round_at   INTEGER,
    max        INTEGER,
    fence      INTEGER NOT NULL,
    worker     TEXT,
    fraction   REAL,
    message    TEXT,
    result     TEXT,
    last_error TEXT,
    last_kind  INTEGER,
    last_delay INTEGER,
    paced      INTEGER NOT NULL,
    redacted   TEXT,
    arguments  TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX tasks_due   ON tasks (name, priority, run_at) WHERE run_at IS NOT NULL;
CREATE INDEX tasks_phase ON tasks (phase);
CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX tasks_key ON tasks (name, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE attempts (
    task    BLOB NOT NULL,
    fence   INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended   INTEGER,
    outcome INTEGER NOT NULL,
    kind    INTEGER,
    error   TEXT,
    delay   INTEGER,
    source  INTEGER,
    worker  TEXT NOT NULL,
    PRIMARY KEY (task, fence)
) WITHOUT ROWID;
";

/// Version 2: listing the tasks of one function reads no tasks of others.
const LISTED_BY_NAME: &str = "
CREATE INDEX tasks_listed ON tasks (phase, name);
DROP INDEX tasks_phase;
";

/// Version 3: a task waits in one of the lanes of its function (0 ready, 1 later, 2 paying, 3 leased), each with an index
/// in its order, so that the cost of a claim depends neither on the number of tasks nor on that of priorities. Each function
/// has a bucket that pays for its retries. `gives_up` is the time at which a held task gets its attempt without a token if
/// no task of its function succeeds. Amounts are in thousandths of a token.
const LANES: &str = "
ALTER TABLE tasks ADD COLUMN lane INTEGER;
ALTER TABLE tasks ADD COLUMN gives_up INTEGER;
ALTER TABLE tasks ADD COLUMN paid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN lease_length INTEGER NOT NULL DEFAULT 30000000000;
ALTER TABLE tasks ADD COLUMN misfit_at INTEGER;
ALTER TABLE tasks ADD COLUMN failures TEXT;
ALTER TABLE tasks ADD COLUMN lost_key TEXT;

UPDATE tasks SET lane = CASE
    WHEN phase = 1 THEN 3
    WHEN round > 0 OR paced THEN 2
    ELSE 1
END WHERE run_at IS NOT NULL;
UPDATE tasks SET gives_up = run_at + 300000 + abs(random() % 300000) WHERE lane = 2;

DROP INDEX tasks_due;
CREATE INDEX tasks_ready    ON tasks (name, priority DESC, run_at) WHERE lane = 0;
CREATE INDEX tasks_later    ON tasks (name, run_at) WHERE lane = 1;
CREATE INDEX tasks_paying   ON tasks (name, run_at) WHERE lane = 2;
CREATE INDEX tasks_gives_up ON tasks (name, gives_up, run_at) WHERE lane = 2;
CREATE INDEX tasks_leased   ON tasks (name, run_at) WHERE lane = 3;
CREATE INDEX tasks_deadline ON tasks (deadline) WHERE deadline IS NOT NULL AND lane IS NOT NULL;

CREATE TABLE buckets (
    name      TEXT PRIMARY KEY,
    tokens    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    capacity  INTEGER NOT NULL,
    refill    INTEGER NOT NULL,
    succeeded INTEGER
) WITHOUT ROWID;
";

/// Version 4: a task costs fewer changes of the file. The row of a running task has the start of its attempt, whose own row
/// is written at the attempt's end; running tasks are found by their phase. Ended tasks are removed by function and
/// phase. `by_hand` counts the retries by hand.
const FEWER_WRITES: &str = "
ALTER TABLE tasks ADD COLUMN attempt_at INTEGER;
ALTER TABLE tasks ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;

UPDATE tasks SET attempt_at = (SELECT started FROM attempts WHERE task = tasks.id AND attempts.fence = tasks.fence)
    WHERE phase = 1;
DELETE FROM attempts WHERE (task, fence) IN (SELECT id, fence FROM tasks WHERE phase = 1);

DROP INDEX tasks_leased;
DROP INDEX tasks_ended;
CREATE INDEX tasks_ended ON tasks (name, phase, ended_at) WHERE ended_at IS NOT NULL;
";

/// Returns the version of the file; 0 when it is empty.
pub(super) fn version(rows: &Rows) -> Result<u32> {
    // One statement: between two of them another process might create the tables.
    const QUERY: &str = "SELECT count(*), (SELECT application_id FROM pragma_application_id), \
                         (SELECT user_version FROM pragma_user_version) FROM sqlite_schema";
    let found = rows.first(QUERY, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (tables, application, found): (i64, i32, i32) = found.unwrap_or_default();
    let path = rows.context.path.clone();
    match u32::try_from(found) {
        Ok(0) if application == 0 && tables == 0 => Ok(0),
        Ok(found) if application == APPLICATION && found > VERSION => {
            Err(StoreError::Newer { path, found, known: VERSION })
        }
        Ok(found) if application == APPLICATION && found > 0 => Ok(found),
        _ => Err(StoreError::Foreign { path }),
    }
}

/// Applies the migrations that the file does not have yet, all of them or none: a process that is killed on the way
/// leaves the file as it was. Other processes that try at the same time wait for the lock and find nothing to do.
pub(super) fn migrate(rows: &mut Rows) -> Result<()> {
    if version(rows)? >= VERSION {
        return Ok(());
    }
    rows.transaction(|rows| {
        let has = version(rows)?;
        for step in STEPS.iter().skip(has as usize) {
            rows.named(rows.connection.execute_batch(step))?;
        }
        rows.set("application_id", APPLICATION)?;
        rows.set("user_version", VERSION.max(has))
    })
}
