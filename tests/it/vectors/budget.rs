//! Budget steps, run on a budget with a stopped clock. Delays are tested in `calls/delays.rs`.

use std::sync::OnceLock;
use std::time::Instant;

use retry_runtime::Kind;
use retry_runtime::budget::{Budget, BudgetSettings, Charge, Refund, Withdrawal};
use serde_norway::Value;

use super::{number, run};

const SKIPPED: [(&str, &str); 1] =
    [("BU-035", "repairs a floating-point state; ours uses integers")];

#[test]
fn budget_vectors() {
    run(include_str!("../../vectors/budget.yaml"), &SKIPPED, |vector| {
        match vector["id"].as_str().unwrap() {
            "BU-005" => successes_refill(vector),
            "BU-034" => fractions_add_up(vector),
            "BU-050" => grpc_calls(vector),
            "BU-051" => grpc_steps(vector),
            _ => aws_steps(vector),
        }
    });
}

fn at_rest(settings: BudgetSettings) -> Budget {
    fn clock() -> Instant {
        static NOW: OnceLock<Instant> = OnceLock::new();
        *NOW.get_or_init(Instant::now)
    }
    Budget::new(settings).with_clock(clock)
}

/// The AWS token bucket of a `cfg`.
fn aws(cfg: &Value) -> Budget {
    let cost = &cfg["cost"];
    let cost_of = |names: &[&str]| names.iter().find_map(|name| number(&cost[*name]));
    let any = cost_of(&["server", "other", "transient", "transient_timeout"]).unwrap();
    let start = number(&cfg["tokens"]).unwrap();
    let capacity = number(&cfg["capacity"]).unwrap_or(start);
    at_rest(
        BudgetSettings::aws()
            .capacity(capacity as u32)
            .start(start)
            .cost(any)
            .throttled_cost(cost_of(&["throttling"]).unwrap_or(any))
            .ambiguous_cost(cost_of(&["transient_timeout"]).unwrap_or(any)),
    )
}

fn kind(error: &str) -> Kind {
    match error {
        "throttling" => Kind::Throttled,
        "transient_timeout" => Kind::Ambiguous,
        _ => Kind::Transient,
    }
}

fn aws_steps(vector: &Value) {
    let budget = aws(&vector["cfg"]);
    let max = vector["cfg"]["max_attempts"].as_u64().unwrap_or(3);
    let (mut attempt, mut retry): (u64, Option<Withdrawal<&Budget>>) = (1, None);
    for step in vector["steps"].as_sequence().unwrap() {
        let event = step["in"].as_str().unwrap();
        let act = if let Some(error) = event.strip_prefix("err:") {
            if let Some(retry) = retry.take() {
                retry.failed();
            }
            if attempt == max {
                "stop_max_attempts"
            } else if let Ok(withdrawal) = budget.try_withdraw(kind(error)) {
                (attempt, retry) = (attempt + 1, Some(withdrawal));
                "retry"
            } else {
                "stop_quota"
            }
        } else {
            match event {
                "acquire other" => retry = budget.try_withdraw(Kind::Transient).ok(),
                "final status 500" => retry.take().unwrap().failed(),
                "other request: first-try success" => budget.deposit_success(),
                "ok" => match retry.take() {
                    Some(retry) => retry.succeeded(),
                    None => budget.deposit_success(),
                },
                _ => panic!("unknown step {event}"),
            }
            "done"
        };
        if !matches!(act, "retry") {
            attempt = 1;
        }
        if let Some(expected) = step["act"].as_str() {
            assert_eq!(act, expected, "{step:?}");
        }
        assert_eq!(budget.available(), number(&step["tokens"]).unwrap(), "{step:?}");
    }
}

fn successes_refill(vector: &Value) {
    let (budget, expect) = (aws(&vector["cfg"]), &vector["expect"]);
    for _ in 0..expect["drained_after_failures"].as_u64().unwrap() {
        budget.try_withdraw(Kind::Ambiguous).unwrap().failed();
    }
    assert!(budget.try_withdraw(Kind::Ambiguous).is_err());
    for _ in 0..expect["then_first_try_successes_to_refill"].as_u64().unwrap() {
        budget.deposit_success();
    }
    assert_eq!(budget.available(), number(&expect["tokens"]).unwrap());
}

/// The peer reports whole tokens; ours reports the fraction too.
fn fractions_add_up(vector: &Value) {
    let cfg = &vector["cfg"];
    let budget = at_rest(
        BudgetSettings::new()
            .capacity(cfg["tokens"].as_u64().unwrap() as u32)
            .start(number(&cfg["start_tokens"]).unwrap())
            .deposit(number(&cfg["success_reward"]).unwrap()),
    );
    for step in vector["steps"].as_sequence().unwrap() {
        budget.deposit_success();
        assert_eq!(budget.available().floor(), number(&step["tokens"]).unwrap());
    }
}

fn grpc(cfg: &Value) -> Budget {
    let tokens = cfg["max_tokens"].as_u64().unwrap() as u32;
    let ratio = number(&cfg["ratio"]).unwrap();
    at_rest(
        BudgetSettings::grpc()
            .capacity(tokens)
            .deposit(ratio)
            .refund(Refund::Tokens(ratio))
            .charge(Charge::Failures { above: f64::from(tokens) / 2.0 }),
    )
}

fn grpc_calls(vector: &Value) {
    let (budget, sequence) = (grpc(&vector["cfg"]), &vector["sequence"]);
    let max = vector["cfg"]["max_attempts"].as_u64().unwrap();
    let works: Vec<u64> = sequence["server_ok_indexes"]
        .as_sequence()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    let mut index = 0;
    for call in sequence["invocations"].as_sequence().unwrap() {
        let (mut attempt, mut retry): (u64, Option<Withdrawal<&Budget>>) = (1, None);
        let result = loop {
            let worked = works.contains(&index);
            index += 1;
            match (worked, retry.take()) {
                (true, Some(retry)) => retry.succeeded(),
                (true, None) => budget.deposit_success(),
                (false, Some(retry)) => retry.failed(),
                (false, None) => budget.deposit_failure(),
            }
            if worked {
                break "ok";
            }
            if attempt == max {
                budget.charge_final(Kind::Transient);
                break "err:R";
            }
            match budget.try_withdraw(Kind::Transient) {
                Ok(withdrawal) => (attempt, retry) = (attempt + 1, Some(withdrawal)),
                Err(_) => break "err:R",
            }
        };
        assert_eq!(result, call["result"].as_str().unwrap(), "{call:?}");
        assert_eq!(index - 1, call["last_index"].as_u64().unwrap(), "{call:?}");
        assert_eq!(budget.available(), number(&call["tokens"]).unwrap(), "{call:?}");
    }
}

fn grpc_steps(vector: &Value) {
    let budget = grpc(&vector["cfg"]);
    for step in vector["steps"].as_sequence().unwrap() {
        let may_retry = match step["in"].as_str().unwrap() {
            "failure" => budget.try_withdraw(Kind::Transient).map(Withdrawal::failed).is_ok(),
            "success" => {
                budget.deposit_success();
                budget.available() > budget.capacity() / 2.0
            }
            _ => budget.available() > budget.capacity() / 2.0,
        };
        assert_eq!(may_retry, step["may_retry"].as_bool().unwrap(), "{step:?}");
        assert_eq!(budget.available(), number(&step["tokens"]).unwrap(), "{step:?}");
    }
}
