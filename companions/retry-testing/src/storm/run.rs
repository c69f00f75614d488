//! The calls of all clients, in virtual time: an open-loop load.

use std::time::{Duration, Instant};

use retry_runtime::breaker::{Breaker, Outcome, Permit};
use retry_runtime::budget::{Budget, Withdrawal};
use retry_runtime::control::{Parts, Rng};
use retry_runtime::{Kind, Next, Steps, StopReason};

use super::agenda::Agenda;
use super::client::Client;
use super::clock;
use super::outage::{Outage, StormError};
use super::scheme::Scheme;
use super::server::Server;
use super::tally::Tally;

/// The real time is read once in so many events.
const LOOK_EVERY: u64 = 1024;

/// A call in progress.
struct Call<'c> {
    client: &'c Client,
    /// The second in which it was made.
    second: usize,
    began: Duration,
    retries: u32,
    seed: u64,
    /// The decisions of the policy, made at the first failure.
    steps: Option<Box<Steps>>,
    debt: Option<Withdrawal<&'c Budget>>,
    permit: Option<Permit<&'c Breaker>>,
}

/// How an attempt ended.
#[derive(Clone, Copy)]
enum End {
    Answered,
    /// The client has abandoned it; `by_deadline`: the whole call has no time left.
    Abandoned {
        by_deadline: bool,
    },
}

