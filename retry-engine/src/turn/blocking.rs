//! The attempts of a blocking call, and the pauses between them.

use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::body::Body;
use super::builder::{Turn, Under};
use super::faults;
use super::guard::{Guard, telling_panics};
use super::judge::judge;
use super::pause::{after_pause, before_attempt, too_late};
use super::rules::Judge;
use crate::base::clock;
use crate::base::time::Instant;
use crate::call::attempt::Limits;
use crate::call::live::Order;
use crate::call::state::Call;
use crate::call::verdict::Decision;
use crate::failure::outcome::Outcome;
use crate::site::Site;
use crate::wait::{timer, tokio_sleep};

/// The beginning of a blocking call: its function, which generated code knows as a constant, or a function with a policy
/// of the call's own.
pub trait Start<'p>: Copy {
    /// Whether the first attempt may be made at once.
    fn is_quiet(self) -> bool;

    /// The function.
    fn site(self) -> &'static Site;

    /// Opens the call.
    fn open(self, call: &mut Call<'p>);

    /// The call, in its first attempt.
    fn call(self) -> Call<'p>;

    /// The call in a quick attempt. Nothing is to be done when it is dropped.
    #[inline(always)]
    fn quick_call(self) -> ManuallyDrop<Call<'p>> {
        ManuallyDrop::new(self.call())
    }

    /// The permit for a quick attempt.
    #[inline(always)]
    fn quick<R, X: Guard<R>>(self, guard: &X) -> Option<X::Quick> {
        if self.is_quiet() { guard.quick() } else { None }
    }

    /// Whether a quick attempt succeeded: the call has ended then.
    #[inline(always)]
    fn accepts<R: Outcome, J: Judge<R>, X: Guard<R>>(
        self,
        rules: &J,
        out: &R,
        guard: &X,
        quick: X::Quick,
    ) -> bool {
        let accepted = rules.accepts(out);
        if accepted {
            guard.quick_success(quick);
            self.site().count_success();
        }
        accepted
    }
}

impl Start<'static> for &'static Site {
    #[inline(always)]
    fn is_quiet(self) -> bool {
        Site::is_quiet(self)
    }

    #[inline(always)]
    fn site(self) -> &'static Site {
        self
    }

    #[inline(always)]
    fn open(self, call: &mut Call<'static>) {
        call.open();
    }

    #[inline(always)]
    fn call(self) -> Call<'static> {
        Call::start(self)
    }
}

impl<'p> Start<'p> for Under<'p> {
    #[inline(always)]
    fn is_quiet(self) -> bool {
        self.0.is_quiet() && !self.1.is_timed()
    }

    #[inline(always)]
    fn site(self) -> &'static Site {
        self.0
    }

    #[inline]
    fn open(self, call: &mut Call<'p>) {
        call.open_under(self.1);
    }

    #[inline(always)]
    fn call(self) -> Call<'p> {
        Call::under(self.0, self.1)
    }
}

impl<'p, K: Start<'p>, R: Outcome, J: Judge<R>, X: Guard<R>> Turn<K, Body<'_, R>, R, J, X> {
    /// Runs the attempts on this thread, and sleeps between them.
    ///
    /// A cancellation ends a sleep, but not a running attempt.
    // A quick success is inlined in an optimised build, and compiled for each function. Everything else is in functions that
    // are not generic in the body, so that functions with the same return type share them. A build without optimisation
    // shares this one, too.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn run(self) -> R {
        let Turn { call: start, attempt, rules, guard, .. } = self;
        let Some(quick) = start.quick(&guard) else {
            return from_start(start, rules, guard, attempt);
        };
        // A block of its own, so that a panic in a later line has none of the two to drop.
        let out = {
            let aborts = Aborts(start, None, PhantomData);
            let panics = Panics(&guard, quick, PhantomData);
            let out = attempt.attempt(&start.quick_call());
            mem::forget((panics, aborts));
            out
        };
        if start.accepts(&rules, &out, &guard, quick) {
            return out;
        }
        from_failure(start, None, rules, guard, quick, out, attempt)
    }
}

impl<R: Outcome, J: Judge<R>, X: Guard<R>> Turn<&'static Site, Body<'_, R>, R, J, X> {
    /// [`run`](Turn::run) for a function whose policy may limit the time of a call or of an attempt. `timed`, a constant
    /// for most functions: whether the policy does.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn run_timed(self, timed: bool) -> R {
        if !timed {
            return self.run();
        }
        let Turn { call: start, attempt, rules, guard, .. } = self;
        let Some(quick) = start.quick(&guard) else {
            return from_start(start, rules, guard, attempt);
        };
        let started = clock::now();
        let aborts = Aborts(start, Some(started), PhantomData);
        let panics = Panics(&guard, quick, PhantomData);
        let limits = Limits::enter(started, start);
        let out = attempt.attempt(&start.quick_call());
        drop(limits);
        mem::forget((panics, aborts));
        if start.accepts(&rules, &out, &guard, quick) {
            return out;
        }
        from_failure(start, Some(started), rules, guard, quick, out, attempt)
    }
}

impl<F: FnMut(&Call<'_>) -> R, R: Outcome, J: Judge<R>, X: Guard<R>>
    Turn<&mut Call<'_>, F, R, J, X>
{
    /// Runs the attempts on this thread, and sleeps between them. The call is not dropped.
    #[inline]
    pub fn run(self) -> R {
        let Turn { call, mut attempt, rules, guard, .. } = self;
        let guard = pin!(guard);
        let Some(quick) = (if call.is_quick() { guard.quick() } else { None }) else {
            return opened(call, &rules, guard, &mut attempt);
        };
        let panics = Panics(&*guard, quick, PhantomData);
        let out = attempt(call);
        mem::forget(panics);
        if rules.accepts(&out) {
            guard.quick_success(quick);
            call.succeeded_quickly();
            return out;
        }
        after_quick(call, &rules, guard, quick, out, &mut attempt)
    }
}

/// Tells the guard about a panic of a quick attempt. Forgotten when the attempt returns.
struct Panics<'g, R, X: Guard<R>>(&'g X, X::Quick, PhantomData<fn() -> R>);

