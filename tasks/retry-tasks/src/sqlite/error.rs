//! The translation of SQLite's errors.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Error, ErrorCode};

use crate::store::error::StoreError;

/// The facts that an error message needs besides SQLite's error.
#[derive(Clone, Debug)]
pub(super) struct ErrorContext {
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
}

impl ErrorContext {
    pub(super) fn error(&self, error: &Error) -> StoreError {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked { path, waited: self.busy_timeout }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly { path }
            }
            Some(ErrorCode::NotADatabase) => StoreError::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Broken { path, detail: error.to_string() }
            }
            _ => StoreError::Other { detail: format!("`{}`: {error}", path.display()) },
        }
    }
}
