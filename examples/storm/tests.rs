//! Runs the models, most of them at a small size.

use std::time::Duration;

use super::clients::Load;
use super::outage::{STORM, SetUp};
use super::promises::Broken;
use super::schemes::{NONE, OURS, Scheme, UNCHECKED, schemes};
use super::{accidents, answers, breakers, hints, hosts, impatient, leaving, outage};

/// A tenth of the calls to a tenth of the server.
const SMALL: SetUp = SetUp {
    calls_per_second: 70.0,
    served_per_second: 100,
    patience: Duration::from_secs(60),
    ..STORM
};

fn scheme(name: &str) -> Scheme {
    let scheme = schemes().into_iter().find(|scheme| scheme.name == name);
    scheme.unwrap_or_else(|| panic!("no scheme {name}"))
}

#[track_caller]
fn check(name: &str, clients: usize, seconds: std::ops::RangeInclusive<u64>) {
    let recovery = outage::recovery(SMALL, scheme(name), clients);
    let found = recovery.seconds.unwrap_or(u64::MAX);
    assert!(seconds.contains(&found), "{name} with {clients} clients: {found} s, not {seconds:?}");
}

#[test]
fn unchecked_retries_turn_a_stall_into_an_endless_outage() {
    check(NONE, 10, 8..=11);
    check(UNCHECKED, 10, u64::MAX..=u64::MAX);
}

/// At full size: a second with 70 calls is no longer good when a single one fails, which says little about 99 %.
#[test]
fn our_default_recovers_in_time_whatever_the_number_of_clients() {
    for (clients, most) in [(100, 17), (700, 29), (2100, 65)] {
        let patience = Duration::from_secs(most + 5);
        let recovery = outage::run(SetUp { patience, ..STORM }, scheme(OURS), clients, 1);
        assert!(recovery.seconds.is_some_and(|found| found <= most), "{clients}: {recovery:?}");
    }
}

#[test]
fn a_dead_dependency_gets_no_extra_load_and_random_failures_are_retried() {
    let load = Load { clients: 3, ..Load::new(70.0, Duration::from_secs(100)) };
    let dead = accidents::result(load, scheme(OURS), 1.0);
    assert!(dead.amplification < 1.02, "{dead:?}");
    let fifth = accidents::result(load, scheme(OURS), 0.2);
    assert!(fifth.success > 0.99, "{fifth:?}");
}

#[test]
fn our_breaker_distinguishes_random_failures_from_an_outage() {
    let rows = breakers::table(100.0, Duration::from_secs(120));
    let (_, passed) = rows.iter().find(|(name, _)| *name == breakers::OURS).expect("a row");
    for (passed, failures) in passed.iter().zip(breakers::FAILURES) {
        if failures <= 0.3 {
            assert!(passed.success > 1.0 - failures - 0.02, "{passed:?} at {failures}");
        }
        if failures == 1.0 {
            assert!(passed.reached < 0.01, "{passed:?}");
        }
    }
}

/// Fails unless our row keeps its promises.
#[track_caller]
fn keeps<R>(promises: fn(&mut Broken, &[R]), rows: &[R]) {
    let mut broken = Broken::default();
    promises(&mut broken, rows);
    assert!(broken.0.is_empty(), "{:?}", broken.0);
}

#[test]
fn a_broken_promise_is_told_and_a_missing_row_is_not_passed_over() {
    let mut broken = Broken::default();
    broken.in_leaving(&[(OURS, vec![leaving::Requests(400)])]);
    assert_eq!(broken.0, ["400 requests of 200 calls"]);
    let nothing = std::panic::catch_unwind(|| Broken::default().in_outage(&[]));
    assert!(nothing.is_err());
}

#[test]
fn callers_who_leave_pay_for_their_retries() {
    let rows = leaving::table();
    keeps(Broken::in_leaving, &rows);
    let (name, requests) = &rows[0];
    assert!(*name == leaving::FORGIVING && requests[0].0 > 380, "{rows:?}");
}

#[test]
fn callers_who_leave_open_the_breaker_of_a_hang_and_not_of_a_slow_service() {
    keeps(Broken::in_impatient, &impatient::table());
}

#[test]
fn a_service_that_says_no_such_thing_is_healthy() {
    keeps(Broken::in_answers, &answers::table());
}

#[test]
fn clients_with_a_hint_do_not_return_in_one_instant() {
    keeps(Broken::in_hints, &hints::table());
}

#[test]
fn a_dead_host_gets_its_load_and_fifty_hosts_that_stall_recover() {
    let ours: Vec<_> = hosts::schemes().into_iter().filter(|scheme| scheme.name == OURS).collect();
    keeps(Broken::in_hosts, &hosts::table(&ours, Duration::from_secs(100)));
}