impl<R, X: Guard<R>> Drop for Panics<'_, R, X> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.quick_panicked(self.1);
    }
}

/// Ends a call whose quick attempt panics. Forgotten when the attempt returns.
// Apart from `Panics`: both in one are so large that they are written to memory before the attempt.
struct Aborts<'p, K: Start<'p>>(K, Option<Instant>, PhantomData<&'p ()>);

impl<'p, K: Start<'p>> Drop for Aborts<'p, K> {
    #[inline(always)]
    fn drop(&mut self) {
        abort(self.0, self.1);
    }
}

#[cold]
#[inline(never)]
fn abort<'p, K: Start<'p>>(start: K, started: Option<Instant>) {
    drop(begun(start, started));
}

/// A call in its first attempt, which started at this instant if its time is limited.
fn begun<'p, K: Start<'p>>(start: K, started: Option<Instant>) -> Call<'p> {
    let mut call = start.call();
    if let Some(started) = started {
        call.start_clock_at(started);
    }
    call
}

/// Opens a call whose first attempt is not quick, and runs all its attempts.
#[cold]
#[inline(never)]
fn from_start<'p, K: Start<'p>, R: Outcome, J: Judge<R>, X: Guard<R>>(
    start: K,
    rules: J,
    guard: X,
    body: Body<'_, R>,
) -> R {
    let (mut call, mut guard) = (start.call(), pin!(guard));
    start.open(&mut call);
    if !call.is_plain() {
        guard.as_mut().open(&call);
    }
    opened(&mut call, &rules, guard, body)
}

/// Runs the attempts of a call that is not plain. Where nothing surrounds the first one, it is made like a quick one.
#[inline]
fn opened<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    body: Body<'_, R>,
) -> R {
    let is_quick = call.is_bare() && !call.is_plain();
    let Some(quick) = (if is_quick { guard.quick() } else { None }) else {
        return run(call, rules, guard, body, None);
    };
    let panics = Panics(&*guard, quick, PhantomData);
    let out = body.attempt(call);
    mem::forget(panics);
    if rules.accepts(&out) {
        guard.quick_success(quick);
        call.succeeded();
        return out;
    }
    after_quick(call, rules, guard, quick, out, body)
}

/// Judges a quick attempt that is no success, and runs the attempts that follow it.
#[cold]
#[inline(never)]
fn from_failure<'p, K: Start<'p>, R: Outcome, J: Judge<R>, X: Guard<R>>(
    start: K,
    started: Option<Instant>,
    rules: J,
    guard: X,
    quick: X::Quick,
    out: R,
    body: Body<'_, R>,
) -> R {
    after_quick(&mut begun(start, started), &rules, pin!(guard), quick, out, body)
}

#[cold]
#[inline(never)]
fn after_quick<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    quick: X::Quick,
    out: R,
    body: Body<'_, R>,
) -> R {
    guard.as_mut().adopt(quick);
    run(call, rules, guard, body, Some(out))
}

/// Runs attempts until the call ends. The first one may have ended before, with this outcome.
#[cold]
fn run<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    body: Body<'_, R>,
    mut ended: Option<R>,
) -> R {
    if ended.is_none() {
        call.limit();
        if call.is_late() {
            if let Some(out) = too_late(call, rules) {
                return out;
            }
            call.forgive_late();
        }
    }
    loop {
        let out = match ended.take() {
            Some(out) => out,
            None => {
                if let Err(cut) = guard.as_mut().before(call) {
                    return before_attempt(call, rules, &*guard, cut);
                }
                call.begin();
                telling_panics(guard.as_mut(), || match call.is_intercepted() {
                    true => faults::run(call, rules, &mut |call| body.attempt(call)),
                    false => call.run(|| body.attempt(call)),
                })
            }
        };
        let Decision::Pause(delay) = judge(call, rules, guard.as_mut(), &out) else {
            return out;
        };
        drop(out);
        if !delay.length.is_zero() {
            if let Some(out) = pause(call, rules, guard.as_mut(), delay.length) {
                return out;
            }
        }
    }
}

/// Blocks until the next attempt, or until the guard or an order ends the call.
#[cold]
fn pause<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    length: Duration,
) -> Option<R> {
    call.note_blocking(tokio_sleep::in_tokio());
    let (cut, order) = sleep(call, guard.as_mut(), length);
    match cut {
        Some(cut) => Some(before_attempt(call, rules, &*guard, cut)),
        None => after_pause(call, rules, order),
    }
}

/// Sleeps; returns the guard's interruption or the order that came before the end of the sleep.
fn sleep<R, X: Guard<R>>(
    call: &Call<'_>,
    mut guard: Pin<&mut X>,
    length: Duration,
) -> (Option<X::Cut>, Option<Order>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut cut, mut order) = (None, None);
    timer::block(length, &mut || {
        let mut cx = Context::from_waker(&waker);
        if let Poll::Ready(found) = guard.as_mut().poll_pause(&mut cx) {
            cut = Some(found);
        } else if let Poll::Ready(found) = call.poll_order(&mut cx) {
            order = Some(found);
        }
        cut.is_some() || order.is_some()
    });
    if cut.is_none() && order.is_none() {
        order = call.wake();
    }
    (cut, order)
}

/// A waker that unparks the sleeping thread.
struct Unpark(Thread);

impl Wake for Unpark {
    #[inline]
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
