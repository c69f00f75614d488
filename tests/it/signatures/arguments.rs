//! The arguments of the attribute that set the policy, on sync and async functions.

use std::time::Duration;

use retry_runtime::{Backoff, Interruption, Jitter, Kind, Kinds, Policy, observe, retryable};

use super::support::{E, Runs, block_on};

#[retryable(max = 2, base = "0s")]
fn max(runs: &Runs) -> Result<u32, E> {
    runs.fail(9)
}

const MOST: u32 = 2;

#[retryable(max = MOST, base = "0s")]
async fn max_const(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(9).await
}

#[retryable(attempts = 2, base = "0s")]
fn attempts(runs: &Runs) -> Result<u32, E> {
    runs.fail(9)
}

#[retryable(attempts = MOST + 1, base = "0s")]
async fn attempts_const(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(9).await
}

#[retryable(attempts = unlimited, base = "1s", jitter = none, deadline = "1h")]
async fn unlimited(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(9).await
}

#[retryable(base = "2s", factor = 3.0, cap = "5s", jitter = none)]
async fn delays(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

const BASE: Duration = Duration::from_secs(1);

#[retryable(base = BASE, factor = 2, cap = Duration::from_secs(3), jitter = Jitter::None)]
async fn delays_const(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(base = "0s", factor = 2.0, cap = "1ms", jitter = equal)]
fn delays_sync(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(backoff = fixed, base = "1s", jitter = none)]
async fn fixed(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(backoff = linear, base = "1s", jitter = none)]
async fn linear(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(backoff = fibonacci, base = "1s", jitter = none)]
async fn fibonacci(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(backoff = Backoff::Fixed, base = "1s", jitter = none)]
async fn backoff_const(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(backoff = ["100ms", "1s", BASE], jitter = none)]
async fn listed(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(3).await
}

#[retryable(max = 4, backoff = ["0s", "1ms"], jitter = equal)]
fn listed_sync(runs: &Runs) -> Result<u32, E> {
    runs.fail(4)
}

#[retryable(base = "1s", jitter = proportional(0.5))]
async fn proportional(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "1s", jitter = additive(1))]
async fn additive(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s", jitter = decorrelated)]
fn decorrelated(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", deadline = "1m")]
fn deadline_sync(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "1s", jitter = none, deadline = "5s")]
async fn deadline(runs: &Runs) -> Result<u32, E> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    runs.fail_later(9).await
}

#[retryable(base = "1s", timeout = "1s", idempotent)]
async fn timeout(runs: &Runs) -> Result<u32, E> {
    if let Err(error) = runs.fail(2) {
        std::future::pending::<()>().await;
        return Err(error);
    }
    Ok(runs.count())
}

#[retryable(base = "1s", timeout = "1s", idempotent = false)]
async fn timeout_once(runs: &Runs) -> Result<u32, E> {
    let _ = runs.fail(0);
    std::future::pending().await
}

