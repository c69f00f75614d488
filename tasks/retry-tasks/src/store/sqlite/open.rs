//! Opening the file: what it is, whether it may be used, and what it still needs.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::failure::Place;
use super::file::Rows;
use super::schema::{APPLICATION, STEPS, VERSION};
use super::{Durability, SqliteBuilder};
use crate::StoreError;

/// Files up to this size are checked for damage when they are opened.
const CHECKED: u64 = 64 << 20;

/// The connection that writes, with all tables there.
pub(super) fn writer(settings: &SqliteBuilder) -> Result<Rows, StoreError> {
    let place = Place::new(&settings.path, settings.busy_timeout);
    let failed = |error: rusqlite::Error| place.failure(&error);
    let mut connection = connect(settings, &place)?;
    if settings.read_only {
        return Ok(Rows::new(connection, place));
    }
    if connection.is_readonly("main").map_err(failed)? {
        return Err(StoreError::ReadOnly { path: settings.path.clone() });
    }
    // What is refused from here on is not even tidied up.
    keep_the_log(&connection, true).map_err(failed)?;
    let version = version(&connection, &place)?;
    if version > 0 {
        check(&connection, &place)?;
    }
    let mode = patiently(settings.busy_timeout, || {
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        connection.pragma_update_and_check(None, "journal_mode", "wal", mode).map_err(failed)
    })?;
    if mode != "wal" {
        let detail = format!(
            "the file system of `{}` does not allow write-ahead logging (journal mode {mode}); put the file on a local disk",
            settings.path.display()
        );
        return Err(StoreError::Other { detail });
    }
    let synchronous = match settings.durability {
        Durability::Full => "full",
        Durability::Normal => "normal",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(failed)?;
    // A log that has grown large once does not stay so.
    connection.pragma_update(None, "journal_size_limit", 16 << 20).map_err(failed)?;
    migrate(&mut connection, &place, &STEPS)?;
    if let Some(limit) = settings.max_bytes {
        let page: i64 =
            connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(failed)?;
        let pages = (i64::try_from(limit).unwrap_or(i64::MAX) / page.max(1)).max(1);
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .map_err(failed)?;
    }
    keep_the_log(&connection, false).map_err(failed)?;
    Ok(Rows::new(connection, place))
}

/// The connection that reads; `None` when there is nothing to read yet.
pub(super) fn reader(settings: &SqliteBuilder) -> Result<Option<Rows>, StoreError> {
    if !settings.path.exists() {
        let path = settings.path.clone();
        return if settings.existing { Err(StoreError::Missing { path }) } else { Ok(None) };
    }
    let place = Place::new(&settings.path, settings.busy_timeout);
    let connection = connect(settings, &place)?;
    keep_the_log(&connection, true).map_err(|error| place.failure(&error))?;
    let found = version(&connection, &place)?;
    if found < VERSION {
        let path = place.path;
        // Who asks for a file that exists asks for tasks that exist: an empty one is somebody else's.
        return match (settings.read_only, found) {
            (true, 0) => Err(StoreError::Foreign { path }),
            (true, _) => Err(StoreError::Older { path, found, known: VERSION }),
            (false, 0) if settings.existing => Err(StoreError::Foreign { path }),
            (false, _) => Ok(None),
        };
    }
    let settled = connection
        .pragma_update(None, "query_only", true)
        .and_then(|()| keep_the_log(&connection, false));
    settled.map_err(|error| place.failure(&error))?;
    Ok(Some(Rows::new(connection, place)))
}

fn connect(settings: &SqliteBuilder, place: &Place) -> Result<Connection, StoreError> {
    let access = match (settings.read_only, settings.existing) {
        (true, _) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        (false, true) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        (false, false) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let connection =
        Connection::open_with_flags(&settings.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .and_then(|connection| {
                connection.busy_timeout(settings.busy_timeout)?;
                connection.set_prepared_statement_cache_capacity(64);
                Ok(connection)
            });
    connection.map_err(|error| place.failure(&error))
}

/// Tries for so long while the file is locked: for orders that SQLite itself does not wait with.
fn patiently<T>(
    limit: Duration,
    mut order: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        match order() {
            Err(StoreError::Locked { .. }) if waited < limit => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            done => return done,
        }
    }
}

/// Whether the last connection to close leaves the write-ahead log as it is.
fn keep_the_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(drop)
}

/// The file's version; 0 for an empty one.
fn version(connection: &Connection, place: &Place) -> Result<u32, StoreError> {
    // In one statement: between two of them another process may make its tables.
    const QUERY: &str = "SELECT count(*), (SELECT application_id FROM pragma_application_id), \
                         (SELECT user_version FROM pragma_user_version) FROM sqlite_schema";
    let row = connection.query_row(QUERY, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let (tables, application, found): (i64, i32, i32) =
        row.map_err(|error| place.failure(&error))?;
    let path = place.path.clone();
    match u32::try_from(found) {
        Ok(0) if application == 0 && tables == 0 => Ok(0),
        Ok(found) if application == APPLICATION && found > VERSION => {
            Err(StoreError::Newer { path, found, known: VERSION })
        }
        Ok(found) if application == APPLICATION && found > 0 => Ok(found),
        _ => Err(StoreError::Foreign { path }),
    }
}

/// Looks for damage.
fn check(connection: &Connection, place: &Place) -> Result<(), StoreError> {
    if std::fs::metadata(&place.path).is_ok_and(|file| file.len() > CHECKED) {
        return Ok(());
    }
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match found {
        Ok(found) if found == "ok" => Ok(()),
        Ok(detail) => Err(StoreError::Broken { path: place.path.clone(), detail }),
        Err(error) => Err(place.failure(&error)),
    }
}

/// Takes the steps that the file does not have yet, all of them or none: a process that ends on the way leaves
/// the file as it was. Others that try at the same time wait for the lock, and find nothing left to do.
fn migrate(connection: &mut Connection, place: &Place, steps: &[&str]) -> Result<(), StoreError> {
    let last = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if version(connection, place)? >= last {
        return Ok(());
    }
    let failed = |error: rusqlite::Error| place.failure(&error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let has = version(&transaction, place)?;
    for step in steps.iter().skip(has as usize) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    transaction.pragma_update(None, "user_version", last.max(has)).map_err(failed)?;
    transaction.commit().map_err(failed)
}
