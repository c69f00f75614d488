//! Simulated outages: their figures, their seeds, and the mistakes in their numbers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use retry_config::Config;
use retry_runtime::breaker::BreakerSettings;
use retry_runtime::{Policy, events};
use retry_testing::storm::{Outage, Row, Scheme, Written, simulate};

const SECOND: Duration = Duration::from_secs(1);

/// A tenth of the clients at a tenth of the server.
const SMALL: Outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(40));

fn row(outage: &Outage, scheme: Scheme) -> Row {
    simulate(outage, &[scheme]).unwrap().rows.remove(0)
}

fn idempotent(policy: Policy) -> Scheme {
    Scheme::new("mine", policy.idempotent(true))
}

#[track_caller]
fn refused(outage: Outage, text: &str) {
    assert_eq!(simulate(&outage, &[]).unwrap_err().to_string(), text);
}

#[test]
fn the_recovery_of_known_schemes_is_the_one_of_an_independent_model() {
    let outage = Outage::new().watch(100 * SECOND);
    let seconds = |scheme| row(&outage, scheme).recovered_s.unwrap_or(u64::MAX);
    assert!((8..=11).contains(&seconds(Scheme::no_retries())));
    assert!((20..=29).contains(&seconds(Scheme::default_policy())));
    assert!((80..=100).contains(&seconds(Scheme::aws())));
}

#[test]
fn retries_without_a_budget_turn_a_stall_into_an_endless_outage() {
    let unchecked = row(&SMALL, idempotent(Policy::new()).budget(None));
    assert_eq!(unchecked.recovered_s, None);
    assert!(unchecked.amplification > 3.0 && unchecked.refused_by_budget == 0, "{unchecked:?}");
    let ours = row(&SMALL, idempotent(Policy::new()));
    assert!(ours.recovered_s.is_some() && ours.refused_by_budget > 0, "{ours:?}");
    assert!(ours.peak < unchecked.peak);
}

#[test]
fn the_same_seed_gives_the_same_storm_and_another_seed_another_one() {
    let json = |seed| {
        let breaker = Some(BreakerSettings::new());
        let mine = idempotent(Policy::new()).breaker(breaker);
        let storm = simulate(&SMALL.seed(seed), &[mine, Scheme::aws()]).unwrap();
        serde_json::to_string(&storm).unwrap() + &storm.svg()
    };
    assert_eq!(json(7), json(7));
    assert_ne!(json(7), json(8));
}

#[test]
fn an_abandoned_attempt_may_have_acted_and_is_retried_only_where_the_policy_allows_that() {
    let undeclared = row(&SMALL, Scheme::new("mine", Policy::new()));
    assert_eq!(undeclared.amplification, 1.0);
    let any = row(&SMALL, Scheme::new("mine", Policy::new()).any(true));
    assert!(any.amplification > 1.0, "{any:?}");
}

#[test]
fn the_counts_of_a_storm_add_up() {
    let storm = row(&SMALL, idempotent(Policy::new().max(5).base(SECOND / 5)));
    assert_eq!(storm.calls, storm.succeeded + storm.failed);
    assert!(storm.saved <= storm.succeeded && storm.attempts >= storm.calls);
    // Ten seconds before the stall, five of it, and forty after it.
    assert_eq!((storm.load.len(), storm.success.len()), (55, 55));
    assert!(storm.load[12..].iter().all(|load| *load <= storm.peak));
}

