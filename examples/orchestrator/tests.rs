//! What the program has to do, line by line, against nginx in front of a small server.

use std::time::Instant;

use retry_examples::bad_server::Answer as Say;
use retry_examples::lab::alone_async;
use retry_runtime::{Jitter, Policy, live};

use super::tour::{BUSY, OK, ended, made};
use super::*;

/// A front with a server behind it that answers in this way, and a client of it.
fn against(answers: &[Say], test: impl AsyncFnOnce(Front, Orchestrator)) {
    alone_async(false, async || {
        retry_config::apply(Config::from_json(SHORT).expect("good")).expect("good");
        let front = Front::start(answers).await.expect("a port");
        let api = Orchestrator::new(front.url(), CancelToken::new()).expect("a client");
        test(front, api).await;
    });
}

#[test]
fn retries_base_and_cap_come_from_json_and_no_delay_is_longer_than_the_cap() {
    let policy = Config::from_json(SETTINGS).expect("good").defaults.policy().expect("good");
    let longest = |policy: Policy| policy.schedule().map(|delay| delay.longest).collect::<Vec<_>>();
    assert_eq!(longest(policy), [500, 1000, 2000].map(Duration::from_millis));
    let (cap, patient) = (Duration::from_secs(10), policy.max(50).jitter(Jitter::Additive(0.25)));
    assert_eq!(longest(patient).into_iter().max(), Some(cap));
    assert!((0..100).all(|seed| patient.delays(seed).all(|delay| delay <= cap)));
}

#[test]
fn network_errors_and_502_503_and_504_are_retried() {
    let unavailable = Say::Whole("503 Service Unavailable", "", "");
    against(&[Say::HangUp, unavailable, Say::Silence, OK], async |front, api| {
        assert_eq!(api.get("/agents").await.expect("the fourth time"), "done");
        let books = front.books_of(4).await;
        assert_eq!(books, [502, 503, 504, 200].map(|status| format!("{status} GET /agents")));
        assert_eq!(made(&api.get("/reset").await), 4);
        drop(front);
        let refused = api.get("/agents").await;
        assert_eq!(made(&refused), 4);
        assert!(ended(&refused, StopReason::Exhausted));
    });
}

#[test]
fn an_answer_that_breaks_off_is_a_network_error() {
    against(&[Say::Cut, OK], async |front, api| {
        assert_eq!(api.get("/agents").await.expect("the second time"), "done");
        assert_eq!(front.ledger().requests, 2);
    });
}

#[test]
fn no_4xx_and_no_500_is_ever_retried() {
    const WRONG: [&str; 8] = [
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "408 Request Timeout",
        "409 Conflict",
        "425 Too Early",
        "429 Too Many Requests",
        "500 Internal Server Error",
    ];
    against(&WRONG.map(|status| Say::Whole(status, "", "")), async |front, api| {
        for status in WRONG {
            let answer = api.get("/agents").await;
            assert!(ended(&answer, StopReason::Permanent) && made(&answer) == 1, "{status}");
            let error = answer.expect_err("it is refused").to_string();
            assert!(error.ends_with(&format!("it answered {status}")), "{error}");
        }
        assert_eq!(front.ledger().requests, 8);
    });
}

#[test]
fn get_delete_start_and_stop_are_repeated_after_a_failure_that_may_have_taken_effect() {
    let answers = [Say::HangUp, OK].repeat(4);
    against(&answers, async |front, api| {
        api.get("/agents").await.expect("the second time");
        api.delete("/agents/tea").await.expect("the second time");
        api.start("/agents/tea").await.expect("the second time");
        api.stop("/agents/tea").await.expect("the second time");
        let books = front.books_of(8).await;
        assert_eq!(books[3], "200 DELETE /agents/tea");
        assert_eq!(books[4..6], ["502 POST /agents/tea/start", "200 POST /agents/tea/start"]);
        assert_eq!(books[6..], ["502 POST /agents/tea/stop", "200 POST /agents/tea/stop"]);
    });
}

#[test]
fn a_creation_is_never_repeated_after_such_a_failure_and_says_so() {
    against(&[Say::HangUp, Say::Silence, OK], async |front, api| {
        for path in ["/agents", "/agents", "/reset"] {
            let answer = api.create(path, "tea").await;
            assert!(ended(&answer, StopReason::Ambiguous) && made(&answer) == 1);
            let said = explain(&answer.expect_err("it fails"));
            assert!(said.ends_with(
                "it may have been done all the same, so it was not repeated: look first"
            ));
        }
        assert_eq!(front.ledger().requests, 2);
    });
}

