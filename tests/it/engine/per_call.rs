//! Settings that each call computes from its arguments.

use std::cell::Cell;
use std::time::Duration;

use retry_runtime::{
    Attempt, CancelToken, Interruption, Jitter, Policy, RetryError, StopReason, observe_blocking,
    retryable, site,
};
use tokio::time::{Instant, sleep};

use super::{Failure, ms, secs};

struct Config {
    retries: usize,
    delay: Duration,
    deadline: Option<Duration>,
    policy: Policy,
}

const CONFIG: Config = Config {
    retries: 2,
    delay: Duration::ZERO,
    deadline: None,
    policy: Policy::new().max(1).base(Duration::ZERO),
};

#[retryable(max = config.retries, base = config.delay)]
fn by_config(config: &Config, made: &Cell<u32>) -> Result<(), Failure> {
    made.set(made.get() + 1);
    Err(Failure::Refused)
}

fn attempts(fails: impl FnOnce(&Cell<u32>) -> bool) -> u32 {
    let made = Cell::new(0);
    assert!(fails(&made));
    made.get()
}

#[test]
fn a_count_and_a_delay_follow_the_argument_in_every_call() {
    for retries in [0, 1, 5, 2] {
        let config = Config { retries, ..CONFIG };
        let made = attempts(|made| by_config(&config, made).is_err());
        assert_eq!(made as usize, retries + 1);
    }
    let site = site(concat!(module_path!(), "::by_config")).expect("linked");
    assert_eq!(*site.policy(), Policy::new(), "the constant part");
}

impl Config {
    #[retryable(policy = self.policy, jitter = none)]
    fn by_policy(&self, made: &Cell<u32>) -> Result<(), Failure> {
        made.set(made.get() + 1);
        Err(Failure::Refused)
    }

    #[retryable(policy = self.policy)]
    async fn by_policy_async(&self, wait: Duration) -> Result<u32, Failure> {
        sleep(wait).await;
        Err(Failure::Refused)
    }

    #[retryable(policy = self.policy, attempt = attempt)]
    fn mutably(&mut self) -> Result<u32, Failure> {
        self.retries += 1;
        if attempt.is_last() { Ok(attempt.number()) } else { Err(Failure::Refused) }
    }

    /// Its error cannot tell an interruption.
    #[retryable(policy = self.policy, on = any)]
    async fn of_plain_error(&self, wait: Duration) -> Result<u32, String> {
        sleep(wait).await;
        Ok(7)
    }

    #[retryable(deadline = self.deadline, base = self.delay, attempts = unlimited, jitter = none)]
    async fn until(&self) -> Result<u32, Failure> {
        sleep(ms(400)).await;
        Err(Failure::Refused)
    }

    #[retryable(max = Self::RETRIES, base = "0s")]
    fn by_constant_of_the_type(made: &Cell<u32>) -> Result<(), Failure> {
        made.set(made.get() + 1);
        Err(Failure::Refused)
    }

    const RETRIES: u32 = 4;
}

#[test]
fn a_policy_of_the_call_is_where_the_arguments_start() {
    let config = Config { policy: CONFIG.policy.max(3).jitter(Jitter::Equal), ..CONFIG };
    assert_eq!(attempts(|made| config.by_policy(made).is_err()), 4);
    assert_eq!(attempts(|made| CONFIG.by_policy(made).is_err()), 2);
    assert_eq!(attempts(|made| Config::by_constant_of_the_type(made).is_err()), 5);
}

