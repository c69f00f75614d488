//! Descriptions of failures in one line.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{Arguments, Display, Write};

use crate::base::border::{Foreign, contained, contained_once, is_inside};
use crate::base::scan::has_any;

thread_local! {
    /// The memory of this thread's last description: the next text is written there, and grows no string of its own.
    static SPARE: Cell<String> = const { Cell::new(String::new()) };
}

/// The capacity that a thread keeps for its next text, in bytes; longer strings are freed.
const SPARE_BYTES: usize = 1024;

/// An empty string, in the memory of a text that is no longer needed.
#[cfg_attr(not(feature = "sites"), inline)]
pub(crate) fn empty() -> String {
    SPARE.try_with(Cell::take).unwrap_or_default()
}

/// Keeps the memory of a text that is no longer needed.
pub(crate) fn spare(text: impl Into<Cow<'static, str>>) {
    if let Cow::Owned(mut text) = text.into() {
        if text.capacity() <= SPARE_BYTES {
            text.clear();
            // A thread that is ending keeps nothing.
            let _ = SPARE.try_with(|spare| spare.set(text));
        }
    }
}

/// The text that an error writes, up to the point where its `Display` or `Debug` (`by`) returns an error. One that panics
/// leaves a placeholder: an error's text must not fail a call.
// Not generic: compiled once, and not for every error type.
#[cfg_attr(not(feature = "sites"), inline)]
pub(crate) fn written(by: &str, text: Arguments<'_>) -> String {
    let mut written = empty();
    let write = || {
        // Writing to a `String` does not fail.
        let _ = written.write_fmt(text);
    };
    match contained(write) {
        Some(()) => written,
        None => format!("<the error's {by} panicked>"),
    }
}

/// The description of a call's failure. A description may make a call in turn, whose failure gets a placeholder:
/// otherwise the two would describe each other without end.
#[cfg_attr(not(feature = "sites"), inline)]
pub(crate) fn of_call(describe: &dyn Fn() -> Cow<'static, str>) -> Cow<'static, str> {
    contained_once(Foreign::Text, describe).unwrap_or_else(undescribed)
}

/// Stands for the description of a failure that has none.
#[cold]
fn undescribed() -> Cow<'static, str> {
    Cow::Borrowed(match is_inside(Foreign::Text) {
        true => "<a failure inside of another error's text>",
        false => "<the error's description panicked>",
    })
}

/// The `Display` text as one line: each line break and the white space around it become one space.
pub(crate) fn by_display(error: &(impl Display + ?Sized)) -> Cow<'static, str> {
    let text = written("Display", format_args!("{error}"));
    if !has_any(&text, [b'\n', b'\r']) {
        return Cow::Owned(text);
    }
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join(" "))
}

/// `Classify::describe` of an error that is described by its `Display` text.
macro_rules! describe_by_display {
    () => {
        #[inline]
        fn describe(&self) -> std::borrow::Cow<'static, str> {
            $crate::failure::describe::by_display(self)
        }
    };
}
pub(crate) use describe_by_display as by_display;

/// The texts of the error and of its sources, one after another. A source is left out where the text before ends with it:
/// some errors name their source themselves.
#[cfg_attr(not(feature = "sites"), inline)]
pub(crate) fn with_sources(error: &(dyn std::error::Error + '_)) -> Cow<'static, str> {
    let mut text = by_display(error).into_owned();
    let sources = std::iter::successors(error.source(), |source| source.source());
    for source in sources.take(64).map(by_display) {
        if !text.ends_with(&*source) {
            text.push_str(": ");
            text.push_str(&source);
        }
        spare(source);
    }
    Cow::Owned(text)
}

/// The text of the error and of its innermost source, for errors that name only the step that failed.
#[cfg(feature = "hyper")]
#[cfg_attr(not(feature = "sites"), inline)]
pub(crate) fn with_cause(error: &(dyn std::error::Error + 'static)) -> Cow<'static, str> {
    let text = by_display(error);
    let first_cause = std::iter::successors(error.source(), |error| error.source()).take(64).last();
    match first_cause.map(by_display) {
        Some(cause) if !text.contains(&*cause) => Cow::Owned(format!("{text}: {cause}")),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_become_one() {
        assert_eq!(by_display("one line"), "one line");
        assert_eq!(by_display("first\r\n  second\n\nthird\n"), "first second third");
    }
}
