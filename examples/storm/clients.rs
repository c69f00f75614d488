//! The clients: an open-loop load in virtual time with the runtime's own budgets and delays.

use std::time::Duration;

use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Kind, Policy};
use retry_testing::storm::parts::Agenda;

use super::accounts::{Accounts, Debt};
use super::dependency::{Dependency, Request};
use super::outcome::Outcome;
use super::rng::Rng;

/// Calls that arrive at random, independently of earlier calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// The number of clients that share the load; each has its own budget.
    pub(crate) clients: usize,
    /// The number of hosts that the calls are for.
    pub(crate) hosts: usize,
    /// The first call comes after this time.
    pub(crate) from: Duration,
    /// No call comes after this time.
    pub(crate) time: Duration,
    /// No more calls than that.
    pub(crate) calls: usize,
    /// A caller who has no result after this time drops the call.
    pub(crate) leaves_after: Duration,
}

impl Load {
    /// From one client to one host, by callers who wait for the result.
    pub(crate) const fn new(per_second: f64, time: Duration) -> Self {
        let (calls, leaves_after, from) = (usize::MAX, Duration::MAX, Duration::ZERO);
        Load { per_second, clients: 1, hosts: 1, from, time, calls, leaves_after }
    }
}

/// The retry settings of the clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    pub(crate) policy: Policy,
    pub(crate) budget: Option<BudgetSettings>,
    pub(crate) scope: Scope,
    /// A retry that its caller drops gives back what it owed, also when its attempt had begun.
    pub(crate) forgives_drops: bool,
}

/// Whose calls pay into a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All calls of a client.
    Client,
    /// A client's calls to one host.
    Host,
    /// All calls of a client, and those to each host below.
    ClientAndHost,
}

impl Retries {
    pub(crate) const fn new(policy: Policy, budget: Option<BudgetSettings>) -> Self {
        Retries { policy, budget, scope: Scope::Client, forgives_drops: false }
    }
}

/// A call in progress.
struct Call<'b> {
    accounts: Option<&'b Accounts>,
    host: usize,
    second: usize,
    leaves: Duration,
    retries: usize,
    /// The policy's delays; made at the first failure.
    delays: Option<Box<dyn Iterator<Item = Duration>>>,
    seed: u64,
    debt: Option<Debt<'b>>,
}

enum Event<'b> {
    /// A new call is made.
    Call,
    /// An attempt starts.
    Attempt(Box<Call<'b>>),
    /// An attempt ends.
    Answer(Box<Call<'b>>, Result<(), Kind>),
    /// The caller drops the call.
    Leave(Box<Call<'b>>),
}

/// Makes all calls of the load and runs each to its end.
pub(crate) fn run(
    load: Load,
    retries: Retries,
    dependency: &mut impl Dependency,
    seed: u64,
) -> Outcome {
    let accounts: Vec<_> = (0..load.clients).map(|_| Accounts::of(retries)).collect();
    let mut world = World {
        retries,
        leaves_after: load.leaves_after,
        agenda: Agenda::default(),
        outcome: Outcome::new(load.time, load.hosts),
    };
    let mut calls_left = load.calls;
    let mut rng = Rng::seeded(seed);
    world.agenda.plan(load.from + rng.gap(load.per_second), Event::Call);
    while let Some((at, event)) = world.agenda.pop() {
        match event {
            Event::Call if at < load.time && calls_left > 0 => {
                calls_left -= 1;
                let accounts = accounts[rng.below(load.clients)].as_ref();
                let host = if load.hosts > 1 { rng.below(load.hosts) } else { 0 };
                world.call(at, accounts, host, rng.next());
                world.agenda.plan(at + rng.gap(load.per_second), Event::Call);
            }
            Event::Call => {}
            Event::Attempt(call) => world.attempt(at, call, dependency),
            Event::Answer(call, Ok(())) => world.succeeded(*call),
            Event::Answer(call, Err(kind)) => world.failed(at, call, kind),
            // Before its attempt has begun, a debt that is dropped is given back.
            Event::Leave(call) => drop(call),
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
    let load = Load::new(f64::INFINITY, at + Duration::from_nanos(1));
    run(Load { from: at, calls, ..load }, retries, dependency, seed)
}

/// The state of the simulation.
struct World<'b> {
    retries: Retries,
    leaves_after: Duration,
    agenda: Agenda<Event<'b>>,
    outcome: Outcome,
}

impl<'b> World<'b> {
    /// Plans the next event of a call, unless its caller leaves before that.
    fn go_on(
        &mut self,
        at: Duration,
        call: Box<Call<'b>>,
        event: impl FnOnce(Box<Call<'b>>) -> Event<'b>,
    ) {
        match call.leaves < at {
            true => self.agenda.plan(call.leaves, Event::Leave(call)),
            false => self.agenda.plan(at, event(call)),
        }
    }

    fn call(&mut self, at: Duration, accounts: Option<&'b Accounts>, host: usize, seed: u64) {
        let second = self.outcome.called(at, host);
        let leaves = at.saturating_add(self.leaves_after);
        let (retries, delays, debt) = (0, None, None);
        let call = Call { accounts, host, second, leaves, retries, delays, seed, debt };
        self.agenda.plan(at, Event::Attempt(Box::new(call)));
    }

    fn attempt(&mut self, at: Duration, mut call: Box<Call<'b>>, dependency: &mut impl Dependency) {
        self.outcome.attempted(call.host);
        if !self.retries.forgives_drops {
            call.debt.iter_mut().for_each(Debt::begin);
        }
        let answer = dependency.attempt(Request { at, host: call.host, retries: call.retries });
        self.go_on(answer.at, call, |call| Event::Answer(call, answer.result));
    }

    fn succeeded(&mut self, call: Call<'b>) {
        self.outcome.succeeded(call.second, call.host);
        match (call.debt, call.accounts) {
            (Some(debt), _) => debt.succeeded(),
            (None, Some(accounts)) if call.retries == 0 => accounts.first_succeeded(call.host),
            _ => {}
        }
    }

    /// Plans another attempt if the policy has one left and the budgets pay for it.
    fn failed(&mut self, at: Duration, mut call: Box<Call<'b>>, kind: Kind) {
        match (call.debt.take(), call.accounts) {
            (Some(debt), _) => debt.failed(),
            (None, Some(accounts)) if call.retries == 0 => accounts.first_failed(call.host),
            _ => {}
        }
        let (policy, seed) = (self.retries.policy, call.seed);
        let delays = call.delays.get_or_insert_with(|| Box::new(policy.delays(seed)));
        let Some(delay) = delays.next() else {
            let accounts = call.accounts.into_iter();
            return accounts.for_each(|accounts| accounts.charge_final(call.host, kind));
        };
        if let Some(accounts) = call.accounts {
            call.debt = accounts.withdraw(call.host, kind, call.retries as u32 + 1);
            if call.debt.is_none() {
                self.outcome.refused += 1;
                return;
            }
        }
        call.retries += 1;
        self.go_on(at + delay, call, Event::Attempt);
    }
}
