//! Timers: tokio's inside a tokio runtime, a thread elsewhere, or a custom one.

#[cfg(feature = "sites")]
use std::cell::Cell;
use std::fmt;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

pub use super::may_block::MayBlock;
use super::tokio_sleep;
use crate::base::clock;
pub use crate::base::clock::Clock;
pub use crate::base::sleep::Sleep;
pub(crate) use crate::base::sleep::Sleeping;
pub use crate::base::time::{Instant, SystemTime};
#[cfg(feature = "sites")]
use crate::call::intercept::Wait;
#[cfg(feature = "sites")]
use crate::call::intercepted;

/// The longest sleep, about 30 years: timers compute instants, which must not overflow.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// A timer: sleeps between attempts and measures the limits of calls.
///
/// Without a custom timer ([`install`]), an `async` call sleeps by tokio's timer inside a tokio runtime, where a paused
/// clock works, and by a thread of the engine's elsewhere: outside of a runtime, in a runtime without a time driver, and
/// when the runtime shuts down during the sleep; a sync call parks its thread.
///
/// ```
/// use retry_runtime::timer::{self, Clock, Sleep, Timer};
/// use std::time::Duration;
///
/// struct Simulated;
/// impl Clock for Simulated {}
/// impl Timer for Simulated {
///     fn sleep(&self, _: Duration) -> Sleep {
///         Box::pin(std::future::ready(()))
///     }
///     fn block(&self, _: Duration, _: &mut dyn FnMut() -> bool) {}
/// }
///
/// timer::install(&Simulated)?;
/// assert!(timer::install(&Simulated).is_err());
/// # Ok::<(), timer::AlreadyInstalled>(())
/// ```
pub trait Timer: Clock {
    /// Returns a future that resolves after `duration`, which may be as long as `Duration::MAX`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Blocks the thread for `duration`, or until `cancelled` returns true. An implementation calls `cancelled` again
    /// each time the thread is unparked.
    fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
        park(duration, cancelled);
    }
}

static INSTALLED: OnceLock<&'static dyn Timer> = OnceLock::new();

/// Makes `timer` the timer and the clock of all calls in the process. Install it once, before the first call waits.
///
/// ```
/// use retry_runtime::timer::{self, Clock, Sleep, Timer};
/// use std::time::Duration;
///
/// /// A timer that never waits, for a simulation.
/// struct Instantly;
/// impl Clock for Instantly {}
/// impl Timer for Instantly {
///     fn sleep(&self, _: Duration) -> Sleep { Box::pin(std::future::ready(())) }
///     fn block(&self, _: Duration, _: &mut dyn FnMut() -> bool) {}
/// }
///
/// timer::install(&Instantly)?;
/// # Ok::<(), timer::AlreadyInstalled>(())
/// ```
///
/// # Errors
///
/// [`AlreadyInstalled`] if a timer was installed before.
pub fn install<T: Timer>(timer: &'static T) -> Result<(), AlreadyInstalled> {
    INSTALLED.set(timer).map_err(|_| AlreadyInstalled)?;
    clock::install(timer);
    Ok(())
}

/// The error of [`install`]: a timer was installed before.
///
/// ```
/// use retry_runtime::timer::AlreadyInstalled;
///
/// assert!(AlreadyInstalled.to_string().starts_with("a timer is already installed"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyInstalled;

impl fmt::Display for AlreadyInstalled {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a timer is already installed in this process; install one before the first call",
        )
    }
}

impl std::error::Error for AlreadyInstalled {}

/// A sleep of the interceptor, the installed timer or the default timer, in this order.
#[cold]
pub(crate) fn sleep(duration: Duration) -> Sleeping {
    let duration = duration.min(LONGEST);
    #[cfg(feature = "sites")]
    if let Some(sleep) = intercepted(Wait::Pause(duration)) {
        return Sleeping::foreign(sleep);
    }
    real_sleep(duration)
}

/// A sleep like [`sleep`], in the memory of the one before if that was the default timer's, too.
#[cfg(feature = "sites")]
#[cold]
pub(crate) fn sleep_again(before: &mut Option<Sleeping>, duration: Duration) {
    let is_default = || INSTALLED.get().is_none() && intercepted::here().is_none();
    let end = || clock::real_now() + duration.min(LONGEST);
    let restart = |before: &mut Sleeping| is_default() && before.restart(end());
    if !before.as_mut().is_some_and(restart) {
        *before = Some(sleep(duration));
    }
}

