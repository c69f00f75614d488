//! A program with failures and a console: `cargo run -p retry-console --example demo --features tasks`, then open the address that it prints.
//!
//! A shop calls three services of its own: one is healthy, one fails now and then, and one is down for a while each minute. Mails are
//! sent as tasks. `--seconds N` ends the program after N seconds, `--port P` chooses the port, `--token T` the token;
//! `--functions N` declares N more functions, `--live N` makes N calls that wait all the time, `--tasks N` stores N tasks that are due
//! tomorrow, and `--failed N` tasks that fail at once. `--peer ADDRESS` adds another program with a console.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use retry_console::Console;
use retry_runtime::{Classify, Interruption, Policy, retryable};
use retry_tasks::Tasks;

#[derive(Debug, Classify)]
enum ShopError {
    #[classify(transient)]
    Refused(u16),
    #[classify(permanent)]
    Declined,
    #[classify(interruption)]
    Interrupted(Interruption),
}

impl std::fmt::Display for ShopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ShopError::Refused(port) => write!(f, "connection to port {port} refused"),
            ShopError::Declined => write!(f, "the card was declined"),
            ShopError::Interrupted(interruption) => interruption.fmt(f),
        }
    }
}

/// Seconds since the start of the program.
fn second() -> u64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_secs()
}

/// A number that differs from call to call.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33
}

#[retryable(max = 3, base = "200ms", deadline = "20s", name = "shop::stock")]
async fn stock() -> Result<u32, ShopError> {
    Ok(7)
}

/// One of ten fails at the first try, one of a hundred for good.
#[retryable(max = 4, base = "400ms", cap = "5s", idempotent, measure, name = "shop::price")]
async fn price() -> Result<u32, ShopError> {
    match next() % 100 {
        0 => Err(ShopError::Declined),
        1..=10 => Err(ShopError::Refused(8080)),
        _ => Ok(3),
    }
}

/// Down for a third of each minute.
#[retryable(max = 5, base = "1s", cap = "15s", deadline = "2m", breaker("bank", window = count(20), min_calls = 10, open = "8s"), measure, name = "shop::charge")]
async fn charge() -> Result<u32, ShopError> {
    match second() % 60 {
        5..25 => Err(ShopError::Refused(9443)),
        _ => Ok(1),
    }
}

#[retryable(max = 3, base = "1s", deadline = "10m", task, name = "mail::send")]
async fn send(to: String) -> Result<u32, ShopError> {
    match to.len() % 7 {
        0 => Err(ShopError::Refused(25)),
        _ => Ok(250),
    }
}

/// A task of tomorrow.
#[retryable(max = 3, base = "1s", deadline = "10m", task, name = "report::nightly")]
async fn nightly(day: u64) -> Result<u64, ShopError> {
    Ok(day)
}

/// A task that fails at its first attempt.
#[retryable(max = 0, task, name = "mail::bounce")]
async fn bounce(to: u64) -> Result<u64, ShopError> {
    Err(ShopError::Refused(to as u16 % 10))
}

/// Stores many tasks in batches: some that are due tomorrow, and some that fail at once.
async fn store(tasks: &Tasks, later: u64, failing: u64) -> Result<(), retry_tasks::TaskError> {
    const BATCH: usize = 5_000;
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for first in (0..failing).step_by(BATCH) {
        let batch = first..failing.min(first + BATCH as u64);
        tasks.submit_many(batch.map(bounce::task)).await?;
    }
    for first in (0..later).step_by(BATCH) {
        let batch = first..later.min(first + BATCH as u64);
        let delayed = |number| nightly::task(number).delay(DAY + Duration::from_millis(number));
        tasks.submit_many(batch.map(delayed)).await?;
    }
    Ok(())
}

/// Declares many functions and makes many calls that wait, spread over the functions.
fn crowd(functions: u64, calls: u64) {
    const PATIENT: Policy = Policy::new()
        .unlimited()
        .forever()
        .base(Duration::from_secs(20))
        .cap(Duration::from_secs(60));
    for number in 0..functions.max(calls.min(1)) {
        let name = format!("crowd::function_{number:04}");
        let share = calls / functions.max(1);
        for _ in 0..share.max(1) {
            let name = name.clone();
            tokio::spawn(async move {
                let call = PATIENT.retrying_any(|_| async {
                    Err::<(), _>(format!("host {} is down", next() % 50))
                });
                let _ = call.named(&name).await;
            });
        }
    }
}

/// The text behind a flag.
fn flag(name: &str) -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.nth(1)
}

async fn forever<F: Future<Output = ()>>(pause: Duration, mut work: impl FnMut() -> F) {
    loop {
        work().await;
        tokio::time::sleep(pause).await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    second();
    let folder = std::env::temp_dir().join(format!("retry-console-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let tasks = Tasks::sqlite(folder.join("tasks.db"))?;
    let worker = tasks.worker().start()?;

    for _ in 0..8 {
        tokio::spawn(forever(Duration::from_millis(150), || async {
            let _ = stock().await;
            let _ = price().await;
        }));
    }
    for _ in 0..40 {
        tokio::spawn(forever(Duration::from_secs(1), || async {
            let _ = charge().await;
        }));
    }
    let mails = tasks.clone();
    tokio::spawn(async move {
        for number in 0_u64.. {
            let to = format!("{}@example.com", "x".repeat((number % 40) as usize));
            let _ = mails.submit(send::task(to)).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });

    let many = |name: &str| flag(name).map_or(Ok(0), |number| number.parse());
    crowd(many("--functions")?, many("--live")?);
    let (stored, later, failing) = (tasks.clone(), many("--tasks")?, many("--failed")?);
    tokio::spawn(async move {
        if let Err(error) = store(&stored, later, failing).await {
            eprintln!("{error}");
        }
    });

    let port: u16 = flag("--port").map_or(Ok(7600), |port| port.parse())?;
    let mut console = Console::builder().name("shop").version("1.4.0").tasks(&tasks);
    if let Some(token) = flag("--token") {
        console = console.token(token);
    }
    if let Some(peer) = flag("--peer") {
        console = console.peers([peer]);
    }
    let serve = console.build()?.serve(("127.0.0.1", port));
    match flag("--seconds") {
        Some(seconds) => {
            let _ = tokio::time::timeout(Duration::from_secs(seconds.parse()?), serve).await;
        }
        None => serve.await?,
    }
    worker.shutdown(Duration::from_secs(1)).await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
