//! [`Classify`] for `sqlx::Error`.

use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::failure::chain::of_error_chain;
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// The class depends on how far the statement got, and on the database's error code:
///
/// | failure | kind | why |
/// |---|---|---|
/// | `PoolTimedOut` | `Transient` | there was no connection, so nothing was sent |
/// | `Io` | by the rules of `std::io::Error`, else `Permanent` | those rules make a connection that breaks midway `Ambiguous` |
/// | `Tls` | `Transient` when its source is `Transient` or `Ambiguous`, else `Permanent` | it fails before the first query; a bad certificate stays bad |
/// | `WorkerCrashed` | `Ambiguous` | the command may have been executed |
/// | `Database` | by its code, below | |
/// | everything else: no row, wrong column, encoding, configuration, closed pool, … | `Permanent` | the same call will fail in the same way |
///
/// Error codes (SQLSTATE; PostgreSQL, MySQL):
///
/// | code | kind | why |
/// |---|---|---|
/// | class 40 (40001 serialization failure, 40P01 and MySQL 1213 deadlock) | `Transient` | the transaction was rolled back |
/// | 40002 integrity constraint | `Permanent` | the data will violate it again |
/// | 40003 statement completion unknown | `Ambiguous` | the statement may have been executed |
/// | 55P03 lock not available, MySQL 1205 and 3572 | `Transient` | the statement did nothing |
/// | 53300 too many connections, 57P03 cannot connect now, 08001, 08004 (MySQL 1040) | `Transient` | there was no connection |
/// | 57P05 idle session timeout, MySQL 4031 disconnected because of inactivity | `Transient` | the server closed a connection that waited for a statement, and did not read this one |
/// | 25P03 idle in transaction timeout | `Transient` | so, and the transaction was rolled back |
/// | 25006 read-only transaction, MySQL 1290 and 1836 read-only server, 1047 node not ready | `Transient` | after a failover the server is a replica now, and refused the statement |
/// | other 08 connection exceptions, 57P01 admin shutdown, 57P02 crash shutdown | `Ambiguous` | the connection ended midway |
/// | everything else | `Permanent` | |
///
/// SQLite: `SQLITE_BUSY` (5) and `SQLITE_LOCKED` (6) with their extended codes are `Transient`, because the statement
/// did nothing; everything else is `Permanent`.
///
/// A refusal after a failover lasts until the pool connects to the new primary; sqlx does that when it opens the next
/// connection ([mysql2#4075](https://github.com/sidorares/node-mysql2/issues/4075)).
///
/// These classes describe the statement or, for class 40, the transaction. If an attempt is only one statement of a
/// longer transaction, retry the whole transaction instead.
///
/// Sources: <https://www.postgresql.org/docs/current/errcodes-appendix.html>,
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
/// <https://www.sqlite.org/rescode.html>.
impl Classify for Error {
    fn classify(&self) -> Class {
        match self {
            Error::Io(error) => error.classify(),
            Error::Database(error) => Class::new(of_database(&**error)),
            Error::Tls(source) => Class::new(match of_error_chain(&**source) {
                Some(Class { kind: Kind::Transient | Kind::Ambiguous, .. }) => Kind::Transient,
                _ => Kind::Permanent,
            }),
            Error::PoolTimedOut => Class::new(Kind::Transient),
            Error::WorkerCrashed => Class::new(Kind::Ambiguous),
            _ => Class::new(Kind::Permanent),
        }
    }

    describe::by_display!();
}

/// The class of a database's error apart from the [`Error`] around it, as in a source chain.
pub(in crate::failure) fn of_boxed_database(error: &dyn DatabaseError) -> Class {
    Class::new(of_database(error))
}

fn of_database(error: &dyn DatabaseError) -> Kind {
    let Some(code) = error.code() else { return Kind::Permanent };
    // A SQLSTATE has five characters; SQLite's codes are shorter numbers.
    if code.len() < 5 {
        return code.parse().map_or(Kind::Permanent, of_sqlite);
    }
    match &*code {
        // MySQL uses this state for errors without an SQLSTATE; the error number tells them apart.
        "HY000" => mysql_number(error).map_or(Kind::Permanent, of_mysql),
        // Galera: "WSREP has not yet prepared node for application use". Nothing was executed.
        "08S01" if mysql_number(error) == Some(1047) => Kind::Transient,
        state => of_sqlstate(state),
    }
}

fn of_sqlstate(state: &str) -> Kind {
    match state {
        "40002" => Kind::Permanent,
        "40003" => Kind::Ambiguous,
        "55P03" | "25006" | "53300" | "57P03" | "08001" | "08004" => Kind::Transient,
        "57P05" | "25P03" => Kind::Transient,
        "57P01" | "57P02" => Kind::Ambiguous,
        _ if state.starts_with("40") => Kind::Transient,
        _ if state.starts_with("08") => Kind::Ambiguous,
        _ => Kind::Permanent,
    }
}

/// The low byte of an extended result code is the primary result code.
fn of_sqlite(code: u32) -> Kind {
    match code & 0xff {
        5 | 6 => Kind::Transient,
        _ => Kind::Permanent,
    }
}

