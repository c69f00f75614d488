//! The service that retries the calls of another one.

use std::borrow::Cow;
use std::convert;
use std::future::{Future, IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use super::answer::{Answer, BoxError, Boxed};
use super::drain::{Drains, Keeper};
use super::exchange::{Exchange, Reading};
use super::judge::Judge;
use super::replay::Replays;
use crate::call::state::Call;
use crate::failure::interruption::Cause;
use crate::failure::outcome::Interruptible;
use crate::site::Site;
use crate::turn::Turned;

/// A service whose calls are retried, made by [`RetryLayer`](super::RetryLayer).
///
/// It is always ready for a call as soon as the service inside is. If that fails to become ready, the call finds out, as the
/// failure of an attempt that has sent nothing.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{ByReplay, Http, Retrying, RetryLayer, Unlimited};
/// use tower::Layer;
///
/// // The type of a service with the layer around it, for a field.
/// struct Client<S>(Retrying<S, Http, ByReplay, Unlimited>);
/// let client = Client(RetryLayer::new("prices", Policy::new()).layer(()));
/// # let _ = client.0;
/// ```
#[derive(Debug)]
pub struct Retrying<S, J, P, M> {
    pub(super) inner: S,
    /// Whether the service inside has been found ready.
    pub(super) ready: bool,
    pub(super) site: &'static Site,
    pub(super) judge: J,
    pub(super) replays: P,
    pub(super) mode: PhantomData<fn() -> M>,
}

impl<S: Clone, J: Clone, P: Clone, M> Clone for Retrying<S, J, P, M> {
    fn clone(&self) -> Self {
        Retrying {
            inner: self.inner.clone(),
            // Readiness is not cloned: it may be a place that the original has reserved.
            ready: false,
            site: self.site,
            judge: self.judge.clone(),
            replays: self.replays.clone(),
            mode: PhantomData,
        }
    }
}

impl<S: Clone, J, P, M> Retrying<S, J, P, M> {
    fn poll_inner<Req>(&mut self, cx: &mut Context<'_>) -> Poll<()>
    where
        S: Service<Req>,
    {
        self.ready = match self.inner.poll_ready(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(_)) => {
                // A service that has failed must not be used any more.
                self.inner = self.inner.clone();
                false
            }
        };
        Poll::Ready(())
    }

    /// The service that was found ready makes the first attempt; its clone stays.
    fn take_inner(&mut self) -> (S, bool) {
        let fresh = self.inner.clone();
        (mem::replace(&mut self.inner, fresh), mem::take(&mut self.ready))
    }
}

/// The mode of a layer: [`Unlimited`] or [`Limited`].
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{Http, ByReplay, Mode, RetryLayer};
///
/// /// Works for layers with and without limits.
/// fn describe<M: Mode>(layer: &RetryLayer<Http, ByReplay, M>) -> &'static str {
///     layer.site().name()
/// }
/// assert_eq!(describe(&RetryLayer::new("docs::mode", Policy::new())), "docs::mode");
/// ```
pub trait Mode {
    /// Whether an attempt can be interrupted.
    #[doc(hidden)]
    const INTERRUPTS: bool;
}

impl Mode for Unlimited {
    const INTERRUPTS: bool = false;
}

impl Mode for Limited {
    const INTERRUPTS: bool = true;
}

/// The mode of a layer: the service's errors stay as they are, and nothing interrupts an attempt.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{RetryLayer};
///
/// // The errors of the service stay as they are.
/// let layer = RetryLayer::new("prices", Policy::new());
/// # let _: &RetryLayer<_, _, retry_runtime::tower::Unlimited> = &layer;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Unlimited;

/// The mode of a layer whose deadline, timeout and breaker end or refuse attempts: the errors are boxed.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::tower::{RetryLayer};
///
/// // Attempts can be cut off, so errors are boxed.
/// let layer = RetryLayer::new("prices", Policy::new()).limited();
/// # let _: &RetryLayer<_, _, retry_runtime::tower::Limited> = &layer;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Limited;

/// The future of a call.
pub type ResponseFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Sends one request: waits for the service if need be, and notes that something was sent.
async fn send<S, Req, P>(
    service: &mut S,
    ready: bool,
    request: Req,
    exchange: &Exchange<Req, P>,
) -> Result<S::Response, S::Error>
where
    S: Service<Req> + Clone,
{
    if !ready {
        if let Err(error) = poll_fn(|cx| service.poll_ready(cx)).await {
            *service = service.clone();
            return Err(error);
        }
    }
    exchange.note_sent();
    service.call(request).await
}

/// Judges a result; an error before anything was sent is transient, unless it is hopeless.
fn judged<Res, E, J: Judge<Res, E>>(
    judge: &J,
    result: Result<Res, E>,
    sent: bool,
    keeper: Arc<dyn Keeper<Res>>,
) -> Answer<Res, E> {
    let class = judge.judge(&result).map(|class| class.if_sent(sent));
    let text = if class.is_some() { judge.describe(&result) } else { Cow::Borrowed("") };
    let carried = result.as_ref().err().and_then(|error| judge.interruption(error));
    Answer::new(result, class, carried.map(|carried| Cause::of(&carried)), text, keeper)
}

/// Awaits a turn, and beside it the response that is read to its end.
async fn beside<T, J, E>(turn: impl IntoFuture<Output = T>, drains: &Drains<J, E>) -> T {
    let mut turn = pin!(turn.into_future());
    poll_fn(|cx| drains.poll_beside(cx, |cx| turn.as_mut().poll(cx))).await
}

/// Implements the service for one mode. The modes differ in the type of the error, and in the guard of a turn.
macro_rules! service {
    (
        $mode:ty, $($bound:path)?, $error:ty, $map:expr, $unmap:expr, $stand_in:expr,
        |$turn:ident, $breaker:ident, $drains:ident| $turned:expr
    ) => {
        impl<S, J, P, Req> Service<Req> for Retrying<S, J, P, $mode>
        where
            S: Service<Req> + Clone + Send + 'static,
            S::Future: Send,
            S::Response: Send + 'static,
            S::Error: $($bound +)? Send + 'static,
            J: Judge<S::Response, S::Error> + Clone + Send + Sync + 'static,
            P: Replays<Req> + Clone + Send + Sync + 'static,
            Req: Send + 'static,
        {
            type Response = S::Response;
            type Error = $error;
            type Future = ResponseFuture<S::Response, $error>;

            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), $error>> {
                self.poll_inner(cx).map(Ok)
            }

            fn call(&mut self, request: Req) -> Self::Future {
                let (mut service, mut ready) = self.take_inner();
                let (site, judge) = (self.site, self.judge.clone());
                let exchange = Exchange::new(request, self.replays.clone());
                Box::pin(async move {
                    let drains = Arc::new(Drains::<J, S::Error>::new(judge));
                    let $drains = &*drains;
                    let mut call = Call::start(site);
                    call.open();
                    let limit = call.policy().limit();
                    // A configuration may have set a timeout that nothing can enforce here.
                    if !<$mode>::INTERRUPTS && call.policy().attempt_limit().is_some() {
                        site.warn_uncut();
                    }
                    loop {
                        let request = exchange.next(limit);
                        let ready = mem::take(&mut ready);
                        let attempt = async {
                            let result = send(&mut service, ready, request, &exchange).await;
                            let keeper = Arc::clone(&drains);
                            let sent = exchange.has_sent();
                            judged(drains.judge(), result, sent, keeper).map_err($map)
                        };
                        let $breaker = call.breaker_here();
                        let rules = Reading { exchange: &exchange, stand_in: $stand_in };
                        let $turn = call.turn(attempt).ruled_by(rules);
                        match $turned {
                            Turned::Quick(answer) => {
                                call.close();
                                return answer.into_result().map_err($unmap);
                            }
                            Turned::Out(answer) => return answer.into_result().map_err($unmap),
                            Turned::Again => {}
                        }
                    }
                })
            }
        }
    };
}

service!(Unlimited, , S::Error, convert::identity, convert::identity, None, |turn, _breaker, drains| {
    beside(turn, drains).await
});

service!(
    Limited,
    Into<BoxError>,
    BoxError,
    |error| Boxed(error.into()),
    |Boxed(error)| error,
    Some(Interruptible::interrupted),
    |turn, breaker, drains| match breaker {
        Some(breaker) => beside(turn.limited().permitted_by(breaker), drains).await,
        None => beside(turn.limited(), drains).await,
    }
);
