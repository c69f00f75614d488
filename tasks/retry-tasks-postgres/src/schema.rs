//! The tables, their version, and the migrations. `@` stands for the schema with a dot.

use super::connect::Connection;
use super::error::other;
use retry_tasks::StoreError;

/// The migrations, one for each version. `meta.version` counts those that the schema has.
const STEPS: [&str; 1] = [FIRST];

/// The version that this program reads and writes.
pub(crate) const VERSION: i32 = STEPS.len() as i32;

/// Times are milliseconds since 1970, durations are nanoseconds. A task waits in one of the lanes of its function, each
/// with an index in its order, so that the cost of a claim depends neither on the number of tasks nor on that of priorities.
/// `gives_up` is the time at which a held task gets its attempt without a token if no task of its function succeeds. Each
/// function has a bucket that pays for its retries, in thousandths of a token. The row of a running task has its attempt,
/// whose own row is written at its end.
///
/// Names and keys are compared byte for byte. Rows change several times within a second and die soon, so they are
/// vacuumed sooner than others. `commits` has the marks of the latest transactions.
const FIRST: &str = r#"
CREATE TABLE @tasks (
    id         uuid PRIMARY KEY,
    name       text COLLATE "C" NOT NULL,
    phase      text COLLATE "C" NOT NULL
               CHECK (phase IN ('pending', 'running', 'waiting', 'complete', 'failed', 'cancelled')),
    reason     text,
    priority   integer NOT NULL,
    unique_key text COLLATE "C",
    valid_for  bigint,
    created_at bigint NOT NULL,
    run_at     bigint,
    started_at bigint,
    attempt_at bigint,
    ended_at   bigint,
    deadline   bigint,
    attempts   bigint NOT NULL,
    round      bigint NOT NULL,
    round_at   bigint,
    max        bigint,
    fence      bigint NOT NULL,
    worker     text,
    fraction   double precision,
    message    text,
    result     text,
    last_error text,
    last_kind  text,
    last_delay bigint,
    paced      boolean NOT NULL,
    lane       text COLLATE "C" CHECK (lane IN ('ready', 'later', 'paying', 'leased')),
    gives_up   bigint,
    paid       bigint NOT NULL,
    lease_length bigint NOT NULL,
    misfit_at  bigint,
    failures   bigint[] NOT NULL,
    lost_key   text,
    by_hand    bigint NOT NULL,
    redacted   text[] NOT NULL,
    arguments  text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX tasks_ready    ON @tasks (name, priority DESC, run_at, id) WHERE lane = 'ready';
CREATE INDEX tasks_later    ON @tasks (name, run_at, id) WHERE lane = 'later';
CREATE INDEX tasks_paying   ON @tasks (name, run_at, id) WHERE lane = 'paying';
CREATE INDEX tasks_gives_up ON @tasks (name, gives_up) WHERE lane = 'paying';
CREATE INDEX tasks_listed   ON @tasks (phase, name, id);
CREATE INDEX tasks_ended    ON @tasks (name, phase, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX tasks_deadline ON @tasks (deadline) WHERE deadline IS NOT NULL AND lane IS NOT NULL;
CREATE UNIQUE INDEX tasks_key ON @tasks (name, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE @attempts (
    task    uuid NOT NULL,
    fence   bigint NOT NULL,
    number  bigint NOT NULL,
    started bigint NOT NULL,
    ended   bigint,
    outcome text NOT NULL,
    kind    text,
    error   text,
    delay   bigint,
    source  text,
    worker  text NOT NULL,
    PRIMARY KEY (task, fence)
);

CREATE TABLE @commits (
    token uuid PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX commits_at ON @commits (at);

CREATE TABLE @buckets (
    name      text COLLATE "C" PRIMARY KEY,
    tokens    bigint NOT NULL,
    at        bigint NOT NULL,
    capacity  bigint NOT NULL,
    refill    bigint NOT NULL,
    succeeded bigint
) WITH (fillfactor = 50);
"#;

/// The number that several programs lock while one of them migrates.
const LOCK: i64 = 0x7274_736b;

/// Applies the migrations that the schema does not have yet, all of them or none. Other programs that try at the same time
/// wait and find nothing to do.
pub(crate) fn migrate(connection: &mut Connection, may_change: bool) -> Result<(), StoreError> {
    let schema = connection.schema().to_owned();
    let found = version(connection)?;
    let known = VERSION.unsigned_abs();
    let path = connection.server().to_owned();
    match found {
        Some(found) if found > VERSION => {
            let found = found.unsigned_abs();
            return Err(StoreError::Newer { path: path.into(), found, known });
        }
        Some(VERSION) => return Ok(()),
        found if !may_change => {
            let found = found.unwrap_or_default().unsigned_abs();
            return Err(match found {
                0 => other(format!(
                    "the database at `{path}` has no schema `{schema}` with tasks; name the schema of the program, or start it once"
                )),
                found => StoreError::Older { path: path.into(), found, known },
            });
        }
        _ => {}
    }
    connection.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    let migrated = steps(connection, &schema);
    connection.batch(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    migrated
}

fn steps(connection: &mut Connection, schema: &str) -> Result<(), StoreError> {
    // Without the right to create schemas, one that exists is enough.
    let exists = format!("SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'");
    if connection.simple(&exists)?.is_empty() {
        connection.batch(&format!("CREATE SCHEMA {schema}"))?;
    }
    connection.batch("CREATE TABLE IF NOT EXISTS @meta (version integer NOT NULL)")?;
    let has = version(connection)?.unwrap_or_default();
    for step in STEPS.iter().skip(usize::try_from(has).unwrap_or_default()) {
        connection.batch(step)?;
    }
    let newest = VERSION.max(has);
    let noted = format!("DELETE FROM @meta; INSERT INTO @meta (version) VALUES ({newest})");
    Ok(connection.batch(&noted)?)
}

/// The version of the schema; `None` when it has no tables yet.
fn version(connection: &mut Connection) -> Result<Option<i32>, StoreError> {
    let schema = connection.schema();
    let exists = format!("SELECT to_regclass('{schema}.meta') IS NOT NULL");
    if connection.simple(&exists)?.first().map(String::as_str) != Some("t") {
        return Ok(None);
    }
    let found = connection.simple("SELECT version FROM @meta")?;
    Ok(found.first().and_then(|version| version.parse().ok()))
}
