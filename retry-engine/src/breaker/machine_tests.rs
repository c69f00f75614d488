//! The machine's rules as sentences.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::super::settings::Window;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn base() -> BreakerSettings {
    BreakerSettings::new().jitter(0.0)
}

pub(super) fn window(calls: u32) -> BreakerSettings {
    base().window(Window::Count(calls)).min_calls(calls)
}

/// A machine, its clock, and the calls in flight by name.
pub(super) struct Bench {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    calls: HashMap<String, Ticket>,
}

impl Bench {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        settings.validate().unwrap();
        Bench { machine: Machine::new(settings), now: Duration::ZERO, calls: HashMap::new() }
    }

    pub(super) fn run(&mut self, script: &str) -> Vec<String> {
        script.split_whitespace().map(|word| self.step(word)).collect()
    }

    /// One item of a script; what it shows: the state, or `no` for a call that was refused.
    fn step(&mut self, word: &str) -> String {
        let now = self.now;
        match word.split_once(':').unwrap_or((word, "")) {
            ("begin", name) => match self.machine.admit(now) {
                Ok(ticket) => drop(self.calls.insert(name.to_owned(), ticket)),
                Err(_) => return "no".to_owned(),
            },
            ("drop", name) => self.machine.abandon(now, self.calls.remove(name).unwrap()),
            ("ok", name) if !name.is_empty() => self.end(name, Outcome::Success),
            ("fail", name) if !name.is_empty() => self.end(name, Outcome::Failure),
            ("probe", _) => self.machine.probe(now),
            ("trip", _) => self.machine.trip(now),
            ("force", _) => self.machine.force_open(now),
            ("close", _) => self.machine.force_close(now),
            ("disable", _) => self.machine.disable(now),
            ("shadow", _) => self.machine.shadow(now),
            (time, _) if time.starts_with('+') => {
                let millis = match time[1..].strip_suffix("ms") {
                    Some(millis) => millis.parse().unwrap(),
                    None => 1000 * time[1..].strip_suffix('s').unwrap().parse::<u64>().unwrap(),
                };
                self.now += Duration::from_millis(millis);
            }
            (call, _) => {
                let Ok(ticket) = self.machine.admit(now) else { return "no".to_owned() };
                let outcome = match call {
                    "ok" | "slow" => Outcome::Success,
                    "fail" => Outcome::Failure,
                    "ignored" => Outcome::Ignored,
                    _ => panic!("unknown item {call}"),
                };
                self.machine.record(now, ticket, outcome, call == "slow");
            }
        }
        self.machine.mode(self.now).name().replace("half_open", "half")
    }

    fn end(&mut self, name: &str, outcome: Outcome) {
        let ticket = self.calls.remove(name).unwrap();
        self.machine.record(self.now, ticket, outcome, false);
    }
}

#[track_caller]
pub(super) fn check(settings: BreakerSettings, script: &str, states: &str) {
    let seen = Bench::new(settings).run(script);
    assert_eq!(seen.join(" "), states, "{script}");
}

#[test]
fn it_opens_when_the_rate_is_reached_and_not_before_enough_calls() {
    check(window(4), "ok fail fail ok", "closed closed closed open");
    check(window(3), "fail ok fail", "closed closed open");
    check(window(4).rate(0.75), "ok fail fail fail ok", "closed closed closed open no");
}

#[test]
fn a_success_that_completes_the_minimum_can_open() {
    check(window(3), "fail fail ok", "closed closed open");
}

/// A thread counted it for itself, because no failure had come when it began to.
#[test]
fn a_success_that_raced_a_failure_and_completes_the_minimum_opens_too() {
    let settings = BreakerSettings::new().window(Window::Count(3)).min_calls(3).rate(1.0 / 3.0);
    let mut machine = Machine::new(settings);
    for outcome in [Outcome::Success, Outcome::Failure] {
        let ticket = machine.admit(Duration::ZERO).unwrap();
        machine.record(Duration::ZERO, ticket, outcome, false);
    }
    assert_eq!(machine.mode(Duration::ZERO), Mode::Closed);
    machine.absorb(Tick::at(Duration::ZERO), 1, false);
    assert_eq!(machine.mode(Duration::ZERO), Mode::Open);
}

#[test]
fn slow_calls_open_only_where_slow_is_set() {
    check(window(2), "slow slow", "closed closed");
    check(window(2).slow(SECOND).slow_rate(1.0), "slow slow", "closed open");
}

#[test]
fn failures_in_a_row_open_whatever_the_rate() {
    check(base().consecutive(2), "fail ok fail ignored fail", "closed closed closed closed open");
}

#[test]
fn what_is_ignored_does_not_count_at_all() {
    check(window(2), "ignored fail ignored ignored fail", "closed closed closed closed open");
}

#[test]
fn a_call_exactly_at_the_end_of_the_open_time_is_admitted() {
    check(window(1), "fail +4999ms ok +1ms begin:a", "open open no half half");
}

