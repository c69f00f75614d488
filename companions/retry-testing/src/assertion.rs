//! `t.assert(name)`: assertions about the calls of one function.

use std::time::Duration;

use super::IntoDuration;
use super::log::Log;
use retry_runtime::StopReason;

/// Assertions about the calls of one function in the scope.
///
/// Attempts and sleeps are summed over all calls of the function; the stop reason is that of the call that ended last.
/// An assertion that fails panics with the expected and the actual value, and lists every attempt of every call:
///
/// ```text
/// `billing::charge` should have made 3 attempts, and made 4
///
/// call 1: gave up after 4 attempts in 7.0 s (exhausted)
///   attempt 1 at 0ns: transient: no answer (injected); slept 1s
///   attempt 2 at 1s: transient: no answer (injected); slept 2s
///   attempt 3 at 3s: transient: no answer; slept 4s
///   attempt 4 at 7s: transient: no answer
/// ```
///
/// ```
/// use retry_runtime::retryable;
/// use std::io;
///
/// #[retryable(name = "docs::assert")]
/// fn fetch() -> io::Result<u32> { Ok(1) }
///
/// let t = retry_testing::scope();
/// t.jitter_off();
/// t.fail("docs::assert").first(1).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
/// fetch()?;
/// t.assert("docs::assert").calls(1).attempts(2).slept("1s").succeeded();
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Debug)]
#[allow(
    clippy::return_self_not_must_use,
    reason = "the assertion is made when the method is called"
)]
pub struct Assert {
    name: &'static str,
    log: Log,
}

#[allow(
    clippy::return_self_not_must_use,
    reason = "the assertion is made when the method is called"
)]
impl Assert {
    pub(super) fn new(name: &'static str, log: Log) -> Self {
        Assert { name, log }
    }

    #[track_caller]
    fn check(self, holds: bool, expected: &str, found: &str) -> Self {
        let Assert { name, log } = &self;
        assert!(holds, "`{name}` should have {expected}, and {found}\n\n{log}");
        self
    }

    /// Asserts the number of calls, including running ones.
    #[track_caller]
    pub fn calls(self, count: u64) -> Self {
        let made = self.log.started;
        self.check(
            made == count,
            &format!("been called {}", times(count)),
            &format!("was called {}", times(made)),
        )
    }

    /// Asserts the number of attempts.
    #[track_caller]
    pub fn attempts(self, count: u32) -> Self {
        let made = self.log.attempts;
        self.check(
            made == count,
            &format!("made {}", plural(count, "attempt")),
            &format!("made {made}"),
        )
    }

    /// Asserts the sum of all sleeps, within 10 %: `"3s"` or a `Duration`.
    #[track_caller]
    pub fn slept_about(self, time: impl IntoDuration) -> Self {
        let (slept, time) = (self.log.slept(), time.into_duration());
        let near = slept.abs_diff(time) <= time / 10;
        self.check(near, &format!("slept about {time:?}"), &format!("slept {slept:?}"))
    }

    /// Asserts the exact sum of all sleeps.
    #[track_caller]
    pub fn slept(self, time: impl IntoDuration) -> Self {
        let (slept, time) = (self.log.slept(), time.into_duration());
        self.check(slept == time, &format!("slept {time:?}"), &format!("slept {slept:?}"))
    }

    /// Asserts all pauses, in order.
    #[track_caller]
    pub fn delays<T: IntoDuration>(self, times: impl IntoIterator<Item = T>) -> Self {
        let times: Vec<Duration> = times.into_iter().map(T::into_duration).collect();
        let same = self.log.delays == times;
        let found = format!("paused {:?}", self.log.delays);
        self.check(same, &format!("paused {times:?}"), &found)
    }

    /// Asserts the stop reason of the last call.
    #[track_caller]
    pub fn stopped(self, reason: StopReason) -> Self {
        let last = self.log.calls.last().map(|call| call.report.reason);
        let found = match last {
            Some(last) => format!("stopped with `{last}`"),
            None => "has not stopped".to_owned(),
        };
        self.check(last == Some(reason), &format!("stopped with `{reason}`"), &found)
    }

    /// Asserts that the last call succeeded.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        self.stopped(StopReason::Success)
    }
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}
