//! A body that keeps what was sent of it, up to a bound, so that it can be sent once more.
//!
//! Several copies of a body share one source: each attempt sends a copy. A server may answer before it has read the whole
//! request, so the copy of an attempt that has failed may still be polled by its connection while the next copy is sent
//! ([linkerd2#11529](https://github.com/linkerd/linkerd2/issues/11529),
//! [linkerd2#15649](https://github.com/linkerd/linkerd2/issues/15649)). Each copy therefore has an epoch, and only the
//! newest one that has been polled reads from the source; an older one ends with an error.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

use super::answer::BoxError;
use super::kept::{Kept, Shared, Step};
use super::replay::Again;
use crate::base::border::wake;
use crate::base::sync::lock;

/// A body that can be sent more than once, as long as what was sent of it is not longer than a bound.
///
/// ```
/// use retry_runtime::tower::{Again, ReplayBody};
///
/// let body = ReplayBody::new("12.50".to_owned(), 64 * 1024);
/// assert!(body.again().is_some()); // as long as it is not larger than 64 KiB
/// ```
pub struct ReplayBody<B> {
    shared: Arc<Mutex<Shared<B>>>,
    epoch: u64,
    /// The number of frames that this copy has given.
    at: usize,
}

impl<B: Body> ReplayBody<B> {
    /// Keeps at most `most` bytes of the body, and one frame.
    pub fn new(body: B, most: usize) -> Self {
        let is_long = usize::try_from(body.size_hint().lower()).is_ok_and(|bytes| bytes > most);
        let rest = (!body.is_end_stream()).then(|| Box::pin(body));
        let shared = Arc::new(Mutex::new(Shared::new(rest, most, is_long)));
        ReplayBody { shared, epoch: 0, at: 0 }
    }
}

impl<B> Again for ReplayBody<B> {
    /// A copy that gives the body from its beginning. `None` for a body that announces more bytes than the bound.
    fn again(&self) -> Option<Self> {
        let epoch = lock(&self.shared).copy()?;
        Some(ReplayBody { shared: Arc::clone(&self.shared), epoch, at: 0 })
    }

    fn is_repeatable(&self) -> bool {
        lock(&self.shared).claim()
    }
}

/// Reads from the source outside of the lock, and hands it back; if it panics, the body has failed.
struct Reading<'b, B> {
    shared: &'b Mutex<Shared<B>>,
    source: Option<Pin<Box<B>>>,
}

impl<B> Drop for Reading<'_, B> {
    fn drop(&mut self) {
        let waiting = {
            let mut shared = lock(self.shared);
            shared.rest = self.source.take();
            if shared.rest.is_none() && !shared.ended {
                shared.end(true);
            }
            shared.waiting.take()
        };
        waiting.into_iter().for_each(wake);
    }
}

impl<B: Body<Error: Into<BoxError>>> ReplayBody<B> {
    fn read(
        &mut self,
        mut source: Pin<Box<B>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut reading = Reading { shared: &self.shared, source: None };
        let polled = source.as_mut().poll_frame(cx);
        let mut shared = lock(&self.shared);
        let frame = match polled {
            Poll::Pending => {
                shared.reader = Some(cx.waker().clone());
                reading.source = Some(source);
                return Poll::Pending;
            }
            Poll::Ready(None) => {
                shared.end(false);
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => {
                shared.end(true);
                return Poll::Ready(Some(Err(error.into())));
            }
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        reading.source = Some(source);
        let frame = match frame.into_data() {
            Ok(mut data) => Kept::Data(data.copy_to_bytes(data.remaining())),
            Err(frame) => Kept::Trailers(frame.into_trailers().unwrap_or_default()),
        };
        if !shared.push(self.epoch, frame.clone()) {
            return Poll::Ready(Some(Err(GivenUp.into())));
        }
        self.at += 1;
        Poll::Ready(Some(Ok(frame.frame())))
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for ReplayBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let (step, replaced) = {
            let mut shared = lock(&this.shared);
            let (step, replaced) = shared.step(this.epoch, this.at);
            if let Step::Wait = step {
                shared.waiting = Some(cx.waker().clone());
            }
            (step, replaced)
        };
        replaced.into_iter().for_each(wake);
        match step {
            Step::Give(frame) => {
                this.at += 1;
                Poll::Ready(Some(Ok(frame.frame())))
            }
            Step::End => Poll::Ready(None),
            Step::Fail => Poll::Ready(Some(Err(GivenUp.into()))),
            Step::Wait => Poll::Pending,
            Step::Read(source) => this.read(source, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.shared).is_at_end(self.at)
    }

    fn size_hint(&self) -> SizeHint {
        let shared = lock(&self.shared);
        let kept: usize = shared.kept.iter().skip(self.at).map(Kept::len).sum();
        let rest = match &shared.rest {
            Some(rest) => rest.size_hint(),
            None if shared.ended => SizeHint::with_exact(0),
            None => SizeHint::default(),
        };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(kept as u64));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(kept as u64));
        }
        hint
    }
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// The error of a copy that is not to be sent any more.
#[derive(Clone, Copy, Debug)]
struct GivenUp;

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attempt was given up: another one sends the body of the request")
    }
}

impl Error for GivenUp {}

/// Makes the bodies of requests repeatable: a layer outside of [`RetryLayer`](super::RetryLayer). What was sent of a body is
/// kept, up to a bound in bytes. A body that becomes longer is sent all the same, and not retried
/// ([`StopReason::NotRepeatable`](crate::StopReason::NotRepeatable)).
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{ReplayBodyLayer, RetryLayer};
/// use tower::ServiceBuilder;
///
/// let layers = ServiceBuilder::new()
///     .layer(ReplayBodyLayer::new(64 * 1024))
///     .layer(RetryLayer::new("uploads", Policy::new()));
/// # let _ = layers;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReplayBodyLayer {
    most: usize,
}

impl ReplayBodyLayer {
    /// Keeps at most `most` bytes of each body, and one frame.
    pub const fn new(most: usize) -> Self {
        ReplayBodyLayer { most }
    }
}

impl<S> Layer<S> for ReplayBodyLayer {
    type Service = Replaying<S>;

    fn layer(&self, inner: S) -> Replaying<S> {
        Replaying { inner, most: self.most }
    }
}

/// A service that makes the bodies of its requests repeatable, made by [`ReplayBodyLayer`].
///
/// ```
/// use retry_runtime::tower::{ReplayBodyLayer, Replaying};
/// use tower::Layer;
///
/// // The type of a service with the layer around it, for a field.
/// struct Client<S>(Replaying<S>);
/// let client = Client(ReplayBodyLayer::new(64 * 1024).layer(()));
/// # let _ = client.0;
/// ```
#[derive(Clone, Debug)]
pub struct Replaying<S> {
    inner: S,
    most: usize,
}

impl<S, B> Service<http::Request<B>> for Replaying<S>
where
    S: Service<http::Request<ReplayBody<B>>>,
    B: Body,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> S::Future {
        self.inner.call(request.map(|body| ReplayBody::new(body, self.most)))
    }
}
