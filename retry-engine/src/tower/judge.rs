//! The meaning of an answer: which responses are failures, and of which kind.

use std::borrow::Cow;
use std::fmt::Display;

use http_body::Body;

use super::drain::{Drain, drain_body};
use crate::failure::class::{Class, Classify};
use crate::failure::describe;
use crate::failure::interruption::Interruption;

/// Judges the answers of a service. A closure `Fn(&Result<Response, Error>) -> Option<Class>` is one.
///
/// | type | judges |
/// |---|---|
/// | [`Http`] | `http::Response` and reqwest's responses by their status |
/// | [`Grpc`](super::Grpc), with the feature `tonic` | `http::Response` by its gRPC status |
/// | a closure | any answer |
///
/// ```
/// use retry_runtime::{Class, Classify, Kind, Policy};
/// use retry_runtime::tower::RetryLayer;
/// use std::io;
///
/// // A closure is a judge: an empty answer is a failure, too.
/// let layer = RetryLayer::new("lines", Policy::new()).judging(|result: &io::Result<String>| match result {
///     Ok(line) if line.is_empty() => Some(Class::from(Kind::Transient)),
///     Ok(_) => None,
///     Err(error) => Some(error.classify()),
/// });
/// # let _ = layer;
/// ```
pub trait Judge<Res, E> {
    /// The class of a failure, which may be a response; `None` for a success.
    fn judge(&self, result: &Result<Res, E>) -> Option<Class>;

    /// The text of a failure, for reports and events.
    fn describe(&self, result: &Result<Res, E>) -> Cow<'static, str>;

    /// The interruption of an annotated call inside the service that the error carries; `None` by default.
    fn interruption(&self, _error: &E) -> Option<Interruption> {
        None
    }

    /// Reads the rest of a response in whose place another attempt is made, so that its connection can be used again:
    /// [`drain_body`] does so for a body. The default drops the response.
    fn drain(&self, _response: Res) -> Option<Drain> {
        None
    }
}

impl<Res, E: Display, F: Fn(&Result<Res, E>) -> Option<Class>> Judge<Res, E> for F {
    fn judge(&self, result: &Result<Res, E>) -> Option<Class> {
        self(result)
    }

    fn describe(&self, result: &Result<Res, E>) -> Cow<'static, str> {
        match result {
            Ok(_) => Cow::Borrowed("the response was judged a failure"),
            Err(error) => describe::by_display(error),
        }
    }
}

/// Judges HTTP responses by their status: 408, 425, 429 and 500 to 599 are failures, of the kind that
/// [`of_status`](crate::classify::of_status) gives them. Every other status is an answer, 404 too. Errors are classified by
/// [`Classify`].
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::tower::{Http, Judge};
///
/// type Answer = Result<http::Response<String>, std::io::Error>;
/// let answer = |status: u16| -> Answer {
///     Ok(http::Response::builder().status(status).body(String::new()).expect("a status"))
/// };
/// assert_eq!(Http.judge(&answer(503)).map(|class| class.kind), Some(Kind::Ambiguous));
/// assert!(Http.judge(&answer(404)).is_none());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Http;

/// Whether a status is a failure that a retry may mend, or that tells of a broken server.
pub(super) fn is_failure(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

impl<B: Body + Send + 'static, E: Classify> Judge<http::Response<B>, E> for Http {
    fn judge(&self, result: &Result<http::Response<B>, E>) -> Option<Class> {
        match result {
            Ok(response) => is_failure(response.status().as_u16()).then(|| response.classify()),
            Err(error) => Some(error.classify()),
        }
    }

    fn describe(&self, result: &Result<http::Response<B>, E>) -> Cow<'static, str> {
        match result {
            Ok(response) => response.describe(),
            Err(error) => error.describe(),
        }
    }

    fn interruption(&self, error: &E) -> Option<Interruption> {
        error.interruption()
    }

    fn drain(&self, response: http::Response<B>) -> Option<Drain> {
        Some(drain_body(response.into_body()))
    }
}
