//! The settings of a policy, as a `const` builder.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::backoff::Backoff;
use super::hint::Hint;
use super::jitter::Jitter;
use crate::base::duration;
use crate::failure::class::Kind;
use crate::failure::kinds::Kinds;

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
/// | `max` / `attempts` / `unlimited` / `forever` | 3 retries, 4 attempts | from 0 retries, 1 attempt |
/// | `base` | 1 s | from 0, at most `cap` |
/// | `factor` | 2.0; 3.0 for decorrelated jitter | finite, from 1 |
/// | `cap` | 30 s | from `base` |
/// | `backoff` | exponential | |
/// | `jitter` | full | |
/// | `deadline`, `timeout` | none | above 0; `timeout` and the first delay together below `deadline` |
/// | `no_retry_after` | none | above 0, at most `deadline`; not below the shortest first delay |
/// | `reset_after` | none | above 0; not beside `deadline` |
/// | `on` | `Transient \| Throttled` | any kinds but `Overloaded` and `Permanent` |
/// | `idempotent` | undeclared | |
/// | `hint_cap` / `hint_clamp`, `hint` | 60 s, at least | from 0 |
/// | `inherit` | `true` | |
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a policy does nothing until something is called with it"]
pub struct Policy {
    pub(super) attempts: u32,
    /// Whether calls without a limit on their attempts need nothing else that ends them.
    pub(super) forever: bool,
    pub(super) base: Option<Duration>,
    pub(super) factor: Option<f64>,
    pub(super) cap: Duration,
    pub(super) backoff: Backoff,
    pub(super) jitter: Jitter,
    pub(super) deadline: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) no_retry_after: Option<Duration>,
    pub(super) reset_after: Option<Duration>,
    pub(super) on: Kinds,
    pub(super) idempotent: Option<bool>,
    pub(super) hint: Hint,
    pub(super) hint_cap: Duration,
    /// Whether a longer hint is cut to `hint_cap`; otherwise it ends the call.
    // Not an enum around the duration, which would be 8 bytes larger: calls with settings of their own copy the policy.
    pub(super) clamps_hint: bool,
    pub(super) inherit: bool,
    /// Whether the calls have a cancellation token, which can end them without a deadline.
    pub(super) cancellable: bool,
    /// Whether `cap` cuts longer entries of a list, which are a mistake otherwise.
    pub(super) cuts_entries: bool,
    /// Whether a limit needs the time when the call started.
    pub(super) timed: bool,
}

impl Policy {
    /// The defaults: 3 retries after 1 s, 2 s and 4 s at most, full jitter, `Transient` and `Throttled`
    /// failures.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// let longest: Vec<_> = Policy::new().schedule().map(|delay| delay.longest).collect();
    /// assert_eq!(longest, [1, 2, 4].map(Duration::from_secs));
    /// ```
    pub const fn new() -> Self {
        Policy {
            attempts: 4,
            forever: false,
            base: None,
            factor: None,
            cap: Duration::from_secs(30),
            backoff: Backoff::Exponential,
            jitter: Jitter::Full,
            deadline: None,
            timeout: None,
            no_retry_after: None,
            reset_after: None,
            on: Kinds::NONE.with(Kind::Transient).with(Kind::Throttled),
            idempotent: None,
            hint: Hint::AtLeast,
            hint_cap: Duration::from_secs(60),
            clamps_hint: false,
            inherit: true,
            cancellable: false,
            cuts_entries: false,
            timed: false,
        }
    }

    /// Equal delays without jitter: for a poll, or for a service on the same machine.
    ///
    /// Many clients of one server want [`Policy::new`] instead, which spreads them and backs off.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// /// A daemon that is starting.
    /// const STARTING: Policy = Policy::every(Duration::from_millis(500)).max(10).checked();
    ///
    /// let delays: Vec<_> = STARTING.delays(7).map(|delay| delay.as_millis()).collect();
    /// assert_eq!(delays, [500; 10]);
    /// ```
    #[inline]
    pub const fn every(delay: Duration) -> Self {
        let policy = Policy::new().backoff(Backoff::Fixed).base(delay).jitter(Jitter::None);
        if duration::less(policy.cap, delay) { policy.cap(delay) } else { policy }
    }

