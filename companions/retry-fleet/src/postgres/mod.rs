//! The transport over a PostgreSQL database.

mod session;
#[cfg(feature = "rustls")]
mod tls;

use std::io;
use std::sync::OnceLock;
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
    channel: Option<String>,
    /// The channel in use, known when the transport listens.
    listens: OnceLock<String>,
    requests: mpsc::Sender<Request>,
    waiting: std::sync::Mutex<Option<mpsc::Receiver<Request>>>,
}

/// The database has this long for an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// The requests that may wait: the member makes one at a time, and those of a silent database are left behind.
const REQUESTS: usize = 64;

impl Postgres {
    /// The transport over this database. It connects when a member joins.
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
        Postgres { config, channel: None, listens: OnceLock::new(), requests, waiting }
    }

    /// Another channel than that of the share, `retry_fleet:` and its name, up to 63 bytes: fleets with different channels do not
    /// hear each other.
    #[must_use]
    pub fn channel(self, name: impl Into<String>) -> Self {
        Postgres { channel: Some(name.into()), ..self }
    }

    /// The key of the turn to probe with this breaker.
    fn turn(&self, breaker: &str) -> io::Result<i64> {
        let channel = self.listens.get().ok_or(io::ErrorKind::NotConnected)?;
        Ok(key(channel, breaker))
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
        let channel = self.channel.clone().unwrap_or_else(|| named(inbox.share().name()));
        let channel = self.listens.get_or_init(|| channel).clone();
        let config = self.config.clone();
        let thread = thread::Builder::new().name("retry-fleet-pg".to_owned());
        // Without the thread every request fails, and the breakers are local.
        let _ = thread.spawn(move || Session::new(config, channel, inbox).run(requests));
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        self.ask(|reply| Request::Publish(word.to_string(), reply))
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        let key = self.turn(breaker)?;
        self.ask(|reply| Request::Probe(key, hold, reply))
    }

    fn release(&self, breaker: &str) {
        if let Ok(key) = self.turn(breaker) {
            let _ = self.requests.try_send(Request::Release(key));
        }
    }
}

/// The longest name of a channel in bytes.
const LONGEST: usize = 63;

/// The channel of a share; with a hash in place of a name that is too long.
fn named(share: &str) -> String {
    let name = format!("retry_fleet:{share}");
    match name.len() <= LONGEST {
        true => name,
        false => format!("retry_fleet:{:016x}", hash(share.as_bytes())),
    }
}

/// The key of the advisory lock for a breaker. Two breakers with the same key would take turns with each other.
fn key(channel: &str, breaker: &str) -> i64 {
    hash(&[b"retry-fleet ", channel.as_bytes(), b" ", breaker.as_bytes()].concat()) as i64
}

/// FNV-1a of 64 bits, which is the same in every program.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
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
    fn the_channel_of_a_share_has_its_name_unless_that_is_too_long() {
        assert_eq!(named("orders"), "retry_fleet:orders");
        let longest = "x".repeat(LONGEST - "retry_fleet:".len());
        assert!(named(&longest).ends_with(&longest));
        let (one, other) = (named(&(longest.clone() + "1")), named(&(longest + "2")));
        assert!(one != other && one.len() < LONGEST, "{one} {other}");
    }

    #[test]
    fn a_wrong_address_is_an_error_that_shows_no_password() {
        let error = Postgres::new("postgres://app:secret@host:port/app").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
