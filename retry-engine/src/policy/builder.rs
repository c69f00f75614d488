//! The settings of a policy, as a `const` builder.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::backoff::Backoff;
use super::jitter::Jitter;
use crate::failure::class::Kind;
use crate::failure::interruption::Cause;
use crate::failure::kinds::Kinds;

/// Stands for "no limit" in [`Policy::attempts`].
pub(super) const UNLIMITED: u32 = u32::MAX;

/// How a call is retried.
///
/// A `const` builder: every method sets one field and has the name of the attribute's argument.
///
/// ```
/// use retry_runtime::Policy;
/// use std::time::Duration;
///
/// const PATIENT: Policy = Policy::new()
///     .max(5)
///     .base(Duration::from_millis(200))
///     .cap(Duration::from_secs(10))
///     .deadline(Duration::from_secs(60))
///     .checked();
/// ```
///
/// A mistake in a constant that ends in [`checked`](Policy::checked) is a compile error; `#[retryable]`
/// checks its own. Settings that come from outside are checked by [`validate`](Policy::validate).
///
/// | setting | default | range |
/// |---|---|---|
/// | `max` / `attempts` | 3 retries, 4 attempts | from 0 retries, 1 attempt |
/// | `base` | 1 s | from 0, at most `cap` |
/// | `factor` | 2.0 | finite, from 1 |
/// | `cap` | 30 s | from `base` |
/// | `backoff` | exponential | |
/// | `jitter` | full | |
/// | `deadline`, `timeout` | none | above 0; `timeout` and the first delay together below `deadline` |
/// | `on` | `Transient \| Throttled` | any kinds but `Overloaded` and `Permanent` |
/// | `idempotent` | undeclared | |
/// | `hint_cap` | 60 s | from 0 |
/// | `inherit` | `true` | |
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a policy does nothing until something is called with it"]
pub struct Policy {
    pub(super) attempts: u32,
    pub(super) base: Option<Duration>,
    pub(super) factor: Option<f64>,
    pub(super) cap: Duration,
    pub(super) backoff: Backoff,
    pub(super) jitter: Jitter,
    pub(super) deadline: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) on: Kinds,
    pub(super) idempotent: Option<bool>,
    pub(super) hint_cap: Duration,
    pub(super) inherit: bool,
    /// Whether the calls have a cancellation token, which can end them without a deadline.
    pub(super) cancellable: bool,
    /// Whether `cap` cuts longer entries of a list, which are a mistake otherwise.
    pub(super) cuts_entries: bool,
    /// Whether there is a deadline or a timeout.
    pub(super) timed: bool,
}

impl Policy {
    /// The defaults: 3 retries after 1 s, 2 s and 4 s at most, full jitter, `Transient` and `Throttled`
    /// failures.
    pub const fn new() -> Self {
        Policy {
            attempts: 4,
            base: None,
            factor: None,
            cap: Duration::from_secs(30),
            backoff: Backoff::Exponential,
            jitter: Jitter::Full,
            deadline: None,
            timeout: None,
            on: Kinds::NONE.with(Kind::Transient).with(Kind::Throttled),
            idempotent: None,
            hint_cap: Duration::from_secs(60),
            inherit: true,
            cancellable: false,
            cuts_entries: false,
            timed: false,
        }
    }

    /// At most so many retries after the first attempt; 0 means no retry.
    pub const fn max(mut self, retries: u32) -> Self {
        self.attempts = retries.saturating_add(1);
        self
    }

    /// At most so many attempts, the first one included; at least 1.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// No limit on the number of attempts; needs a [`deadline`](Policy::deadline), or in an attribute a `cancel`.
    pub const fn unlimited(self) -> Self {
        self.attempts(UNLIMITED)
    }

    /// The delay before the first retry.
    pub const fn base(mut self, delay: Duration) -> Self {
        self.base = Some(delay);
        self
    }

