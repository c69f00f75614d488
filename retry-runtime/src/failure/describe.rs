//! Descriptions of failures in one line.

use std::borrow::Cow;
use std::fmt::Display;

/// The `Display` text as one line: each line break and the white space around it become one space.
pub(crate) fn by_display(error: &(impl Display + ?Sized)) -> Cow<'static, str> {
    let text = error.to_string();
    if !text.contains(['\n', '\r']) {
        return Cow::Owned(text);
    }
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join(" "))
}

/// `Classify::describe` of an error that is described by its `Display` text.
macro_rules! describe_by_display {
    () => {
        fn describe(&self) -> std::borrow::Cow<'static, str> {
            $crate::failure::describe::by_display(self)
        }
    };
}
pub(crate) use describe_by_display as by_display;

/// The texts of the error and of its sources, one after another. A source is left out where the text before ends with it:
/// some errors name their source themselves.
pub(crate) fn with_sources(error: &(dyn std::error::Error + '_)) -> Cow<'static, str> {
    let mut text = by_display(error);
    let sources = std::iter::successors(error.source(), |source| source.source());
    for source in sources.take(64).map(by_display) {
        if !text.ends_with(&*source) {
            text = Cow::Owned(format!("{text}: {source}"));
        }
    }
    text
}

/// The text of the error and of its innermost source, for errors that name only the step that failed.
#[cfg(any(feature = "reqwest", feature = "hyper"))]
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
