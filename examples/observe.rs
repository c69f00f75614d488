//! Operating a program with retries: `cargo run --example observe`.
//!
//! Eight threads call three functions, a configuration file is loaded half-way, and then the program prints its
//! statistics. It shows that
//!
//! - `stats` and `overview` are always consistent;
//! - `history` has every attempt of the most recent failed calls;
//! - `config::load` changes a running program at once and reports each change;
//! - `explain` shows where each value comes from;
//! - `doctor` finds declarations that the author has forgotten.
//!
//! The program exits with an error if any of this is wrong.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process, thread};

use retry_runtime::{Attempt, Classify, Stats, doctor, history, overview, retryable, sites};

const THREADS: u32 = 8;
const ROUNDS: u32 = 120;

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error("connection refused")]
    #[classify(transient)]
    Refused,
    #[error("the answer was lost")]
    #[classify(ambiguous)]
    Lost,
    #[error("no such item")]
    #[classify(permanent)]
    Unknown,
}

/// Every third call needs two attempts; every seventh call always fails.
#[retryable(max = 1, base = "1ms", budget = none, idempotent, attempt = attempt, name = "prices::load")]
fn load(item: u32) -> Result<u32, ShopError> {
    match item {
        _ if item % 7 == 0 => Err(ShopError::Unknown),
        _ if item % 3 == 0 => refuse(&attempt, 1),
        _ => Ok(100 + item),
    }
}

/// Every fourth call needs three attempts: it fails with `max = 1` and succeeds with `max = 2`.
#[retryable(max = 1, base = "1ms", budget = none, idempotent, attempt = attempt, name = "prices::refresh")]
fn refresh(item: u32) -> Result<u32, ShopError> {
    if item % 4 == 0 { refuse(&attempt, 2) } else { Ok(item) }
}

/// Does not declare whether it is idempotent, and every tenth answer is lost.
#[retryable(max = 3, base = "1ms", name = "billing::charge")]
fn charge(item: u32) -> Result<u32, ShopError> {
    if item % 10 == 0 { Err(ShopError::Lost) } else { Ok(item) }
}

fn refuse(attempt: &Attempt, failures: u32) -> Result<u32, ShopError> {
    if attempt.number() <= failures { Err(ShopError::Refused) } else { Ok(attempt.number()) }
}

const CONFIG: &str = r#"
[defaults]
measure = true                # time every call, including first-try successes

[op."prices::*"]
max = 2
cap = "2ms"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::temp_dir().join(format!("observe-{}.toml", process::id()));
    fs::write(&file, CONFIG)?;
    let applied = run(|| retry_config::load(&file));
    fs::remove_file(&file)?;
    println!("applied half-way:\n{}\n", applied?);

    println!("{}", table());
    let past = history("prices::load").unwrap_or_default();
    let last = past.iter().rfind(|call| call.report.retries() > 0).ok_or("some were retried")?;
    println!("the last of {} recorded calls of prices::load that was retried:", past.len());
    println!("{}", last.report);
    for attempt in &last.report.attempts {
        let error = attempt.error.as_deref().unwrap_or("success");
        let pause = attempt.delay.map_or(String::new(), |it| format!(", then {:.1?}", it.length));
        println!("  attempt {} at {:.1?}: {error}{pause}", attempt.number, attempt.started);
    }
    println!("\n{}", retry_config::explain("prices::refresh")?);
    for diagnosis in doctor() {
        println!("doctor: {diagnosis}");
    }
    check();
    Ok(())
}

/// Makes the calls, and runs `midway` when half of them are done.
fn run<T>(midway: impl FnOnce() -> T) -> T {
    let (half, next) = (Barrier::new(THREADS as usize + 1), AtomicU32::new(0));
    let calls = |rounds: u32| {
        for _ in 0..rounds {
            let item = next.fetch_add(1, Ordering::Relaxed);
            let _ = (load(item), refresh(item), charge(item));
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                calls(ROUNDS / 2);
                half.wait(); // until every thread has done its first half
                half.wait(); // until the configuration is applied
                calls(ROUNDS / 2);
            });
        }
        half.wait();
        let result = midway();
        half.wait();
        result
    })
}

fn table() -> String {
    let mut text = format!(
        "{:<16} {:>6} {:>9} {:>8} {:>7} {:>9} {:>7} {:>11}\n",
        "function", "calls", "first try", "retried", "failed", "attempts", "wasted", "per call"
    );
    let mut rows: Vec<_> = sites().map(|site| (site.name(), site.stats())).collect();
    rows.sort_by_key(|(name, _)| *name);
    rows.push(("all", overview()));
    for (name, stats) in rows {
        let Stats { first_try, after_retry, failed, attempts, wasted, .. } = stats;
        let (calls, ratio) = (stats.calls(), stats.amplification());
        text += &format!(
            "{name:<16} {calls:>6} {first_try:>9} {after_retry:>8} {failed:>7} {attempts:>9} {wasted:>7} {ratio:>11.3}\n"
        );
    }
    text
}

/// Asserts that the numbers are consistent and match the calls made.
fn check() {
    let all = overview();
    let calls = u64::from(THREADS * ROUNDS);
    let sum: Stats = sites().fold(Stats::default(), |mut sum, site| {
        sum.add(&site.stats());
        sum
    });
    assert_eq!((all.calls(), &all), (3 * calls, &sum));
    let outcomes = all.first_try + all.after_retry + all.failed + all.recovered + all.cancelled;
    assert_eq!(all.calls(), outcomes);
    assert_eq!(all.attempts, all.calls() + all.retries());
    assert_eq!(all.attempts, all.failures.total() + all.succeeded());

    // Every fourth refresh failed before the file was loaded, and none after it.
    let refresh = retry_runtime::stats("prices::refresh").expect("the function is linked in");
    assert_eq!((refresh.failed, refresh.after_retry), (calls / 8, calls / 8));
    let found: Vec<_> = doctor().iter().map(|it| it.name).collect();
    // The first two never return a permanent failure; the last does not declare `idempotent`.
    assert_eq!(found, ["prices::refresh", "billing::charge", "billing::charge"]);
}

#[test]
fn the_numbers_of_eight_threads_are_consistent_when_settings_change_half_way() {
    let applied = run(|| retry_config::apply(retry_config::Config::from_toml(CONFIG)?));
    let changes: Vec<_> = applied.expect("a valid file").changes;
    let max = changes.iter().filter(|change| change.setting == "max").count();
    assert_eq!(max, 2, "{changes:?}");
    check();
}
