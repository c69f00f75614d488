//! Requests that can be sent once more.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};

/// A request that may be sent once more. Implement the trait for your own type of requests.
///
/// It is implemented for `http::Request<B>` where `B` is [`Again`], and for reqwest's requests.
///
/// ```
/// use retry_runtime::tower::Replay;
///
/// let request = http::Request::put("/price").body("12.50".to_owned())?;
/// let copy = request.again().expect("a `String` can be sent twice");
/// assert_eq!(copy.body(), "12.50");
/// # Ok::<(), http::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the layer does not know how to send a `{Self}` a second time",
    note = "implement `retry_runtime::tower::Replay` for the type of the request"
)]
pub trait Replay: Sized {
    /// A copy for another attempt, made before this one is sent; `None` if there cannot be one: then the call makes one
    /// attempt.
    fn again(&self) -> Option<Self>;

    /// Whether sending the request twice has the same effect as once; `None` leaves that to the policy.
    fn idempotent(&self) -> Option<bool> {
        None
    }

    /// Whether this copy can still be sent, after the attempt that it was made for has failed.
    fn is_repeatable(&self) -> bool {
        true
    }
}

/// A body that may be sent once more.
///
/// ```
/// use retry_runtime::tower::Again;
///
/// let body = "12.50".to_owned();
/// assert_eq!(body.again(), Some("12.50".to_owned()));
/// ```
#[diagnostic::on_unimplemented(
    message = "the layer does not know how to send a body of type `{Self}` a second time",
    note = "copy the body by a closure: `RetryLayer::new(…).replaying(|body: &Full<Bytes>| Some(body.clone()))`",
    note = "or put a `ReplayBodyLayer` outside of the layer, which keeps what was sent of any body"
)]
pub trait Again: Sized {
    /// A copy for another attempt, made before this one is sent; `None` if there cannot be one.
    fn again(&self) -> Option<Self>;

    /// Whether this copy can still be sent, after the attempt that it was made for has failed.
    fn is_repeatable(&self) -> bool {
        true
    }
}

macro_rules! again_by_clone {
    ($($body:ty),*) => { $(
        impl Again for $body {
            fn again(&self) -> Option<Self> {
                Some(self.clone())
            }
        }
    )* };
}

again_by_clone!((), &'static str, String, Vec<u8>, Bytes);

/// The request is idempotent by its method (RFC 9110, section 9.2.2), or if it has a key by which the server
/// recognises a repetition (draft-ietf-httpapi-idempotency-key-header).
pub(super) fn is_idempotent(method: &Method, headers: &HeaderMap) -> bool {
    method.is_idempotent() || headers.contains_key("idempotency-key")
}

/// The request with this body in place of its own.
fn with_body<A, B>(request: &Request<A>, body: B) -> Request<B> {
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

impl<B: Again> Replay for Request<B> {
    fn again(&self) -> Option<Self> {
        Some(with_body(self, self.body().again()?))
    }

    fn idempotent(&self) -> Option<bool> {
        Some(is_idempotent(self.method(), self.headers()))
    }

    fn is_repeatable(&self) -> bool {
        self.body().is_repeatable()
    }
}

/// How a layer copies requests.
///
/// ```
/// use retry_runtime::tower::{RetryLayer, Replays};
/// use retry_runtime::Policy;
///
/// // A closure that copies bodies: `RetryLayer::replaying` takes one.
/// let layer = RetryLayer::new("prices", Policy::new()).replaying(|body: &Vec<u8>| Some(body.clone()));
/// # let _ = layer;
/// # fn _is<R, P: Replays<R>>(_: &P) {}
/// ```
pub trait Replays<Req> {
    #[doc(hidden)]
    fn again(&self, request: &Req) -> Option<Req>;

    #[doc(hidden)]
    fn idempotent(&self, request: &Req) -> Option<bool>;

    #[doc(hidden)]
    fn is_repeatable(&self, copy: &Req) -> bool;
}

/// Requests are copied by [`Replay`].
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{ByReplay, Http, RetryLayer};
///
/// // What a layer does unless `replaying` says otherwise.
/// let layer: RetryLayer<Http, ByReplay> = RetryLayer::new("prices", Policy::new());
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ByReplay;

impl<Req: Replay> Replays<Req> for ByReplay {
    fn again(&self, request: &Req) -> Option<Req> {
        request.again()
    }

    fn idempotent(&self, request: &Req) -> Option<bool> {
        request.idempotent()
    }

    fn is_repeatable(&self, copy: &Req) -> bool {
        copy.is_repeatable()
    }
}

/// Bodies of requests are copied by a closure: [`RetryLayer::replaying`](super::RetryLayer::replaying).
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{ByBody, Http, RetryLayer};
///
/// type Copy = fn(&Vec<u8>) -> Option<Vec<u8>>;
/// let layer: RetryLayer<Http, ByBody<Copy>> =
///     RetryLayer::new("prices", Policy::new()).replaying((|body| Some(body.clone())) as Copy);
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByBody<F>(pub(super) F);

impl<B, F: Fn(&B) -> Option<B>> Replays<Request<B>> for ByBody<F> {
    fn again(&self, request: &Request<B>) -> Option<Request<B>> {
        Some(with_body(request, (self.0)(request.body())?))
    }

    fn idempotent(&self, request: &Request<B>) -> Option<bool> {
        Some(is_idempotent(request.method(), request.headers()))
    }

    fn is_repeatable(&self, _: &Request<B>) -> bool {
        true
    }
}