#[test]
fn every_reopening_doubles_the_open_time_and_closing_starts_over() {
    let one = window(1).probes(1);
    check(
        one,
        "fail +5s fail +9s +1s fail +19s +1s ok fail +5s",
        "open half open open half open open half closed open half",
    );
    check(one, "fail +5s fail +10s fail +20s fail +40s fail +59s +1s", {
        "open half open half open half open half open open half"
    });
}

#[test]
fn half_open_admits_no_more_probes_than_it_decides_by() {
    check(window(1).probes(3), "probe ok begin:a begin:b begin:c", "half half half half no");
    check(window(1).probes(2), "probe begin:a begin:b begin:c drop:a begin:d", {
        "half half half no half half"
    });
}

#[test]
fn ignored_probes_do_not_use_up_places() {
    check(window(1).probes(1), "probe ignored ok", "half half closed");
    check(
        window(1).probes(3),
        "probe ignored ignored ignored ok ok",
        "half half half half half closed",
    );
}

/// tower-resilience #382: the limit was compared with the probes that had completed, and nothing was
/// reserved at admission, so that any number of callers got in before the first result.
#[test]
fn tower_resilience_382_probes_that_have_not_ended_count_against_the_limit() {
    check(window(1).probes(1), "probe begin:a begin:b begin:c ok:a ok", {
        "half half no no closed closed"
    });
}

/// Polly #1979: an exception that no handler knew left the probe neither succeeded nor failed, and the
/// breaker half-open, refusing, for ever.
#[test]
fn polly_1979_a_probe_that_ends_without_a_verdict_does_not_leave_it_refusing_for_ever() {
    check(window(1).probes(1), "probe ignored ok", "half half closed");
    check(window(1).probes(1), "probe begin:a drop:a ok", "half half half closed");
}

/// resilience4j #935: permits that were taken and never released (a subscription that was cancelled, an
/// exception on the way) left it half-open with no permits, refusing, for ever.
#[test]
fn resilience4j_935_a_probe_that_never_reports_is_missing_after_its_time() {
    check(window(1).probes(1), "probe begin:a +9999ms begin:b +1ms +9999ms +1ms ok", {
        "half half half no open open half closed"
    });
}

#[test]
fn half_open_waits_for_calls_for_as_long_as_no_probe_is_missing() {
    check(window(1).probes(2), "probe ok +1000s ok", "half half half closed");
}

#[test]
fn a_missing_probe_opens_from_when_it_was_due_however_late_somebody_looks() {
    check(window(1).probes(1), "probe begin:a +20s ok:a begin:b", "half half half half half");
}

#[test]
fn a_result_of_an_earlier_generation_is_ignored() {
    check(window(1), "begin:a fail fail:a +5s begin:b ok:b", "closed open open half half half");
    check(window(1).probes(1), "begin:a fail +5s ok ok:a begin:b close fail:b", {
        "closed open half closed closed closed closed closed"
    });
}

#[test]
fn modes_set_by_hand_stay_until_told_otherwise() {
    check(window(1), "force +100s ok close ok", "forced_open forced_open no closed closed");
    check(window(1), "disable fail fail", "disabled disabled disabled");
    check(window(1), "shadow fail fail", "shadow shadow shadow");
}

#[test]
fn shadow_tells_what_it_would_have_done() {
    let mut bench = Bench::new(window(2));
    bench.run("shadow fail fail");
    let figures = bench.machine.figures(bench.now);
    assert_eq!((figures.calls, figures.failure_rate, figures.trips), (2, Some(1.0), true));
}

#[test]
fn a_refusal_carries_the_time_left_or_none_where_time_does_not_decide() {
    let mut bench = Bench::new(window(1).probes(1));
    bench.run("fail +2s");
    let refusal = bench.machine.admit(bench.now).unwrap_err();
    assert_eq!((refusal.mode, refusal.retry_after), (Mode::Open, Some(3 * SECOND)));
    assert_eq!(bench.machine.next_admission(bench.now), Some(5 * SECOND));
    bench.run("probe begin:a");
    assert_eq!(bench.machine.admit(bench.now).unwrap_err().retry_after, None);
    assert_eq!(bench.machine.next_admission(bench.now), None);
}

#[test]
fn the_end_of_time_is_no_special_moment() {
    let mut machine = Machine::new(window(1));
    for now in [Duration::MAX - Duration::from_millis(1), Duration::MAX] {
        machine.trip(now);
        assert_eq!(machine.next_admission(now), Some(Duration::MAX));
    }
}

#[test]
fn what_made_it_open_can_be_read_while_it_is_and_refusals_are_counted() {
    let mut bench = Bench::new(window(2));
    bench.run("ok fail ok ok");
    let figures = bench.machine.figures(bench.now);
    assert_eq!((figures.calls, figures.failures, figures.rejected), (2, 1, 2));
    let transitions = bench.machine.take_transitions();
    assert_eq!((transitions[0].from, transitions[0].to), (Mode::Closed, Mode::Open));
    assert_eq!(transitions[0].figures.failure_rate, Some(0.5));
}

