//! The work that every candidate retries, with the same outcomes for all.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use retry_runtime::{Class, Classify, Interruption, Kind};

/// The maximum number of retries of every candidate.
pub const RETRIES: u32 = 3;

/// The pause in the cases with a timer: one tick of tokio's timer.
pub const PAUSE: Duration = Duration::from_millis(1);

/// The value of a successful attempt.
pub const ANSWER: u32 = 7;

/// The outcome of an attempt and of a call.
pub type Answer = Result<u32, Failure>;

/// A failure with a status-like number; some numbers are worth a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub u32);

impl Failure {
    /// Whether the failure is worth a retry; every candidate asks before it retries.
    #[inline]
    pub fn is_transient(&self) -> bool {
        self.0 < 500
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "failure {}", self.0)
    }
}

impl std::error::Error for Failure {}

impl Classify for Failure {
    #[inline]
    fn classify(&self) -> Class {
        if self.is_transient() { Kind::Transient.into() } else { Kind::Permanent.into() }
    }
}

/// The failure for an open breaker, an empty budget or a deadline; no case reaches these.
impl From<Interruption> for Failure {
    fn from(_: Interruption) -> Self {
        Failure(599)
    }
}

/// The argument of each candidate. Each thread has a script of its own, on its own cache line.
#[derive(Debug)]
#[repr(align(128))]
pub struct Script {
    /// The number of next attempts that fail. Atomic because some peers require `Send` futures; relaxed loads and stores are
    /// plain moves.
    failing: AtomicU32,
    /// The retries that a caller asks for: [`RETRIES`].
    pub retries: u32,
    /// The pause that a caller asks for: none.
    pub base: Duration,
}

impl Script {
    /// Creates a script for a thread that lives as long as the process.
    pub fn leaked() -> &'static Script {
        let failing = AtomicU32::new(0);
        Box::leak(Box::new(Script { failing, retries: RETRIES, base: Duration::ZERO }))
    }

    /// Makes the next attempts fail.
    #[inline]
    pub fn fail(&self, attempts: u32) {
        self.failing.store(attempts, Relaxed);
    }

    /// Whether all planned failures have happened.
    pub fn is_done(&self) -> bool {
        self.failing.load(Relaxed) == 0
    }
}

/// Makes one attempt. Never inlined, because work worth retrying is a real call.
///
/// # Errors
/// Fails as often as the script says.
#[inline(never)]
pub fn attempt(script: &Script) -> Answer {
    match black_box(script.failing.load(Relaxed)) {
        0 => Ok(ANSWER),
        left => {
            script.failing.store(left - 1, Relaxed);
            Err(Failure(left))
        }
    }
}

/// A future that is pending once, like a response that takes time.
#[derive(Debug, Default)]
pub struct Later {
    polled: bool,
}

impl Future for Later {
    type Output = ();

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.polled {
            return Poll::Ready(());
        }
        self.polled = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