#[test]
fn a_creation_that_was_certainly_not_done_is_repeated() {
    against(&[OK], async |front, api| {
        front.maintenance(true).expect("a sign");
        let end = async {
            front.books_of(1).await;
            front.maintenance(false).expect("no sign");
        };
        let patient = SHORT.replace("\"max_retries\": 3", "\"max_retries\": 100");
        retry_config::apply(Config::from_json(&patient).expect("good")).expect("good");
        let (answer, ()) = tokio::join!(api.create("/agents", "tea"), end);
        assert_eq!(answer.expect("after the maintenance"), "done");
        assert_eq!(front.ledger().orders, 1);
        assert_eq!(front.books_of(1).await[0], "503 POST /agents");
    });
}

#[test]
fn retry_after_is_respected() {
    against(&[BUSY, OK], async |_front, api| {
        let started = Instant::now();
        api.get("/agents").await.expect("the second time");
        assert!(started.elapsed() >= Duration::from_secs(1));
    });
}

#[test]
fn a_wish_that_is_too_long_or_not_fulfilled_is_told_to_the_caller() {
    const LATER: Say = Say::Whole("503 Service Unavailable", "Retry-After: 3600\r\n", "");
    against(&[LATER, OK], async |front, api| {
        let answer = api.get("/agents").await;
        assert!(ended(&answer, StopReason::RetryAfterTooLong) && made(&answer) == 1);
        let said = explain(&answer.expect_err("it is refused"));
        assert!(said.ends_with("it asks to come again in 3600s"), "{said}");
        api.get("/limited").await.expect("the first one is let through");
        let answer = api.get("/limited").await;
        assert!(ended(&answer, StopReason::Permanent) && made(&answer) == 1);
        let said = explain(&answer.expect_err("it is refused"));
        assert!(said.ends_with("429 Too Many Requests; it asks to come again in 1s"), "{said}");
        assert_eq!(front.books_of(3).await[2], "429 GET /limited");
    });
}

#[test]
fn a_front_that_hangs_runs_into_the_timeout() {
    against(&[Say::Silence], async |_front, api| {
        let short = SHORT.replace("20000", "100");
        retry_config::apply(Config::from_json(&short).expect("good")).expect("good");
        assert_eq!(made(&api.get("/hang").await), 4);
        let answer = api.create("/hang", "tea").await;
        assert!(ended(&answer, StopReason::Ambiguous) && made(&answer) == 1);
    });
}

#[test]
fn cancellation_ends_a_request_that_hangs_and_a_sleep_at_once() {
    const LATER: Say = Say::Whole("503 Service Unavailable", "Retry-After: 30\r\n", "");
    const SOON: Duration = Duration::from_secs(15);
    against(&[LATER, Say::Silence], async |front, api| {
        for path in ["/agents", "/hang"] {
            let api = Orchestrator::new(api.url.clone(), CancelToken::new()).expect("a client");
            let started = Instant::now();
            // Until the call sleeps, or the server keeps it waiting.
            let is_stuck = || match path {
                "/hang" => front.ledger().requests == 2,
                _ => live::calls().iter().any(live::LiveCall::is_waiting),
            };
            let cancel = async {
                while !is_stuck() && started.elapsed() < SOON {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                let is_stuck = is_stuck();
                api.stop.cancel();
                (is_stuck, Instant::now())
            };
            let (answer, (was_stuck, cancelled)) = tokio::join!(api.get(path), cancel);
            assert!(ended(&answer, StopReason::Cancelled), "{answer:?}");
            assert!(was_stuck && cancelled.elapsed() < SOON, "{:?}", started.elapsed());
        }
    });
}

#[test]
fn the_demonstration_keeps_its_promises_with_a_stand_in_too() {
    alone_async(false, async || {
        retry_config::apply(Config::from_json(SHORT).expect("good")).expect("good");
        let mut promises = Promises::default();
        tour::all(Front::start, &mut promises).await.expect("a port");
        tour::all(async |answers: &[Say]| Front::stand_in(answers), &mut promises)
            .await
            .expect("a port");
        assert_eq!(promises.broken(), [""; 0]);
    });
}
