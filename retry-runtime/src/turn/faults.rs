//! What a test or chaos injects into an attempt, in the place of its body: the innermost layer.

use std::any::type_name;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::Judge;
use super::timer;
use super::timer::Sleeping;
use super::timer::never;
use crate::call::Call;
use crate::call::intercept::{Able, Act, Plan};
use crate::failure::outcome::Outcome;

/// What is injected into one attempt of an `async` call, and how far that is.
pub(super) struct Faults<R> {
    stage: Option<Box<Stage>>,
    begun: bool,
    outcome: PhantomData<fn() -> R>,
}

enum Stage {
    /// The latency.
    Late(Sleeping, Plan),
    /// The body, whose outcome is lost.
    Body(Plan),
    /// Until a limit comes.
    Hang(Sleeping),
}

impl<R: Outcome> Faults<R> {
    pub(super) const fn new() -> Self {
        Faults { stage: None, begun: false, outcome: PhantomData }
    }

    /// The attempt is over before its end: nothing waits for it any more.
    pub(super) fn end(&mut self) {
        self.stage = None;
    }

    /// Polls the attempt: its body, and what is injected.
    #[inline]
    pub(super) fn poll<J: Judge<R>>(
        &mut self,
        call: &mut Call<'_>,
        rules: &J,
        cx: &mut Context<'_>,
        body: impl FnOnce(&mut Call<'_>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        if !self.begun {
            self.begun = true;
            let plan = call.plan(|| able(rules, true));
            self.stage = plan.map(|plan| Box::new(Stage::first(plan)));
        }
        if self.stage.is_none() { body(call, cx) } else { self.poll_stage(call, rules, cx, body) }
    }

    #[cold]
    fn poll_stage<J: Judge<R>>(
        &mut self,
        call: &mut Call<'_>,
        rules: &J,
        cx: &mut Context<'_>,
        body: impl FnOnce(&mut Call<'_>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut body = Some(body);
        while let Some(stage) = self.stage.as_deref_mut() {
            let plan = match stage {
                Stage::Hang(sleep) => {
                    ready!(Pin::new(sleep).poll(cx));
                    // Nothing that waits for ever resolves.
                    return Poll::Pending;
                }
                Stage::Late(sleep, plan) => {
                    ready!(Pin::new(sleep).poll(cx));
                    plan.latency = None;
                    plan.clone()
                }
                Stage::Body(plan) => {
                    let Some(body) = body.take() else { return Poll::Pending };
                    drop(ready!(body(call, cx)));
                    plan.after_body = false;
                    plan.clone()
                }
            };
            self.stage = match (&plan.act, plan.after_body) {
                (Act::Body, _) => None,
                (_, true) => Some(Box::new(Stage::Body(plan))),
                (Act::Hang, false) => Some(Box::new(Stage::Hang(never()))),
                (act, false) => return Poll::Ready(outcome(act, call, rules)),
            };
        }
        match body {
            Some(body) => body(call, cx),
            None => Poll::Pending,
        }
    }
}

impl Stage {
    fn first(plan: Plan) -> Stage {
        Stage::Late(timer::sleep(plan.latency.unwrap_or_default()), plan)
    }
}

/// Runs an attempt that blocks: its body, and what is injected.
#[inline]
pub(super) fn run<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    body: impl FnOnce() -> R,
) -> R {
    match call.plan(|| able(rules, false)) {
        None => call.run(body),
        Some(plan) => run_plan(&plan, call, rules, body),
    }
}

#[cold]
fn run_plan<R: Outcome, J: Judge<R>>(
    plan: &Plan,
    call: &mut Call<'_>,
    rules: &J,
    body: impl FnOnce() -> R,
) -> R {
    if let Some(latency) = plan.latency {
        timer::block(latency, &mut || false);
    }
    if let Act::Body = plan.act {
        return call.run(body);
    }
    if plan.after_body {
        drop(call.run(body));
    }
    outcome(&plan.act, call, rules)
}

fn able<R: Outcome, J: Judge<R>>(rules: &J, awaited: bool) -> Able {
    Able {
        #[cfg(feature = "testing")]
        error: rules.injection().map(|injection| (injection.error)()),
        #[cfg(feature = "testing")]
        name: type_name::<R::Error>(),
        interruption: rules.stand_in().is_some(),
        awaited,
    }
}

/// The outcome that is injected.
fn outcome<R: Outcome, J: Judge<R>>(act: &Act, call: &Call<'_>, rules: &J) -> R {
    let made = match act {
        #[cfg(feature = "testing")]
        Act::Fail(maker) => rules.injection().and_then(|making| (making.outcome)(maker.make())),
        Act::Interrupt(interruption) => rules.stand_in().map(|outcome| outcome(*interruption)),
        Act::Panic => panic!("attempt {} was made to panic", call.progress().0),
        Act::Body | Act::Hang => None,
    };
    match made {
        Some(outcome) => outcome,
        // The plan was made for what this function is able to take.
        None => unreachable!("a plan that `{}` has no place for", type_name::<R>()),
    }
}
