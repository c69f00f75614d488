//! What SQLite's failures mean here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::StoreError;

/// Which file, and how patient: what the texts say.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
}

impl Place {
    pub(super) fn new(path: &Path, busy_timeout: Duration) -> Self {
        Place { path: path.to_owned(), busy_timeout }
    }

    /// The failure in the crate's words.
    pub(super) fn failure(&self, error: &rusqlite::Error) -> StoreError {
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
