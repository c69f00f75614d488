//! Resumed calls: making each attempt separately follows the same rules as one continuous call.

use std::time::Duration;

use retry_runtime::resume::{self, Next, Paid, Standing, Step};
use retry_runtime::{
    Attempt, CallId, Class, Classify, Failures, Kind, Site, Stats, StopReason, clear, history,
    observe, retryable, site, stats,
};

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

/// Fails with the listed kinds, one per attempt, and then succeeds.
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

/// Makes each attempt separately; returns the pauses and the stop reason.
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
        failures: Failures::default(),
        call_id: CallId::unique(),
    }
}

#[tokio::test(start_paused = true)]
async fn separate_attempts_follow_the_rules_of_a_continuous_call() {
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
fn the_calls_own_limit_is_respected() {
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

/// Like [`play`], for the tests of the counters.
#[retryable(max = 2, jitter = none, budget = none, idempotent, attempt = attempt, task,
    name = "resumed::counted")]
async fn counted(kinds: Vec<Kind>) -> Result<u128, Trouble> {
    if kinds.is_empty() { std::future::pending().await } else { act(&kinds[1..], attempt) }
}

fn counted_site() -> &'static Site {
    site("resumed::counted").expect("declared above")
}

/// The statistics of `counted`; asserts that they are consistent.
fn counts() -> Stats {
    let stats = stats("resumed::counted").expect("declared above");
    assert_eq!(stats.attempts, stats.calls() - stats.unattempted + stats.retries(), "{stats:?}");
    stats
}

fn remembered() -> usize {
    history("resumed::counted").expect("declared above").len()
}

/// Makes the attempts of a call that fails `failures` times, each separately.
async fn fails(failures: usize) -> (Stats, Standing) {
    let (mut standing, kinds) = (start(), vec![Kind::Transient; failures + 1]);
    loop {
        let call = counted(kinds.clone());
        let (_, step) = resume::resume(counted_site(), standing, Paid::default(), call).await;
        match step.expect("the function was called").next {
            Next::Again(_) => {
                standing.attempts += 1;
                *standing.failures.of(Kind::Transient) += 1;
                let waiting = counts();
                assert_eq!((waiting.calls(), waiting.attempts), (0, 0), "it has not ended");
                assert_eq!(remembered(), 0);
            }
            _ => return (counts(), standing),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_call_is_counted_once_with_all_its_attempts_when_it_ends() {
    let (stats, _) = fails(0).await;
    assert_eq!((stats.calls(), stats.first_try, stats.attempts, stats.cancelled), (1, 1, 1, 0));
    clear("resumed::counted");

    let (stats, _) = fails(2).await;
    assert_eq!((stats.calls(), stats.after_retry, stats.attempts, stats.cancelled), (1, 1, 3, 0));
    assert_eq!((stats.retries_by_number, stats.success_by_attempt), (vec![1, 1], vec![0, 0, 1]));
    assert_eq!((stats.failures.transient, stats.wasted), (2, 0));
    clear("resumed::counted");

    let (stats, _) = fails(9).await;
    assert_eq!((stats.calls(), stats.failed, stats.attempts, stats.cancelled), (1, 1, 3, 0));
    assert_eq!((stats.reasons.exhausted, stats.failures.transient, stats.wasted), (1, 3, 2));
    assert_eq!(remembered(), 1);
    clear("resumed::counted");

    // Interrupted, as by a worker that shuts down: the call continues elsewhere.
    let broken_off = resume::resume(counted_site(), start(), Paid::default(), counted(Vec::new()));
    assert!(tokio::time::timeout(Duration::from_secs(1), broken_off).await.is_err());
    assert_eq!(counts(), Stats::default());

    // Ended without the result of an attempt: the last one was lost, or the call was cancelled before the first.
    let mut standing = Standing { attempts: 2, ..start() };
    standing.failures.ambiguous = 2;
    resume::ended(counted_site(), &standing, StopReason::Ambiguous);
    resume::ended(counted_site(), &start(), StopReason::Cancelled);
    let stats = counts();
    assert_eq!((stats.calls(), stats.failed, stats.cancelled, stats.unattempted), (2, 1, 1, 1));
    assert_eq!((stats.attempts, stats.failures.ambiguous), (2, 2));
    clear("resumed::counted");
}