/// A time window of 10 s that takes in older calls at 12 s holds those since 3 s: its newest bucket is just beginning.
#[test]
fn a_time_window_takes_in_only_the_calls_that_it_would_have_kept() {
    let mut bench = Bench::new(window(9));
    bench.run("+2s fail +1s ok +2s ok +7s");
    bench.machine.configure(bench.now, window(9).window(Window::Time(10 * SECOND)));
    let calls = |bench: &mut Bench| bench.machine.figures(bench.now).calls;
    assert_eq!(calls(&mut bench), 2);
    bench.run("+999ms");
    assert_eq!(calls(&mut bench), 2);
    bench.run("+1ms");
    assert_eq!(calls(&mut bench), 1, "the call at 3 s leaves at 13 s");
    bench.run("+2s");
    assert_eq!(calls(&mut bench), 0);
}

#[test]
fn open_times_jitter_by_seed() {
    let until = |seed| {
        let mut machine = Machine::new(BreakerSettings::new().consecutive(1)).seeded(seed);
        machine.trip(Duration::ZERO);
        machine.next_admission(Duration::ZERO).unwrap()
    };
    let times: Vec<_> = (1..50).map(until).collect();
    assert!(times.iter().all(|time| (4 * SECOND..6 * SECOND).contains(time)), "{times:?}");
    assert!(
        times.iter().any(|time| *time < 5 * SECOND) && times.iter().any(|time| *time > 5 * SECOND)
    );
}

#[test]
fn each_opening_of_one_breaker_has_a_jitter_of_its_own() {
    let mut machine = Machine::new(BreakerSettings::new().consecutive(1)).seeded(u64::MAX);
    let mut open_for = || {
        machine.trip(Duration::ZERO);
        let until = machine.next_admission(Duration::ZERO).unwrap();
        machine.force_close(Duration::ZERO);
        until
    };
    let times: HashSet<_> = (0..20).map(|_| open_for()).collect();
    assert_eq!(times.len(), 20, "{times:?}");
}

proptest! {
    /// Whatever the order of results, drops, losses and time: never more probes at a time and in a period than
    /// allowed, and always a way out.
    #[test]
    fn permits_are_conserved_and_half_open_always_ends(
        moves in prop::collection::vec((0u8..6, 0u64..4_000), 0..120),
        probes in 1u32..6,
    ) {
        let mut machine = Machine::new(window(1).probes(probes));
        let (mut now, mut out, mut admitted) = (Duration::ZERO, Vec::new(), HashMap::new());
        machine.probe(now);
        for (step, millis) in moves {
            match step {
                0 | 1 => {
                    let ticket = machine.admit(now).ok();
                    let probes = ticket.iter().filter(|ticket| ticket.held.probe().is_some());
                    for probe in probes {
                        *admitted.entry(probe.held.generation()).or_insert(0) += 1;
                    }
                    out.extend(ticket);
                }
                2 => out.pop().map_or((), |t| machine.record(now, t, Outcome::Success, false)),
                3 => out.pop().map_or((), |t| machine.record(now, t, Outcome::Failure, false)),
                4 => out.pop().map_or((), |t| machine.abandon(now, t)),
                _ => now += Duration::from_millis(millis),
            }
            if machine.mode(now) == Mode::HalfOpen {
                let figures = machine.figures(now);
                // A probe that is missing has given its place up before its ticket comes back.
                let current = out.iter().filter(|t| t.held.generation() == machine.generation).count();
                prop_assert!(figures.in_flight as usize <= current);
                prop_assert!(figures.in_flight <= probes && figures.calls < probes);
            }
        }
        prop_assert!(admitted.values().all(|probed| *probed <= 2 * probes), "{admitted:?}");
        let later = now + 1000 * SECOND;
        prop_assert!(machine.admit(later).is_ok());
    }

    /// The decision after each record is the naive one: look at the last n calls.
    #[test]
    fn it_opens_exactly_when_a_naive_recomputation_does(
        size in 1u32..12,
        min in 1u32..12,
        percent in 1u32..=100,
        calls in prop::collection::vec(any::<bool>(), 1..60),
    ) {
        let settings = base().window(Window::Count(size)).min_calls(min).rate(f64::from(percent) / 100.0);
        let mut machine = Machine::new(settings);
        let mut all = Vec::new();
        for failed in calls {
            let Ok(ticket) = machine.admit(Duration::ZERO) else { break };
            let outcome = if failed { Outcome::Failure } else { Outcome::Success };
            machine.record(Duration::ZERO, ticket, outcome, false);
            all.push(failed);
            let last = &all[all.len().saturating_sub(size as usize)..];
            let failures = last.iter().filter(|failed| **failed).count();
            let enough = min.min(size) as usize;
            let by_rate = last.len() >= enough
                && failures > 0
                && failures * 100 >= percent as usize * last.len();
            let in_a_row = all.iter().rev().take_while(|failed| **failed).count();
            let opens = by_rate || in_a_row >= enough;
            prop_assert_eq!(machine.mode(Duration::ZERO) == Mode::Open, opens);
        }
    }
}
