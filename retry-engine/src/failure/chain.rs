//! The class of an error of unknown type, found in its source chain.

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::sync::Arc;

use super::class::{Class, Kind};
use super::interruption::Interruption;
use super::io_kind::of_io;
use super::transparent::{interruption_behind, see_through};

/// The highest number of errors that are examined. Real source chains are short; the chain of an error that returns
/// itself as its source never ends.
const MAX_LINKS: usize = 64;

/// The class of the outermost error in a source chain whose type this crate knows; `None` when it knows none.
///
/// The search starts with `error` itself, continues with its `source()`, and examines at most 64 errors. Known types
/// are [`std::io::Error`], [`Interruption`](crate::Interruption) and, with the features of the same names, the error
/// types of `tokio` (`Elapsed`), `http`, `reqwest`, `hyper`, `hyper_util`, `tonic`, `tower`, `sqlx` and `redis`. For an `io::Error` of kind
/// `Other` the error inside it is examined. An `io::Error`, an `Interruption` or an HTTP status behind thiserror's
/// `#[error(transparent)]`, which hides it from the chain, is recognised by its `Debug` text.
///
/// Your own types are not found, even when they implement [`Classify`](super::class::Classify): a `dyn Error` can
/// be downcast only to types that this crate names. Wrap such an error in a type that derives `Classify`, or call
/// `downcast_ref` first.
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
#[inline]
pub fn of_error_chain(error: &(dyn Error + 'static)) -> Option<Class> {
    find(error, judge)
}

/// The first interruption of a call inside in a source chain, of at most 64 errors.
///
/// An interruption behind `#[error(transparent)]` is found, too.
#[inline]
pub(crate) fn interruption_in(error: &(dyn Error + 'static)) -> Option<Interruption> {
    find(error, |link| match link.is::<io::Error>() {
        // The most frequent failure, and never transparent.
        true => None,
        false => link.downcast_ref().copied().or_else(|| interruption_behind(link)),
    })
}

/// [`interruption_in`] for an error that may borrow, and so cannot be an [`Interruption`] itself.
#[inline]
pub(crate) fn interruption_of(error: &dyn Error) -> Option<Interruption> {
    interruption_behind(error).or_else(|| error.source().and_then(interruption_in))
}

/// The first answer of an error in the chain.
#[inline]
fn find<T>(
    error: &(dyn Error + 'static),
    ask: impl Fn(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    let mut link = error;
    for _ in 0..MAX_LINKS {
        if let Some(answer) = ask(link) {
            return Some(answer);
        }
        link = next(link)?;
    }
    None
}

thread_local! {
    /// Whether an error of a boxed type was classified on this thread, and no error in its chain was known.
    static UNKNOWN: Cell<bool> = const { Cell::new(false) };
}

/// The class of a boxed error: by its chain, or `Permanent` where that knows no error, which the call will say.
#[inline]
pub(super) fn of_boxed(error: &(dyn Error + 'static)) -> Class {
    of_error_chain(error).unwrap_or_else(|| {
        let _ = UNKNOWN.try_with(|unknown| unknown.set(true));
        Class::new(Kind::Permanent)
    })
}

/// Whether [`of_boxed`] has met a chain without a known error since the last call of this function on this thread.
#[inline]
pub(crate) fn take_unknown() -> bool {
    UNKNOWN.try_with(Cell::take).unwrap_or(false)
}

/// A boxed error, whose own text is only the outermost part of what happened.
pub trait Chained {
    /// The texts of the error and of its sources, one after another.
    fn whole_text(&self) -> std::borrow::Cow<'static, str>;

    /// The interruption of a call inside that the error or one of its sources is.
    fn interruption(&self) -> Option<Interruption>;
}

/// The kind of a failure to connect: `Transient`, because nothing was sent, unless the source is `Permanent`.
#[cfg(any(
    feature = "reqwest",
    feature = "reqwest-0-12",
    feature = "hyper-util",
    feature = "tonic"
))]
#[inline]
pub(super) fn of_connect(source: Option<&(dyn Error + 'static)>) -> Kind {
    match source.and_then(of_error_chain) {
        Some(Class { kind: Kind::Permanent, .. }) => Kind::Permanent,
        _ => Kind::Transient,
    }
}

/// The class of one error, without its sources.
#[inline]
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
    if let Some(interruption) = link.downcast_ref::<Interruption>() {
        return Some(super::class::Classify::classify(interruption));
    }
    ask! {
        "tokio": tokio::time::error::Elapsed,
        "http": http::Error,
        "reqwest": reqwest::Error,
        "reqwest-0-12": reqwest_0_12::Error,
        "hyper-util": hyper_util::client::legacy::Error,
        "hyper": hyper::Error,
        "tonic": tonic::Status,
        "tonic": tonic::TimeoutExpired,
        "tonic": tonic::ConnectError,
        "sqlx": sqlx::Error,
        "redis": redis::RedisError,
        "tower": tower::timeout::error::Elapsed,
        "tower": tower::load_shed::error::Overloaded,
    }
    #[cfg(feature = "http")]
    if let Some(error) = link.downcast_ref::<crate::failure::check_status::StatusError>() {
        return Some(super::class::Classify::classify(error));
    }
    #[cfg(feature = "sqlx")]
    if let Some(error) = link.downcast_ref::<Box<dyn sqlx::error::DatabaseError>>() {
        return Some(super::impls::sqlx::of_boxed_database(&**error));
    }
    see_through(link)
}

/// The next error of the chain. `source()` of an `io::Error` or an `Arc` skips the error that it holds, so that
/// error is taken out first.
#[inline]
fn next<'a>(link: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(error) = link.downcast_ref::<io::Error>() {
        // One that holds no error has no source.
        return error.get_ref().map(|inner| inner as _);
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
    use std::fmt;

    /// An error of an unknown type.
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
    fn the_error_inside_an_arc_is_examined() {
        check(&wrap(Arc::new(reset())), Kind::Ambiguous);
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(reset());
        check(&shared, Kind::Ambiguous);
    }

    #[test]
    fn a_chain_of_unknown_types_has_no_class() {
        check(&Wrapped(None), None);
        check(&wrap("a text"), None);
    }

    #[test]
    fn the_search_ends_for_an_error_that_is_its_own_source() {
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
