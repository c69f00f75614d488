//! A policy at work on a closure: the arguments of the attribute as methods, for code that cannot be annotated.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use super::body::Body;
use super::builder::{Turn, Under};
use super::guard::{Guard, Uninterrupted};
use super::looped::{Looped, lending};
use super::rules::{Judge, LookedUp, Rules, Unset};
use super::work::{Alone, Ends, Lends, Lent, Protects};
use crate::budget::Budget;
use crate::call::state::Call;
use crate::course::work::{Awaits, Runs, Yields};
use crate::failure::carried::NotCarried;
use crate::failure::lookup::{ByClassify, ByTypeName, NoFromInterruption, NoInject, Unjudged};
use crate::failure::outcome::Outcome;
use crate::policy::{Policy, PolicyError};
use crate::report::attempt::{Attempt, CallId};
use crate::site::{NOBODY, Site};
use crate::wait::may_block::MayBlock;

/// The markers in place of autoref lookup, which only generated code can use.
type Unknown<S = ByTypeName, P = NoFromInterruption> = LookedUp<S, P, NoInject>;

/// The rules of a call that asks `Classify`.
pub(super) type Classified = Rules<ByClassify, Unset, Unset, Unset, Unknown>;
/// The rules of a call that retries every failure, or those that `when` or `judge` chooses.
pub(super) type Unclassified = Rules<Unjudged<NotCarried>, Unset, Unset, Unset, Unknown>;

/// A closure that is called until it succeeds or the policy ends the call: made by [`Policy::retrying`], completed by the
/// methods here, and then [`run`](Retrying::run) or awaited.
///
/// Each method has the name and the meaning of the attribute's argument.
///
/// | type parameter | is |
/// |---|---|
/// | `W`, `R`, `M` | the closure, its outcome, and whether an attempt blocks or is awaited |
/// | `J` | the rules by which an outcome is judged |
/// | `X`, `B` | the limits that can cut an attempt off, and the breaker |
/// | `O` | whether a failure comes with its report |
///
/// ```
/// use retry_runtime::Policy;
/// use std::time::Duration;
///
/// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
///
/// let mut tried = 0;
/// let found = QUICK
///     .retrying(|_attempt| { tried += 1; if tried == 2 { Ok(7) } else { Err(std::io::ErrorKind::WouldBlock.into()) } })
///     .on_retry(|retry| println!("{} failed", retry.attempt()))
///     .run();
/// assert_eq!(found.map_err(|error: std::io::Error| error.kind()), Ok(7));
/// ```
#[must_use = "nothing happens until it is run or awaited"]
#[derive(Debug)]
pub struct Retrying<'p, W, R, M, J = Classified, X = Uninterrupted, B = Unset, O = Alone> {
    pub(super) call: Plan<'p>,
    pub(super) work: W,
    pub(super) rules: J,
    pub(super) limits: X,
    pub(super) breaker: B,
    pub(super) yields: Yield<R, M, O>,
}

/// The types of an outcome, of the way to it, and of the result, which a call only names.
type Yield<R, M, O> = PhantomData<fn() -> (R, M, O)>;

/// The call without its work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'p> {
    pub(super) site: &'static Site,
    pub(super) policy: &'p Policy,
    pub(super) budget: Option<&'static Budget>,
}

impl<'p> Plan<'p> {
    /// Opens the call.
    #[inline]
    pub(super) fn open(self, reports: bool) -> Call<'p> {
        let mut call = Call::under(self.site, self.policy);
        call.open_under(self.policy);
        if let Some(budget) = self.budget {
            call.pay_with(budget);
        }
        if reports {
            call.watch();
        }
        call
    }

    /// Says so if the policy has a timeout, which nothing can enforce on an attempt that blocks.
    #[inline]
    fn blocks(self) {
        if self.policy.attempt_limit().is_some() {
            self.site.warn_of_policy(&PolicyError::TimeoutBlocking);
        }
    }
}

