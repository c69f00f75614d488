//! Window steps, run on a breaker in shadow mode, which counts and never opens.

use std::time::Duration;

use retry_runtime::breaker::{BreakerSettings, Machine, Mode, Outcome, Window};
use serde_norway::Value;

use super::{millis, number, run};

#[test]
fn window_vectors() {
    run(include_str!("../../vectors/window.yaml"), &[], |vector| {
        match vector["steps"].as_sequence() {
            Some(steps) => self::steps(&vector["cfg"]["window"], steps),
            None => a_small_window_lowers_the_minimum(vector),
        }
    });
}

fn window(cfg: &Value) -> Window {
    match cfg["count"].as_u64() {
        Some(calls) => Window::Count(calls as u32),
        None => Window::Time(millis(&cfg["time_ms"]).unwrap()),
    }
}

/// Our window keeps no durations, so `sum_ms`, `avg_ms` and the split of slow calls are not compared.
fn steps(cfg: &Value, steps: &[Value]) {
    let mut machine = Machine::new(BreakerSettings::new().window(window(cfg)).min_calls(1));
    let mut now = Duration::ZERO;
    machine.shadow(now);
    for step in steps {
        now += millis(&step["adv_ms"]).unwrap_or_default();
        if let Some(call) = step["rec"].as_str() {
            let (call, _) = call.split_once('@').unwrap_or((call, ""));
            let failed = call.ends_with("fail");
            let outcome = if failed { Outcome::Failure } else { Outcome::Success };
            let ticket = machine.admit(now).unwrap();
            machine.record(now, ticket, outcome, call.starts_with("slow"));
        }
        let figures = machine.figures(now);
        let percent = figures.failure_rate.unwrap_or(0.0) * 100.0;
        for (name, shown) in [
            ("total", f64::from(figures.calls)),
            ("ok", f64::from(figures.successes())),
            ("failed", f64::from(figures.failures)),
            ("slow", f64::from(figures.slow)),
            ("fail_pct", percent),
        ] {
            if let Some(expected) = number(&step[name]) {
                assert!((shown - expected).abs() < 1e-4, "{name}: {shown} in {step:?}");
            }
        }
    }
}

fn a_small_window_lowers_the_minimum(vector: &Value) {
    let cfg = &vector["cfg"];
    let min = cfg["min_calls"].as_u64().unwrap() as u32;
    let effective = vector["expect"]["effective_min_calls"].as_u64().unwrap();
    let settings = BreakerSettings::new().window(window(&cfg["window"])).min_calls(min);
    let mut machine = Machine::new(settings);
    for call in 1..=effective {
        assert_eq!(machine.mode(Duration::ZERO), Mode::Closed, "before call {call}");
        let ticket = machine.admit(Duration::ZERO).unwrap();
        machine.record(Duration::ZERO, ticket, Outcome::Failure, false);
    }
    assert_eq!(machine.mode(Duration::ZERO), Mode::Open);
}
