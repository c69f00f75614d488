//! Faults that an interceptor injects in place of an attempt's body: the innermost layer.

use std::any::type_name;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::pause::too_late;
use super::rules::Judge;
use super::timer;
use crate::call::intercept::{Act, Can, Fault, Stage};
use crate::call::state::Call;
use crate::failure::outcome::Outcome;

/// Polls an attempt of a call that is not plain: its body, or the injected fault; the end of the call if its attempt comes
/// too late.
#[cold]
pub(super) fn poll<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut body: Pin<&mut dyn Future<Output = R>>,
    cx: &mut Context<'_>,
) -> Poll<R> {
    if call.is_late() {
        if let Some(out) = too_late(call, rules) {
            return Poll::Ready(out);
        }
        call.forgive_late();
        call.begin();
    }
    if !call.is_intercepted() {
        return call.run(|| body.poll(cx));
    }
    if let Some(fault) = call.fault(&can(rules, true)) {
        let latency = timer::sleep(fault.latency.unwrap_or_default());
        *call.stage() = Some(Stage::Late(latency, fault));
    }
    while let Some(stage) = call.stage() {
        let fault = match stage {
            Stage::Hang(sleep) => {
                ready!(Pin::new(sleep).poll(cx));
                // A sleep that never ends resolves only if its timer is broken.
                return Poll::Pending;
            }
            Stage::Late(sleep, fault) => {
                ready!(Pin::new(sleep).poll(cx));
                fault.clone()
            }
            Stage::Body(fault) => {
                let fault = Fault { after_body: false, ..fault.clone() };
                drop(ready!(call.run(|| body.as_mut().poll(cx))));
                fault
            }
        };
        *call.stage() = match (&fault.act, fault.after_body) {
            (Act::Body, _) => None,
            (_, true) => Some(Stage::Body(fault)),
            (Act::Hang, false) => Some(Stage::Hang(timer::never())),
            (act, false) => {
                *call.stage() = None;
                return Poll::Ready(outcome(act, call, rules));
            }
        };
    }
    call.run(|| body.poll(cx))
}

/// Runs an attempt of a blocking call that is not plain: its body, or the injected fault.
#[cold]
pub(super) fn run<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    body: impl FnOnce() -> R,
) -> R {
    let Some(fault) = call.fault(&can(rules, false)) else { return call.run(body) };
    timer::block(fault.latency.unwrap_or(Duration::ZERO), &mut || false);
    if let Act::Body = fault.act {
        return call.run(body);
    }
    if fault.after_body {
        drop(call.run(body));
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