#[test]
fn a_breaker_keeps_the_load_away_and_no_event_of_the_program_tells_of_it() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&heard);
    let _observer = events::observe(move |event| {
        if event.name().starts_with("breaker") {
            log.lock().unwrap().push(event.to_string());
        }
    });
    let few = SMALL.clients(2).rate(35.0);
    let open = row(&few, idempotent(Policy::new()).breaker(Some(BreakerSettings::new())));
    assert!(open.refused_by_breaker > 100, "{open:?}");
    let without = row(&few, idempotent(Policy::new()));
    assert!(open.attempts < without.attempts, "{} {}", open.attempts, without.attempts);
    assert_eq!(*heard.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn a_deadline_ends_calls_and_a_call_without_a_limit_on_attempts_outlasts_the_stall() {
    let short = row(&SMALL, idempotent(Policy::new().deadline(SECOND / 2)));
    assert_eq!(short.attempts, short.calls, "no attempt is left after half a second");
    // The server has room for those that wait: a patient fleet near its limit keeps it down.
    let roomy = SMALL.clients(10).capacity(500).stall(30 * SECOND);
    let patient = row(&roomy, idempotent(Policy::new().unlimited().deadline(600 * SECOND)));
    assert!(patient.refused_by_budget > 0, "{patient:?}");
    assert_eq!(patient.failed, 0, "a refusal makes the pause longer: {patient:?}");
}

#[test]
fn a_number_out_of_range_is_named_with_its_value_and_the_remedy() {
    let new = Outage::new;
    refused(new().clients(0), "`clients` (0) must be a number from 1 to 100000");
    refused(
        new().rate(f64::NAN),
        "`rate` (NaN) must be a number of calls a second for each client, more than 0 and at most 100000",
    );
    refused(
        new().capacity(700),
        "`capacity` (700) must be more than the 700 requests a second of all clients (`clients` × `rate`), or the server never \
         recovers; raise it, or lower `rate`",
    );
    refused(new().stall(Duration::ZERO), "`stall` (0 s) must be a time from 1 ms to 1 h");
    refused(new().watch(3601 * SECOND), "`watch` (60.02 min) must be a time from 1 s to 1 h");
    let endless = new().clients(100_000).capacity(1_000_000).watch(3600 * SECOND);
    assert_eq!(endless.check().unwrap_err().field(), "watch");
    assert!(new().check().is_ok() && new().most_calls(1000).check().is_err());
}

#[test]
fn a_simulation_that_takes_too_long_ends_with_an_error() {
    let error = simulate(&Outage::new().most_time(Duration::ZERO), &[Scheme::no_retries()]);
    assert!(error.unwrap_err().to_string().contains("takes too long; lower `clients`"));
}

#[test]
fn a_scheme_is_read_as_people_write_it_and_each_mistake_names_its_text() {
    let config =
        Config::from_toml("[budget.payments]\ncapacity = 3\n[breaker.bank]\nconsecutive = 4")
            .unwrap();
    let read = |policy, budget, breaker| Written { policy, budget, breaker }.scheme(&config);
    assert!(read("budget = payments, breaker = bank", None, None).is_ok());
    assert!(read("", Some("preset = 'grpc', capacity = 12"), Some("open = '3s'")).is_ok());
    for (policy, budget, breaker, text) in [
        ("base = 5", None, None, "`policy` (base = 5): "),
        (
            "",
            Some("grcp"),
            None,
            "`budget` (grcp): `grcp` is not a budget preset; did you mean `grpc`?",
        ),
        ("", Some("capacity = 0"), None, "`budget` (capacity = 0): "),
        ("", None, Some("rate = 30"), "`breaker` (rate = 30): "),
        (
            "budget = paymnts",
            None,
            None,
            "`budget` (paymnts) is no section of the configuration; add [budget.paymnts]",
        ),
    ] {
        let error = read(policy, budget, breaker).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}

#[test]
fn a_picture_has_words_for_those_who_cannot_see_it_and_no_script() {
    let hostile = Scheme::new("a<script>&\"", Policy::new());
    let storm = simulate(&SMALL, &[hostile, Scheme::aws()]).unwrap();
    for svg in [storm.svg(), storm.svg_for_page()] {
        assert!(
            svg.contains("<title id=") && svg.contains("<desc id=") && svg.contains("role=\"img\"")
        );
        assert!(!svg.contains("<script") && svg.contains("a&lt;script&gt;&amp;&quot;"));
        assert!(svg.contains("AWS, standard mode: recovered"));
    }
    assert!(storm.svg().contains("prefers-color-scheme:dark"));
    assert!(!storm.svg_for_page().contains("<style"), "a page forbids styles inside of elements");
}
