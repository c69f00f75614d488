//! A breaker during a real outage, and during things that look like one.

use super::super::settings::Window;
use super::tests::{Bench, base, check, window};
use super::*;
use crate::failure::class::Kind;

const SECOND: Duration = Duration::from_secs(1);
const DAY: u64 = 24 * 3600;

/// So many calls with this outcome, one after the other.
fn calls(machine: &mut Machine, now: Duration, outcome: Outcome, count: u32) {
    for _ in 0..count {
        let ticket = machine.admit(now).unwrap();
        machine.record(now, ticket, outcome, false);
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many calls that start at once, and that their callers drop after this time.
fn drops(machine: &mut Machine, now: &mut Duration, count: u32, after: Duration) {
    let tickets: Vec<_> = (0..count).map(|_| machine.admit(*now).unwrap()).collect();
    *now += after;
    tickets.into_iter().for_each(|ticket| machine.abandon(*now, ticket));
}

/// fabfuel/circuitbreaker#22: failures were counted for ever.
#[test]
fn failures_of_last_month_do_not_open() {
    let mut machine = Machine::new(base());
    calls(&mut machine, secs(0), Outcome::Failure, 19);
    calls(&mut machine, secs(30 * DAY), Outcome::Failure, 1);
    assert_eq!(machine.mode(secs(30 * DAY)), Mode::Closed);
    assert_eq!(machine.figures(secs(30 * DAY)).calls, 1);

    let mut machine = Machine::new(base().consecutive(10));
    calls(&mut machine, secs(0), Outcome::Failure, 8);
    assert_eq!(machine.figures(secs(0)).consecutive, 8);
    assert_eq!(machine.figures(secs(3 * DAY)).consecutive, 0);
    calls(&mut machine, secs(3 * DAY), Outcome::Failure, 2);
    assert_eq!(machine.mode(secs(3 * DAY)), Mode::Closed);
    assert_eq!(machine.figures(secs(3 * DAY)).consecutive, 2);
}

#[test]
fn a_row_of_failures_ends_with_a_pause_that_is_longer_than_forget_and_not_before() {
    let two = base().consecutive(2).forget(10 * SECOND);
    check(two, "fail +10s fail", "closed closed open");
    check(two, "fail +10s +1ms fail fail", "closed closed closed closed open");
}

#[test]
fn an_hour_of_nothing_but_failures_at_one_call_in_thirty_seconds_opens_within_ten_minutes() {
    for settings in [base(), base().window(Window::Time(10 * SECOND))] {
        let mut machine = Machine::new(settings);
        calls(&mut machine, secs(0), Outcome::Success, 200);
        let opened = (1..120).map(|call| secs(30 * call)).find(|now| {
            calls(&mut machine, *now, Outcome::Failure, 1);
            machine.mode(*now) == Mode::Open
        });
        assert_eq!(opened, Some(secs(600)), "{settings:?}");
    }
}

/// erpc#1118: answers that were not counted left it half-open.
#[test]
fn a_half_open_breaker_whose_probes_are_told_no_such_thing_closes() {
    let mut machine = Machine::new(base());
    machine.probe(secs(0));
    calls(&mut machine, secs(0), Kind::Permanent.into(), 3);
    assert_eq!(machine.mode(secs(0)), Mode::Closed);
}

#[test]
fn twenty_callers_in_a_row_who_leave_without_any_answer_for_ten_seconds_open_it() {
    for (count, after, mode) in [
        (20, 10_000, Mode::Open),
        (19, 10_000, Mode::Closed),
        (20, 9_999, Mode::Closed),
        (500, 999, Mode::Closed),
    ] {
        let (mut machine, mut now) = (Machine::new(base()), Duration::ZERO);
        drops(&mut machine, &mut now, count, Duration::from_millis(after));
        assert_eq!(machine.mode(now), mode, "{count} after {after} ms");
    }
    let (mut machine, mut now) = (Machine::new(base()), Duration::ZERO);
    for call in 1..=20 {
        assert_eq!(machine.mode(now), Mode::Closed, "before drop {call}");
        drops(&mut machine, &mut now, 1, SECOND);
    }
    assert_eq!(machine.mode(now), Mode::Open);
    assert_eq!(machine.take_transitions().len(), 1);
}

#[test]
fn an_answer_of_any_kind_begins_the_row_of_drops_anew() {
    for outcome in [Outcome::Success, Outcome::Failure] {
        let (mut machine, mut now) = (Machine::new(base()), Duration::ZERO);
        drops(&mut machine, &mut now, 19, 10 * SECOND);
        assert_eq!(machine.figures(now).dropped, 19);
        calls(&mut machine, now, outcome, 1);
        assert_eq!(machine.figures(now).dropped, 0);
        drops(&mut machine, &mut now, 20, 9 * SECOND);
        assert_eq!(machine.mode(now), Mode::Closed);
        drops(&mut machine, &mut now, 1, SECOND);
        assert_eq!(machine.mode(now), Mode::Closed, "the silence is a second old");
        now += 8 * SECOND;
        drops(&mut machine, &mut now, 1, SECOND);
        assert_eq!(machine.mode(now), Mode::Open);
    }
}

#[test]
fn where_slow_is_set_callers_must_have_waited_for_that_long() {
    let slow = base().slow(3 * SECOND);
    let (mut machine, mut now) = (Machine::new(slow), Duration::ZERO);
    (0..100).for_each(|_| drops(&mut machine, &mut now, 1, Duration::from_millis(2_999)));
    assert_eq!(machine.mode(now), Mode::Closed);
    (0..20).for_each(|_| drops(&mut machine, &mut now, 1, 3 * SECOND));
    assert_eq!(machine.mode(now), Mode::Open);
}

/// safe-client-gateway#3442, actor-ts#457: each caller waited for its second, for ever.
#[test]
fn callers_who_give_up_cost_a_hung_side_ten_calls_in_a_period_and_then_it_opens_again() {
    for after in [50, 999, 1_000, 5_000] {
        let (mut machine, mut now) = (Machine::new(base()), Duration::ZERO);
        machine.trip(now);
        let mut let_through = Vec::new();
        for call in 0..3_000 {
            if call % 10 == 0 {
                now += Duration::from_millis(100);
            }
            let_through.extend(machine.admit(now).ok().map(|ticket| (now, ticket)));
            let (leave, stay) = let_through
                .into_iter()
                .partition(|(since, _)| now - *since >= Duration::from_millis(after));
            let_through = stay;
            let leave: Vec<(Duration, Ticket)> = leave;
            leave.into_iter().for_each(|(_, ticket)| machine.abandon(now, ticket));
        }
        machine.mode(now);
        let transitions = machine.take_transitions();
        let periods: Vec<_> =
            transitions.iter().filter(|change| change.from == Mode::HalfOpen).collect();
        assert!(!periods.is_empty() && periods.iter().all(|change| change.to == Mode::Open));
        // Five at a time, twice at most.
        let reopened: Vec<_> = periods.iter().map(|change| change.figures.calls).collect();
        assert!(reopened.iter().all(|results| *results <= 5), "{reopened:?}");
    }
}

#[test]
fn a_period_admits_twice_as_many_probes_as_it_decides_by_and_opens_again_undecided() {
    let mut bench = Bench::new(window(1).probes(2));
    bench.run("probe");
    for probe in 1..=3 {
        assert_eq!(bench.run("begin:a drop:a"), ["half", "half"], "probe {probe}");
    }
    assert_eq!(bench.run("begin:a begin:b drop:a"), ["half", "no", "open"]);
    assert_eq!(bench.machine.next_admission(bench.now), Some(10 * SECOND), "a re-open doubles");
    // An answer counts as long as it comes before the last one ends.
    check(window(1).probes(2), "probe ignored ignored begin:a begin:b ok:a ok:b", {
        "half half half half half half closed"
    });
    check(window(1).probes(2), "probe ignored ignored ignored ok", "half half half half open");
}

#[test]
fn a_probe_without_a_result_after_its_own_ten_seconds_failed_dropped_or_not() {
    check(
        window(1).probes(3),
        "probe begin:a +4s begin:b drop:b +5999ms +1ms begin:c +3999ms +1ms",
        "half half half half half half half half half open",
    );
    // One failure of three is not two of them.
    check(
        window(1).probes(3),
        "probe begin:a +10s ok ok ok:a",
        "half half half half closed closed",
    );
    check(window(1).probes(3), "probe begin:a +10s ok fail", "half half half half open");
}

#[test]
fn a_probe_whose_caller_waited_long_enough_for_an_answer_failed() {
    check(window(1).probes(1), "probe begin:a +999ms drop:a ok", "half half half half closed");
    check(window(1).probes(1), "probe begin:a +1s drop:a ok", "half half half open no");
    let slow = window(1).probes(1).slow(2 * SECOND);
    check(slow, "probe begin:a +1999ms drop:a +1s ok", "half half half half half closed");
    check(slow, "probe begin:a +2s drop:a", "half half half open");
}

/// A limit from the first probe on would keep rare callers out for ever.
#[test]
fn callers_of_one_call_in_thirty_seconds_get_back_in() {
    let mut bench = Bench::new(base());
    bench.run("trip +30s ok +30s ok +30s");
    assert_eq!(bench.run("ok"), ["closed"]);
}

#[test]
fn an_order_that_changes_nothing_makes_no_transition() {
    let mut bench = Bench::new(base());
    bench.run("trip");
    bench.machine.take_transitions();
    bench.run("close close force force disable disable");
    let changes = bench.machine.take_transitions();
    let changes: Vec<_> = changes.iter().map(|change| (change.from, change.to)).collect();
    assert_eq!(
        changes,
        [
            (Mode::Open, Mode::Closed),
            (Mode::Closed, Mode::ForcedOpen),
            (Mode::ForcedOpen, Mode::Disabled),
        ]
    );
    bench.run("shadow fail fail shadow");
    assert_eq!(bench.machine.figures(bench.now).failures, 2, "in shadow it goes on counting");
    bench.run("probe fail fail probe ok ok ok");
    let changes = bench.machine.take_transitions();
    assert_eq!(changes.len(), 3, "shadow, half-open, closed: {changes:?}");
    bench.run("close");
    assert_eq!(bench.machine.take_transitions(), []);
}

#[test]
fn closing_a_closed_breaker_by_hand_empties_its_window() {
    let mut bench = Bench::new(window(3));
    bench.run("fail fail close");
    assert_eq!(bench.machine.figures(bench.now).calls, 0);
    assert_eq!(bench.run("fail"), ["closed"]);
}

#[test]
fn the_open_time_goes_on_doubling_whoever_opens_it_and_starts_over_once_it_closed() {
    let mut bench = Bench::new(window(1).probes(1));
    let left = |bench: &mut Bench| bench.machine.next_admission(bench.now).unwrap() - bench.now;
    bench.run("fail");
    assert_eq!(left(&mut bench), secs(5));
    bench.run("+5s fail");
    assert_eq!(left(&mut bench), secs(10));
    // By hand it opens for as long again; a probe before its time counts like any other.
    bench.run("trip");
    assert_eq!(left(&mut bench), secs(10));
    bench.run("probe fail");
    assert_eq!(left(&mut bench), secs(20));
    bench.machine.open_for(bench.now, secs(3));
    assert_eq!(left(&mut bench), secs(3));
    bench.run("+3s fail");
    assert_eq!(left(&mut bench), secs(40));
    bench.run("+40s trip");
    assert_eq!(left(&mut bench), secs(40));
    bench.run("+40s ok fail");
    assert_eq!(left(&mut bench), secs(5));
    bench.run("+5s fail force close fail");
    assert_eq!(left(&mut bench), secs(5));
}

#[test]
fn neighbouring_seeds_give_different_open_times() {
    let until = |seed| {
        let mut machine = Machine::new(BreakerSettings::new()).seeded(seed);
        machine.trip(Duration::ZERO);
        machine.next_admission(Duration::ZERO).unwrap()
    };
    let mut times: Vec<_> = (0..100).map(until).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 100);
}

const WINDOWS: [Window; 4] = [
    Window::Count(30),
    Window::Count(200),
    Window::Time(Duration::from_secs(60)),
    Window::Time(Duration::from_secs(100)),
];

#[test]
fn other_settings_keep_the_window_the_row_of_failures_and_an_open_state() {
    for before in WINDOWS {
        for after in WINDOWS {
            let mut machine = Machine::new(base().window(before));
            let now = secs(1_000);
            calls(&mut machine, now, Outcome::Success, 12);
            calls(&mut machine, now, Outcome::Failure, 7);
            machine.configure(now, base().window(after).rate(0.4));
            let figures = machine.figures(now);
            let counts = (figures.calls, figures.failures, figures.consecutive);
            assert_eq!(counts, (19, 7, 7), "{before:?} to {after:?}");
            calls(&mut machine, now, Outcome::Failure, 1);
            assert_eq!(machine.mode(now), Mode::Open, "{before:?} to {after:?}");
            machine.configure(now, base().open(secs(7_200)));
            assert_eq!(machine.mode(now + secs(4)), Mode::Open);
            assert_eq!(machine.next_admission(now), Some(now + secs(5)));
        }
    }
}

#[test]
fn half_open_with_results_for_the_new_settings_is_decided_at_once() {
    let mut bench = Bench::new(window(1).probes(5));
    bench.run("probe ok ok");
    bench.machine.configure(bench.now, window(1).probes(2));
    assert_eq!(bench.machine.mode(bench.now), Mode::Closed);
    bench.run("probe fail");
    bench.machine.configure(bench.now, window(1).probes(1));
    assert_eq!(bench.machine.mode(bench.now), Mode::Open);
    bench.run("force");
    bench.machine.configure(bench.now, window(1));
    assert_eq!(bench.machine.mode(bench.now), Mode::ForcedOpen);
}
