//! The clients: an open-loop load in virtual time with the runtime's own budgets and delays.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use retry_runtime::budget::{Budget, BudgetSettings, Withdrawal};
use retry_runtime::{Kind, Policy};

use super::clock;
use super::dependency::Dependency;
use super::rng::Rng;

/// Calls that arrive at random, independently of earlier calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// The number of clients that share the load; each has its own budget.
    pub(crate) clients: usize,
    /// The first call comes after this time.
    pub(crate) from: Duration,
    /// No call comes after this time.
    pub(crate) time: Duration,
}

/// The retry settings of the clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    pub(crate) policy: Policy,
    pub(crate) budget: Option<BudgetSettings>,
}

/// The outcome of the calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Grouped by the second in which the calls were made.
    pub(crate) seconds: Vec<Second>,
    pub(crate) attempts: u64,
    /// Calls that the budget ended.
    pub(crate) refused: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Second {
    pub(crate) calls: u32,
    pub(crate) successes: u32,
}

/// A call in progress.
struct Call<'b> {
    budget: Option<&'b Budget>,
    second: usize,
    seed: u64,
    retries: usize,
    withdrawal: Option<Withdrawal<&'b Budget>>,
}

enum Event<'b> {
    /// A new call is made.
    Call,
    /// An attempt starts.
    Attempt(Box<Call<'b>>),
    /// An attempt ends.
    Answer(Box<Call<'b>>, Result<(), Kind>),
}

/// A planned event; events at the same time happen in the order in which they were planned.
struct Planned<'b> {
    at: Duration,
    number: u64,
    event: Event<'b>,
}

const MOMENT: Duration = Duration::from_nanos(1);

/// Makes all calls of the load and runs each to its end.
pub(crate) fn run(
    load: Load,
    retries: Retries,
    dependency: &mut impl Dependency,
    seed: u64,
) -> Outcome {
    run_load(load, None, retries, dependency, seed)
}

fn run_load(
    load: Load,
    limit: Option<usize>,
    retries: Retries,
    dependency: &mut impl Dependency,
    seed: u64,
) -> Outcome {
    let mut calls_left = limit.unwrap_or(usize::MAX);
    let budgets: Vec<Option<Budget>> =
        (0..load.clients).map(|_| retries.budget.map(budget)).collect();
    let mut world = World {
        policy: retries.policy,
        agenda: BinaryHeap::new(),
        planned: 0,
        outcome: Outcome {
            seconds: vec![Second::default(); load.time.as_secs() as usize + 1],
            attempts: 0,
            refused: 0,
        },
    };
    let mut rng = Rng::seeded(seed);
    world.plan(load.from + rng.gap(load.per_second), Event::Call);
    while let Some(Reverse(Planned { at, event, .. })) = world.agenda.pop() {
        clock::set(at);
        match event {
            Event::Call if at < load.time && calls_left > 0 => {
                calls_left -= 1;
                let budget = budgets[rng.below(load.clients)].as_ref();
                world.call(at, budget, rng.next());
                world.plan(at + rng.gap(load.per_second), Event::Call);
            }
            Event::Call => {}
            Event::Attempt(call) => {
                world.outcome.attempts += 1;
                let answer = dependency.attempt(at);
                world.plan(answer.at, Event::Answer(call, answer.result));
            }
            Event::Answer(call, Ok(())) => world.succeeded(*call),
            Event::Answer(call, Err(kind)) => world.failed(at, call, kind),
        }
    }
    world.outcome
}

/// Makes so many calls of one client at the same moment, and runs each to its end.
pub(crate) fn at_once(
    calls: usize,
    at: Duration,
    retries: Retries,
    dependency: &mut impl Dependency,
    seed: u64,
) -> Outcome {
    let load = Load { per_second: f64::INFINITY, clients: 1, from: at, time: at + MOMENT };
    run_load(load, Some(calls), retries, dependency, seed)
}

fn budget(settings: BudgetSettings) -> Budget {
    Budget::new(settings).with_clock(clock::now)
}

/// The state of the simulation.
struct World<'b> {
    policy: Policy,
    agenda: BinaryHeap<Reverse<Planned<'b>>>,
    planned: u64,
    outcome: Outcome,
}

impl<'b> World<'b> {
    fn plan(&mut self, at: Duration, event: Event<'b>) {
        self.planned += 1;
        self.agenda.push(Reverse(Planned { at, number: self.planned, event }));
    }

    fn call(&mut self, at: Duration, budget: Option<&'b Budget>, seed: u64) {
        let second = at.as_secs() as usize;
        self.outcome.seconds[second].calls += 1;
        let call = Call { budget, second, seed, retries: 0, withdrawal: None };
        self.plan(at, Event::Attempt(Box::new(call)));
    }

    fn succeeded(&mut self, call: Call<'b>) {
        self.outcome.seconds[call.second].successes += 1;
        match (call.withdrawal, call.budget) {
            (Some(withdrawal), _) => withdrawal.succeeded(),
            (None, Some(budget)) if call.retries == 0 => budget.deposit_success(),
            _ => {}
        }
    }

    /// Plans another attempt if the policy has one left and the budget pays for it.
    fn failed(&mut self, at: Duration, mut call: Box<Call<'b>>, kind: Kind) {
        match (call.withdrawal.take(), call.budget) {
            (Some(withdrawal), _) => withdrawal.failed(),
            (None, Some(budget)) if call.retries == 0 => budget.deposit_failure(),
            _ => {}
        }
        let Some(delay) = self.policy.delays(call.seed).nth(call.retries) else {
            return call.budget.into_iter().for_each(|budget| budget.charge_final(kind));
        };
        if let Some(budget) = call.budget {
            let Ok(withdrawal) = budget.try_withdraw_for(kind, call.retries as u32 + 1) else {
                self.outcome.refused += 1;
                return;
            };
            call.withdrawal = Some(withdrawal);
        }
        call.retries += 1;
        self.plan(at + delay, Event::Attempt(call));
    }
}

impl Outcome {
    /// The number of seconds after `since` from which on 99 % of the calls of every second succeed; `None` if that is
    /// not before `until`.
    pub(crate) fn recovery(&self, since: Duration, until: Duration) -> Option<u64> {
        let (since, until) = (since.as_secs() as usize, until.as_secs() as usize);
        let last_bad = (since..until).rev().find(|second| !self.seconds[*second].is_good());
        match last_bad {
            None => Some(0),
            Some(second) if second + 1 == until => None,
            Some(second) => Some((second + 1 - since) as u64),
        }
    }

    /// The successful calls per second, among the calls made in this time.
    pub(crate) fn goodput(&self, from: Duration, to: Duration) -> f64 {
        let seconds = &self.seconds[from.as_secs() as usize..to.as_secs() as usize];
        let successes: u32 = seconds.iter().map(|second| second.successes).sum();
        f64::from(successes) / seconds.len() as f64
    }

    /// The share of calls that succeeded.
    pub(crate) fn success(&self) -> f64 {
        let successes: u32 = self.seconds.iter().map(|second| second.successes).sum();
        f64::from(successes) / self.calls()
    }

    /// Attempts per call.
    pub(crate) fn amplification(&self) -> f64 {
        self.attempts as f64 / self.calls()
    }

    fn calls(&self) -> f64 {
        f64::from(self.seconds.iter().map(|second| second.calls).sum::<u32>())
    }
}

impl Second {
    fn is_good(&self) -> bool {
        f64::from(self.successes) >= 0.99 * f64::from(self.calls)
    }
}

impl Ord for Planned<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Planned<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Planned<'_> {}

impl PartialEq for Planned<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
