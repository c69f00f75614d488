//! The judgement of an attempt's outcome: classifies it, informs guard, call and hook, and decides.

use std::borrow::Cow;
use std::cell::Cell;
use std::pin::Pin;

use super::guard::Guard;
use super::rules::Judge;
use crate::base::clock::Moment;
use crate::call::decide::Failed;
use crate::call::state::Call;
use crate::call::verdict::{Decision, Verdict};
use crate::course::retry::Retry;
use crate::failure::class::Kind;
use crate::failure::describe;
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::outcome::Outcome;
use crate::report::reason::StopReason;

/// Judges an outcome: informs the guard, the call and the hook, and decides.
#[inline(always)]
pub(super) fn judge<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    out: &R,
) -> Decision {
    if rules.accepts(out) {
        guard.succeeded();
        call.succeeded();
        return Decision::Stop(StopReason::Success);
    }
    failed(call, rules, guard, out)
}

/// Judges an outcome that was not accepted.
#[inline]
fn failed<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    out: &R,
) -> Decision {
    // An error writes its text once.
    let text = Cell::new(None);
    let verdict = with_words(rules, out, rules.verdict(out, call).0, &text);
    let verdict = as_interruption::<R, J, X>(call, verdict);
    follow(call, rules, guard, out, verdict, &|| text.take().unwrap_or_else(|| rules.describe(out)))
}

/// Looks for an interruption of a call inside in the text of a failure that nothing classifies, and keeps the text.
#[inline]
fn with_words<R: Outcome, J: Judge<R>>(
    rules: &J,
    out: &R,
    verdict: Verdict,
    text: &Cell<Option<Cow<'static, str>>>,
) -> Verdict {
    if !J::UNJUDGED || verdict.carried.is_some() || verdict.rejected {
        return verdict;
    }
    let said = describe::of_call(&|| rules.describe(out));
    let told = Cause::in_words(&said);
    text.set(Some(said));
    match told {
        Some(cause) => Verdict { class: cause.class(), carried: Some(cause), ..verdict },
        None => verdict,
    }
}

/// Treats a failure at the attempt's time limit as an interruption of the attempt. A call inside the attempt inherits the
/// limit, and its timer fires before the attempt's own: the body then returns the inner interruption as its own failure.
#[inline]
fn as_interruption<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &Call<'_>,
    verdict: Verdict,
) -> Verdict {
    // A failure that is classified as something else stays as it is.
    let may_be_cut = verdict.class.kind == Kind::Ambiguous || J::UNJUDGED;
    if !(X::INTERRUPTS && may_be_cut) {
        return verdict;
    }
    match call.attempt_end() {
        Some((end, cut)) if end <= Moment::now() => {
            Verdict { class: cut.class(), cut: Some(cut), ..verdict }
        }
        _ => verdict,
    }
}

/// Judges an attempt that the guard ended.
#[cold]
pub(super) fn cut_off<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    cut: X::Cut,
) -> (R, Decision) {
    let plain = guard.outcome(cut, None);
    let text = describe::of_call(&|| rules.describe(&plain));
    let out = told(call, &*guard, cut, plain, &text);
    let cut = cut.into();
    let mut class = cut.class();
    // A service that was not ready in time has not got the request.
    if matches!(cut, Cause::TimedOut { .. }) && !rules.request().sent {
        class.kind = Kind::Transient;
    }
    // `when` applies to this failure as to any other.
    let agreed = rules.accepts(&out) || rules.verdict(&out, call).0.agreed;
    let verdict = Verdict { class, agreed, cut: Some(cut), carried: None, rejected: false };
    let decision = follow(call, rules, guard, &out, verdict, &|| text.clone());
    (out, decision)
}

/// The outcome of an interruption by the guard between two attempts, or before the first one.
pub(super) fn interrupted<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &Call<'_>,
    rules: &J,
    guard: &X,
    cut: X::Cut,
) -> R {
    let plain = guard.outcome(cut, None);
    if !call.has_failure_before() {
        return plain;
    }
    let text = describe::of_call(&|| rules.describe(&plain));
    told(call, guard, cut, plain, &text)
}

/// The outcome of an interruption, with the failure before it if it tells the interruption at all: an error that maps each
/// interruption to a variant of its own keeps that variant. `text` describes the plain outcome.
fn told<R: Outcome, X: Guard<R>>(
    call: &Call<'_>,
    guard: &X,
    cut: X::Cut,
    plain: R,
    text: &str,
) -> R {
    let Some(failure) = call.failure_before(text) else { return plain };
    let tells = text.contains(&Interruption::from(cut.into()).to_string());
    if tells { guard.outcome(cut, Some(failure)) } else { plain }
}

#[inline(always)]
fn follow<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    out: &R,
    verdict: Verdict,
    text: &dyn Fn() -> Cow<'static, str>,
) -> Decision {
    let kind = verdict.class.kind;
    let now = Moment::now();
    // The breaker records the failure first: if that opens it, the decision must see it.
    if verdict.rejected {
        // A rejected value is an answer all the same.
        guard.as_mut().succeeded();
    } else if let (None, Some(Cause::CircuitOpen { .. })) = (verdict.cut, verdict.carried) {
        guard.as_mut().refused_inside();
    } else if call.is_breakers_business(&verdict, now, &|| guard.slow()) {
        guard.as_mut().failed(kind, now);
    }
    let failed = Failed {
        at: now,
        verdict,
        text,
        refuses: &|| guard.refuses(),
        ends_sleeps: rules.stand_in().is_some(),
        request: rules.request(),
        has_hook: J::SET,
    };
    match call.failed(&failed) {
        Decision::Pause(delay) if J::SET => {
            let decided = Moment::now();
            let (attempt, limit) = call.progress();
            let retry = Retry { outcome: out, attempt, limit, kind, delay };
            call.run_hook(&|| rules.before_sleep(&retry));
            call.after_hook(delay, decided)
        }
        decision => decision,
    }
}
