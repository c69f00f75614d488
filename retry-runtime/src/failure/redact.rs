//! Redaction of error texts before they are stored: a hook removes secrets, and long texts are cut off.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use crate::base::sync::unpoisoned;

/// The maximum length of a stored text, in bytes.
const LONGEST: usize = 1024;

/// Whether a hook is set. Without one, no lock is taken.
static REDACTED: AtomicBool = AtomicBool::new(false);

type Redactor = dyn Fn(&str) -> Cow<'_, str> + Send + Sync;

static REDACTOR: RwLock<Option<Arc<Redactor>>> = RwLock::new(None);

/// Sets a hook that removes secrets from error texts before they are stored in reports, the history, the list of live
/// calls or events.
///
/// There is one hook for the whole process; a second call of this function replaces it. The hook runs on the thread
/// of the call, for each failed attempt, and its result is cut off after 1 KiB. If the hook panics, the text is
/// replaced by `(redacted)`.
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
    *unpoisoned(REDACTOR.write()) = Some(hook);
    REDACTED.store(true, Ordering::Release);
}

/// The text as it may be stored.
pub(crate) fn kept(text: &str) -> Arc<str> {
    if !REDACTED.load(Ordering::Acquire) {
        return Arc::from(&*shortened(text));
    }
    redacted(text)
}

#[cold]
fn redacted(text: &str) -> Arc<str> {
    let hook = unpoisoned(REDACTOR.read()).clone();
    let Some(hook) = hook else { return Arc::from(&*shortened(text)) };
    let redacted = std::panic::AssertUnwindSafe(|| Arc::from(&*shortened(&hook(text))));
    std::panic::catch_unwind(redacted).unwrap_or_else(|_| Arc::from("(redacted)"))
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
}
