//! The meaning of an answer of gRPC.

use std::borrow::Cow;

use http_body::Body;
use tonic::{Code, Status};

use super::drain::{Drain, drain_body};
use super::judge::Judge;
use crate::failure::class::{Class, Classify};
use crate::failure::interruption::Interruption;

/// Judges gRPC responses by the status in their headers, which a response without messages has (trailers-only), and
/// by the HTTP status where there is none. A status that follows messages is not seen: those have been received by then.
///
/// Every gRPC request is a `POST`, so declare the methods that may be repeated: `Policy::new().idempotent(true)`.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{Grpc, RetryLayer};
///
/// let layer = RetryLayer::new("greeter", Policy::new().idempotent(true)).judging(Grpc);
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl<B: Body + Send + 'static, E: Classify> Judge<http::Response<B>, E> for Grpc {
    fn judge(&self, result: &Result<http::Response<B>, E>) -> Option<Class> {
        match result {
            Err(error) => Some(error.classify()),
            Ok(response) => match Status::from_header_map(response.headers()) {
                Some(status) => (status.code() != Code::Ok).then(|| status.classify()),
                None => (!response.status().is_success()).then(|| response.classify()),
            },
        }
    }

    fn describe(&self, result: &Result<http::Response<B>, E>) -> Cow<'static, str> {
        match result {
            Err(error) => error.describe(),
            Ok(response) => match Status::from_header_map(response.headers()) {
                Some(status) => status.describe(),
                None => response.describe(),
            },
        }
    }

    fn interruption(&self, error: &E) -> Option<Interruption> {
        error.interruption()
    }

    fn drain(&self, response: http::Response<B>) -> Option<Drain> {
        Some(drain_body(response.into_body()))
    }
}
