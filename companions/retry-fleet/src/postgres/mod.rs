//! The transport over a PostgreSQL database.

mod session;
#[cfg(feature = "rustls")]
mod tls;

use std::io;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::transport::{Inbox, Transport};
use crate::word::Word;
use session::{Request, Session};

/// The transport over a PostgreSQL database: words travel with `NOTIFY`, and an advisory lock is the turn to probe. It needs no
/// table, and no right but to connect.
///
/// A thread named `retry-fleet-pg` keeps one connection, and makes it again every second when it is lost. The database holds the
/// turn of a process for as long as its connection lives. Behind a pooler in transaction mode, such as PgBouncer, neither
/// `LISTEN` nor session locks work: connect to the server itself.
///
/// ```no_run
/// use retry_fleet::{Postgres, join};
/// use retry_runtime::breaker::Share;
///
/// static ORDERS: Share = Share::new("orders");
///
/// let member = join(ORDERS, Postgres::new("postgres://app@db.example.com/app")?)?;
/// # drop(member);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Postgres {
    config: tokio_postgres::Config,
    channel: String,
    requests: mpsc::Sender<Request>,
    waiting: std::sync::Mutex<Option<mpsc::Receiver<Request>>>,
}

/// The database has this long for an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// The requests that may wait: the member makes one at a time, and those of a silent database are left behind.
const REQUESTS: usize = 64;

impl Postgres {
    /// The transport over this database, with the channel `retry_fleet`. It connects when a member joins.
    ///
    /// # Errors
    /// `InvalidInput` if the address is none.
    pub fn new(url: &str) -> io::Result<Self> {
        // The error names the wrong part and has nothing of the address.
        let wrong = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        Ok(Postgres::with_config(url.parse().map_err(wrong)?))
    }

    /// The transport over the database of these settings.
    pub fn with_config(config: tokio_postgres::Config) -> Self {
        let (requests, waiting) = mpsc::channel(REQUESTS);
        let waiting = std::sync::Mutex::new(Some(waiting));
        Postgres { config, channel: "retry_fleet".to_owned(), requests, waiting }
    }

    /// Another channel, up to 63 bytes: fleets with different channels do not hear each other.
    #[must_use]
    pub fn channel(self, name: impl Into<String>) -> Self {
        Postgres { channel: name.into(), ..self }
    }

    /// Sends a request to the thread and waits for the answer.
    fn ask<T>(&self, request: impl FnOnce(SyncSender<io::Result<T>>) -> Request) -> io::Result<T> {
        let (reply, answer) = sync_channel(1);
        let refused = |_| io::Error::new(io::ErrorKind::WouldBlock, "the database is silent");
        self.requests.try_send(request(reply)).map_err(refused)?;
        match answer.recv_timeout(ANSWER) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Transport for Postgres {
    fn listen(&self, inbox: Inbox) {
        let Some(requests) = retry_runtime::control::lock(&self.waiting).take() else { return };
        let (config, channel) = (self.config.clone(), self.channel.clone());
        let thread = thread::Builder::new().name("retry-fleet-pg".to_owned());
        // Without the thread every request fails, and the breakers are local.
        let _ = thread.spawn(move || Session::new(config, channel, inbox).run(requests));
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        self.ask(|reply| Request::Publish(word.to_string(), reply))
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        self.ask(|reply| Request::Probe(key(&self.channel, breaker), hold, reply))
    }

    fn release(&self, breaker: &str) {
        let _ = self.requests.try_send(Request::Release(key(&self.channel, breaker)));
    }
}

/// The key of the advisory lock for a breaker: FNV-1a of 64 bits. Two breakers with the same key would take turns with each other.
fn key(channel: &str, breaker: &str) -> i64 {
    let bytes = [b"retry-fleet ", channel.as_bytes(), b" ", breaker.as_bytes()].concat();
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_lock_is_the_same_in_every_process_and_version() {
        assert_eq!(key("retry_fleet", "bank"), 7_943_633_807_974_408_897);
        assert_ne!(key("retry_fleet", "bank"), key("other", "bank"));
        assert_ne!(key("retry_fleet", "bank"), key("retry_fleet", "carrier"));
    }

    #[test]
    fn a_wrong_address_is_an_error_that_shows_no_password() {
        let error = Postgres::new("postgres://app:secret@host:port/app").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