impl Policy {
    /// Retries a closure: the failures that [`Classify`](crate::Classify) calls retryable are repeated under this policy.
    ///
    /// The closure gets the [`Attempt`] and returns an outcome (then [`run`](Retrying::run) the call) or a future of one
    /// (then await the call). It may change its captures. Its futures cannot borrow them; for those that do, use
    /// [`retrying_mut`](Policy::retrying_mut). The future of the call is `Send` if the closure and its futures are.
    ///
    /// A policy that is not valid never fails a call: the nearest valid one applies, and a warning names the setting once.
    /// [`Policy::try_build`] refuses such a policy.
    ///
    /// ```
    /// use retry_runtime::{Kind, Policy};
    /// use std::io;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(3).base(Duration::ZERO);
    ///
    /// # fn main() -> io::Result<()> {
    /// let mut left = 2;
    /// let value = QUICK
    ///     .retrying(|attempt| match left {
    ///         0 => Ok(attempt.number()),
    ///         _ => { left -= 1; Err(io::Error::from(io::ErrorKind::ConnectionRefused)) }
    ///     })
    ///     .on_retry(|retry| println!("again in {:?}", retry.delay()))
    ///     .run()?;
    /// assert_eq!(value, 3);
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let call = QUICK.retrying(|_| async { Err::<u32, _>(io::Error::from(io::ErrorKind::NotFound)) });
    /// let error = call.judge(|error, _| error.kind() == io::ErrorKind::NotFound).report().await.unwrap_err();
    /// assert_eq!(error.report().attempts.len(), 4);
    /// # });
    /// # Ok(())
    /// # }
    /// ```
    pub fn retrying<W, Y, M>(&self, work: W) -> Retrying<'_, W, Y::Outcome, M>
    where
        W: FnMut(Attempt) -> Y,
        Y: Yields<M>,
    {
        Retrying::new(self, work)
    }

    /// [`retrying`](Policy::retrying) for errors that nothing classifies: every failure is retried, or those that
    /// [`when`](Retrying::when) or [`judge`](Retrying::judge) chooses.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::new().max(2).base(Duration::ZERO);
    /// let mut made = 0;
    /// let result = policy.retrying_any(|_| { made += 1; Err::<(), _>("busy") }).when(|error| *error == "busy").run();
    /// assert_eq!((result, made), (Err("busy"), 3));
    /// ```
    pub fn retrying_any<W, Y, M>(&self, work: W) -> Retrying<'_, W, Y::Outcome, M, Unclassified>
    where
        W: FnMut(Attempt) -> Y,
        Y: Yields<M>,
    {
        Retrying::new(self, work)
    }

    /// [`retrying`](Policy::retrying) for an `async` closure that borrows what it captures, such as a client whose methods
    /// take `&mut self`.
    ///
    /// The call is awaited and not spawned: rustc cannot prove yet that such a future is `Send` (rust-lang/rust#110338).
    /// Awaiting it allocates once.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// struct Client { calls: u32 }
    /// impl Client {
    ///     async fn get(&mut self) -> std::io::Result<u32> {
    ///         self.calls += 1;
    ///         if self.calls < 3 { Err(std::io::ErrorKind::ConnectionRefused.into()) } else { Ok(self.calls) }
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let policy = Policy::new().base(Duration::ZERO);
    /// let mut client = Client { calls: 0 };
    /// assert_eq!(policy.retrying_mut(async |_| client.get().await).await?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn retrying_mut<W, R, M>(&self, work: W) -> Retrying<'_, W, R, M>
    where
        W: AsyncFnMut(Attempt) -> R,
        R: Lent<M>,
    {
        Retrying::new(self, work)
    }
}

impl<'p, W, R, M, C> Retrying<'p, W, R, M, Rules<C, Unset, Unset, Unset, Unknown>> {
    fn new(policy: &'p Policy, work: W) -> Self {
        let (call, rules) = (Plan { site: &NOBODY, policy, budget: None }, Rules::looked_up());
        Retrying { call, work, rules, limits: Uninterrupted, breaker: Unset, yields: PhantomData }
    }
}

