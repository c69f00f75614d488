//! What an error of an unknown type says, by the errors that it was caused by.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::class::Class;
use super::io_kind::of_io;

/// How far a chain is followed. Real chains have a handful of links; an error that names itself as
/// its source has endless ones.
const MAX_LINKS: usize = 64;

/// The class of the outermost error in a chain of sources whose type this crate knows.
///
/// The walk starts with `error` itself and goes on with its `source()`. Known types are
/// [`std::io::Error`], [`Interruption`](crate::Interruption) and, with the features of the same names, the error types of `tokio`
/// (`Elapsed`), `http`, `reqwest`, `hyper`, `tonic`, `sqlx` and `redis`. An `io::Error` of kind
/// `Other` stands for the error inside it. `None` means that no link is known. At most 64 links are
/// looked at.
///
/// Types of your own are not found here, even when they implement
/// [`Classify`](super::class::Classify): an error behind
/// `dyn Error` can be asked only for types that are known by name. Name yours in a wrapper that
/// derives `Classify`, or ask `downcast_ref` first.
///
/// ```
/// use retry_runtime::{Class, Kind, classify};
/// use std::{error::Error, fmt, io};
///
/// #[derive(Debug)]
/// struct LoadError(io::Error);
///
/// impl fmt::Display for LoadError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("cannot load the settings")
///     }
/// }
///
/// impl Error for LoadError {
///     fn source(&self) -> Option<&(dyn Error + 'static)> {
///         Some(&self.0)
///     }
/// }
///
/// let refused = LoadError(io::ErrorKind::ConnectionRefused.into());
/// assert_eq!(classify::of_error_chain(&refused), Some(Class::new(Kind::Transient)));
/// assert_eq!(classify::of_error_chain(&fmt::Error), None);
/// ```
pub fn of_error_chain(error: &(dyn Error + 'static)) -> Option<Class> {
    std::iter::successors(Some(error), |link| next(*link)).take(MAX_LINKS).find_map(judge)
}

/// The kind of a failure to connect. Nothing was sent yet, so whatever is not hopeless is transient.
#[cfg(any(feature = "reqwest", feature = "tonic"))]
pub(super) fn of_connect(source: Option<&(dyn Error + 'static)>) -> super::class::Kind {
    use super::class::Kind;

    match source.and_then(of_error_chain) {
        Some(Class { kind: Kind::Permanent, .. }) => Kind::Permanent,
        _ => Kind::Transient,
    }
}

/// What one link says, without the links behind it.
fn judge(link: &(dyn Error + 'static)) -> Option<Class> {
    macro_rules! ask {
        ($($feature:literal: $error:ty),* $(,)?) => { $(
            #[cfg(feature = $feature)]
            if let Some(error) = link.downcast_ref::<$error>() {
                return Some(super::class::Classify::classify(error));
            }
        )* };
    }

    if let Some(error) = link.downcast_ref() {
        return of_io(error);
    }
    if let Some(interruption) = link.downcast_ref::<crate::failure::interruption::Interruption>() {
        return Some(super::class::Classify::classify(interruption));
    }
    ask! {
        "tokio": tokio::time::error::Elapsed,
        "http": http::Error,
        "reqwest": reqwest::Error,
        "hyper": hyper::Error,
        "tonic": tonic::Status,
        "tonic": tonic::TimeoutExpired,
        "tonic": tonic::ConnectError,
        "sqlx": sqlx::Error,
        "redis": redis::RedisError,
    }
    None
}

/// The link behind `link`. `io::Error` and `Arc` pass over the error that they hold when they are
/// asked for their source, so they are opened first.
fn next<'a>(link: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(inner) = link.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(inner);
    }
    if let Some(shared) = link.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    if let Some(shared) = link.downcast_ref::<Arc<io::Error>>() {
        return Some(&**shared);
    }
    link.source()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::class::Kind;
    use std::fmt;

    /// An error of a type that nobody knows.
    #[derive(Debug)]
    struct Wrapped(Option<Box<dyn Error + Send + Sync>>);

    impl fmt::Display for Wrapped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("wrapped")
        }
    }

    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.as_deref().map(|source| source as _)
        }
    }

    fn wrap(error: impl Into<Box<dyn Error + Send + Sync>>) -> Wrapped {
        Wrapped(Some(error.into()))
    }

    fn check(error: &(dyn Error + 'static), kind: impl Into<Option<Kind>>) {
        assert_eq!(of_error_chain(error).map(|class| class.kind), kind.into(), "{error:?}");
    }

    fn reset() -> io::Error {
        io::ErrorKind::ConnectionReset.into()
    }

    #[test]
    fn a_known_link_is_found_at_any_depth() {
        check(&reset(), Kind::Ambiguous);
        check(&wrap(reset()), Kind::Ambiguous);
        check(&wrap(wrap(wrap(reset()))), Kind::Ambiguous);
    }

    #[test]
    fn the_outermost_known_link_decides() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, wrap(reset()));
        check(&wrap(refused), Kind::Transient);
    }

    #[test]
    fn an_io_error_of_kind_other_stands_for_its_inner_error() {
        check(&io::Error::other(reset()), Kind::Ambiguous);
        check(&io::Error::other(wrap(io::Error::other(reset()))), Kind::Ambiguous);
        check(&io::Error::other("a text"), None);
    }

    #[test]
    fn shared_errors_are_opened() {
        check(&wrap(Arc::new(reset())), Kind::Ambiguous);
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(reset());
        check(&shared, Kind::Ambiguous);
    }

    #[test]
    fn an_unknown_chain_says_nothing() {
        check(&Wrapped(None), None);
        check(&wrap("a text"), None);
    }

    #[test]
    fn an_error_that_is_its_own_source_ends() {
        #[derive(Debug)]
        struct Ouroboros;
        impl fmt::Display for Ouroboros {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Ok(())
            }
        }
        impl Error for Ouroboros {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        check(&Ouroboros, None);
    }

    #[test]
    fn very_deep_nesting_needs_no_stack() {
        let mut error = reset();
        for _ in 0..1000 {
            error = io::Error::other(error);
        }
        check(&error, None);
    }
}
