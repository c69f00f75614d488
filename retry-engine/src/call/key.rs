//! The text of a key: borrowed from a key that is a text, else written by its `Display`.
//!
//! Most keys are host names. Writing one through `std::fmt` into a buffer costs as much as the search for its breaker, so
//! the text types of the standard library are found by autoref method lookup, as in the module `failure::lookup`. In a
//! generic function, and for every other type, the key is written.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Write};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::border::contained;

/// A key or a label: a value that is written as a text.
#[diagnostic::on_unimplemented(
    message = "a key or a label is written as text, and `{Self}` does not implement `Display`",
    label = "needs `Display`",
    note = "name a part that has a text, as in `key = order.region`, or implement `Display` for the type"
)]
pub trait Key: fmt::Display {}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> Key for T {}

/// A type of the standard library whose `Display` shows just this text.
pub trait AsText {
    /// The text.
    fn text(&self) -> &str;
}

macro_rules! texts {
    ($($type:ty),+) => {$(
        impl AsText for $type {
            #[inline]
            fn text(&self) -> &str {
                self
            }
        }
    )+};
}

texts!(str, String, Box<str>, Rc<str>, Arc<str>, Cow<'_, str>);

impl<T: AsText + ?Sized> AsText for &T {
    fn text(&self) -> &str {
        (**self).text()
    }
}

/// A lookup: generated code asks `KeyText(&key).retry_text()` for the text of a key that is one.
#[derive(Debug)]
pub struct KeyText<'k, T: ?Sized>(pub &'k T);

/// The answer for all other types.
#[derive(Debug)]
pub struct NoText;

impl<'k, T: AsText + ?Sized> KeyText<'k, T> {
    /// The text of the key.
    #[inline]
    pub fn retry_text(&self) -> Option<&'k str> {
        Some(self.0.text())
    }
}

impl NoText {
    /// None: the key has to be written.
    #[inline]
    pub fn retry_text(&self) -> Option<&'static str> {
        None
    }
}

impl<T: ?Sized> Deref for KeyText<'_, T> {
    type Target = NoText;

    fn deref(&self) -> &NoText {
        &NoText
    }
}

/// Calls `use_text` with the text of a key: `known`, or formatted into a thread-local buffer, so that a key costs no
/// allocation.
#[inline]
pub(super) fn with_text<T>(
    key: &(impl fmt::Display + ?Sized),
    known: Option<&str>,
    use_text: impl FnOnce(&str) -> T,
) -> T {
    match known {
        Some(text) => use_text(text),
        None => with_written(format_args!("{key}"), use_text),
    }
}

fn with_written<T>(key: fmt::Arguments<'_>, use_text: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    // Taken out of the cell during its use: the key's `Display` may make retryable calls.
    let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
    text.clear();
    write_key(&mut text, key);
    let result = use_text(&text);
    if text.capacity() > 4096 {
        return result;
    }
    let _ = BUFFER.try_with(|buffer| buffer.set(text));
    result
}

// Not generic: compiled once, and not for every type of key.
#[inline]
fn write_key(text: &mut String, key: fmt::Arguments<'_>) {
    let write = || {
        // Writing to a `String` cannot fail. A `Display` that returns an error leaves the text written so far.
        let _ = text.write_fmt(key);
    };
    if contained(write).is_none() {
        // All keys that cannot be written share one breaker.
        text.clear();
        text.push_str("<the key's Display panicked>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown(u32);

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "shard-{}", self.0)
        }
    }

    fn of_any<T: fmt::Display>(key: &T) -> Option<String> {
        KeyText(key).retry_text().map(str::to_owned)
    }

    #[test]
    fn a_text_is_borrowed_whatever_its_type_and_all_else_is_written() {
        let owned = "eu".to_owned();
        assert_eq!(KeyText("eu").retry_text(), Some("eu"));
        assert_eq!(KeyText(&"eu").retry_text(), Some("eu"));
        assert_eq!(KeyText(&owned).retry_text(), Some("eu"));
        assert_eq!(KeyText(&&owned).retry_text(), Some("eu"));
        assert_eq!(KeyText(&Cow::Borrowed("eu")).retry_text(), Some("eu"));
        assert_eq!(KeyText(&Arc::<str>::from("eu")).retry_text(), Some("eu"));
        assert_eq!(KeyText(&7).retry_text(), None);
        assert_eq!(KeyText(&Shown(7)).retry_text(), None);
        assert_eq!(of_any(&owned), None, "a generic function does not know the type");
    }

    #[test]
    fn borrowed_and_written_texts_of_one_key_are_the_same() {
        for key in ["", "eu", "ü {} \n"] {
            let written = with_text(&key, None, str::to_owned);
            assert_eq!(with_text(&key, KeyText(&key).retry_text(), str::to_owned), written);
        }
        assert_eq!(with_text(&Shown(7), None, str::to_owned), "shard-7");
    }
}
