use std::panic::resume_unwind;
use std::time::Duration;

use super::*;
use crate::base::clock::fake;
use crate::breaker::{Breaker, BreakerSettings, Outcome, Turn};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn settings(share: Share) -> BreakerSettings {
    BreakerSettings::new().consecutive(4).jitter(0.0).share(share)
}

fn machine() -> Machine {
    Machine::new(settings(Share::new("pure")))
}

fn fail(machine: &mut Machine, now: Duration, times: usize) {
    for _ in 0..times {
        let ticket = machine.admit(now).unwrap();
        machine.record(now, ticket, Outcome::Failure, false);
    }
}

fn succeed(machine: &mut Machine, now: Duration) {
    let ticket = machine.admit(now).unwrap();
    machine.record(now, ticket, Outcome::Success, false);
}

#[test]
fn the_word_of_others_opens_a_closed_machine_and_says_nothing_to_them() {
    let mut machine = machine();
    machine.follow(secs(1));
    assert_eq!(machine.mode(secs(1)), Mode::Open);
    let transitions = machine.take_transitions();
    assert_eq!(machine.news(&transitions).unwrap().1, Stance::Following);
    machine.follow(secs(6));
    assert_eq!(machine.mode(secs(6)), Mode::HalfOpen, "a half-open one decides by its probes");
}

#[test]
fn the_word_of_others_never_closes_and_never_overrules_an_operator() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    for order in [Machine::follow, Machine::put_off] {
        order(&mut machine, secs(1));
        assert_eq!(machine.mode(secs(1)), Mode::Open);
    }
    machine.force_open(secs(1));
    machine.turn(secs(1), Turn::Mine);
    machine.follow(secs(1));
    assert_eq!(machine.mode(secs(100)), Mode::ForcedOpen);
    machine.shadow(secs(100));
    machine.follow(secs(100));
    assert_eq!(machine.mode(secs(100)), Mode::Shadow);
    machine.disable(secs(100));
    machine.follow(secs(100));
    assert_eq!(machine.mode(secs(100)), Mode::Disabled);
}

#[test]
fn a_half_open_machine_probes_one_call_at_a_time_once_it_has_the_turn() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    assert!(machine.admit(secs(5)).is_err());
    assert!(machine.asks_for_turn(secs(5)));
    assert!(!machine.asks_for_turn(secs(5)), "asked once");
    machine.turn(secs(5), Turn::Mine);
    let probe = machine.admit(secs(5)).unwrap();
    assert!(machine.admit(secs(5)).is_err(), "another is under way");
    machine.record(secs(5), probe, Outcome::Success, false);
    succeed(&mut machine, secs(5));
    succeed(&mut machine, secs(5));
    assert_eq!(machine.mode(secs(5)), Mode::Closed);
}

#[test]
fn a_fleet_that_does_not_answer_within_a_second_leaves_the_breaker_to_itself() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    assert!(machine.admit(secs(5)).is_err() && machine.asks_for_turn(secs(5)));
    assert!(machine.admit(Duration::from_millis(5_999)).is_err());
    let probes: Vec<_> = (0..5).map(|_| machine.admit(secs(6)).is_ok()).collect();
    assert_eq!(probes, [true; 5]);
}

#[test]
fn a_fleet_that_gives_the_turn_to_others_for_ever_delays_the_probes_by_open_max() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    let (mut now, quarter) = (secs(5), Duration::from_millis(250));
    let asked = (1..=1_000).find(|_| {
        if machine.admit(now).is_ok() {
            return true;
        }
        assert!(machine.asks_for_turn(now));
        machine.turn(now, Turn::Others(now));
        now += quarter;
        false
    });
    assert_eq!((asked, now), (Some(241), secs(65)));
}

/// Whoever calls once a minute would otherwise ask for ever.
#[test]
fn a_turn_that_comes_long_before_the_next_call_still_counts() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    assert!(machine.admit(secs(60)).is_err() && machine.asks_for_turn(secs(60)));
    machine.turn(secs(60), Turn::Mine);
    assert!(machine.admit(secs(120)).is_ok());
}

#[test]
fn failed_probes_of_others_put_off_those_of_a_machine_that_waits_and_only_four_times() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    let mut now = secs(0);
    for put_off in [true, true, true, true, false] {
        now += secs(100);
        assert_eq!(machine.mode(now), Mode::HalfOpen);
        machine.put_off(now);
        assert_eq!(machine.mode(now) == Mode::Open, put_off);
    }
}

#[test]
fn a_machine_that_is_open_is_put_off_once_its_shortest_time_is_up() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    machine.put_off(secs(4));
    assert_eq!(machine.next_admission(secs(4)), Some(secs(5)), "too early");
    let mut machine = Machine::new(settings(Share::new("pure")).jitter(0.2)).seeded(1);
    fail(&mut machine, secs(0), 4);
    machine.put_off(secs(4));
    assert!(machine.next_admission(secs(4)) > Some(secs(11)), "10 s ± 20 % from then");
}

