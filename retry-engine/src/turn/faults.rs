//! Faults that an interceptor injects in place of an attempt's body: the innermost layer.

use std::any::type_name;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::pause::too_late;
use super::rules::Judge;
use crate::call::intercept::{Act, Can, Fault, Stage};
use crate::call::state::Call;
use crate::failure::outcome::Outcome;
use crate::wait::timer;

/// How an attempt that is not plain begins.
pub(super) enum Begun<R> {
    /// The body runs.
    Body,
    /// A fault replaces the body: this is the outcome of the attempt.
    Replaced(R),
    /// The latency of a fault passes.
    Pending,
    /// No attempt is made, and the call has ended with this outcome.
    Refused(R),
}

/// Begins a poll of an attempt that is not plain.
#[cold]
pub(super) fn before_poll<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    cx: &mut Context<'_>,
) -> Begun<R> {
    if call.is_late() {
        if let Some(out) = too_late(call, rules) {
            return Begun::Refused(out);
        }
        call.forgive_late();
        call.begin();
    }
    if call.is_intercepted() {
        if let Some(fault) = call.fault(&can(rules, true)) {
            let latency = timer::sleep(fault.latency.unwrap_or_default());
            *call.stage() = Some(Stage::Late(latency, fault));
        }
        match replaced(call, rules, cx) {
            Poll::Pending => return Begun::Pending,
            Poll::Ready(Some(out)) => return Begun::Replaced(out),
            Poll::Ready(None) => {}
        }
    }
    Begun::Body
}

/// Polls the fault of an attempt: the outcome in place of the body's, or `None` if the body runs.
fn replaced<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    cx: &mut Context<'_>,
) -> Poll<Option<R>> {
    match call.stage() {
        None | Some(Stage::Body(_)) => Poll::Ready(None),
        Some(Stage::Hang(sleep)) => {
            ready!(Pin::new(sleep).poll(cx));
            // A sleep that never ends resolves only if its timer is broken.
            Poll::Pending
        }
        Some(Stage::Late(sleep, fault)) => {
            ready!(Pin::new(sleep).poll(cx));
            let Fault { act, after_body, .. } = fault.clone();
            *call.stage() = None;
            match act {
                Act::Body => Poll::Ready(None),
                act if after_body => {
                    *call.stage() = Some(Stage::Body(act));
                    Poll::Ready(None)
                }
                act => acted(&act, call, rules, cx).map(Some),
            }
        }
    }
}

/// Ends a poll of an attempt that is not plain: a fault may replace the outcome of the body.
#[cold]
pub(super) fn after_poll<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    polled: Poll<R>,
    cx: &mut Context<'_>,
) -> Poll<R> {
    match replacement(call) {
        Some(act) if polled.is_ready() => {
            drop(polled);
            *call.stage() = None;
            acted(&act, call, rules, cx)
        }
        _ => polled,
    }
}

/// The act that replaces the outcome of the body.
fn replacement(call: &mut Call<'_>) -> Option<Act> {
    match call.is_intercepted().then(|| call.stage().as_ref()).flatten() {
        Some(Stage::Body(act)) => Some(act.clone()),
        _ => None,
    }
}

/// Does what the fault says, in an `async` attempt.
fn acted<R: Outcome, J: Judge<R>>(
    act: &Act,
    call: &mut Call<'_>,
    rules: &J,
    cx: &mut Context<'_>,
) -> Poll<R> {
    let Act::Hang = act else { return Poll::Ready(outcome(act, call, rules)) };
    *call.stage() = Some(Stage::Hang(timer::never()));
    replaced(call, rules, cx).map(|_| outcome(act, call, rules))
}

/// Runs an attempt of a blocking call that is intercepted: its body, or the injected fault.
#[cold]
pub(super) fn run<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    body: &mut dyn FnMut(&Call<'_>) -> R,
) -> R {
    let Some(fault) = call.fault(&can(rules, false)) else { return call.run(|| body(call)) };
    timer::block(fault.latency.unwrap_or(Duration::ZERO), &mut || false);
    if let Act::Body = fault.act {
        return call.run(|| body(call));
    }
    if fault.after_body {
        drop(call.run(|| body(call)));
    }
    outcome(&fault.act, call, rules)
}

/// Drops the fault of an attempt that was interrupted.
#[cold]
pub(super) fn end(call: &mut Call<'_>) {
    if call.is_intercepted() {
        *call.stage() = None;
    }
}

fn can<R: Outcome, J: Judge<R>>(rules: &J, hang: bool) -> Can {
    Can {
        error: rules.injection().map(|injection| (injection.error)()),
        error_name: type_name::<R::Error>(),
        interrupt: rules.stand_in().is_some(),
        hang,
    }
}

/// Makes the outcome of the act.
fn outcome<R: Outcome, J: Judge<R>>(act: &Act, call: &Call<'_>, rules: &J) -> R {
    let made = match act {
        Act::Fail(make) => rules.injection().and_then(|injection| (injection.outcome)(make())),
        Act::Interrupt(interruption) => rules.stand_in().map(|outcome| outcome(*interruption)),
        Act::Panic => panic!("attempt {} was made to panic", call.progress().0),
        Act::Body | Act::Hang => None,
    };
    // The interceptor knew from `Can` which faults this function can have.
    made.unwrap_or_else(|| {
        panic!("the interceptor injected a fault that is impossible for `{}`", type_name::<R>())
    })
}
