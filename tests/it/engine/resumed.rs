//! A call whose attempts are made apart follows the rules of one that is waited for.

use std::time::Duration;

use retry_runtime::resume::{self, Next, Paid, Standing, Step};
use retry_runtime::{Attempt, CallId, Class, Classify, Kind, StopReason, observe, retryable, site};

#[derive(Debug)]
struct Trouble(Class);

impl Classify for Trouble {
    fn classify(&self) -> Class {
        self.0
    }
}

fn trouble(kind: Kind) -> Result<u128, Trouble> {
    Err(Trouble(kind.into()))
}

/// Fails in the ways that are listed, attempt by attempt, and then succeeds.
#[retryable(max = 3, jitter = none, budget = none, idempotent = false, attempt = attempt, task,
    name = "resumed::play")]
async fn play(kinds: Vec<Kind>) -> Result<u128, Trouble> {
    act(&kinds, attempt)
}

fn act(kinds: &[Kind], attempt: Attempt) -> Result<u128, Trouble> {
    match kinds.get(attempt.number() as usize - 1) {
        Some(kind) => trouble(*kind),
        None => Ok(attempt.call_id().as_u128()),
    }
}

/// The pauses and the reason, made attempt by attempt, each in a call of its own.
async fn apart(kinds: &[Kind]) -> (Vec<Duration>, StopReason) {
    let site = site("resumed::play").expect("declared above");
    let (mut standing, mut pauses) = (start(), Vec::new());
    loop {
        let call = play(kinds.to_vec());
        let (out, step) = resume::resume(site, standing, Paid::default(), call).await;
        let Step { attempt, next } = step.expect("the function was called");
        assert_eq!(attempt.map(|attempt| attempt.number), Some(standing.attempts + 1));
        if let Ok(id) = out {
            assert_eq!(id, standing.call_id.as_u128(), "every attempt has the call's identifier");
        }
        match next {
            Next::Stop(reason) => return (pauses, reason),
            Next::Again(delay) => {
                pauses.push(delay.length);
                standing.attempts += 1;
                standing.previous = Some(delay.length);
            }
            Next::Refused(_) => panic!("there is no breaker"),
        }
    }
}

fn start() -> Standing {
    Standing {
        attempts: 0,
        elapsed: Duration::ZERO,
        remaining: None,
        previous: None,
        last_kind: None,
        call_id: CallId::unique(),
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_made_apart_follow_the_rules_of_a_call_that_waits() {
    use Kind::{Ambiguous, Overloaded, Permanent, Throttled, Transient};
    let scripts: [&[Kind]; 7] = [
        &[],
        &[Transient, Throttled],
        &[Transient; 9],
        &[Transient, Permanent],
        &[Ambiguous],
        &[Overloaded],
        &[Throttled, Transient, Transient],
    ];
    for kinds in scripts {
        let (_, report) = observe(play(kinds.to_vec())).await;
        let waited = (report.delays().collect::<Vec<_>>(), report.reason);
        assert_eq!(apart(kinds).await, waited, "{kinds:?}");
    }
}

#[test]
fn a_limit_of_the_calls_own_is_kept() {
    let site = site("resumed::play").expect("declared above");
    let judge = |attempts, remaining| {
        let remaining = Some(Duration::from_secs(remaining));
        let standing = Standing { attempts, remaining, ..start() };
        resume::judge(site, &standing, Class::new(Kind::Transient))
    };
    assert!(matches!(judge(1, 2), Next::Again(delay) if delay.length == Duration::from_secs(1)));
    assert_eq!(judge(2, 1), Next::Stop(StopReason::Deadline));
    assert_eq!(judge(4, 60), Next::Stop(StopReason::Exhausted));
    let lost = resume::judge(site, &start(), Class::new(Kind::Ambiguous));
    assert_eq!(lost, Next::Stop(StopReason::Ambiguous));
}
