//! The steps that derived `classify` methods are made of.

use std::fmt::Display;
use std::time::Duration;

use super::class::{Class, Kind};
use super::messages::of_message;
use super::of_status::of_status;
use super::status::HttpStatus;

/// `#[classify(status = field)]`: a failure that carries no status cannot be known to be harmless, so it is
/// permanent.
pub fn of_status_field(status: &(impl HttpStatus + ?Sized), hint: Option<Duration>) -> Class {
    match status.code() {
        Some(code) => of_status(code, hint),
        None => or_hint(Class::new(Kind::Permanent), hint),
    }
}

/// `#[classify(messages)]`: the failure's own words against the pattern list.
pub fn of_display(failure: &(impl Display + ?Sized)) -> Class {
    of_message(&failure.to_string())
}

/// `#[classify(…, after = field)]`: the field's hint, or the one that the class has already.
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
