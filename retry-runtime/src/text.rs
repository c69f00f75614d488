//! A value in words, whatever its type offers: `Display`, else `Debug`, else the type's name; for `derive(Classify)`.
//!
//! Stable Rust has no specialisation, so the choice is made by method lookup. The caller starts with three
//! references, `(&&&Text(e)).retry_text()`, and lookup takes one away at a time: the first trait whose
//! bound holds answers. In a generic function a bound that depends on the caller's type does not hold, so
//! the next one answers instead; it is never an error.
//! The technique is David Tolnay's: <https://github.com/dtolnay/case-studies/tree/master/autoref-specialization>.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{Arguments, Debug, Display, Write};

/// The failure to be put into words.
#[derive(Clone, Copy)]
pub struct Text<'a, E: ?Sized>(pub &'a E);

/// First choice: the type's own words.
pub trait ViaDisplay {
    /// The text of `Display`, whole.
    fn retry_text(&self) -> Cow<'static, str>;
}

impl<E: Display + ?Sized> ViaDisplay for &&Text<'_, E> {
    fn retry_text(&self) -> Cow<'static, str> {
        Cow::Owned(written(format_args!("{}", self.0)))
    }
}

/// Second choice: what a developer would print.
pub trait ViaDebug {
    /// The text of `Debug`, on one line.
    fn retry_text(&self) -> Cow<'static, str>;
}

impl<E: Debug + ?Sized> ViaDebug for &Text<'_, E> {
    fn retry_text(&self) -> Cow<'static, str> {
        Cow::Owned(written(format_args!("{:?}", self.0)))
    }
}

thread_local! {
    /// The memory of a text that nobody needs any more.
    static SPARE: Cell<String> = const { Cell::new(String::new()) };
}

/// The memory of a longer text is not kept.
const SHORT: usize = 4096;

/// A text in memory that was left by another one.
pub(crate) fn written(words: Arguments<'_>) -> String {
    // Taken out while it is used: a `Display` may come back here.
    let mut text = SPARE.try_with(Cell::take).unwrap_or_default();
    text.clear();
    // Writing to a `String` cannot fail; a `Display` that fails has written what it could.
    let _ = text.write_fmt(words);
    text
}

/// Leaves the memory of a text to the next one.
#[inline]
pub(crate) fn recycle(text: Cow<'static, str>) {
    if let Cow::Owned(text) = text {
        if text.capacity() <= SHORT {
            let _ = SPARE.try_with(|spare| spare.set(text));
        }
    }
}

/// Last choice: at least what it is.
pub trait ViaName {
    /// The type's name with its path.
    fn retry_text(&self) -> Cow<'static, str>;
}

impl<E: ?Sized> ViaName for Text<'_, E> {
    fn retry_text(&self) -> Cow<'static, str> {
        Cow::Borrowed(type_name::<E>())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_borrow, reason = "how many are needed is what lookup finds out")]

    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Both;

    impl Display for Both {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("in words\nand more")
        }
    }

    #[derive(Debug)]
    struct OnlyDebug(#[expect(dead_code, reason = "read by Debug")] u8);

    struct Neither;

    #[test]
    fn display_goes_before_debug_and_keeps_all_its_lines() {
        assert_eq!((&&&Text(&Both)).retry_text(), "in words\nand more");
    }

    #[test]
    fn debug_goes_before_the_name() {
        assert_eq!((&&&Text(&OnlyDebug(1))).retry_text(), "OnlyDebug(1)");
    }

    #[test]
    fn the_name_is_left_when_there_are_no_words() {
        assert_eq!((&&&Text(&Neither)).retry_text(), type_name::<Neither>());
    }

    #[test]
    fn unsized_failures_have_words_too() {
        assert_eq!((&&&Text("text")).retry_text(), "text");
    }
}
