//! The work that every candidate retries, and the outcomes that it has: the same for all.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use retry_runtime::{Class, Classify, Interruption, Kind};

/// How often every candidate may try again.
pub const RETRIES: u32 = 3;

/// The pause of the cases that have one: one tick of tokio's timer.
pub const PAUSE: Duration = Duration::from_millis(1);

/// What an attempt that succeeds returns.
pub const ANSWER: u32 = 7;

/// The outcome of an attempt and of a call.
pub type Answer = Result<u32, Failure>;

/// A failure as a service sees it: it has a number, and some numbers are worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub u32);

impl Failure {
    /// Whether it is worth another try; every candidate asks before it tries again.
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

/// What an open breaker, an empty budget or a deadline would make of a call; no case gets there.
impl From<Interruption> for Failure {
    fn from(_: Interruption) -> Self {
        Failure(599)
    }
}

/// How many of the next attempts fail. A thread has its own, a cache line of its own.
///
/// It is an atomic because some peers ask for futures that are `Send`; relaxed loads and stores are plain
/// moves.
#[derive(Debug)]
#[repr(align(128))]
pub struct Script(AtomicU32);

impl Script {
    /// One for a thread, for as long as the process runs.
    pub fn leaked() -> &'static Script {
        Box::leak(Box::new(Script(AtomicU32::new(0))))
    }

    /// Lets the next attempts fail.
    #[inline]
    pub fn fail(&self, attempts: u32) {
        self.0.store(attempts, Relaxed);
    }

    /// Whether as many attempts have failed as were to.
    pub fn is_done(&self) -> bool {
        self.0.load(Relaxed) == 0
    }
}

/// One attempt. It is a call of its own for every candidate, as work worth retrying is.
///
/// # Errors
/// As often as the script says.
#[inline(never)]
pub fn attempt(script: &Script) -> Answer {
    match black_box(script.0.load(Relaxed)) {
        0 => Ok(ANSWER),
        left => {
            script.0.store(left - 1, Relaxed);
            Err(Failure(left))
        }
    }
}

/// A future that is pending once: it stands for an answer that has to be waited for.
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