#[test]
fn probes_that_succeed_elsewhere_hasten_those_of_an_open_machine_and_do_not_close_it() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    machine.trip(secs(0));
    machine.hasten(secs(1));
    assert_eq!(machine.next_admission(secs(1)), Some(secs(5)), "the shortest time stays");
    machine.trip(secs(1));
    machine.hasten(secs(8));
    assert_eq!(machine.mode(secs(8)), Mode::HalfOpen);
    machine.open_for(secs(8), secs(100));
    machine.hasten(secs(20));
    assert_eq!(machine.next_admission(secs(20)), Some(secs(108)), "the server asked for that");
}

#[test]
fn a_machine_that_probes_is_not_put_off() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 4);
    assert!(machine.admit(secs(5)).is_err() && machine.asks_for_turn(secs(5)));
    machine.turn(secs(5), Turn::Mine);
    machine.put_off(secs(5));
    assert_eq!(machine.mode(secs(5)), Mode::HalfOpen);
}

#[test]
fn failures_of_others_lower_the_threshold_and_the_settings_stay_those_that_were_given() {
    let mut machine = machine();
    fail(&mut machine, secs(0), 2);
    machine.lean(secs(0), 0.75);
    assert_eq!(machine.mode(secs(0)), Mode::Closed);
    assert_eq!(machine.settings().consecutive, Some(4));
    fail(&mut machine, secs(0), 1);
    assert_eq!(machine.mode(secs(0)), Mode::Open, "after three of four");

    let mut machine = self::machine();
    fail(&mut machine, secs(0), 2);
    machine.lean(secs(0), 0.5);
    assert_eq!(machine.mode(secs(0)), Mode::Open, "the failures so far are enough");
    machine.lean(secs(0), 0.75);
    machine.configure(secs(0), BreakerSettings::new());
    assert_eq!(*machine.settings(), BreakerSettings::new());
}

#[test]
fn a_threshold_that_is_lowered_and_raised_again_is_the_one_from_before() {
    let mut machine = machine();
    for part in [0.5, 0.25, 1.0] {
        machine.lean(secs(0), part);
    }
    fail(&mut machine, secs(0), 3);
    assert_eq!(machine.mode(secs(0)), Mode::Closed);
    fail(&mut machine, secs(0), 1);
    assert_eq!(machine.mode(secs(0)), Mode::Open);
}

/// Panics at everything, and when it is dropped.
struct Spiteful;

impl Link for Spiteful {
    fn changed(&self, _: &str, _: Stance) {
        resume_unwind(Box::new("on purpose"));
    }

    fn ask(&self, _: &str) -> bool {
        resume_unwind(Box::new("on purpose"));
    }
}

impl Drop for Spiteful {
    fn drop(&mut self) {
        resume_unwind(Box::new("on purpose"));
    }
}

/// Opens the breaker, waits until its time is up, and makes the calls of a recovery.
fn live_through(breaker: &Breaker) -> Vec<bool> {
    for _ in 0..4 {
        breaker.permit().unwrap().failure();
    }
    assert!(breaker.permit().is_err());
    fake::pass(secs(5));
    let probes = (0..3).map(|_| breaker.permit().map(|permit| permit.success()).is_ok());
    probes.collect()
}

#[test]
fn a_breaker_whose_share_is_not_connected_is_a_local_one() {
    let share = Share::new("nobody");
    let breaker = Breaker::new("b", settings(share)).with_clock(fake::clock);
    assert_eq!(live_through(&breaker), [true; 3]);
    assert_eq!(breaker.mode(), Mode::Closed);
}

#[test]
fn a_connection_that_panics_at_everything_leaves_the_breaker_to_itself() {
    let share = Share::new("spiteful");
    assert!(link(share, Arc::new(Spiteful)));
    assert!(!link(share, Arc::new(Quiet)), "it is connected already");
    let breaker = Breaker::new("b", settings(share)).with_clock(fake::clock);
    assert_eq!(live_through(&breaker), [true; 3]);
    unlink(share);
    unlink(share);
    assert!(link(share, Arc::new(Quiet)));
}

/// Says that it will answer, and never does.
struct Quiet;

impl Link for Quiet {
    fn changed(&self, _: &str, _: Stance) {}

    fn ask(&self, _: &str) -> bool {
        true
    }
}

#[test]
fn a_connection_that_never_answers_costs_the_calls_of_one_second() {
    let share = Share::new("quiet");
    link(share, Arc::new(Quiet));
    let breaker = Breaker::new("b", settings(share)).with_clock(fake::clock);
    assert_eq!(live_through(&breaker), [false; 3]);
    fake::pass(secs(1));
    assert!(breaker.permit().is_ok());
}

#[test]
fn a_simulated_breaker_tells_and_asks_nobody() {
    let share = Share::new("simulated");
    link(share, Arc::new(Spiteful));
    let breaker = Breaker::new("b", settings(share)).with_clock(fake::clock).unheard();
    assert_eq!(live_through(&breaker), [true; 3]);
}
