//! The requirements, one test each, against nginx in front of a small server.

use std::time::Instant;

use retry_examples::bad_server::Answer as Reply;
use retry_examples::lab::alone_async;
use retry_runtime::{Jitter, Policy, live};

use super::tour::{BUSY, OK, attempts_made, ended_with};
use super::*;

/// Runs a test with a proxy, a server behind it that gives these answers, and a client.
fn against(answers: &[Reply], test: impl AsyncFnOnce(Front, Orchestrator)) {
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
    let unavailable = Reply::Whole("503 Service Unavailable", "", "");
    against(&[Reply::HangUp, unavailable, Reply::Silence, OK], async |front, api| {
        assert_eq!(api.get("/agents").await.expect("the fourth attempt succeeds"), "done");
        let log = front.log_after(4).await;
        assert_eq!(log, [502, 503, 504, 200].map(|status| format!("{status} GET /agents")));
        assert_eq!(attempts_made(&api.get("/reset").await), 4);
        drop(front);
        let refused = api.get("/agents").await;
        assert_eq!(attempts_made(&refused), 4);
        assert!(ended_with(&refused, StopReason::Exhausted));
    });
}

#[test]
fn a_cut_off_response_is_a_network_error() {
    against(&[Reply::Cut, OK], async |front, api| {
        assert_eq!(api.get("/agents").await.expect("the second attempt succeeds"), "done");
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
    against(&WRONG.map(|status| Reply::Whole(status, "", "")), async |front, api| {
        for status in WRONG {
            let answer = api.get("/agents").await;
            assert!(
                ended_with(&answer, StopReason::Permanent) && attempts_made(&answer) == 1,
                "{status}"
            );
            let error = answer.expect_err("the call fails").to_string();
            assert!(error.ends_with(&format!("the server answered {status}")), "{error}");
        }
        assert_eq!(front.ledger().requests, 8);
    });
}

#[test]
fn get_delete_start_and_stop_are_retried_after_an_ambiguous_failure() {
    let answers = [Reply::HangUp, OK].repeat(4);
    against(&answers, async |front, api| {
        api.get("/agents").await.expect("the second attempt succeeds");
        api.delete("/agents/tea").await.expect("the second attempt succeeds");
        api.start("/agents/tea").await.expect("the second attempt succeeds");
        api.stop("/agents/tea").await.expect("the second attempt succeeds");
        let log = front.log_after(8).await;
        assert_eq!(log[3], "200 DELETE /agents/tea");
        assert_eq!(log[4..6], ["502 POST /agents/tea/start", "200 POST /agents/tea/start"]);
        assert_eq!(log[6..], ["502 POST /agents/tea/stop", "200 POST /agents/tea/stop"]);
    });
}

#[test]
fn a_creation_is_not_retried_after_an_ambiguous_failure_and_says_so() {
    against(&[Reply::HangUp, Reply::Silence, OK], async |front, api| {
        for path in ["/agents", "/agents", "/reset"] {
            let answer = api.create(path, "tea").await;
            assert!(ended_with(&answer, StopReason::Ambiguous) && attempts_made(&answer) == 1);
            let text = explain(&answer.expect_err("the call fails"));
            assert!(text.ends_with(
                "the request may have taken effect, so it was not retried: check before you repeat it"
            ));
        }
        assert_eq!(front.ledger().requests, 2);
    });
}

#[test]
fn a_creation_is_retried_after_a_refusal_with_a_time_and_not_after_a_bare_503() {
    against(&[BUSY, OK], async |front, api| {
        // The server itself refuses, and says when it will not.
        let answer = api.create("/agents", "tea").await;
        assert_eq!(answer.expect("the second attempt succeeds"), "done");
        assert_eq!(front.log_after(2).await, ["503 POST /agents", "200 POST /agents"]);
        // A proxy's 503 may also come after the server has acted.
        front.maintenance(true).expect("maintenance begins");
        let answer = api.create("/agents", "tea").await;
        front.maintenance(false).expect("maintenance ends");
        assert!(ended_with(&answer, StopReason::Ambiguous) && attempts_made(&answer) == 1);
    });
}

#[test]
fn retry_after_is_respected() {
    against(&[BUSY, OK], async |_front, api| {
        let started = Instant::now();
        api.get("/agents").await.expect("the second attempt succeeds");
        assert!(started.elapsed() >= Duration::from_secs(1));
    });
}

#[test]
fn a_hint_that_is_too_long_or_not_followed_is_reported_to_the_caller() {
    const LATER: Reply = Reply::Whole("503 Service Unavailable", "Retry-After: 3600\r\n", "");
    against(&[LATER, OK], async |front, api| {
        let answer = api.get("/agents").await;
        assert!(ended_with(&answer, StopReason::RetryAfterTooLong) && attempts_made(&answer) == 1);
        let text = explain(&answer.expect_err("the call fails"));
        assert!(text.ends_with("the server asks to retry in 3600s"), "{text}");
        api.get("/limited").await.expect("the first request is below the limit");
        let answer = api.get("/limited").await;
        assert!(ended_with(&answer, StopReason::Permanent) && attempts_made(&answer) == 1);
        let text = explain(&answer.expect_err("the call fails"));
        assert!(text.ends_with("429 Too Many Requests; the server asks to retry in 1s"), "{text}");
        assert_eq!(front.log_after(3).await[2], "429 GET /limited");
    });
}

#[test]
fn a_hanging_proxy_causes_a_timeout() {
    against(&[Reply::Silence], async |_front, api| {
        let short = SHORT.replace("20000", "100");
        retry_config::apply(Config::from_json(&short).expect("good")).expect("good");
        assert_eq!(attempts_made(&api.get("/hang").await), 4);
        let answer = api.create("/hang", "tea").await;
        assert!(ended_with(&answer, StopReason::Ambiguous) && attempts_made(&answer) == 1);
    });
}

#[test]
fn cancellation_ends_a_hanging_request_and_a_sleep_at_once() {
    const LATER: Reply = Reply::Whole("503 Service Unavailable", "Retry-After: 30\r\n", "");
    const SOON: Duration = Duration::from_secs(15);
    against(&[LATER, Reply::Silence], async |front, api| {
        for path in ["/agents", "/hang"] {
            let api = Orchestrator::new(api.url.clone(), CancelToken::new()).expect("a client");
            let started = Instant::now();
            // True once the call sleeps or the server keeps it waiting.
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
            assert!(ended_with(&answer, StopReason::Cancelled), "{answer:?}");
            assert!(was_stuck && cancelled.elapsed() < SOON, "{:?}", started.elapsed());
        }
    });
}

#[test]
fn the_demonstration_passes_its_checks_with_a_stand_in_too() {
    alone_async(false, async || {
        retry_config::apply(Config::from_json(SHORT).expect("good")).expect("good");
        let mut checks = Checks::default();
        tour::all(Front::start, &mut checks).await.expect("a port");
        tour::all(async |answers: &[Reply]| Front::stand_in(answers), &mut checks)
            .await
            .expect("a port");
        assert_eq!(checks.failed(), [""; 0]);
    });
}