#[test]
fn a_receiver_that_is_changed_can_be_named_too() {
    let mut config = CONFIG;
    assert_eq!(config.mutably(), Ok(2));
    assert_eq!(config.retries, 4);
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_call_s_policy_cut_its_attempts_off() {
    let policy = CONFIG.policy.max(0).timeout(ms(100)).idempotent(true);
    let config = Config { policy, ..CONFIG };
    let start = Instant::now();
    let cut = Interruption::TimedOut { after: ms(100) };
    assert_eq!(config.by_policy_async(secs(1)).await, Err(Failure::Cut(cut)));
    assert_eq!(start.elapsed(), ms(100));
    let unlimited = CONFIG.by_policy_async(secs(1)).await;
    assert_eq!((unlimited, start.elapsed()), (Err(Failure::Refused), ms(2_100)));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_tell_an_interruption_is_not_cut_off() {
    let config = Config { policy: CONFIG.policy.timeout(ms(1)).idempotent(true), ..CONFIG };
    assert_eq!(config.of_plain_error(secs(1)).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_may_be_an_option() {
    let config = Config { deadline: Some(secs(1)), delay: ms(100), ..CONFIG };
    let start = Instant::now();
    assert_eq!(config.until().await, Err(Failure::Refused));
    assert!(start.elapsed() <= secs(1), "{:?}", start.elapsed());
    assert!(start.elapsed() >= ms(400), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_unlimited_attempts_are_brought_to_the_default() {
    let start = Instant::now();
    assert_eq!(CONFIG.until().await, Err(Failure::Refused));
    assert_eq!(start.elapsed(), ms(4 * 400), "four attempts, as `max` is by default");
}

#[retryable(max = 3, base = base, cap = "1s", factor = factor, on = any, budget = none)]
fn of_values(base: Duration, factor: f64, made: &Cell<u32>) -> Result<(), String> {
    made.set(made.get() + 1);
    Err("no".into())
}

#[test]
fn values_that_make_no_policy_fail_no_call() {
    let virtually = |base, factor| {
        let made = Cell::new(0);
        let (result, report) =
            crate::virtual_time::virtually(|| observe_blocking(|| of_values(base, factor, &made)));
        assert!(result.is_err());
        (made.get(), report.delays().collect::<Vec<_>>())
    };
    let (made, delays) = virtually(secs(9), 0.1);
    assert_eq!(made, 4);
    assert!(delays.iter().all(|delay| *delay <= secs(1)), "{delays:?}");
    assert_eq!(virtually(Duration::ZERO, f64::NAN).0, 4);
    assert_eq!(virtually(Duration::MAX, f64::INFINITY).0, 4);
}

#[retryable(max = 2, base = "0s", idempotent = method == "GET")]
fn by_method(method: &str, made: &Cell<u32>) -> Result<(), Failure> {
    made.set(made.get() + 1);
    Err(Failure::Reset)
}

#[test]
fn idempotency_may_depend_on_the_call() {
    assert_eq!(attempts(|made| by_method("GET", made).is_err()), 3);
    assert_eq!(attempts(|made| by_method("POST", made).is_err()), 1);
}

#[retryable(max = retries, base = "0s", cancel = token, report, breaker)]
async fn with_everything(retries: u32, token: &CancelToken) -> Result<u32, RetryError<Failure>> {
    Err(Failure::Refused)
}

#[tokio::test]
async fn computed_settings_go_together_with_every_other_argument() {
    let error = with_everything(1, &CancelToken::new()).await.unwrap_err();
    assert_eq!((error.report().attempts.len(), error.report().reason), (2, StopReason::Exhausted));
}

#[retryable(max = N, base = "0s")]
fn by_parameter<const N: u32>(made: &Cell<u32>) -> Result<(), Failure> {
    made.set(made.get() + 1);
    Err(Failure::Refused)
}

#[test]
fn a_generic_parameter_can_be_named() {
    assert_eq!(attempts(|made| by_parameter::<0>(made).is_err()), 1);
    assert_eq!(attempts(|made| by_parameter::<3>(made).is_err()), 4);
}

#[retryable(max = { seen.set(seen.get() + 1); 3_u32 }, base = "0s")]
fn evaluated(seen: &Cell<u32>) -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[test]
fn an_expression_is_evaluated_once_for_each_call() {
    let seen = Cell::new(0);
    let _ = evaluated(&seen);
    assert_eq!(seen.get(), 1);
    let _ = evaluated(&seen);
    assert_eq!(seen.get(), 2);
}

#[retryable(max = attempt_limit, base = "0s", attempt = attempt)]
async fn told(attempt_limit: u32) -> Result<Attempt, Failure> {
    Ok(attempt)
}

#[tokio::test]
async fn the_attempt_knows_the_limit_of_its_call() {
    assert_eq!(told(6).await.expect("succeeds at once").limit(), Some(7));
}
