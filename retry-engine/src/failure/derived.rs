//! Functions that derived `classify` methods call.

use std::fmt::Display;
use std::time::Duration;

use super::class::{Class, Kind};
use super::describe::written;
use super::messages::of_message;
use super::of_status::of_status;
use super::status::HttpStatus;

/// For `#[classify(status = field)]`: the class of the status; `Permanent` without one, because nothing then says
/// that a retry is safe.
pub fn of_status_field(status: &(impl HttpStatus + ?Sized), hint: Option<Duration>) -> Class {
    match status.code() {
        Some(code) => of_status(code, hint),
        None => or_hint(Class::new(Kind::Permanent), hint),
    }
}

/// For `#[classify(messages)]`: the class of the failure's `Display` text by the built-in phrases.
pub fn of_display(failure: &(impl Display + ?Sized)) -> Class {
    of_message(&written("Display", format_args!("{failure}")))
}

/// For `#[classify(…, after = field)]`: the class with the field's delay; without one, the class keeps its own.
#[inline]
pub fn or_hint(class: Class, hint: Option<Duration>) -> Class {
    Class { kind: class.kind, retry_after: hint.or(class.retry_after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_missing_status_is_permanent_and_keeps_the_hint() {
        let class = of_status_field(&None::<u16>, Some(SECOND));
        assert_eq!(class, Class::new(Kind::Permanent).after(SECOND));
    }

    #[test]
    fn a_field_without_a_hint_leaves_the_one_that_was_there() {
        let class = Class::new(Kind::Throttled).after(SECOND);
        assert_eq!(or_hint(class, None), class);
        assert_eq!(or_hint(class, Some(2 * SECOND)).retry_after, Some(2 * SECOND));
    }
}
