//! Opening the file: the checks, the settings of the connections, and the migration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{
    builder::Durability, builder::SqliteBuilder, schema, schema::VERSION, threads::Sqlite,
    transaction::ErrorContext, transaction::Rows, transaction::file_at,
};
use crate::rows::{leased::Leased, time::StoreClock};
use crate::store::error::{Result, StoreError};
use crate::tasks::Tasks;

impl SqliteBuilder {
    /// Opens the file, and upgrades one of an older version.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged, read-only, locked, not a task store, or of a newer version. The file is left
    /// untouched then.
    pub fn open(self) -> Result<Tasks, StoreError> {
        let clock = Arc::new(StoreClock::new(Arc::clone(&self.clock)));
        let (found, writer) = (reader(&self)?, writer(&self)?);
        let missing = || StoreError::Missing { path: self.path.clone() };
        // The readers need the tables, which the writer may just have created.
        let found = match found {
            Some(found) => found,
            None => reader(&self)?.ok_or_else(missing)?,
        };
        let student = reader(&self)?.ok_or_else(missing)?;
        let backend = Sqlite::new(writer, found, student, &clock)?;
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
pub(super) fn writer(settings: &SqliteBuilder) -> Result<Rows> {
    create(settings);
    let mut rows = connect(settings)?;
    if settings.read_only {
        return Ok(rows);
    }
    if rows.named(rows.connection.is_readonly("main"))? {
        return Err(StoreError::ReadOnly { path: settings.path.clone() });
    }
    // A file that is refused from here on must stay as it is, its log included.
    keep_the_log(&rows, true)?;
    if schema::version(&rows)? > 0 {
        check(&rows)?;
    }
    let mode = patiently(settings.busy_timeout, || {
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        rows.named(rows.connection.pragma_update_and_check(None, "journal_mode", "wal", mode))
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
    rows.set("synchronous", synchronous)?;
    // Truncates the log after it has grown large.
    rows.set("journal_size_limit", 16 << 20)?;
    schema::migrate(&mut rows)?;
    if let Some(limit) = settings.max_bytes {
        let page = rows.first("PRAGMA page_size", [], |row| row.get::<_, i64>(0))?.unwrap_or(1);
        let pages = (i64::try_from(limit).unwrap_or(i64::MAX) / page.max(1)).max(1);
        let limited =
            rows.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        rows.named(limited)?;
    }
    keep_the_log(&rows, false)?;
    // From here on, the lock is waited for where a transaction begins.
    rows.named(rows.connection.busy_timeout(Duration::ZERO))?;
    Ok(rows)
}

/// Opens the connection that reads; `None` when there are no tables yet.
fn reader(settings: &SqliteBuilder) -> Result<Option<Rows>> {
    if !settings.path.exists() {
        let path = settings.path.clone();
        return if settings.existing { Err(StoreError::Missing { path }) } else { Ok(None) };
    }
    let mut rows = connect(settings)?;
    keep_the_log(&rows, true)?;
    let mut found = schema::version(&rows);
    let is_refused = settings.read_only && matches!(found, Err(StoreError::ReadOnly { .. }));
    let alone = if is_refused { connect_alone(settings)? } else { None };
    if let Some(alone) = alone {
        found = schema::version(&alone);
        rows = alone;
    }
    let found = found?;
    if found < VERSION {
        let path = settings.path.clone();
        // A file that must exist must have tasks: an empty one belongs to another program.
        return match found {
            0 if settings.existing => Err(StoreError::Foreign { path }),
            found if found > 0 && (settings.read_only || !settings.upgrades) => {
                Err(StoreError::Older { path, found, known: VERSION })
            }
            _ => Ok(None),
        };
    }
    rows.set("query_only", true)?;
    keep_the_log(&rows, false)?;
    Ok(Some(rows))
}

/// Creates the file for its owner alone, since arguments may be secrets. SQLite gives its other files the same mode. Leaves it
/// to SQLite to say what is wrong.
fn create(settings: &SqliteBuilder) {
    if settings.existing || settings.read_only {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(&settings.path);
}

fn connect(settings: &SqliteBuilder) -> Result<Rows> {
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
    rows(settings, connection)
}

fn rows(settings: &SqliteBuilder, connection: rusqlite::Result<Connection>) -> Result<Rows> {
    let (path, busy_timeout) = (settings.path.clone(), settings.busy_timeout);
    let context = ErrorContext { file: file_at(&path), path, busy_timeout };
    match connection {
        Ok(connection) => Ok(Rows { connection, context, buckets: HashMap::new() }),
        Err(error) => Err(context.error(&error)),
    }
}

/// Opens a file that nobody writes, for somebody who may not write beside it: SQLite would have to create the files of its
/// log. `None` when there is a log, without which the file is not complete.
fn connect_alone(settings: &SqliteBuilder) -> Result<Option<Rows>> {
    let has_log = log_of(&settings.path).exists();
    let Some(path) = settings.path.to_str().filter(|_| !has_log) else {
        return Ok(None);
    };
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{path}?immutable=1");
    let connection = Connection::open_with_flags(uri, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    rows(settings, connection).map(Some)
}

/// Repeats an operation for this long while the file is locked, where SQLite itself does not wait.
fn patiently<T>(limit: Duration, mut operation: impl FnMut() -> Result<T>) -> Result<T> {
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
fn keep_the_log(rows: &Rows, keep: bool) -> Result<()> {
    let config = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    rows.named(rows.connection.set_db_config(config, keep)).map(drop)
}

/// The log of the file, which SQLite applies to whatever file it lies beside.
fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

/// The most likely reason for damage where there is a log.
fn of_another_log(log: &Path) -> String {
    match std::fs::metadata(log) {
        Ok(file) if file.len() > 0 => format!(
            "; its log `{}` may belong to another copy: restore both together, or the file without a log",
            log.display()
        ),
        _ => String::new(),
    }
}

/// Checks the file for damage.
fn check(rows: &Rows) -> Result<()> {
    let path = &rows.context.path;
    if std::fs::metadata(path).is_ok_and(|file| file.len() > CHECKED) {
        return Ok(());
    }
    match rows.first("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))? {
        Some(detail) if detail != "ok" => {
            let detail = detail.lines().next().unwrap_or_default();
            let detail = format!("{detail}{}", of_another_log(&log_of(path)));
            Err(StoreError::Broken { path: path.clone(), detail })
        }
        _ => Ok(()),
    }
}
