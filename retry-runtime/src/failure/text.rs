//! The memory of a failure's text, which the next failure of the thread takes over.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{Arguments, Write};

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
