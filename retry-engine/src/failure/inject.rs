//! Errors that tests can inject in place of a function's own.
//!
//! A test names the function by a text, so the injected error arrives as `dyn Any`, which requires `'static`. Autoref
//! specialization (see `lookup`) cannot test for `'static`: method lookup ignores lifetimes, and borrow checking
//! would then reject functions that compile today. So there is a trait without blanket implementations. The derive of
//! `Classify` implements it for types without lifetimes, and this module for types of the standard library.

use std::any::{Any, TypeId};
use std::convert::Infallible;
use std::error::Error;
use std::{fmt, io};

use super::interruption::Interruption;
use super::outcome::{Missing, Outcome};

/// An error that tests can inject; it must not borrow anything.
///
/// `#[derive(Classify)]` implements this trait for types without lifetimes. Implement it by hand for a type that
/// does not use the derive:
///
/// ```
/// struct Busy;
///
/// impl retry_runtime::Inject for Busy {}
/// ```
pub trait Inject: 'static {}

macro_rules! inject {
    ($($(#[$cfg:meta])? $name:ty),* $(,)?) => { $($(#[$cfg])? impl Inject for $name {})* };
}

inject! {
    (), String, bool, char, i32, i64, u8, u16, u32, u64, usize,
    Box<dyn Error>, Box<dyn Error + Send>, Box<dyn Error + Send + Sync>,
    io::Error, fmt::Error, Infallible, Missing, Interruption,
    std::num::ParseIntError, std::num::ParseFloatError,
    std::str::Utf8Error, std::string::FromUtf8Error, std::time::SystemTimeError,
    #[cfg(feature = "anyhow")] anyhow::Error,
    #[cfg(feature = "http")] http::StatusCode,
    #[cfg(feature = "http")] crate::failure::check_status::StatusError,
    #[cfg(feature = "hyper")] hyper::Error,
    #[cfg(feature = "redis")] redis::RedisError,
    #[cfg(feature = "hyper-util")] hyper_util::client::legacy::Error,
    #[cfg(feature = "reqwest")] reqwest::Error,
    #[cfg(feature = "reqwest-0-12")] reqwest_0_12::Error,
    #[cfg(feature = "sqlx")] sqlx::Error,
    #[cfg(feature = "tokio")] tokio::time::error::Elapsed,
    #[cfg(feature = "tokio")] tokio::task::JoinError,
    #[cfg(feature = "tonic")] tonic::Status,
    #[cfg(feature = "tower")] tower::timeout::error::Elapsed,
    #[cfg(feature = "tower")] tower::load_shed::error::Overloaded,
}

/// How to turn an injected error into an outcome.
#[derive(Debug)]
pub struct Injection<R> {
    /// Returns the type of the errors that can be injected.
    pub(crate) error: fn() -> TypeId,
    /// Turns the error into an outcome; `None` when the error has another type.
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
    fn only_an_error_of_the_outcomes_own_type_is_injected() {
        let injection = Injection::<Result<&str, String>>::of_error();
        assert_eq!((injection.error)(), TypeId::of::<String>());
        assert_eq!((injection.outcome)(Box::new("lost".to_owned())), Some(Err("lost".to_owned())));
        assert_eq!((injection.outcome)(Box::new(7_u8)), None);
    }
}
