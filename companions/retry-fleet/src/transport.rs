//! The transport carries words and turns between processes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::breaker::Share;

use crate::word::Word;

/// A transport carries the words of a process to the other processes of its fleet, and gives one of them the turn to probe.
///
/// A member of a fleet calls the methods on a thread of its own, one after the other, so a method may wait. One that waits
/// for long, fails or panics leaves the breakers of its process local for that time. Words may be lost, come twice, late or in
/// another order.
///
/// ```
/// use retry_fleet::{Inbox, Transport, Word};
/// use std::{io, time::Duration};
///
/// /// Prints the words, and hears none.
/// struct Log;
///
/// impl Transport for Log {
///     fn listen(&self, _inbox: Inbox) {}
///     fn publish(&self, word: &Word) -> io::Result<()> {
///         println!("{word}");
///         Ok(())
///     }
///     fn probe(&self, _breaker: &str, _hold: Duration) -> io::Result<bool> {
///         Ok(true)
///     }
///     fn release(&self, _breaker: &str) {}
/// }
///
/// let share = retry_runtime::breaker::Share::new("docs::log");
/// let member = retry_fleet::join(share, Log)?;
/// # drop(member);
/// # Ok::<(), io::Error>(())
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Passes the words of other processes to the inbox from now on. Called once, before all other methods. It does not wait for
    /// words: a transport has a thread or a task of its own. Own words may be among them.
    fn listen(&self, inbox: Inbox);

    /// Sends a word to all other processes.
    ///
    /// # Errors
    /// The transport is down. The member sends the word again later.
    fn publish(&self, word: &Word) -> io::Result<()>;

    /// Takes the fleet's turn to probe with the breaker of this name, for at most this long; false if another process has it.
    ///
    /// # Errors
    /// The transport is down. The breaker then probes as a local one.
    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool>;

    /// Gives the turn back. A turn that is not given back ends after its `hold`, or with its process.
    fn release(&self, breaker: &str);
}

/// Takes the words of other processes for a member. It does not wait, and ends with the member.
///
/// ```
/// use retry_fleet::{Inbox, Word};
///
/// /// The end of a transport's own thread.
/// fn received(inbox: &Inbox, line: &str) -> bool {
///     match line.parse::<Word>() {
///         Ok(word) => inbox.hear(word),
///         Err(_) => true, // of another version
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Inbox {
    share: Share,
    hear: Arc<dyn Fn(Word) -> bool + Send + Sync>,
}

impl Inbox {
    pub(crate) fn new(share: Share, hear: impl Fn(Word) -> bool + Send + Sync + 'static) -> Self {
        Inbox { share, hear: Arc::new(hear) }
    }

    /// Takes a word; false once the member is gone. A word that comes while thousands wait is lost.
    pub fn hear(&self, word: Word) -> bool {
        (self.hear)(word)
    }

    /// The share of the member, for a transport that carries the words of each share apart.
    pub fn share(&self) -> Share {
        self.share
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("share", &self.share).finish_non_exhaustive()
    }
}