    /// The delay before the first retry.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// let quick = Policy::new().base(Duration::from_millis(50));
    /// assert_eq!(quick.schedule().next().map(|delay| delay.longest), Some(Duration::from_millis(50)));
    /// ```
    #[doc(alias("delay", "min_delay", "initial_delay", "interval"))]
    #[inline]
    pub const fn base(mut self, delay: Duration) -> Self {
        self.base = Some(delay);
        self
    }

    /// How much the exponential backoff grows with each retry, and the reach of decorrelated jitter; finite, at
    /// least 1.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// let longest: Vec<_> = Policy::new().factor(3.0).schedule().map(|delay| delay.longest.as_secs()).collect();
    /// assert_eq!(longest, [1, 3, 9]);
    /// ```
    #[doc(alias = "multiplier")]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = Some(factor);
        self
    }

    /// No delay is ever longer, jitter included. (A server's hint has a cap of its own,
    /// [`hint_cap`](Policy::hint_cap).)
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::new().max(5).cap(Duration::from_secs(5));
    /// let longest: Vec<_> = policy.schedule().map(|delay| delay.longest.as_secs()).collect();
    /// assert_eq!(longest, [1, 2, 4, 5, 5]);
    /// ```
    #[doc(alias("max_delay", "max_interval"))]
    #[inline]
    pub const fn cap(mut self, delay: Duration) -> Self {
        self.cap = delay;
        self
    }

    /// How delays grow. It replaces what an earlier `backoff`, `base` or `factor` said as far as the new one
    /// has no use for it.
    ///
    /// ```
    /// use retry_runtime::{Backoff, Policy};
    ///
    /// let longest: Vec<_> = Policy::new().backoff(Backoff::Linear).schedule().map(|delay| delay.longest.as_secs()).collect();
    /// assert_eq!(longest, [1, 2, 3]);
    /// ```
    #[inline]
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
    ///
    /// ```
    /// use retry_runtime::{Jitter, Policy};
    ///
    /// let shortest = |jitter| Policy::new().jitter(jitter).schedule().next().map(|delay| delay.shortest.as_millis());
    /// assert_eq!(shortest(Jitter::Full), Some(0));
    /// assert_eq!(shortest(Jitter::Equal), Some(500));
    /// assert_eq!(shortest(Jitter::None), Some(1000));
    /// ```
    #[inline]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The kinds of failures that are retried. `Ambiguous` among them declares the call idempotent.
    ///
    /// ```
    /// use retry_runtime::{Kind, Kinds, Policy};
    ///
    /// const THROTTLED_ONLY: Policy = Policy::new().on(Kinds::NONE.with(Kind::Throttled)).checked();
    /// let mut steps = THROTTLED_ONLY.steps();
    /// assert!(matches!(steps.after(Kind::Transient), retry_runtime::Next::Stop(_)));
    /// ```
    pub const fn on(mut self, kinds: Kinds) -> Self {
        self.on = kinds;
        self
    }

    /// Whether doing it twice has the same effect as doing it once; decides about `Ambiguous` failures.
    ///
    /// ```
    /// use retry_runtime::{Kind, Next, Policy, StopReason};
    ///
    /// let retries = |policy: Policy| matches!(policy.steps().after(Kind::Ambiguous), Next::Pause(_));
    /// assert!(retries(Policy::new().idempotent(true)));
    /// assert!(!retries(Policy::new().idempotent(false)));
    /// assert!(matches!(Policy::new().steps().after(Kind::Ambiguous), Next::Stop(StopReason::Ambiguous)));
    /// ```
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Whether a call takes over the deadline and the observer of the retryable call around it. `false` is for a future
    /// that several callers share: the first one to poll it must not limit the others.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// /// For a token that many requests wait for.
    /// const SHARED: Policy = Policy::new().inherit(false).checked();
    /// ```
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

    /// The longest delay between two attempts: [`cap`](Policy::cap).
    pub(crate) const fn longest_delay(&self) -> Duration {
        self.cap
    }

    pub(crate) const fn inherits(&self) -> bool {
        self.inherit
    }

    pub(crate) const fn retries_kind(&self, kind: Kind) -> bool {
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
        (self.forever, self.no_retry_after, self.reset_after).hash(state);
    }
}

impl Default for Policy {
    #[inline]
    fn default() -> Self {
        Policy::new()
    }
}