#[retryable(base = "0s", on = Transient | Throttled)]
fn on(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", on = Throttled)]
async fn on_another(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s", on = Transient | Ambiguous)]
async fn on_ambiguous(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(1).await?;
    if runs.count() < 4 { Err(E::Cut(Interruption::DeadlinePassed)) } else { Ok(runs.count()) }
}

const KINDS: Kinds = Kinds::NONE.with(Kind::Transient);

#[retryable(base = "0s", on = KINDS)]
fn on_const(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", on = Kinds::NONE.with(Kind::Throttled))]
async fn on_expression(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

const REPEATABLE: bool = true;

#[retryable(base = "0s", idempotent = REPEATABLE)]
fn idempotent(runs: &Runs) -> Result<u32, E> {
    runs.fail(2).map_err(|_| E::Cut(Interruption::DeadlinePassed))
}

#[retryable(base = "0s", name = "arguments::named")]
fn named(runs: &Runs) -> Result<u32, E> {
    runs.fail(1)
}

const NAME: &str = "arguments::named_by_a_constant";

#[retryable(base = "0s", name = NAME)]
async fn named_const(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(1).await
}

const PATIENT: Policy = Policy::new().max(5).base(Duration::ZERO);
mod presets {
    pub(super) const IMPATIENT: retry_runtime::Policy = super::PATIENT.max(2);
}

const STRICT: Policy = PATIENT.timeout(Duration::from_secs(1)).idempotent(true);

#[retryable(policy = PATIENT)]
fn policy(runs: &Runs) -> Result<u32, E> {
    runs.fail(9)
}

#[retryable(policy = self::presets::IMPATIENT, max = 1)]
#[allow(unused_qualifications)]
async fn policy_overridden(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(9).await
}

#[retryable(policy = STRICT)]
async fn policy_with_limits(runs: &Runs) -> Result<u32, E> {
    if runs.fail(2).is_err() {
        std::future::pending::<()>().await;
    }
    Ok(runs.count())
}

#[retryable(policy = PATIENT, on = any)]
async fn policy_without_limits<T>(runs: &Runs, value: &T) -> Result<u32, &'static str>
where
    T: Sync,
{
    let _ = value;
    runs.fail_later(9).await.map_err(|_| "no From<Interruption>, no Classify")
}

#[retryable(base = "0s", docs = false)]
fn undocumented(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

mod reexported {
    pub(super) mod deep {
        pub(crate) use retry_runtime as again;
    }
}

#[retryable(base = "0s", crate = self::reexported::deep::again)]
fn elsewhere(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", crate = "reexported::deep::again", jitter = full)]
async fn elsewhere_async(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

fn runs_of(call: impl Fn(&Runs) -> Result<u32, E>) -> u32 {
    let runs = Runs::new();
    let _ = call(&runs);
    runs.count()
}

#[test]
fn policies_apply_to_sync_functions() {
    assert_eq!(runs_of(max), 3);
    assert_eq!(runs_of(attempts), 2);
    assert_eq!(runs_of(delays_sync), 3);
    assert_eq!(runs_of(listed_sync), 5);
    assert_eq!(runs_of(decorrelated), 3);
    assert_eq!(runs_of(deadline_sync), 3);
    assert_eq!(runs_of(on), 3);
    assert_eq!(runs_of(on_const), 3);
    assert_eq!(runs_of(idempotent), 3);
    assert_eq!(runs_of(named), 2);
    assert_eq!(runs_of(policy), 6);
    assert_eq!(runs_of(undocumented), 3);
    assert_eq!(runs_of(elsewhere), 3);
    assert!(retry_runtime::site("arguments::named").is_some());
    assert!(retry_runtime::site(NAME).is_some());
}

/// Makes one call on a paused clock; returns the number of runs of the body and the seconds slept.
macro_rules! seconds {
    ($call:ident) => {{
        let runs = Runs::new();
        let (_, report) = observe($call(&runs)).await;
        let slept: f64 = report
            .attempts
            .iter()
            .filter_map(|attempt| attempt.delay)
            .map(|delay| delay.length.as_secs_f64())
            .sum();
        (runs.count(), slept)
    }};
}

#[test]
fn policies_apply_to_async_functions() {
    block_on(async {
        assert_eq!(seconds!(max_const), (3, 0.0));
        assert_eq!(seconds!(attempts_const), (3, 0.0));
        assert_eq!(seconds!(unlimited).0, 10);
        assert_eq!(seconds!(delays), (4, 2.0 + 5.0 + 5.0));
        assert_eq!(seconds!(delays_const), (4, 1.0 + 2.0 + 3.0));
        assert_eq!(seconds!(fixed), (4, 3.0));
        assert_eq!(seconds!(linear), (4, 1.0 + 2.0 + 3.0));
        assert_eq!(seconds!(fibonacci), (4, 1.0 + 1.0 + 2.0));
        assert_eq!(seconds!(backoff_const), (4, 3.0));
        assert_eq!(seconds!(listed), (4, 0.1 + 1.0 + 1.0));
        let (runs, slept) = seconds!(proportional);
        assert!(runs == 3 && (1.5..=4.5).contains(&slept), "{}", slept);
        let (runs, slept) = seconds!(additive);
        assert!(runs == 3 && (3.0..=6.0).contains(&slept), "{}", slept);
        assert_eq!(seconds!(deadline).0, 1);
        assert_eq!(seconds!(timeout).0, 3);
        assert_eq!(seconds!(timeout_once), (1, 0.0));
        assert_eq!(seconds!(on_another), (1, 0.0));
        assert_eq!(seconds!(on_ambiguous), (4, seconds!(on_ambiguous).1));
        assert_eq!(seconds!(on_expression), (1, 0.0));
        assert_eq!(seconds!(named_const), (2, 0.0));
        assert_eq!(seconds!(policy_overridden), (2, 0.0));
        assert_eq!(seconds!(policy_with_limits).0, 3);
        assert_eq!(seconds!(elsewhere_async), (3, 0.0));
        let runs = Runs::new();
        assert!(policy_without_limits(&runs, &1).await.is_err());
        assert_eq!(runs.count(), 6);
    });
}
