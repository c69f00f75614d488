//! The thread of the transport: two connections, made again when one is lost.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::{Client, Cmd, Connection, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind};
use retry_runtime::control::{contained, lock, real_now};
use retry_runtime::{Jitter, Kind, Policy, Steps};

use crate::transport::Inbox;

pub(super) struct Session {
    pub(super) client: Client,
    pub(super) channel: String,
    pub(super) inbox: Inbox,
    pub(super) line: Arc<Line>,
}

/// Connecting may take this long, and so may the answer to the subscription.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server has this long for the answer to a request.
const ANSWER: Duration = Duration::from_secs(1);

/// The time between two looks at the other connection while no word comes.
const LOOK: Duration = Duration::from_secs(1);

/// A subscription that hears nothing for this long is lost: the process sends a word every 20 s and hears its own words.
const SILENCE: Duration = Duration::from_secs(60);

/// The pauses before lost connections are made again. The jitter keeps a fleet from connecting in one instant.
const RECONNECT: Policy = Policy::new()
    .forever()
    .base(Duration::from_secs(1))
    .cap(Duration::from_secs(15))
    .jitter(Jitter::Equal)
    .checked();

impl Session {
    /// Hears words until the transport is gone.
    pub(super) fn run(&self, ended: &Receiver<Infallible>) {
        let mut steps = RECONNECT.steps();
        loop {
            // Contained: rustls panics when a program has two cryptographic providers and has chosen none.
            let served = contained(|| self.serve(ended, &mut steps));
            self.line.close();
            if let Some(Ok(())) = served {
                return;
            }
            let pause = steps.after(Kind::Transient).pause().unwrap_or(PATIENCE);
            if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(pause) {
                return;
            }
        }
    }

    /// Hears words with one connection, and opens the line for requests: `Ok` when the transport or the member is gone.
    fn serve(&self, ended: &Receiver<Infallible>, steps: &mut Steps) -> RedisResult<()> {
        let mut listening = self.connect()?;
        let mut words = listening.as_pubsub();
        words.subscribe(&self.channel)?;
        words.set_read_timeout(Some(LOOK))?;
        self.line.open(self.connect()?);
        steps.reset();
        let mut heard = real_now();
        while ended.try_recv() != Err(TryRecvError::Disconnected) {
            match words.get_message() {
                Ok(message) => {
                    heard = real_now();
                    if !self.hear(message.get_payload_bytes()) {
                        return Ok(());
                    }
                }
                Err(error) if !error.is_timeout() => return Err(error),
                Err(_) => {}
            }
            let is_silent = real_now().saturating_duration_since(heard) > SILENCE;
            if is_silent || !self.line.is_open() {
                return Err(io::Error::from(io::ErrorKind::NotConnected).into());
            }
        }
        Ok(())
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(ANSWER))?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(connection)
    }

    /// Passes a message on; false once the member is gone.
    fn hear(&self, message: &[u8]) -> bool {
        // What is no word of this version is of another one, or of a stranger.
        let word = std::str::from_utf8(message).ok().and_then(|text| text.parse().ok());
        word.is_none_or(|word| self.inbox.hear(word))
    }
}

/// The connection for requests, while there is one.
#[derive(Default)]
pub(super) struct Line(Mutex<Option<Connection>>);

impl Line {
    fn open(&self, connection: Connection) {
        *lock(&self.0) = Some(connection);
    }

    fn close(&self) {
        *lock(&self.0) = None;
    }

    fn is_open(&self) -> bool {
        lock(&self.0).is_some()
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// No connection, no answer, or a refusal of the server.
    pub(super) fn ask<T: FromRedisValue>(&self, request: &Cmd) -> io::Result<T> {
        let mut line = lock(&self.0);
        // Taken out: after a panic, nobody knows which answer comes next.
        let mut connection = line.take().ok_or(io::ErrorKind::NotConnected)?;
        let answer = request.query(&mut connection);
        if answer.as_ref().err().is_none_or(is_refusal) {
            *line = Some(connection);
        }
        answer.map_err(io::Error::other)
    }
}

/// Whether the server has refused a request and would take others. One that has become a replica, or has not become ready, would
/// not.
fn is_refusal(error: &redis::RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    match error.kind() {
        ErrorKind::Server(BusyLoading | MasterDown | ReadOnly) => false,
        kind => matches!(kind, ErrorKind::Server(_) | ErrorKind::Extension),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_connection_and_a_failover_does_not() {
        let check = |line: &str, keeps: bool| {
            let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
            let error = value.extract_error().unwrap_err();
            assert_eq!(is_refusal(&error), keeps, "{line}");
        };
        check("NOPERM this user has no permissions to run the 'eval' command", true);
        check("MISCONF Redis is configured to save RDB snapshots", true);
        check("READONLY You can't write against a read only replica.", false);
        check("LOADING Redis is loading the dataset in memory", false);
        check("MASTERDOWN Link with MASTER is down", false);
        assert!(!is_refusal(&io::Error::from(io::ErrorKind::TimedOut).into()));
        assert!(!is_refusal(&io::Error::from(io::ErrorKind::UnexpectedEof).into()));
    }
}
