//! Calls through one breaker, in virtual time and without retries.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use retry_runtime::Kind;
use retry_runtime::breaker::{Breaker, BreakerSettings, Outcome, Permit};
use retry_testing::storm::parts::clock;

use super::rng::Rng;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The dependency answers.
    Answer(Result<(), Kind>),
    /// The caller drops the call.
    Left,
}

/// How the end of a call is told to the breaker.
pub(crate) type Rule = fn(Permit<&Breaker>, End);

/// The rule of the engine.
pub(crate) fn ours(permit: Permit<&Breaker>, end: End) {
    match end {
        End::Answer(Ok(())) => permit.success(),
        End::Answer(Err(kind)) => permit.end(Outcome::from(kind)),
        End::Left => drop(permit),
    }
}

/// A call, and its end if the breaker admitted it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) at: Duration,
    pub(crate) end: Option<End>,
}

/// Makes calls at random through a breaker; `fate` says after which time, and how, an admitted call ends.
pub(crate) fn run(
    settings: BreakerSettings,
    rule: Rule,
    (per_second, time): (f64, Duration),
    mut fate: impl FnMut(Duration, &mut Rng) -> (Duration, End),
) -> Vec<Call> {
    let breaker = Breaker::new("storm", settings).with_clock(clock::now).with_seed(7);
    let mut rng = Rng::seeded(11);
    let mut calls: Vec<Call> = Vec::new();
    let mut permits: Vec<Option<Permit<&Breaker>>> = Vec::new();
    let mut ends: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    let mut now = rng.gap(per_second);
    while now < time {
        while let Some(Reverse((at, number))) = ends.pop() {
            if at > now {
                ends.push(Reverse((at, number)));
                break;
            }
            clock::set(at);
            if let (Some(permit), Some(end)) = (permits[number].take(), calls[number].end) {
                rule(permit, end);
            }
        }
        clock::set(now);
        let permit = breaker.permit().ok();
        let end = permit.as_ref().map(|_| fate(now, &mut rng));
        if let Some((after, _)) = end {
            ends.push(Reverse((now + after, calls.len())));
        }
        calls.push(Call { at: now, end: end.map(|(_, end)| end) });
        permits.push(permit);
        now += rng.gap(per_second);
    }
    calls
}

/// The share of these calls that the breaker refused.
pub(crate) fn refused(calls: &[Call]) -> f64 {
    calls.iter().filter(|call| call.end.is_none()).count() as f64 / calls.len() as f64
}
