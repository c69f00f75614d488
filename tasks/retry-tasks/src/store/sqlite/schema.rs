//! The tables, and how a file of an older version gets them.

/// Marks the file as a task store ("rtsk").
pub(super) const APPLICATION: i32 = 0x7274_736b;

/// One step for each version; the file's `user_version` counts those it has.
pub(super) const STEPS: [&str; 2] = [FIRST, LISTED_BY_NAME];

/// The version that this code reads and writes.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Times are milliseconds since 1970, delays nanoseconds. A task that has not ended has a `run_at`: when it is
/// due, or when the lease of the attempt that runs ends, which comes to the same: then somebody looks.
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

/// Version 2: a page of one function's tasks costs a page, and no longer a look at all tasks in their phases.
const LISTED_BY_NAME: &str = "
CREATE INDEX tasks_listed ON tasks (phase, name);
DROP INDEX tasks_phase;
";