    /// How much the exponential backoff grows with each retry; finite, at least 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = Some(factor);
        self
    }

    /// No delay is ever longer, jitter included. (A server's hint has a cap of its own,
    /// [`hint_cap`](Policy::hint_cap).)
    pub const fn cap(mut self, delay: Duration) -> Self {
        self.cap = delay;
        self
    }

    /// How delays grow. It replaces what an earlier `backoff`, `base` or `factor` said as far as the new one
    /// has no use for it.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        if !backoff.uses_base() {
            self.base = None;
        }
        if !backoff.uses_factor() {
            self.factor = None;
        }
        self
    }

    /// How delays are spread.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The time for the whole call: attempts, sleeps and hooks. `async` attempts that still run are cut
    /// off when it passes; sync ones cannot be.
    pub const fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self.timed = true;
        self
    }

    /// The time for one attempt; `async` only. An attempt that is cut off may have taken effect, so
    /// [`idempotent`](Policy::idempotent) must be declared beside it.
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self.timed = true;
        self
    }

    /// The kinds of failures that are retried. `Ambiguous` among them declares the call idempotent.
    pub const fn on(mut self, kinds: Kinds) -> Self {
        self.on = kinds;
        self
    }

    /// Whether doing it twice has the same effect as doing it once; decides about `Ambiguous` failures.
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// The longest delay that a server may ask for; a longer one ends the call.
    pub const fn hint_cap(mut self, delay: Duration) -> Self {
        self.hint_cap = delay;
        self
    }

    /// Whether a call takes over the deadline and the observer of the retryable call around it. `false` is for a future
    /// that several callers share: the first one to poll it must not limit the others.
    pub const fn inherit(mut self, inherit: bool) -> Self {
        self.inherit = inherit;
        self
    }

    /// The calls have a cancellation token: the argument `cancel`.
    #[doc(hidden)]
    pub const fn cancellable(mut self) -> Self {
        self.cancellable = true;
        self
    }

    /// How many attempts there may be, the first one included; `None` when only the deadline limits them.
    pub const fn limit(&self) -> Option<u32> {
        if self.attempts == UNLIMITED { None } else { Some(self.attempts) }
    }

    /// One attempt without limits in time.
    pub(crate) const fn once(self) -> Self {
        Policy { attempts: 1, deadline: None, timeout: None, timed: false, ..self }
    }

    pub(crate) const fn allows_another_after(&self, attempt: u32) -> bool {
        self.attempts == UNLIMITED || attempt < self.attempts
    }

    /// The longest delay between two attempts: [`cap`](Policy::cap).
    pub(crate) const fn longest_delay(&self) -> Duration {
        self.cap
    }

    /// Whether the clock matters to calls under this policy: a limit can end an attempt that is still running.
    #[doc(hidden)]
    #[inline(always)]
    pub const fn is_timed(&self) -> bool {
        self.timed
    }

    pub(crate) const fn inherits(&self) -> bool {
        self.inherit
    }

    /// The time for the whole call: [`deadline`](Policy::deadline).
    pub const fn time_limit(&self) -> Option<Duration> {
        self.deadline
    }

    /// The time for one attempt: [`timeout`](Policy::timeout).
    pub const fn attempt_limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// The time for the first attempt, and the interruption at its end.
    pub(crate) fn first_limit(&self) -> Option<(Duration, Cause)> {
        match (self.timeout, self.deadline) {
            (Some(after), Some(whole)) if after < whole => Some((after, Cause::TimedOut { after })),
            (_, Some(whole)) => Some((whole, Cause::DeadlinePassed)),
            (after, None) => after.map(|after| (after, Cause::TimedOut { after })),
        }
    }

    pub(crate) const fn longest_hint(&self) -> Duration {
        self.hint_cap
    }

    pub(crate) const fn retries(&self, kind: Kind) -> bool {
        self.on.contains(kind)
    }

    /// `None` when nothing was declared.
    pub(crate) const fn declared_idempotent(&self) -> Option<bool> {
        if self.on.contains(Kind::Ambiguous) { Some(true) } else { self.idempotent }
    }
}

impl Hash for Policy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Without the jitter, whose number has no `Hash`: two policies rarely differ in that alone.
        (self.attempts, self.base, self.factor.map(f64::to_bits), self.cap).hash(state);
        (self.backoff, self.deadline, self.timeout, self.idempotent, self.hint_cap).hash(state);
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy::new()
    }
}