fn of_mysql(number: u32) -> Kind {
    match number {
        1205 | 1213 | 1290 | 1836 | 3572 | 4031 => Kind::Transient,
        _ => Kind::Permanent,
    }
}

/// The number of a MySQL error, read from its text, `1205 (HY000): Lock wait timeout exceeded`: the error's type exists
/// only with sqlx's feature `mysql`.
fn mysql_number(error: &dyn DatabaseError) -> Option<u32> {
    error.to_string().split_once(' ')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::{error, fmt, io};

    /// A database error with the given code and text.
    #[derive(Debug)]
    struct Answer {
        code: Option<&'static str>,
        text: &'static str,
    }

    impl fmt::Display for Answer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.text)
        }
    }

    impl error::Error for Answer {}

    impl DatabaseError for Answer {
        fn message(&self) -> &str {
            self.text
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            self.code.map(Cow::Borrowed)
        }

        fn as_error(&self) -> &(dyn error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    fn check(codes: &[&'static str], kind: Kind) {
        for &code in codes {
            let error = Error::from(Answer { code: Some(code), text: "" });
            assert_eq!(error.classify(), Class::new(kind), "{code}");
        }
    }

    #[test]
    fn a_statement_that_was_rolled_back_or_never_sent_is_transient() {
        check(&["40001", "40P01", "40000", "55P03"], Kind::Transient);
        check(&["53300", "57P03", "08001", "08004"], Kind::Transient);
    }

    #[test]
    fn a_connection_that_ended_midway_is_ambiguous() {
        check(&["08000", "08003", "08006", "08007", "08S01"], Kind::Ambiguous);
        check(&["57P01", "57P02", "40003"], Kind::Ambiguous);
    }

    #[test]
    fn a_wrong_statement_is_permanent() {
        check(&["23505", "42601", "57014", "53100", "40002", "XX000", "é"], Kind::Permanent);
        let error = Error::from(Answer { code: None, text: "no code" });
        assert_eq!(error.classify(), Class::new(Kind::Permanent));
    }

    #[test]
    fn a_refusal_after_a_failover_is_transient() {
        check(&["25006", "57P03"], Kind::Transient);
        let mysql = |code, text| Error::from(Answer { code: Some(code), text }).classify().kind;
        for text in [
            "1290 (HY000): The MySQL server is running with the --read-only option",
            "1836 (HY000): Running in read-only mode",
        ] {
            assert_eq!(mysql("HY000", text), Kind::Transient, "{text}");
        }
        let not_ready = "1047 (08S01): WSREP has not yet prepared node for application use";
        assert_eq!(mysql("08S01", not_ready), Kind::Transient);
        assert_eq!(mysql("08S01", "1053 (08S01): Server shutdown in progress"), Kind::Ambiguous);
    }

    #[test]
    fn a_connection_that_closed_before_the_statement_is_transient() {
        check(&["57P05", "25P03"], Kind::Transient);
        let text = "4031 (HY000): The client was disconnected by the server because of inactivity.";
        let error = Error::from(Answer { code: Some("HY000"), text });
        assert_eq!(error.classify(), Class::new(Kind::Transient));
    }

    #[test]
    fn a_busy_or_locked_sqlite_is_transient() {
        check(&["5", "6", "261", "517", "262"], Kind::Transient);
        check(&["1", "13", "19", "2067"], Kind::Permanent);
    }

    #[test]
    fn a_mysql_error_without_a_state_is_classified_by_its_number() {
        let mysql = |text| Error::from(Answer { code: Some("HY000"), text }).classify().kind;
        assert_eq!(mysql("1205 (HY000): Lock wait timeout exceeded"), Kind::Transient);
        assert_eq!(mysql("3572 (HY000): NOWAIT is set"), Kind::Transient);
        assert_eq!(mysql("1364 (HY000): Field has no default value"), Kind::Permanent);
        assert_eq!(mysql("no number"), Kind::Permanent);
    }

    #[test]
    fn connections_and_pools_say_whether_anything_was_sent() {
        let io = |kind: io::ErrorKind| Error::from(io::Error::from(kind)).classify().kind;
        assert_eq!(io(io::ErrorKind::ConnectionRefused), Kind::Transient);
        assert_eq!(io(io::ErrorKind::UnexpectedEof), Kind::Ambiguous);
        assert_eq!(Error::PoolTimedOut.classify().kind, Kind::Transient);
        assert_eq!(Error::PoolClosed.classify().kind, Kind::Permanent);
        assert_eq!(Error::RowNotFound.classify().kind, Kind::Permanent);
    }

    #[test]
    fn a_handshake_that_broke_off_is_transient() {
        let tls = |kind: io::ErrorKind| Error::Tls(io::Error::from(kind).into()).classify().kind;
        assert_eq!(tls(io::ErrorKind::UnexpectedEof), Kind::Transient);
        assert_eq!(tls(io::ErrorKind::InvalidData), Kind::Permanent);
    }
}
