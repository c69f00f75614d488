//! [`Classify`] for `redis::RedisError`.

use std::error::Error;

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use crate::failure::chain::of_error_chain;
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;

/// The class depends on the server's answer, or on how far the command got:
///
/// | failure | kind | why |
/// |---|---|---|
/// | `LOADING`, `TRYAGAIN`, `CLUSTERDOWN`, `MASTERDOWN`, `BUSY`, `NOREPLICAS` | `Transient` | the server refused the command for now |
/// | `READONLY`, `UNBLOCKED` | `Transient` | after a failover the server is a replica now, and refused the command |
/// | connection refused | `Transient` | nothing was sent |
/// | the sentinels know no master or replica, or there is no connection to the cluster's node | `Transient` | nothing was sent; a failover may be in progress |
/// | timeout, dropped connection | `Ambiguous` | the command may have been executed |
/// | other I/O errors | by the rules of `std::io::Error`, else `Permanent` | |
/// | a pipeline whose failures are all `Transient` | `Ambiguous` | its other commands were executed |
/// | a transaction that was aborted for `Transient` reasons only | `Transient` | none of its commands was executed |
/// | everything else: wrong types, authentication, `MOVED`, `OOM`, scripts, … | `Permanent` | the same command will get the same answer |
///
/// A `READONLY` lasts until the client connects to the new master, so use a client that connects again, such as redis's
/// `ConnectionManager` ([redis-rs#2115](https://github.com/redis-rs/redis-rs/issues/2115)).
///
/// Sources: <https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors> and
/// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>.
impl Classify for RedisError {
    fn classify(&self) -> Class {
        match self.kind() {
            ErrorKind::Io => of_io(self),
            ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::NoValidReplicasFoundBySentinel
            | ErrorKind::ClusterConnectionNotFound => Class::new(Kind::Transient),
            _ => Class::new(of_answer(self)),
        }
    }

    describe::by_display!();
}

fn of_io(error: &RedisError) -> Class {
    if error.is_connection_refusal() {
        return Class::new(Kind::Transient);
    }
    if error.is_timeout() || error.is_connection_dropped() {
        return Class::new(Kind::Ambiguous);
    }
    error.source().and_then(of_error_chain).unwrap_or(Class::new(Kind::Permanent))
}

/// The kind of the server's answer to a command, to the commands of a pipeline, or to a transaction.
fn of_answer(error: &RedisError) -> Kind {
    // An error has a source only if it is the answer to a single command.
    let single = error.source().is_some();
    match error.clone().into_server_errors() {
        Some(answers) if !answers.is_empty() => {
            let worst = answers.iter().map(|(_, answer)| of_server_error(answer)).max();
            match worst {
                Some(Kind::Transient) if single || is_aborted(error) => Kind::Transient,
                Some(Kind::Transient) => Kind::Ambiguous,
                _ => Kind::Permanent,
            }
        }
        _ => match error.kind() {
            ErrorKind::Server(kind) => of_server_kind(kind),
            _ => Kind::Permanent,
        },
    }
}

fn is_aborted(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ExecAbort)
}

fn of_server_error(answer: &ServerError) -> Kind {
    match answer.kind() {
        Some(kind) => of_server_kind(kind),
        None if matches!(answer.code(), "BUSY" | "NOREPLICAS" | "UNBLOCKED") => Kind::Transient,
        None => Kind::Permanent,
    }
}

fn of_server_kind(kind: ServerErrorKind) -> Kind {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ReadOnly => Kind::Transient,
        _ => Kind::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn check(error: impl Into<RedisError>, kind: Kind) {
        let error = error.into();
        assert_eq!(error.classify(), Class::new(kind), "{error}");
    }

    /// The client's error for an answer of the server.
    fn answer(line: &str) -> RedisError {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        value.extract_error().unwrap_err()
    }

    #[test]
    fn a_server_that_is_not_ready_is_transient() {
        check(answer("LOADING Redis is loading the dataset in memory"), Kind::Transient);
        check(answer("TRYAGAIN Multiple keys request during rehashing of slot"), Kind::Transient);
        check(answer("CLUSTERDOWN The cluster is down"), Kind::Transient);
        check(answer("MASTERDOWN Link with MASTER is down"), Kind::Transient);
        check(answer("BUSY Redis is busy running a script"), Kind::Transient);
        check(answer("NOREPLICAS Not enough good replicas to write."), Kind::Transient);
    }

    #[test]
    fn a_refusal_after_a_failover_is_transient() {
        check(answer("READONLY You can't write against a read only replica."), Kind::Transient);
        let script = "READONLY You can't write against a read only replica. script: 4ca2, on @user_script:1.";
        check(answer(script), Kind::Transient);
        check(answer("UNBLOCKED force unblock from blocking operation"), Kind::Transient);
        check((ErrorKind::Server(ServerErrorKind::ReadOnly), "read only"), Kind::Transient);
    }

    #[test]
    fn a_final_refusal_is_permanent() {
        check(answer("WRONGTYPE Operation against a key of the wrong kind"), Kind::Permanent);
        check(answer("ERR unknown command"), Kind::Permanent);
        check(answer("MOVED 3999 127.0.0.1:6381"), Kind::Permanent);
        check(answer("OOM command not allowed when used memory > 'maxmemory'."), Kind::Permanent);
        check((ErrorKind::AuthenticationFailed, "wrong password"), Kind::Permanent);
        check((ErrorKind::UnexpectedReturnType, "not a number"), Kind::Permanent);
    }

    #[test]
    fn a_server_kind_without_an_answer_counts_as_well() {
        let kind = ErrorKind::Server(ServerErrorKind::BusyLoading);
        check((kind, "loading"), Kind::Transient);
    }

    #[test]
    fn connections_follow_the_rules_of_io() {
        let io = |kind: io::ErrorKind| io::Error::from(kind);
        check(io(io::ErrorKind::ConnectionRefused), Kind::Transient);
        check(io(io::ErrorKind::TimedOut), Kind::Ambiguous);
        check(io(io::ErrorKind::WouldBlock), Kind::Ambiguous);
        check(io(io::ErrorKind::BrokenPipe), Kind::Ambiguous);
        check(io(io::ErrorKind::UnexpectedEof), Kind::Ambiguous);
        check(io(io::ErrorKind::HostUnreachable), Kind::Transient);
        check(io(io::ErrorKind::PermissionDenied), Kind::Permanent);
        check((ErrorKind::Io, "the connection is gone"), Kind::Ambiguous);
    }

    #[test]
    fn a_cluster_or_sentinel_without_a_node_is_transient() {
        check((ErrorKind::ClusterConnectionNotFound, ""), Kind::Transient);
        check((ErrorKind::NoValidReplicasFoundBySentinel, ""), Kind::Transient);
    }
}
