//! The attempts of an awaited call by [`Policy::retrying`](crate::Policy::retrying).

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::guard::Guard;
use super::retrying::Plan;
use super::rules::Judge;
use super::running::{AttemptBody, poll_turn};
use super::turned::Turned;
use super::work::Ends;
use crate::call::state::Call;
use crate::failure::outcome::Outcome;
use crate::report::attempt::{Attempt, CallId};

pin_project! {
    /// The future of a call whose closure returns futures.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Looped<'p, W, F, R, J, X: Guard<R>, O> {
        plan: Plan<'p>,
        // `None` before the first poll: a call belongs to the context in which it is awaited.
        call: Option<Call<'p>>,
        id: CallId,
        rules: J,
        #[pin]
        guard: X,
        #[pin]
        body: Body<W, F>,
        ends: PhantomData<fn() -> (R, O)>,
    }

    impl<W, F, R, J, X: Guard<R>, O> PinnedDrop for Looped<'_, W, F, R, J, X, O> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(call) = this.call {
                this.guard.tell_start(call);
            }
        }
    }
}

pin_project! {
    /// The closure, and the future that it returned for the running attempt.
    struct Body<W, F> {
        work: W,
        // Until the closure is called, in the attempt.
        attempt: Option<Attempt>,
        #[pin]
        future: Option<F>,
    }
}

impl<W: FnMut(Attempt) -> F, F: Future> Future for Body<W, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(attempt) = this.attempt.take() {
            this.future.set(Some((this.work)(attempt)));
        }
        let future: Pin<&mut dyn AttemptBody<F::Output>> = this.future;
        future.poll(cx)
    }
}

impl<W: FnMut(Attempt) -> F, F: Future> AttemptBody<F::Output> for Body<W, F> {
    fn running(self: Pin<&mut Self>) -> Option<Pin<&mut dyn Future<Output = F::Output>>> {
        if self.attempt.is_some() || self.future.is_some() { Some(self) } else { None }
    }

    fn end(self: Pin<&mut Self>) {
        let mut this = self.project();
        *this.attempt = None;
        this.future.set(None);
    }
}

impl<'p, W, F, R, J, X: Guard<R>, O> Looped<'p, W, F, R, J, X, O> {
    pub(super) fn new(plan: Plan<'p>, work: W, rules: J, guard: X) -> Self {
        Looped {
            plan,
            call: None,
            id: CallId::from_u128(0),
            rules,
            guard,
            body: Body { work, attempt: None, future: None },
            ends: PhantomData,
        }
    }
}

impl<W, F, R, J, X, O> Future for Looped<'_, W, F, R, J, X, O>
where
    W: FnMut(Attempt) -> F,
    F: Future<Output = R>,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
    O: Ends<R>,
{
    type Output = O::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        let mut this = self.project();
        let mut due = false;
        let call = match this.call {
            Some(call) => call,
            None => {
                *this.id = CallId::unique();
                this.rules.identify(*this.id);
                due = true;
                let call = this.call.insert(this.plan.open(O::REPORTS));
                if !X::INTERRUPTS {
                    call.warn_uncut();
                }
                call
            }
        };
        let out = loop {
            if due {
                *this.body.as_mut().project().attempt = Some(call.attempt(*this.id));
                // A guard that need not be asked: the attempt begins here.
                if this.guard.has_begun() {
                    call.begin();
                }
            }
            match ready!(poll_turn(call, this.rules, this.guard.as_mut(), this.body.as_mut(), cx)) {
                Turned::Quick(out) => {
                    call.close();
                    break out;
                }
                Turned::Out(out) => break out,
                Turned::Again => {
                    this.guard.as_mut().renew();
                    due = true;
                }
            }
        };
        match this.call.take() {
            Some(call) => Poll::Ready(O::end(call, out)),
            None => unreachable!("the call was opened before its first attempt"),
        }
    }
}

/// The call and the guard of an attempt that borrows from its closure. Dropped during the attempt, it tells the call when
/// that started.
struct Lent<'a, 'p, R, X: Guard<R>>(&'a mut Call<'p>, Pin<&'a mut X>, PhantomData<fn() -> R>);

impl<R, X: Guard<R>> Drop for Lent<'_, '_, R, X> {
    fn drop(&mut self) {
        self.1.as_mut().tell_start(self.0);
    }
}

/// The attempts of a call whose closure lends its captures to its futures.
pub(super) async fn lending<W, R, J, X, T>(
    plan: Plan<'_>,
    mut work: W,
    mut rules: J,
    guard: X,
    end: fn(Call<'_>, R) -> T,
    reports: bool,
) -> T
where
    W: AsyncFnMut(Attempt) -> R,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    let mut guard = pin!(guard);
    let id = CallId::unique();
    rules.identify(id);
    let mut call = plan.open(reports);
    if !X::INTERRUPTS {
        call.warn_uncut();
    }
    loop {
        let attempt = call.attempt(id);
        if guard.has_begun() {
            call.begin();
        }
        // The code that the closure runs before it returns its future is part of the attempt, too.
        let mut attempt = pin!(Some(async { work(attempt).await }));
        let mut lent = Lent(&mut call, guard.as_mut(), PhantomData);
        let turned = poll_fn(|cx| poll_turn(lent.0, &rules, lent.1.as_mut(), attempt.as_mut(), cx));
        match turned.await {
            Turned::Quick(out) => {
                drop(lent);
                call.close();
                return end(call, out);
            }
            Turned::Out(out) => {
                drop(lent);
                return end(call, out);
            }
            Turned::Again => {
                drop(lent);
                guard.as_mut().renew();
            }
        }
    }
}
