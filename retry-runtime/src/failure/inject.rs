//! Errors that a test can make to order, in the place of a function's own.
//!
//! A fault names its function by a text, so its error arrives as `dyn Any`, which needs a type that borrows
//! nothing. Method lookup (see `text`) finds out which traits a type has, but not what it borrows: a bound
//! `'static` would be believed first and refused later, in a function that has compiled until then. So there
//! is a trait that nothing has by itself. The derive of `Classify` gives it to types without lifetimes, and
//! types of the standard library have it here.

use std::any::{Any, TypeId};
use std::convert::Infallible;
use std::error::Error;
use std::{fmt, io};

use super::interruption::Interruption;
use super::outcome::Missing;
use super::outcome::Outcome;

/// An error that `testing` can inject; it borrows nothing.
///
/// `#[derive(Classify)]` gives it to every type without lifetimes. Write it by hand for a type that
/// classifies itself otherwise:
///
/// ```
/// struct Busy;
///
/// impl retry_runtime::Inject for Busy {}
/// ```
pub trait Inject: 'static {}

macro_rules! inject {
    ($($name:ty),* $(,)?) => { $(impl Inject for $name {})* };
}

inject!(
    (),
    String,
    Box<dyn Error>,
    Box<dyn Error + Send>,
    Box<dyn Error + Send + Sync>,
    io::Error,
    fmt::Error,
    Infallible,
    Missing,
    Interruption,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::time::SystemTimeError,
    bool,
    char,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    usize,
);

macro_rules! inject_for {
    ($($feature:literal: $name:ty),* $(,)?) => {
        $(#[cfg(feature = $feature)] impl Inject for $name {})*
    };
}

inject_for!(
    "anyhow": anyhow::Error,
    "http": http::StatusCode,
    "hyper": hyper::Error,
    "redis": redis::RedisError,
    "reqwest": reqwest::Error,
    "sqlx": sqlx::Error,
    "tokio": tokio::time::error::Elapsed,
    "tokio": tokio::task::JoinError,
    "tonic": tonic::Status,
);

/// How outcomes are made of errors that come from outside.
#[derive(Debug)]
pub struct Injection<R> {
    /// The type of the error.
    pub(crate) error: fn() -> TypeId,
    /// The outcome of such an error; `None` when it is of another type.
    pub(crate) outcome: fn(Box<dyn Any>) -> Option<R>,
}

impl<R: Outcome<Error: Inject>> Injection<R> {
    pub(crate) fn of_error() -> Self {
        Injection {
            error: TypeId::of::<R::Error>,
            outcome: |error| {
                let error = error.downcast::<R::Error>().ok()?;
                Some(R::from_result(Err(*error)))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_made_of_an_error_of_its_own_type_and_of_no_other() {
        let injection = Injection::<Result<&str, String>>::of_error();
        assert_eq!((injection.error)(), TypeId::of::<String>());
        assert_eq!((injection.outcome)(Box::new("lost".to_owned())), Some(Err("lost".to_owned())));
        assert_eq!((injection.outcome)(Box::new(7_u8)), None);
    }
}
