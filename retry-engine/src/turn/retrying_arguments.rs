//! The arguments of a call by [`Policy::retrying`](crate::Policy::retrying), a method for each.

use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::Location;

use super::guard::Interrupts;
use super::judging::{Judging, RejectionCall, rejection};
use super::retrying::Retrying;
use super::rules::{Given, HookCall, LookedUp, PredicateCall, Rules, hook, predicate};
use super::work::{IsBreaker, IsToken, Protected, Reported, Vacant};
use crate::budget::{Budget, BudgetSettings};
use crate::call::cancel::NeverCancelled;
use crate::course::retry::Retry;
use crate::course::work::Interrupted;
use crate::failure::carried::NotCarried;
use crate::failure::interruption::Interruption;
use crate::failure::lookup::{ByDisplay, Describe, NoInject, Unjudged};
use crate::failure::outcome::Outcome;
use crate::failure::verdict::{Rejection, Verdict};
use crate::report::attempt::Attempt;
use crate::site::Site;

impl<'p, W, R, M, J, X, B, O> Retrying<'p, W, R, M, J, X, B, O> {
    /// Gives the call a name: a site of this name is made at its first call, with counts, a history, a retry budget and a
    /// section in the configuration, as an annotated function has them ([`Site::declare`]).
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// for _ in 0..3 {
    ///     QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).named("docs::named").run()?;
    /// }
    /// assert_eq!(retry_runtime::stats("docs::named").map(|stats| stats.calls()), Some(3));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn named(mut self, name: &str) -> Self {
        let place = Location::caller();
        let (policy, _) = self.call.policy.nearest_valid(false);
        self.call.site = Site::declare_at(place, name, policy, Some(BudgetSettings::new()), None);
        self
    }

    /// Makes the call one of this site: a declared one, or that of an annotated function.
    ///
    /// ```
    /// use retry_runtime::{Policy, Site};
    /// use retry_runtime::budget::BudgetSettings;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let site = Site::declare("docs::of", QUICK, Some(BudgetSettings::new()), None);
    /// QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).of(site).run()?;
    /// assert_eq!(site.stats().calls(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn of(mut self, site: &'static Site) -> Self {
        self.call.site = site;
        self
    }

    /// Counts the call under a value of its own: the counts, the history and the events of calls with this label are told
    /// apart within the site, which [`named`](Retrying::named) or [`of`](Retrying::of) gave it before. A site can have 64
    /// labels; the labels beyond are counted together.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// for tenant in ["acme", "initech"] {
    ///     QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).named("docs::label").label(tenant).run()?;
    /// }
    /// assert_eq!(retry_runtime::stats("docs::label[acme]").map(|stats| stats.calls()), Some(1));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn label(mut self, label: impl Display) -> Self {
        self.call.site = self.call.site.labelled(&label, None);
        self
    }

    /// Charges this budget for retries, in the place of the site's.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use retry_runtime::budget::{Budget, BudgetSettings};
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// static SHARED: Budget = Budget::new(BudgetSettings::new().capacity(20));
    ///
    /// QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).budget(&SHARED).run()?;
    /// assert_eq!(SHARED.owed(), 0.0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn budget(mut self, budget: &'static Budget) -> Self {
        self.call.budget = Some(budget);
        self
    }

    #[inline(always)]
    fn ruled<K>(self, change: impl FnOnce(J) -> K) -> Retrying<'p, W, R, M, K, X, B, O> {
        let Retrying { call, work, rules, limits, breaker, yields } = self;
        Retrying { call, work, rules: change(rules), limits, breaker, yields }
    }

    /// Returns a failure together with the report of the call, as a [`RetryError`](crate::RetryError).
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let failed = QUICK.retrying_any(|_| Err::<(), _>("busy")).report().run();
    /// let error = failed.expect_err("it is always busy");
    /// assert_eq!((error.attempts().len(), *error.error()), (3, "busy"));
    /// ```
    pub fn report(self) -> Retrying<'p, W, R, M, J, X, B, Reported> {
        let Retrying { call, work, rules, limits, breaker, .. } = self;
        Retrying { call, work, rules, limits, breaker, yields: PhantomData }
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<'p, W, R: Outcome, M, C, A, V, H, L, X, B, O>
    Retrying<'p, W, R, M, Rules<C, A, V, H, L>, X, B, O>
{
    /// Retries a failure only if the predicate holds for it; with [`retrying`](crate::Policy::retrying), only a failure that
    /// `Classify` calls retryable.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let mut tried = 0;
    /// let failed = QUICK
    ///     .retrying_any(|_| { tried += 1; Err::<(), _>("no such key") })
    ///     .when(|error| *error == "busy")
    ///     .run();
    /// assert!(failed.is_err() && tried == 1);
    /// ```
    pub fn when<F: Fn(&R::Error) -> bool>(
        self,
        when: F,
    ) -> Retrying<'p, W, R, M, Rules<C, Given<F, PredicateCall<F, R::Error>>, V, H, L>, X, B, O>
    where
        A: Vacant,
    {
        self.ruled(|rules| {
            let Rules { class, retry_if, on_retry, lookup, .. } = rules;
            Rules { class, when: predicate(when), retry_if, on_retry, lookup }
        })
    }

    /// Judges failures by the closure alone: its answer is a `bool`, a [`Kind`](crate::Kind), a [`Class`](crate::Class) or
    /// an `Option<Duration>`, see [`Verdict`]. The error needs no `Classify`.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// enum Reply { Busy { seconds: u64 }, Refused }
    ///
    /// let policy = Policy::new().max(2).base(Duration::ZERO);
    /// let mut made = 0;
    /// let _ = policy
    ///     .retrying(|_| { made += 1; Err::<(), _>(if made == 1 { Reply::Busy { seconds: 0 } } else { Reply::Refused }) })
    ///     .judge(|error, _| match error {
    ///         Reply::Busy { seconds } => Some(Duration::from_secs(*seconds)),
    ///         Reply::Refused => None,
    ///     })
    ///     .run();
    /// assert_eq!(made, 2);
    /// ```
    pub fn judge<Y: Verdict, F: Fn(&R::Error, &Attempt) -> Y>(
        self,
        judge: F,
    ) -> Retrying<'p, W, R, M, Rules<Unjudged<NotCarried>, Judging<F, R::Error>, V, H, L>, X, B, O>
    where
        A: Vacant,
    {
        self.ruled(|rules| {
            let Rules { retry_if, on_retry, lookup, .. } = rules;
            Rules { class: PhantomData, when: Judging::new(judge), retry_if, on_retry, lookup }
        })
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<'p, W, R: Outcome, M, C, A, V, H, L, X, B, O>
    Retrying<'p, W, R, M, Rules<C, A, V, H, L>, X, B, O>
{
    /// Treats a value as no success if the closure says so: its answer is a `bool`, or an `Option` of a `Duration`, a
    /// [`Kind`](crate::Kind) or a [`Class`](crate::Class), see [`Rejection`]. The last value is returned when no retry is
    /// left. Such a retry costs the budget nothing.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// struct Reply { status: u16, retry_after: Option<Duration> }
    ///
    /// let policy = Policy::new().max(2).base(Duration::ZERO);
    /// let mut replies = vec![200, 503];
    /// let reply = policy
    ///     .retrying(|_| Ok::<_, std::io::Error>(Reply { status: replies.pop().unwrap(), retry_after: None }))
    ///     .retry_if(|reply| (reply.status == 503).then(|| reply.retry_after.unwrap_or_default()))
    ///     .run()?;
    /// assert_eq!(reply.status, 200);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn retry_if<Y: Rejection, F: Fn(&R::Value) -> Y>(
        self,
        retry_if: F,
    ) -> Retrying<'p, W, R, M, Rules<C, A, Given<F, RejectionCall<F, R::Value>>, H, L>, X, B, O>
    {
        self.ruled(|rules| {
            let Rules { class, when, on_retry, lookup, .. } = rules;
            Rules { class, when, retry_if: rejection(retry_if), on_retry, lookup }
        })
    }

    /// Calls the hook before each sleep. A hook that panics does not fail the call.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::{cell::Cell, time::Duration};
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let hooks = Cell::new(0);
    /// let _ = QUICK.retrying_any(|_| Err::<(), _>("busy")).on_retry(|_| hooks.set(hooks.get() + 1)).run();
    /// assert_eq!(hooks.get(), 2);
    /// ```
    pub fn on_retry<F: Fn(&Retry<'_, R>)>(
        self,
        on_retry: F,
    ) -> Retrying<'p, W, R, M, Rules<C, A, V, Given<F, HookCall<F, R>>, L>, X, B, O> {
        self.ruled(|rules| {
            let Rules { class, when, retry_if, lookup, .. } = rules;
            Rules { class, when, retry_if, on_retry: hook(on_retry), lookup }
        })
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<'p, W, R: Outcome, M, C, A, V, H, S, P, X, B, O>
    Retrying<'p, W, R, M, Rules<C, A, V, H, LookedUp<S, P, NoInject>>, X, B, O>
{
    /// Describes failures by their `Display` in reports, the history and events. Without it an error that has no
    /// `Classify` of its own words is described by the name of its type.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// let failed = Policy::new().max(0).retrying_any(|_| Err::<(), _>("busy")).described().report().run();
    /// assert_eq!(failed.unwrap_err().attempts()[0].error.as_deref(), Some("busy"));
    /// ```
    pub fn described(
        self,
    ) -> Retrying<'p, W, R, M, Rules<C, A, V, H, LookedUp<ByDisplay, P, NoInject>>, X, B, O>
    where
        ByDisplay: Describe<R::Error>,
    {
        self.ruled(|rules| {
            let Rules { class, when, retry_if, on_retry, .. } = rules;
            Rules { class, when, retry_if, on_retry, lookup: LookedUp(PhantomData) }
        })
    }

    /// The rules of a call that can be interrupted.
    #[inline(always)]
    fn interrupted<Y, D, Q>(
        self,
        change: impl FnOnce(X, B) -> (Y, D),
    ) -> Retrying<'p, W, R, M, Rules<C, A, V, H, LookedUp<S, Q, NoInject>>, Y, D, O> {
        let Retrying { call, work, rules, limits, breaker, yields } = self;
        let Rules { class, when, retry_if, on_retry, .. } = rules;
        let rules = Rules { class, when, retry_if, on_retry, lookup: LookedUp(PhantomData) };
        let (limits, breaker) = change(limits, breaker);
        Retrying { call, work, rules, limits, breaker, yields }
    }

    /// Cuts an attempt off at the policy's `deadline` and `timeout`. The error must be able to say so: it is
    /// `From<Interruption>`.
    ///
    /// Without this method a deadline ends the call between its attempts, and a timeout is told as a mistake once.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// async fn ask(timeout: Duration) -> std::io::Result<u32> {
    ///     let policy = Policy::new().max(1).timeout(timeout).idempotent(true);
    ///     policy.retrying(|_| async { Ok(7) }).limited().await
    /// }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// assert_eq!(ask(Duration::from_secs(1)).await?, 7);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn limited<Q>(
        self,
    ) -> Retrying<
        'p,
        W,
        R,
        M,
        Rules<C, A, V, H, LookedUp<S, Q, NoInject>>,
        Interrupts<R, NeverCancelled>,
        B,
        O,
    >
    where
        R: Interrupted<Q>,
    {
        self.cancel(NeverCancelled)
    }

    /// Ends the call when the token is cancelled, also in an attempt that is awaited; includes
    /// [`limited`](Retrying::limited).
    ///
    /// ```
    /// use retry_runtime::{CancelToken, Policy};
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let stop = CancelToken::new();
    /// stop.cancel();
    /// let ended = QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).cancel(&stop).run();
    /// assert_eq!(ended.unwrap_err().to_string(), "the call was cancelled");
    /// ```
    pub fn cancel<T: IsToken<K>, K, Q>(
        self,
        token: T,
    ) -> Retrying<
        'p,
        W,
        R,
        M,
        Rules<C, A, V, H, LookedUp<S, Q, NoInject>>,
        Interrupts<R, T::Token>,
        B,
        O,
    >
    where
        R: Interrupted<Q>,
    {
        self.interrupted(|_, breaker| (Interrupts::by(token.token()), breaker))
    }

    /// Makes an attempt only with a permit of the breaker, which records the outcome: `&BREAKER` for a static, or an
    /// `Arc<Breaker>`.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use retry_runtime::breaker::{Breaker, BreakerSettings};
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// static SEARCH: Breaker = Breaker::new("docs::search", BreakerSettings::new());
    ///
    /// QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).breaker(&SEARCH).run()?;
    /// SEARCH.force_open();
    /// assert!(QUICK.retrying(|_| Ok::<_, std::io::Error>(7)).breaker(&SEARCH).run().is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn breaker<G: IsBreaker<K>, K, Q>(
        self,
        breaker: G,
    ) -> Retrying<
        'p,
        W,
        R,
        M,
        Rules<C, A, V, H, LookedUp<S, Q, NoInject>>,
        X,
        Protected<G::Breaker, R>,
        O,
    >
    where
        R: Interrupted<Q>,
    {
        let interrupted: fn(Interruption) -> R = R::interrupted;
        self.interrupted(|limits, _| (limits, Protected(breaker.breaker(), interrupted)))
    }
}
