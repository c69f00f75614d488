//! The failure before an interruption.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::interruption::Cause;
use crate::base::sync::lock;

/// How many texts are kept.
const KEPT: usize = 256;

/// The texts of the failures before the last interruptions, in a ring, and how many there have been.
static TEXTS: Mutex<Texts> = Mutex::new(Texts { ring: Vec::new(), made: 0 });

struct Texts {
    ring: Vec<Arc<str>>,
    made: u64,
}

/// An interruption after an attempt that failed, as part of
/// [`Interruption::AfterFailure`](crate::Interruption::AfterFailure).
///
/// The value is `Copy`, so that an error enum which holds it can be: the text of the failure is kept apart, for the last
/// 256 of these interruptions in the process.
///
/// ```
/// use retry_runtime::{Interruption, retryable};
/// use std::io;
///
/// #[retryable(max = 1, base = "1h", cap = "1h", cancel = stop)]
/// fn connect(stop: &retry_runtime::CancelToken) -> io::Result<()> {
///     stop.cancel();
///     Err(io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let error = connect(&retry_runtime::CancelToken::new()).unwrap_err();
/// let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Interruption>());
/// assert_eq!(inner.and_then(|it| it.failure_before()).as_deref(), Some("connection refused"));
/// ```
#[derive(Clone, Copy)]
pub struct AfterFailure {
    pub(super) cause: Cause,
    number: u64,
}

impl AfterFailure {
    /// Keeps the text.
    pub(super) fn new(cause: Cause, text: Arc<str>) -> Self {
        let mut texts = texts();
        let number = texts.made;
        texts.made += 1;
        let place = place(number);
        let dropped = match texts.ring.get_mut(place) {
            Some(older) => std::mem::replace(older, text),
            None => {
                texts.ring.push(text);
                Arc::default()
            }
        };
        drop(texts);
        drop(dropped);
        AfterFailure { cause, number }
    }

    /// The text of the failure; `None` if it is kept no longer.
    pub(super) fn text(self) -> Option<Arc<str>> {
        let texts = texts();
        let is_kept = texts.made - self.number <= KEPT as u64;
        is_kept.then(|| texts.ring.get(place(self.number)).cloned()).flatten()
    }
}

fn texts() -> MutexGuard<'static, Texts> {
    lock(&TEXTS)
}

fn place(number: u64) -> usize {
    (number % KEPT as u64) as usize
}

impl fmt::Debug for AfterFailure {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AfterFailure")
            .field("cause", &self.cause)
            .field("failure", &self.text())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_bounded_and_the_newest_are_kept() {
        let after = |n: usize| AfterFailure::new(Cause::Cancelled, Arc::from(n.to_string()));
        let made: Vec<AfterFailure> = (0..KEPT + 1).map(after).collect();
        assert_eq!(made[0].text(), None);
        assert_eq!(made[KEPT].text().as_deref(), Some("256"));
        assert!(texts().ring.len() <= KEPT);
    }
}
