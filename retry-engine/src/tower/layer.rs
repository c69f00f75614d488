//! The layer that retries the calls of a service.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;

use tower_layer::Layer;

use super::judge::Http;
use super::replay::{ByBody, ByReplay};
use super::service::{Limited, Mode, Retrying, Unlimited};
use crate::breaker::BreakerSettings;
use crate::budget::BudgetSettings;
use crate::policy::Policy;
use crate::site::Site;

/// A layer that retries the calls of a service: under a name, by a policy.
///
/// All services of one name share their counts, history, budget and breaker, however often the layer is applied; axum, for
/// example, applies layers for each request ([acton-service#44](https://github.com/Govcraft/acton-service/issues/44)).
///
/// ```
/// use http::{Request, Response};
/// use retry_runtime::Policy;
/// use retry_runtime::tower::RetryLayer;
/// use std::convert::Infallible;
/// use std::sync::atomic::{AtomicU16, Ordering};
/// use std::time::Duration;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// const POLICY: Policy = Policy::new().max(2).base(Duration::from_millis(1));
///
/// // Fails once.
/// static STATUS: AtomicU16 = AtomicU16::new(502);
/// let client = service_fn(async |_: Request<String>| {
///     let status = STATUS.swap(200, Ordering::Relaxed);
///     Ok::<_, Infallible>(Response::builder().status(status).body(String::new()).expect("valid"))
/// });
///
/// let client = RetryLayer::new("github", POLICY).layer(client);
/// let response = client.oneshot(Request::get("/zen").body(String::new())?).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(retry_runtime::stats("github").map(|stats| stats.after_retry), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryLayer<J = Http, P = ByReplay, M = Unlimited> {
    name: Cow<'static, str>,
    policy: Policy,
    budget: Option<BudgetSettings>,
    breaker: Option<BreakerSettings>,
    place: &'static Location<'static>,
    judge: J,
    replays: P,
    mode: PhantomData<fn() -> M>,
}

impl RetryLayer {
    /// A layer that retries by this policy, under this name, with the default budget and without a breaker. It judges
    /// answers as [`Http`] does, and copies requests by [`Replay`](super::Replay).
    ///
    /// The errors of the service stay as they are. So no attempt can be interrupted: a `deadline` ends the call between its
    /// attempts, and a `timeout` needs [`limited`](RetryLayer::limited).
    ///
    /// # Panics
    ///
    /// If the policy is invalid ([`Policy::try_build`] checks one that comes from outside).
    #[track_caller]
    pub fn new(name: impl Into<Cow<'static, str>>, policy: Policy) -> Self {
        // A `timeout` needs a word on idempotency, which each request gives.
        let declared = policy.declared_idempotent().unwrap_or(false);
        let _checked = policy.idempotent(declared).checked();
        RetryLayer {
            name: name.into(),
            policy,
            budget: Some(BudgetSettings::new()),
            breaker: None,
            place: Location::caller(),
            judge: Http,
            replays: ByReplay,
            mode: PhantomData,
        }
    }
}

impl<J, P, M> RetryLayer<J, P, M> {
    fn with<K, Q, N>(self, change: impl FnOnce(J, P) -> (K, Q)) -> RetryLayer<K, Q, N> {
        let RetryLayer { name, policy, budget, breaker, place, judge, replays, .. } = self;
        let (judge, replays) = change(judge, replays);
        RetryLayer { name, policy, budget, breaker, place, judge, replays, mode: PhantomData }
    }

    /// Lets the deadline and the timeout of the policy end a running attempt. The error of the service becomes a boxed
    /// error, and that of an interrupted call is an [`Interruption`](crate::Interruption) in a box.
    #[must_use]
    pub fn limited(self) -> RetryLayer<J, P, Limited> {
        self.with(|judge, replays| (judge, replays))
    }

    /// Adds a circuit breaker, and with it the limits of [`limited`](RetryLayer::limited): a call that the breaker
    /// refuses has an error that the service does not know.
    #[must_use]
    pub fn breaker(mut self, settings: BreakerSettings) -> RetryLayer<J, P, Limited> {
        self.breaker = Some(settings);
        self.limited()
    }

    /// Sets the budget for retries; `None` turns the budget off.
    #[must_use]
    pub fn budget(mut self, settings: impl Into<Option<BudgetSettings>>) -> Self {
        self.budget = settings.into();
        self
    }

    /// Judges answers in another way: by [`Grpc`](super::Grpc), a closure, or your own [`Judge`](super::Judge).
    #[must_use]
    pub fn judging<K>(self, judge: K) -> RetryLayer<K, P, M> {
        self.with(|_, replays| (judge, replays))
    }

    /// Copies the bodies of `http::Request`s by a closure, for a type of bodies that is not [`Again`](super::Again):
    /// `.replaying(|body: &Full<Bytes>| Some(body.clone()))`. A request whose body gives `None` is sent once.
    #[must_use]
    pub fn replaying<B, F: Fn(&B) -> Option<B>>(self, copy: F) -> RetryLayer<J, ByBody<F>, M> {
        self.with(|judge, _| (judge, ByBody(copy)))
    }

    /// The site of this name: made now, if the name is new. Layers declare it when they are applied; call this before a
    /// configuration with a section `[op."name"]` is loaded.
    ///
    /// # Panics
    ///
    /// If the settings of the budget or the breaker are invalid.
    pub fn site(&self) -> &'static Site {
        Site::declare_at(self.place, &self.name, self.policy, self.budget, self.breaker)
    }
}

impl<S, J: Clone, P: Clone, M: Mode> Layer<S> for RetryLayer<J, P, M> {
    type Service = Retrying<S, J, P, M>;

    /// Puts the service into one that retries its calls.
    ///
    /// # Panics
    ///
    /// If the policy has a `timeout` and the layer is not [`limited`](RetryLayer::limited), or if the settings of the budget
    /// or the breaker are invalid.
    fn layer(&self, inner: S) -> Retrying<S, J, P, M> {
        if let (false, Some(timeout)) = (M::INTERRUPTS, self.policy.attempt_limit()) {
            panic!(
                "`timeout` of the layer `{}` cannot end an attempt after {timeout:?}, since the errors of the service stay \
                 as they are: write `.limited()`, which boxes them",
                self.name
            );
        }
        Retrying {
            inner,
            ready: false,
            site: self.site(),
            judge: self.judge.clone(),
            replays: self.replays.clone(),
            mode: PhantomData,
        }
    }
}