/// A sleep until an instant that limits work which may take real time.
#[cfg(feature = "sites")]
#[cold]
pub(crate) fn limit(end: Instant) -> Sleeping {
    let left = || end.saturating_duration_since(clock::now()).min(LONGEST);
    // Few calls have an interceptor, and the others do not read the clock for it.
    if let Some(by) = intercepted::here() {
        // As long as that, and not until then: the interceptor's clock may be far ahead of the real one.
        let real = || Box::pin(real_sleep(left())) as Sleep;
        if let Some(sleep) = by.sleep(Wait::Limit(left(), &real)) {
            return Sleeping::foreign(sleep);
        }
    }
    match INSTALLED.get() {
        Some(timer) => Sleeping::foreign(timer.sleep(left())),
        None => begin(end),
    }
}

#[cfg(feature = "sites")]
thread_local! {
    /// A limit that has ended, for its memory.
    static ENDED: Cell<Option<Sleeping>> = const { Cell::new(None) };
}

/// Begins a limit of the default timer, in the memory of the last one that has ended on this thread.
#[cfg(feature = "sites")]
fn begin(end: Instant) -> Sleeping {
    if let Ok(Some(mut ended)) = ENDED.try_with(Cell::take) {
        if ended.restart(end) {
            return ended;
        }
    }
    tokio_sleep::sleep_until(end)
}

/// Ends a limit.
#[cfg(feature = "sites")]
#[cold]
pub(crate) fn end(mut limit: Sleeping) {
    if limit.stop() {
        // On a thread that is ending, the memory is freed.
        let _ = ENDED.try_with(|ended| ended.set(Some(limit)));
    }
}

/// A sleep that never ends.
#[cfg(feature = "sites")]
pub(crate) fn never() -> Sleeping {
    let pending = || Box::pin(std::future::pending()) as Sleep;
    Sleeping::foreign(intercepted(Wait::Never).unwrap_or_else(pending))
}

/// The sleep of the current interceptor, if there is one.
#[cfg(feature = "sites")]
fn intercepted(wait: Wait<'_>) -> Option<Sleep> {
    intercepted::here()?.sleep(wait)
}

fn real_sleep(duration: Duration) -> Sleeping {
    match INSTALLED.get() {
        Some(timer) => Sleeping::foreign(timer.sleep(duration)),
        None => tokio_sleep::sleep(duration),
    }
}

/// Blocks by the interceptor, by the installed timer, or by parking the thread.
#[cold]
#[inline]
pub(crate) fn block(duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
    let duration = duration.min(LONGEST);
    #[cfg(feature = "sites")]
    if intercepted::here().is_some_and(|interceptor| interceptor.block(duration, cancelled)) {
        return;
    }
    match INSTALLED.get() {
        Some(timer) => timer.block(duration, cancelled),
        None => park(duration, cancelled),
    }
}

/// Whether nobody could unpark the only thread, as in WASI: std's `park_timeout` returns at once there.
const THREADLESS: bool = cfg!(all(target_family = "wasm", not(target_feature = "atomics")));

/// Parks the thread, measured by the system's clock, whatever clock is installed: a paused clock would never
/// advance while the only thread that could move it is blocked.
#[inline]
fn park(duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
    let end = Instant::now() + duration;
    let mut woken = false;
    while !cancelled() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match THREADLESS {
            true => thread::sleep(left),
            false => thread::park_timeout(left),
        }
        woken |= Instant::now() < end;
    }
    if woken {
        // The wake-up may have been meant for an executor that parks this thread, too: pass it on.
        thread::current().unpark();
    }
}

#[cfg(all(test, feature = "sites", feature = "tokio"))]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_in_the_memory_of_one_that_has_ended_lasts_its_own_length() {
        let started = tokio::time::Instant::now();
        let after = |seconds| clock::real_now() + Duration::from_secs(seconds);
        let mut first = limit(after(1));
        let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut first).poll(cx)));
        assert!(polled.await.is_pending());
        end(first);
        let kept = ENDED.take();
        assert!(kept.is_some());
        ENDED.set(kept);
        let second = limit(after(5));
        assert!(ENDED.take().is_none(), "the second limit has the memory");
        second.await;
        assert_eq!(started.elapsed(), Duration::from_secs(5));
    }
}
