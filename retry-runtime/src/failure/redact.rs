//! What is kept of an error's text: shortened, and without the secrets that a hook knows of.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Longer texts are cut off.
const LONGEST: usize = 1024;

/// Whether there is a hook: nothing is locked as long as there is none.
static REDACTED: AtomicBool = AtomicBool::new(false);

/// So many texts are remembered, a power of two.
const PLACES: usize = 8;

thread_local! {
    /// Texts that this thread has kept: the same failures come again and again. Each text has one place.
    static LAST: RefCell<[Option<Arc<str>>; PLACES]> = const { RefCell::new([const { None }; PLACES]) };
}

type Redactor = dyn Fn(&str) -> Cow<'_, str> + Send + Sync;

static REDACTOR: RwLock<Option<Arc<Redactor>>> = RwLock::new(None);

/// Sets what every error's text goes through before it is kept anywhere: in reports, in the history, in the
/// list of live calls, in events. A second call replaces the first one's hook.
///
/// Texts longer than 1 KiB are cut off after that. The hook runs on the failing call's thread, and only for
/// failed attempts; when it panics, the text is replaced by `(redacted)`.
///
/// ```
/// use retry_runtime::{observe_blocking, redact_errors_with, retryable};
/// use std::borrow::Cow;
///
/// #[retryable(max = 0, on = any)]
/// fn log_in() -> Result<(), String> { Err("no account for token=abc123".into()) }
///
/// redact_errors_with(|text| match text.split_once("token=") {
///     Some((before, _)) => Cow::Owned(format!("{before}token=…")),
///     None => Cow::Borrowed(text),
/// });
/// let (_, report) = observe_blocking(log_in);
/// assert_eq!(report.attempts[0].error.as_deref(), Some("no account for token=…"));
/// ```
pub fn redact_errors_with(hook: impl Fn(&str) -> Cow<'_, str> + Send + Sync + 'static) {
    let hook: Arc<Redactor> = Arc::new(hook);
    *REDACTOR.write().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    REDACTED.store(true, Ordering::Release);
}

/// The text as it may be kept.
pub(crate) fn kept(text: &str) -> Arc<str> {
    if !REDACTED.load(Ordering::Acquire) {
        return if text.len() <= LONGEST { shared(text) } else { shared(&shortened(text)) };
    }
    redacted(text)
}

#[cold]
fn redacted(text: &str) -> Arc<str> {
    let hook = REDACTOR.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(hook) = hook else { return shared(&shortened(text)) };
    let redacted = std::panic::AssertUnwindSafe(|| shared(&shortened(&hook(text))));
    std::panic::catch_unwind(redacted).unwrap_or_else(|_| shared("(redacted)"))
}

/// The text, in the memory of an earlier one if they are equal.
fn shared(text: &str) -> Arc<str> {
    let known = LAST.try_with(|last| {
        let place = &mut last.borrow_mut()[place_of(text)];
        match place {
            Some(known) if **known == *text => Arc::clone(known),
            _ => Arc::clone(place.insert(Arc::from(text))),
        }
    });
    // A thread that is ending may have lost its locals.
    known.unwrap_or_else(|_| Arc::from(text))
}

/// Texts that are alike as a rule differ in their length or, as numbers do, at their end.
fn place_of(text: &str) -> usize {
    let last = text.as_bytes().last().map_or(0, |byte| usize::from(*byte));
    (text.len() ^ last) % PLACES
}

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let end = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_off_between_two_characters() {
        let long = "ü".repeat(2_000);
        let kept = kept(&long);
        assert!(kept.len() <= LONGEST + "…".len());
        assert!(kept.ends_with("ü…"));
        assert_eq!(&*super::kept("short"), "short");
    }

    #[test]
    fn equal_texts_are_kept_once_also_in_turn_with_others() {
        let (first, second) = (kept("failure 1"), kept("failure 2"));
        assert!(Arc::ptr_eq(&first, &kept("failure 1")));
        assert!(Arc::ptr_eq(&second, &kept("failure 2")));
        // The same place: it is the other one's from now on.
        let other = kept("failure 9");
        assert_eq!(place_of("failure 1"), place_of("failure 9"));
        assert!(!Arc::ptr_eq(&first, &kept("failure 1")));
        assert_eq!((&*first, &*other), ("failure 1", "failure 9"));
    }
}
