//! Redaction of error texts before they are stored: URLs lose their secrets, a hook removes other secrets, and long texts
//! are cut off.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use super::urls::without_secrets;
use crate::base::border::{Foreign, contained_once};
use crate::base::sync::unpoisoned;

/// The maximum length of a stored text, in bytes.
const LONGEST: usize = 1024;

/// The text of an error that the hook could not redact.
const PLACEHOLDER: &str = "(redacted)";

/// Whether a hook is set. Without one, no lock is taken.
static REDACTED: AtomicBool = AtomicBool::new(false);

type Redactor = dyn Fn(&str) -> Cow<'_, str> + Send + Sync;

static REDACTOR: RwLock<Option<Arc<Redactor>>> = RwLock::new(None);

/// Sets a hook that removes secrets from error texts before they are stored in reports, the history, the list of live
/// calls, events or tasks.
///
/// With or without a hook, no stored text has the user, the password, the query or the fragment of a URL:
/// `https://user:pw@host/x?token=abc` becomes `https://host/x`.
///
/// There is one hook for the whole process; a second call of this function replaces it. The hook runs on the thread
/// of the call, for each failed attempt, gets the text without the secrets of URLs, and its result is cut off after 1
/// KiB. If the hook panics, the text is replaced by `(redacted)`; so is the text of a call that fails inside the hook,
/// for which the hook does not run again.
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
#[cfg_attr(not(feature = "sites"), inline)]
pub fn kept(text: &str) -> Arc<str> {
    Arc::from(cleaned(text))
}

/// The text as it may be stored, in no memory of its own if it may be stored as it is.
#[inline]
pub(crate) fn cleaned(text: &str) -> Cow<'_, str> {
    let text = without_secrets(text);
    if REDACTED.load(Ordering::Acquire) {
        return Cow::Owned(by_hook(&text).unwrap_or_else(|| PLACEHOLDER.to_owned()));
    }
    if text.len() <= LONGEST { text } else { Cow::Owned(shortened(&text)) }
}

/// The text from the hook; `None` when the hook panics, or when it is running on this thread already.
#[cold]
#[cfg_attr(not(feature = "sites"), inline)]
fn by_hook(text: &str) -> Option<String> {
    let hook = unpoisoned(REDACTOR.read()).clone()?;
    contained_once(Foreign::Redactor, || shortened(&without_secrets(&hook(text))))
}

#[cold]
#[cfg_attr(not(feature = "sites"), inline)]
fn shortened(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}…", &text[..end])
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
    fn a_url_is_redacted_before_it_is_cut() {
        let text = format!("{}https://user:{}@host", "-".repeat(1_000), "secret".repeat(50));
        assert!(kept(&text).ends_with("-https://host"));
    }
}
