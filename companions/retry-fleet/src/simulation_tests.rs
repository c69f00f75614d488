//! A fleet of pure machines, whose words are lost, repeated and late.

use std::collections::VecDeque;

use proptest::prelude::*;
use retry_runtime::breaker::{BreakerSettings, Machine, Mode, Outcome, Share, Turn};
use retry_runtime::control::Rng;

use super::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A process of a simulated fleet.
struct Process {
    fleet: Fleet,
    machine: Machine,
    up: bool,
}

/// Processes, the words on their way, and the turn to probe.
struct World {
    now: Duration,
    processes: Vec<Process>,
    on_the_way: VecDeque<(Duration, usize, Word)>,
    turn: Option<usize>,
    rng: Rng,
    /// The part of the words that is lost, and comes twice.
    lost: f64,
    is_down: bool,
    probes_at_once: usize,
}

impl World {
    fn new(size: usize, seed: u64, lost: f64, is_down: bool) -> Self {
        let mut rng = Rng::seeded(seed);
        let settings = BreakerSettings::new().consecutive(5).share(Share::new("simulated"));
        let process = |rng: &mut Rng| Process {
            fleet: Fleet::new(Instance(rng.draw()), secs(0)),
            machine: Machine::new(settings).seeded(rng.draw()),
            up: true,
        };
        let processes = (0..size).map(|_| process(&mut rng)).collect();
        let (now, on_the_way) = (secs(0), VecDeque::new());
        World { now, processes, on_the_way, turn: None, rng, lost, is_down, probes_at_once: 0 }
    }

    fn publish(&mut self, from: usize, word: &Word) {
        for to in (0..self.processes.len()).filter(|to| *to != from) {
            let copies = 1 + usize::from(self.rng.draw_unit() < self.lost);
            for _ in 0..copies {
                if !self.is_down && self.rng.draw_unit() >= self.lost {
                    let delay = Duration::from_millis(self.rng.draw() % 50);
                    self.on_the_way.push_back((self.now + delay, to, word.clone()));
                }
            }
        }
    }

    fn obey(&mut self, at: usize, told: Vec<Told>) {
        for told in told {
            let machine = &mut self.processes[at].machine;
            let before = machine.mode(self.now);
            match told.order {
                Order::Follow => machine.follow(self.now),
                Order::PutOff => machine.put_off(self.now),
                Order::Hasten => machine.hasten(self.now),
                Order::Lean(part) => machine.lean(self.now, part),
            }
            let after = machine.mode(self.now);
            assert!(before == Mode::Closed || after != Mode::Closed, "{before} → {after}");
            let by_others = matches!(told.order, Order::Follow | Order::PutOff);
            self.tell(at, by_others);
        }
    }

    /// Tells the fleet of transitions.
    fn tell(&mut self, at: usize, follows: bool) {
        let Process { fleet, machine, .. } = &mut self.processes[at];
        let Some(last) = machine.take_transitions().pop() else { return };
        let stance = match last.to {
            Mode::Open if follows => Stance::Following,
            Mode::Open => Stance::Open,
            Mode::HalfOpen => Stance::Probing,
            _ => Stance::Closed,
        };
        if stance != Stance::Probing && self.turn == Some(at) {
            self.turn = None;
        }
        let (word, told) = fleet.stand(self.now, "bank", stance);
        if let Some(word) = word {
            self.publish(at, &word);
        }
        self.obey(at, told);
    }

    /// One call of a process; whether it was admitted.
    fn call(&mut self, at: usize, is_up: bool) -> bool {
        let now = self.now;
        let machine = &mut self.processes[at].machine;
        match machine.admit(now) {
            Ok(ticket) => {
                self.probes_at_once += usize::from(machine.mode(now) == Mode::HalfOpen);
                let outcome = if is_up { Outcome::Success } else { Outcome::Failure };
                machine.record(now, ticket, outcome, false);
                self.tell(at, false);
                true
            }
            Err(_) => {
                if machine.asks_for_turn(now) {
                    let turn = match self.turn {
                        _ if self.is_down => Turn::Local,
                        Some(other) if other != at => Turn::Others(now),
                        _ => Turn::Mine,
                    };
                    if machine.turn(now, turn) && turn == Turn::Mine {
                        self.turn = Some(at);
                    }
                }
                self.tell(at, false);
                false
            }
        }
    }

    /// Lets 10 ms pass in which each process makes a call with this probability; the number of calls that were admitted.
    fn step(&mut self, rate: f64, is_up: impl Fn(usize) -> bool) -> usize {
        self.now += Duration::from_millis(10);
        for at in 0..self.processes.len() {
            let (words, told) = {
                let fleet = &mut self.processes[at].fleet;
                (fleet.due(self.now), fleet.review(self.now))
            };
            words.iter().for_each(|word| self.publish(at, word));
            self.obey(at, told);
        }
        for _ in 0..self.on_the_way.len() {
            let (due, to, word) = self.on_the_way.pop_front().unwrap();
            if due > self.now {
                self.on_the_way.push_back((due, to, word));
            } else {
                let told = self.processes[to].fleet.hear(self.now, &word);
                self.obey(to, told);
            }
        }
        let mut admitted = 0;
        for at in 0..self.processes.len() {
            if self.processes[at].up && self.rng.draw_unit() < rate {
                admitted += usize::from(self.call(at, is_up(at)));
            }
        }
        admitted
    }

    fn run(&mut self, time: Duration, rate: f64, is_up: impl Fn(usize) -> bool) -> usize {
        let end = self.now + time;
        let mut admitted = 0;
        while self.now < end {
            admitted += self.step(rate, &is_up);
        }
        admitted
    }

    fn modes(&mut self) -> Vec<Mode> {
        let now = self.now;
        self.processes.iter_mut().map(|process| process.machine.mode(now)).collect()
    }

    fn are_closed(&mut self) -> bool {
        self.modes().iter().all(|mode| *mode == Mode::Closed)
    }
}

#[test]
fn a_fleet_sends_a_dead_dependency_less_than_half_of_what_its_processes_would_send_alone() {
    let reaching = |is_down| {
        let mut world = World::new(16, 7, 0.0, is_down);
        world.run(secs(10), 0.1, |_| true);
        world.run(secs(120), 0.1, |_| false)
    };
    let (alone, together) = (reaching(true), reaching(false));
    assert!(together * 2 < alone, "{together} of {alone}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The transport may lose, repeat or reorder words: `World::obey` asserts that no word closes a breaker.
    #[test]
    fn after_an_outage_every_process_is_closed_again(
        size in 1..9usize, seed: u64, lost in 0.0..0.6, is_down: bool,
    ) {
        let mut world = World::new(size, seed, lost, is_down);
        world.run(secs(5), 0.1, |_| true);
        world.run(secs(40), 0.1, |_| false);
        prop_assert!(world.modes().iter().all(|mode| *mode != Mode::Closed));
        world.run(secs(240), 0.1, |_| true);
        prop_assert!(world.are_closed(), "{:?}", world.modes());
    }

    #[test]
    fn a_healthy_process_stays_closed_while_fewer_than_half_are_cut_off(seed: u64) {
        let mut world = World::new(7, seed, 0.0, false);
        world.run(secs(5), 0.1, |_| true);
        let cut_off = |at: usize| at >= 3;
        for _ in 0..600 {
            world.run(Duration::from_millis(100), 0.1, cut_off);
            prop_assert!(world.modes()[3..].iter().all(|mode| *mode == Mode::Closed));
        }
    }
}
