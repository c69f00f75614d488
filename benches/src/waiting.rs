//! A million calls that wait in their backoff at the same time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::allocator;
use crate::work::{ANSWER, Answer, Failure};

/// The number of waiting calls, unless another one is asked for.
pub const CALLS: u32 = 1_000_000;

/// The pause on the paused clock, too long to end by itself.
pub const PAUSE: Duration = Duration::from_secs(3600);

/// The pause on the real clock, long enough for all calls to fail before the first pause ends.
pub const REAL_PAUSE: Duration = Duration::from_secs(12);

static FAILED: AtomicU32 = AtomicU32::new(0);
static ENDED: AtomicU32 = AtomicU32::new(0);
static UP: AtomicBool = AtomicBool::new(false);

/// Makes one attempt.
///
/// # Errors
/// Fails as long as the service is down.
#[inline(never)]
pub fn attempt() -> Answer {
    if UP.load(Relaxed) {
        return Ok(ANSWER);
    }
    FAILED.fetch_add(1, Relaxed);
    Err(Failure(1))
}

/// A candidate that waits for [`PAUSE`] or [`REAL_PAUSE`] between two attempts.
#[derive(Clone, Copy)]
pub struct Waiter {
    /// The name of the candidate.
    pub candidate: &'static str,
    /// Spawns a call with the long pause; `None` if the candidate's clock does not follow tokio's paused clock.
    pub spawn: Option<fn()>,
    /// Spawns a call with the short pause.
    pub spawn_real: fn(),
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiter").field(&self.candidate).finish()
    }
}

/// `waiter!("candidate", long, real)` takes two functions that return a future; omit `long` if the candidate's clock
/// does not follow tokio's paused clock.
#[macro_export]
macro_rules! waiter {
    ($candidate:expr, $long:expr, $real:expr) => {
        $crate::waiting::Waiter {
            candidate: $candidate,
            spawn: Some(|| $crate::waiting::spawn($long())),
            spawn_real: || $crate::waiting::spawn($real()),
        }
    };
    ($candidate:expr, $real:expr) => {
        $crate::waiting::Waiter {
            candidate: $candidate,
            spawn: None,
            spawn_real: || $crate::waiting::spawn($real()),
        }
    };
}

/// Spawns a call as a task; the counting wrapper is the same for all candidates.
pub fn spawn(call: impl Future<Output = Answer> + Send + 'static) {
    drop(tokio::spawn(Counted { call }));
}

pin_project_lite::pin_project! {
    struct Counted<F> {
        #[pin]
        call: F,
    }
}

impl<F: Future<Output = Answer>> Future for Counted<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        self.project().call.poll(context).map(|answer| {
            assert_eq!(answer, Ok(ANSWER), "every call succeeds at its second attempt");
            ENDED.fetch_add(1, Relaxed);
        })
    }
}

/// Prints the candidates that can wait, with the number of threads.
pub fn list(waiters: &[Waiter]) {
    for waiter in waiters {
        for threads in if waiter.spawn.is_some() { &[1, 2][..] } else { &[2] } {
            println!("waiter\t{threads}\t{}", waiter.candidate);
        }
    }
}

/// Prints the bytes of a waiting call, and the time to start all calls and to finish them.
///
/// # Errors
/// Fails if the candidate does not exist or its clock cannot be paused.
pub fn run(waiters: &[Waiter], candidate: &str, threads: usize, calls: u32) -> Result<(), String> {
    let waiter = waiters.iter().find(|waiter| waiter.candidate == candidate);
    let waiter = waiter.ok_or_else(|| format!("`{candidate}` has no waiter"))?;
    let figures = match (threads, waiter.spawn) {
        (1, Some(spawn)) => stopped_clock(spawn, calls),
        (1, None) => return Err(format!("the clock of `{candidate}` cannot be paused")),
        _ => real_clock(waiter.spawn_real, threads, calls),
    };
    let Figures { bytes, resident, filled, drained, processor } = figures;
    let [bytes, resident] = [bytes, resident].map(|all| all as f64 / f64::from(calls));
    println!(
        "waiting\t{threads}\t{candidate}\t{bytes:.1}\t{resident:.1}\t{:.3}\t{:.3}\t{:.3}",
        filled.as_secs_f64(),
        drained.as_secs_f64(),
        processor.as_secs_f64(),
    );
    Ok(())
}

struct Figures {
    /// Bytes in use per call while all calls wait.
    bytes: i64,
    /// The bytes of memory by which the process has grown.
    resident: i64,
    /// The time until all calls wait.
    filled: Duration,
    /// The time from the end of the pauses until all calls have ended.
    drained: Duration,
    /// The processor time of all threads, for the whole run.
    processor: Duration,
}

/// Runs on one thread with a paused clock, which jumps over the pause, so that all pauses end at once.
fn stopped_clock(spawn: fn(), calls: u32) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime without I/O can be built").block_on(async {
        let (used, before) = (processor_time(), resident());
        allocator::start();
        let started = Instant::now();
        (0..calls).for_each(|_| spawn());
        while FAILED.load(Relaxed) < calls {
            tokio::task::yield_now().await;
        }
        let filled = started.elapsed();
        let (bytes, resident) = (allocator::counts().live, resident() - before);
        allocator::stop();
        UP.store(true, Relaxed);
        tokio::time::pause();
        let started = Instant::now();
        tokio::time::advance(PAUSE + Duration::from_secs(60)).await;
        while ENDED.load(Relaxed) < calls {
            tokio::task::yield_now().await;
        }
        let (drained, processor) = (started.elapsed(), processor_time() - used);
        Figures { bytes, resident, filled, drained, processor }
    })
}

/// Runs on several threads with the real clock.
fn real_clock(spawn: fn(), threads: usize, calls: u32) -> Figures {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).enable_time().build();
    let runtime = runtime.expect("a runtime without I/O can be built");
    let _inside = runtime.enter();
    let (used, before) = (processor_time(), resident());
    allocator::start();
    let started = Instant::now();
    (0..calls).for_each(|_| spawn());
    while FAILED.load(Relaxed) < calls {
        std::thread::sleep(Duration::from_millis(1));
    }
    let filled = started.elapsed();
    assert!(
        filled < REAL_PAUSE,
        "the machine is too busy: the first pauses ended before the last began"
    );
    let (bytes, resident) = (allocator::counts().live, resident() - before);
    allocator::stop();
    UP.store(true, Relaxed);
    while ENDED.load(Relaxed) < calls {
        std::thread::sleep(Duration::from_millis(1));
    }
    let drained = started.elapsed().saturating_sub(REAL_PAUSE);
    Figures { bytes, resident, filled, drained, processor: processor_time() - used }
}

/// The bytes of memory that this process has, with the allocator's own.
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).map(str::parse::<i64>);
    kib.and_then(Result::ok).unwrap_or_default() * 1024
}

/// The processor time of this process, which Linux counts in hundredths of a second.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name, in brackets, and may contain spaces.
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|s| s.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