enum Event<'c> {
    /// A new call is made.
    Call,
    /// An attempt starts.
    Attempt(Box<Call<'c>>),
    /// An attempt ends.
    End(Box<Call<'c>>, End),
}

/// Makes all calls of the load and runs each to its end.
pub(super) fn run(
    outage: &Outage,
    scheme: &Scheme,
    until: Option<Instant>,
) -> Result<Tally, StormError> {
    let mut rng = Rng::seeded(outage.seed);
    // A breaker's jitter is its client's own.
    let mut seeds = Rng::seeded(!outage.seed);
    clock::set(Duration::ZERO);
    let clients: Vec<_> = (0..outage.clients).map(|_| Client::of(scheme, seeds.draw())).collect();
    let mut world = World {
        outage,
        scheme,
        server: Server::new(outage.capacity, outage.stalled()),
        agenda: Agenda::default(),
        tally: Tally::new(outage.end()),
    };
    world.agenda.plan(gap(&mut rng, outage.load()), Event::Call);
    let mut events = 0;
    while let Some((at, event)) = world.agenda.pop() {
        events += 1;
        if events % LOOK_EVERY == 0 && until.is_some_and(|until| Instant::now() >= until) {
            return Err(too_long(outage));
        }
        match event {
            Event::Call if at < outage.end() => {
                let chosen = (rng.draw_unit() * clients.len() as f64) as usize;
                world.call(at, &clients[chosen.min(clients.len() - 1)], rng.draw());
                world.agenda.plan(at + gap(&mut rng, outage.load()), Event::Call);
            }
            Event::Call => {}
            Event::Attempt(call) => world.attempt(at, call),
            Event::End(call, End::Answered) => world.succeeded(*call),
            Event::End(call, End::Abandoned { by_deadline }) => world.failed(at, call, by_deadline),
        }
    }
    Ok(world.tally)
}

/// The time to the next event of a Poisson process with this rate.
fn gap(rng: &mut Rng, per_second: f64) -> Duration {
    Duration::from_secs_f64(-(1.0 - rng.draw_unit()).ln() / per_second)
}

fn too_long(outage: &Outage) -> StormError {
    let calls = outage.load() * outage.end().as_secs_f64();
    StormError::new(
        "clients",
        format!(
            "the simulation of {calls:.0} calls for each scheme takes too long; lower `clients`, `rate`, `watch` or the policy's \
             `max`"
        ),
    )
}

/// The state of the simulation.
struct World<'c, 'o> {
    outage: &'o Outage,
    scheme: &'o Scheme,
    server: Server,
    agenda: Agenda<Event<'c>>,
    tally: Tally,
}

impl<'c> World<'c, '_> {
    fn call(&mut self, at: Duration, client: &'c Client, seed: u64) {
        let second = self.tally.called(at);
        let (retries, steps, debt, permit) = (0, None, None, None);
        let call = Call { client, second, began: at, retries, seed, steps, debt, permit };
        self.attempt(at, Box::new(call));
    }

    fn attempt(&mut self, at: Duration, mut call: Box<Call<'c>>) {
        if let Some(breaker) = &call.client.breaker {
            match breaker.permit() {
                Ok(permit) => call.permit = Some(permit),
                // A debt that is dropped before its attempt has begun is given back.
                Err(_) => {
                    self.tally.refused_by_breaker += 1;
                    return;
                }
            }
        }
        if let Some(debt) = &mut call.debt {
            debt.begin();
        }
        self.tally.attempted(call.second, at);
        let (patience, by_deadline) = self.patience(at, &call);
        let (ready, left) = (self.server.request(at), at.saturating_add(patience));
        if ready <= left {
            self.agenda.plan(ready, Event::End(call, End::Answered));
        } else {
            self.agenda.plan(left, Event::End(call, End::Abandoned { by_deadline }));
        }
    }

    /// The time that the client gives an attempt, and whether that is all that the call has left.
    fn patience(&self, at: Duration, call: &Call<'_>) -> (Duration, bool) {
        let policy = &self.scheme.policy;
        let timeout = policy.attempt_limit().unwrap_or(self.outage.timeout);
        let left = policy.time_limit().map(|limit| (call.began + limit).saturating_sub(at));
        match left {
            Some(left) if left < timeout => (left, true),
            _ => (timeout, false),
        }
    }

    fn succeeded(&mut self, call: Call<'c>) {
        self.tally.succeeded(call.second, call.retries > 0);
        if let Some(permit) = call.permit {
            permit.success();
        }
        match (call.debt, &call.client.budget) {
            (Some(debt), _) => debt.succeeded(),
            (None, Some(budget)) if call.retries == 0 => budget.deposit_success(),
            _ => {}
        }
    }

    /// Plans another attempt, if the policy has one left, the breaker admits it and the budget pays for it: the order of the
    /// engine's decisions.
    fn failed(&mut self, at: Duration, mut call: Box<Call<'c>>, by_deadline: bool) {
        let kind = self.kind();
        if let Some(permit) = call.permit.take() {
            permit.end(Outcome::from(kind));
        }
        let budget = call.client.budget.as_ref();
        match (call.debt.take(), budget) {
            (Some(debt), _) => debt.failed(),
            (None, Some(budget)) if call.retries == 0 => budget.deposit_failure(),
            _ => {}
        }
        let unpaid = |reason: StopReason| {
            let is_charged = matches!(
                reason,
                StopReason::Exhausted | StopReason::Deadline | StopReason::CircuitOpen
            );
            budget.filter(|_| is_charged).into_iter().for_each(|budget| budget.charge_final(kind));
        };
        if by_deadline {
            return unpaid(StopReason::Deadline);
        }
        let mut delay = match self.after(&mut call, kind) {
            Next::Pause(delay) => delay,
            Next::Stop(reason) => return unpaid(reason),
        };
        if call.client.refuses() {
            self.tally.refused_by_breaker += 1;
            return unpaid(StopReason::CircuitOpen);
        }
        call.retries += 1;
        if let Some(budget) = budget {
            match budget.try_withdraw_for(kind, call.retries) {
                Ok(debt) => call.debt = Some(debt),
                Err(_) => {
                    self.tally.refused_by_budget += 1;
                    let Some(longer) = self.held_back(at, &call, delay) else { return };
                    delay = longer;
                }
            }
        }
        self.agenda.plan(at.saturating_add(delay), Event::Attempt(call));
    }

    /// The failure of an attempt that was abandoned, as the policy sees it.
    fn kind(&self) -> Kind {
        // The policy's own timeout keeps its kind, `on = any` or not.
        let is_own = self.scheme.policy.attempt_limit().is_some();
        if self.scheme.any && !is_own { Kind::Transient } else { Kind::Ambiguous }
    }

    fn after(&self, call: &mut Call<'c>, kind: Kind) -> Next {
        let (policy, seed, began) = (self.scheme.policy, call.seed, call.began);
        let steps = call.steps.get_or_insert_with(|| {
            let mut steps = policy.steps().with_seed(seed);
            steps.begin_at(clock::at(began));
            Box::new(steps)
        });
        steps.after_at(clock::now(), kind.into())
    }

    /// The pause of a call that the budget has refused: longer where the policy has no limit on attempts, `None` where the
    /// call ends.
    fn held_back(&self, at: Duration, call: &Call<'_>, delay: Duration) -> Option<Duration> {
        let policy = &self.scheme.policy;
        if policy.limit().is_some() {
            return None;
        }
        let half = Parts::from(policy).cap / 2;
        let mut rng = Rng::seeded(call.seed.wrapping_add(u64::from(call.retries)));
        let longer = delay.max(half + half.mul_f64(rng.draw_unit()));
        let end = policy.time_limit().map(|limit| call.began + limit);
        end.is_none_or(|end| at + longer <= end).then_some(longer)
    }
}
