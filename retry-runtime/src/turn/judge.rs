//! The judgement of an attempt's outcome: classified, told to guard, call and hook, decided upon.

use std::marker::PhantomData;
use std::pin::Pin;

use super::guard::Guard;
use super::rules::Judge;
use super::rules::Retry;
use crate::base::clock::Moment;
use crate::call::decide::Around;
use crate::call::state::Call;
use crate::call::verdict::{Decision, Verdict};
use crate::failure::class::{Classify, Kind};
use crate::failure::outcome::Outcome;
use crate::report::reason::StopReason;

/// Judges an outcome, tells the guard, the call and the hook about it, and decides.
pub(super) fn judge<R, J, X>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    out: &R,
) -> Decision
where
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    if rules.accepts(out) {
        guard.succeeded(|| ());
        call.succeeded();
        return Decision::Stop(StopReason::Success);
    }
    failed(call, rules, guard, out)
}

/// The outcome was not accepted.
#[cold]
fn failed<R, J, X>(call: &mut Call<'_>, rules: &J, guard: Pin<&mut X>, out: &R) -> Decision
where
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    let verdict = overtaken::<R, J, X>(call, rules.verdict(out).0);
    follow(call, rules, guard, out, verdict)
}

/// A call inside of the attempt inherits its end, and is polled before the attempt's own alarm: that it
/// was cut off there comes back as the body's own failure. It is the attempt that was cut off.
#[inline]
fn overtaken<R, J, X>(call: &Call<'_>, verdict: Verdict) -> Verdict
where
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    // A failure that says what it is, and that it is not this, keeps its word.
    let may_be_cut = verdict.class.kind == Kind::Ambiguous || J::UNJUDGED;
    if !(X::INTERRUPTS && may_be_cut) {
        return verdict;
    }
    match call.attempt_end() {
        Some((end, cut)) if end <= Moment::now() => {
            Verdict { class: cut.classify(), cut: Some(cut), ..verdict }
        }
        _ => verdict,
    }
}

/// The attempt was ended by its guard.
#[cold]
pub(super) fn cut_off<R, J, X>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    cut: X::Cut,
) -> (R, Decision)
where
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    let (out, cut) = (guard.outcome(cut), cut.into());
    // `when` has a say in this failure as in any other.
    let agreed = rules.accepts(&out) || rules.verdict(&out).0.agreed;
    let verdict = Verdict { class: cut.classify(), agreed, cut: Some(cut), rejected: false };
    let decision = follow(call, rules, guard, &out, verdict);
    (out, decision)
}

/// What stands around the attempts, as the call asks for it.
struct Surroundings<'a, R, J, X> {
    rules: &'a J,
    guard: Pin<&'a mut X>,
    outcome: PhantomData<fn() -> R>,
}

impl<R: Outcome, J: Judge<R>, X: Guard<R>> Around for Surroundings<'_, R, J, X> {
    fn refuses(&self) -> bool {
        self.guard.refuses()
    }

    fn ends_sleeps(&self) -> bool {
        self.rules.stand_in().is_some()
    }

    fn takes_time(&self, attempt: u32) -> bool {
        J::SET || Call::yields_after(attempt)
    }
}

#[inline(always)]
fn follow<R, J, X>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    out: &R,
    verdict: Verdict,
) -> Decision
where
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    let kind = verdict.class.kind;
    let now = Moment::now();
    // The breaker hears of the failure first: opened by it, it ends the call.
    guard.as_mut().failed(kind, now);
    let around = Surroundings { rules, guard, outcome: PhantomData::<fn() -> R> };
    match call.failed(now, &verdict, &around, &|| rules.words(out)) {
        Decision::Pause(delay) if J::SET => {
            let decided = Moment::now();
            let (attempt, limit) = call.progress();
            let retry = Retry { outcome: out, attempt, limit, kind, delay };
            call.run_between(|| rules.before_sleep(&retry));
            call.resume(delay, decided)
        }
        decision => decision,
    }
}
