//! The translation of the server's errors.

use std::time::Duration;

use retry_tasks::StoreError;
use tokio_postgres::error::SqlState;

use super::connect::Failure;

/// Any other failure of the store.
pub(crate) fn other(detail: String) -> StoreError {
    StoreError::Other { detail }
}

/// The text of an error with its causes: `tokio-postgres` tells the cause only as the source.
pub(crate) fn told(error: &tokio_postgres::Error) -> String {
    if let Some(told) = error.as_db_error() {
        let code = told.code().code();
        return match told.detail() {
            // The detail of an error about a row may have values of it.
            Some(detail) if !code.starts_with("22") && !code.starts_with("23") => {
                format!("{}; {detail}; {code}", told.message())
            }
            _ => format!("{}; {code}", told.message()),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The failure of a transaction that an error of the server stands for. `waited` is the limit for locks.
pub(crate) fn failure(error: &tokio_postgres::Error, server: &str, waited: Duration) -> Failure {
    let unusable = || StoreError::Unreachable { server: server.to_owned(), detail: told(error) };
    let Some(code) = error.code() else { return Failure::Lost(unusable()) };
    let locked = || StoreError::Locked { path: server.into(), waited };
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    match *code {
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        // A task is not as it was seen: see `overlay::checked`.
        | SqlState::DIVISION_BY_ZERO
        | SqlState::UNIQUE_VIOLATION => Failure::Again(locked()),
        SqlState::LOCK_NOT_AVAILABLE => Failure::Refused(locked()),
        SqlState::READ_ONLY_SQL_TRANSACTION => {
            Failure::Refused(StoreError::ReadOnly { path: server.into() })
        }
        SqlState::DISK_FULL => Failure::Refused(StoreError::Full { path: server.into() }),
        // A plan of before a migration: a new connection has none.
        SqlState::FEATURE_NOT_SUPPORTED | SqlState::INVALID_SQL_STATEMENT_NAME => {
            Failure::Lost(unusable())
        }
        _ => match &code.code()[..2] {
            // Connections, shutdowns, and too many clients.
            "08" | "53" | "57" | "58" | "25" => Failure::Lost(unusable()),
            // Values, constraints, limits, and what a trigger raises: these belong to one row.
            "22" | "23" | "54" | "P0" => {
                Failure::Refused(other(format!("`{server}`: {}", told(error))))
            }
            _ => Failure::Refused(unusable()),
        },
    }
}
