//! The transport over a Redis server.

mod names;
mod session;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use redis::{Client, cmd};
use retry_runtime::control::lock;

use crate::transport::{Inbox, Transport};
use crate::word::{Instance, Word};
use session::{Line, Session};

/// The transport over a Redis server: words travel by `PUBLISH` and `SUBSCRIBE`, and a key that expires is the turn to probe.
/// Servers that speak its protocol, such as Valkey, do, too.
///
/// A thread named `retry-fleet-redis` keeps two connections: one hears words, the other one sends requests. When one of them is
/// lost, the thread makes both again, after pauses that grow from a second to 15 s. Meanwhile the breakers are local.
///
/// Where users have rights, `+@pubsub +set +eval +get +pexpire +del &retry_fleet:orders ~retry_fleet:orders:turn:*` are enough for
/// the share `orders`. All processes must use the same server. In a Redis Cluster, the keys of the turns are on several nodes, and
/// this transport knows one of them: most breakers would probe as local ones.
///
/// ```no_run
/// use retry_fleet::{Redis, join};
/// use retry_runtime::breaker::Share;
///
/// static ORDERS: Share = Share::new("orders");
///
/// let member = join(ORDERS, Redis::new("redis://:password@redis.example.com")?)?;
/// # drop(member);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Redis {
    client: Client,
    channel: Option<String>,
    /// The channel in use, known when the transport listens.
    listens: OnceLock<String>,
    /// The value of the keys that this process sets.
    me: String,
    line: Arc<Line>,
    // The thread ends when the sender is gone.
    _alive: Sender<Infallible>,
    ended: Mutex<Option<Receiver<Infallible>>>,
}

/// The longest turn, which keeps `PX` in its range.
const LONGEST_TURN: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets the turn of this process end later; 0 if another process has it.
const EXTEND: &str = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end \
                      return redis.call('pexpire', KEYS[1], ARGV[2])";

/// Gives the turn of this process back; 0 if another process has it.
const RELEASE: &str = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end \
                       return redis.call('del', KEYS[1])";

impl Redis {
    /// The transport over the server at this address: `redis://[user][:password@]host[:port][/database]`, or `rediss://…` for an
    /// encrypted connection (feature `redis-rustls`). It connects when a member joins. A program that has two cryptographic providers
    /// of rustls must install one of them as its default.
    ///
    /// # Errors
    /// `InvalidInput` if the address is none, or asks for an encrypted connection without the feature.
    pub fn new(url: &str) -> io::Result<Self> {
        let wrong = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
        let is_encrypted = ["rediss:", "valkeys:"].iter().any(|scheme| url.starts_with(scheme));
        if is_encrypted && !cfg!(feature = "redis-rustls") {
            return Err(wrong(
                "an encrypted connection to Redis needs the feature `redis-rustls` of `retry-fleet`",
            ));
        }
        // Not the client's error, which may have parts of the address.
        let client = Client::open(url).map_err(|_| {
            wrong("the address must be `redis://[user][:password@]host[:port][/database]`")
        })?;
        Ok(Redis::with_client(client))
    }

    /// The transport over the server of this client, for settings that an address cannot have.
    pub fn with_client(client: Client) -> Self {
        let (alive, ended) = channel();
        Redis {
            client,
            channel: None,
            listens: OnceLock::new(),
            me: format!("{:016x}", Instance::fresh().0),
            line: Arc::default(),
            _alive: alive,
            ended: Mutex::new(Some(ended)),
        }
    }

    /// Another channel than that of the share, `retry_fleet:` and its name: fleets with different channels do not hear each
    /// other. The keys of the turns begin with its name.
    #[must_use]
    pub fn channel(self, name: impl Into<String>) -> Self {
        Redis { channel: Some(name.into()), ..self }
    }

    /// The key of the turn to probe with this breaker.
    fn turn(&self, breaker: &str) -> io::Result<String> {
        let channel = self.listens.get().ok_or(io::ErrorKind::NotConnected)?;
        Ok(names::turn(channel, breaker))
    }
}

impl Transport for Redis {
    fn listen(&self, inbox: Inbox) {
        let Some(ended) = lock(&self.ended).take() else { return };
        let named = || names::channel(inbox.share().name());
        let channel = self.channel.clone().unwrap_or_else(named);
        let channel = self.listens.get_or_init(|| channel).clone();
        let (client, line) = (self.client.clone(), Arc::clone(&self.line));
        let thread = thread::Builder::new().name("retry-fleet-redis".to_owned());
        // Without the thread every request fails, and the breakers are local.
        let _ = thread.spawn(move || Session { client, channel, inbox, line }.run(&ended));
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        let channel = self.listens.get().ok_or(io::ErrorKind::NotConnected)?;
        self.line.ask(cmd("PUBLISH").arg(channel).arg(word.to_string()))
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        let (key, hold) = (self.turn(breaker)?, hold.min(LONGEST_TURN));
        let hold = hold.as_millis().max(1) as u64;
        let mut take = cmd("SET");
        if self.line.ask(take.arg(&key).arg(&self.me).arg("NX").arg("PX").arg(hold))? {
            return Ok(true);
        }
        // A process that has the turn gets it again, also when the answer to its last request was lost.
        self.line.ask(cmd("EVAL").arg(EXTEND).arg(1).arg(key).arg(&self.me).arg(hold))
    }

    fn release(&self, breaker: &str) {
        if let Ok(key) = self.turn(breaker) {
            let _: io::Result<bool> =
                self.line.ask(cmd("EVAL").arg(RELEASE).arg(1).arg(key).arg(&self.me));
        }
    }
}

// The client's address may have a password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_address_is_an_error_that_shows_no_password() {
        for url in ["redis://app:secret@host:port", "secret", "redis://:secret@", "http://secret"] {
            let error = Redis::new(url).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let redis = Redis::new("redis://app:secret@127.0.0.1:1").unwrap();
        assert!(!format!("{redis:?}").contains("secret"), "{redis:?}");
    }
}
