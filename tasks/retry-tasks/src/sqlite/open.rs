//! Opening the file: the checks, the settings of the connections, and the migration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{
    builder::Durability, builder::SqliteBuilder, error::ErrorContext, schema, schema::VERSION,
    threads::Sqlite, threads::Thread, transaction::Rows,
};
use crate::rows::leased::Leased;
use crate::store::error::StoreError;
use crate::tasks::Tasks;

impl SqliteBuilder {
    /// Opens the file, and upgrades one of an older version.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged, read-only, locked, not a task store, or of a newer version. The file is left
    /// untouched then.
    pub fn open(self) -> Result<Tasks, StoreError> {
        let clock = Arc::clone(&self.clock);
        let (found, writer) = (reader(&self)?, writer(&self)?);
        // The reader needs the tables, which the writer may just have created.
        let reader = match found {
            Some(reader) => reader,
            None => reader(&self)?.ok_or(StoreError::Missing { path: self.path })?,
        };
        let backend = Sqlite {
            writer: Thread::writer(writer, &clock)?,
            reader: Thread::reader(reader, &clock)?,
        };
        Ok(Tasks::of(Arc::new(Leased::new(backend, clock))))
    }
}

impl Tasks {
    /// Opens the store in this SQLite file, which is created if it does not exist. Several processes may share it.
    ///
    /// [`SqliteBuilder`] has the settings.
    ///
    /// # Errors
    ///
    /// The same as of [`SqliteBuilder::open`].
    pub fn sqlite(path: impl Into<PathBuf>) -> Result<Tasks, StoreError> {
        SqliteBuilder::new(path).open()
    }
}

/// Opening checks files up to this size for damage.
const CHECKED: u64 = 64 << 20;

/// Opens the connection that writes, and creates the tables.
fn writer(settings: &SqliteBuilder) -> Result<Rows, StoreError> {
    let context = settings.error_context();
    let failed = |error: rusqlite::Error| context.error(&error);
    let mut connection = connect(settings, &context)?;
    if settings.read_only {
        return Ok(Rows { connection, context });
    }
    if connection.is_readonly("main").map_err(failed)? {
        return Err(StoreError::ReadOnly { path: settings.path.clone() });
    }
    // A file that is refused from here on must stay as it is, its log included.
    keep_the_log(&connection, true).map_err(failed)?;
    let version = schema::version(&connection, &context)?;
    if version > 0 {
        check(&connection, &context)?;
    }
    let mode = patiently(settings.busy_timeout, || {
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        connection.pragma_update_and_check(None, "journal_mode", "wal", mode).map_err(failed)
    })?;
    if mode != "wal" {
        let detail = format!(
            "the file system of `{}` does not support write-ahead logging (journal mode {mode}); use a local disk",
            settings.path.display()
        );
        return Err(StoreError::Other { detail });
    }
    let synchronous = match settings.durability {
        Durability::Full => "full",
        Durability::Normal => "normal",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(failed)?;
    // Truncates the log after it has grown large.
    connection.pragma_update(None, "journal_size_limit", 16 << 20).map_err(failed)?;
    schema::migrate(&mut connection, &context)?;
    if let Some(limit) = settings.max_bytes {
        let page: i64 =
            connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(failed)?;
        let pages = (i64::try_from(limit).unwrap_or(i64::MAX) / page.max(1)).max(1);
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .map_err(failed)?;
    }
    keep_the_log(&connection, false).map_err(failed)?;
    Ok(Rows { connection, context })
}

/// Opens the connection that reads; `None` when there are no tables yet.
fn reader(settings: &SqliteBuilder) -> Result<Option<Rows>, StoreError> {
    if !settings.path.exists() {
        let path = settings.path.clone();
        return if settings.existing { Err(StoreError::Missing { path }) } else { Ok(None) };
    }
    let context = settings.error_context();
    let connection = connect(settings, &context)?;
    keep_the_log(&connection, true).map_err(|error| context.error(&error))?;
    let found = schema::version(&connection, &context)?;
    if found < VERSION {
        let path = context.path;
        // A file that must exist must have tasks: an empty one belongs to another program.
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
    settled.map_err(|error| context.error(&error))?;
    Ok(Some(Rows { connection, context }))
}

fn connect(settings: &SqliteBuilder, context: &ErrorContext) -> Result<Connection, StoreError> {
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
    connection.map_err(|error| context.error(&error))
}

/// Repeats an operation for this long while the file is locked, where SQLite itself does not wait.
fn patiently<T>(
    limit: Duration,
    mut operation: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        match operation() {
            Err(StoreError::Locked { .. }) if waited < limit => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            result => return result,
        }
    }
}

/// Sets whether the last connection leaves the write-ahead log as it is when it closes.
fn keep_the_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(drop)
}

/// Checks the file for damage.
fn check(connection: &Connection, context: &ErrorContext) -> Result<(), StoreError> {
    if std::fs::metadata(&context.path).is_ok_and(|file| file.len() > CHECKED) {
        return Ok(());
    }
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match found {
        Ok(found) if found == "ok" => Ok(()),
        Ok(detail) => Err(StoreError::Broken { path: context.path.clone(), detail }),
        Err(error) => Err(context.error(&error)),
    }
}