impl<W, R, M, J, X, B, O> Retrying<'_, W, R, M, J, X, B, O> {
    /// Calls the closure until the call ends, and blocks the thread between the attempts.
    ///
    /// A running attempt cannot be interrupted: a deadline or a token ends the call between attempts, and a `timeout` is
    /// told as a mistake once.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const QUICK: Policy = Policy::new().max(2).base(Duration::ZERO);
    ///
    /// let read = |path: &str| QUICK.retrying(|_| std::fs::read_to_string(path)).run();
    /// assert!(read("no such file").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the last attempt, or an [`Interruption`](crate::Interruption) as the error type.
    ///
    /// # Panics
    ///
    /// If the closure panics.
    // The bounds stand here, so that rustc names the one that is missing: the error's `Classify`.
    #[doc(alias = "call")]
    pub fn run(self) -> O::Output
    where
        W: MayBlock,
        R: Outcome,
        M: Runs<W, R>,
        J: Judge<R>,
        X: Guard<R>,
        B: Protects<R, X>,
        O: Ends<R>,
    {
        let Retrying { call: plan, mut work, mut rules, limits, breaker, .. } = self;
        plan.blocks();
        let id = CallId::unique();
        rules.identify(id);
        let guard = breaker.around(limits);
        let mut attempt = |call: &Call<'_>| M::attempt(&mut work, call.running(id));
        if !O::REPORTS && plan.budget.is_none() {
            let (call, attempt): (_, Body<'_, R>) = (Under(plan.site, plan.policy), &mut attempt);
            let out = Turn { call, attempt, rules, guard, outcome: PhantomData }.run();
            return O::end(Call::ended(), out);
        }
        let mut call = plan.open(O::REPORTS);
        let turn = Turn { call: &mut call, attempt, rules, guard, outcome: PhantomData };
        let out = turn.run();
        O::end(call, out)
    }
}

/// The way of a call that can be awaited: [`Awaits`] or [`Lends`].
///
/// One `IntoFuture` for both: the way of a closure with a wrong result stays unknown, and rustc reports the result once.
pub trait Resumes<'p, W, R, J, X, B, O>: Sized {
    /// The result of the call.
    type Output;
    /// The future of the call.
    type Future: Future<Output = Self::Output>;

    /// Makes the future.
    fn future(call: Retrying<'p, W, R, Self, J, X, B, O>) -> Self::Future;
}

// If the bound does not hold, rustc says that the call "is not a future", and shows these four lines.
impl<'p, W, R, M, J, X, B, O> IntoFuture for Retrying<'p, W, R, M, J, X, B, O>
where
    // The error is classified (if not: derive `Classify`, or `retrying_any`), and the closure is `async` (if not: `.run()`).
    M: Resumes<'p, W, R, J, X, B, O>,
{
    type Output = M::Output;
    type IntoFuture = M::Future;

    fn into_future(self) -> Self::IntoFuture {
        M::future(self)
    }
}

impl<'p, W, F, R, J, X, B, O> Resumes<'p, W, R, J, X, B, O> for Awaits
where
    W: FnMut(Attempt) -> F,
    F: Future<Output = R>,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
    B: Protects<R, X>,
    O: Ends<R>,
{
    type Output = O::Output;
    type Future = Looped<'p, W, F, R, J, B::Guard, O>;

    fn future(call: Retrying<'p, W, R, Self, J, X, B, O>) -> Self::Future {
        let Retrying { call, work, rules, limits, breaker, .. } = call;
        Looped::new(call, work, rules, breaker.around(limits))
    }
}

impl<W, R, J, X, B, O> Retrying<'_, W, R, Lends, J, X, B, O>
where
    W: AsyncFnMut(Attempt) -> R,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
    B: Protects<R, X>,
    O: Ends<R>,
{
    /// The future of the call, whose type has no name: only awaiting the call itself needs a box around it.
    pub(super) fn lent(self) -> impl Future<Output = O::Output> {
        let Retrying { call, work, rules, limits, breaker, .. } = self;
        lending(call, work, rules, breaker.around(limits), O::end, O::REPORTS)
    }
}

impl<'p, W, R, J, X, B, O> Resumes<'p, W, R, J, X, B, O> for Lends
where
    W: AsyncFnMut(Attempt) -> R + 'p,
    R: Outcome + 'p,
    J: Judge<R> + 'p,
    X: Guard<R> + 'p,
    B: Protects<R, X, Guard: 'p> + 'p,
    O: Ends<R> + 'p,
{
    type Output = O::Output;
    type Future = Pin<Box<dyn Future<Output = O::Output> + 'p>>;

    fn future(call: Retrying<'p, W, R, Self, J, X, B, O>) -> Self::Future {
        Box::pin(call.lent())
    }
}
