//! The decisions of a policy for a program that has its own loop.

use std::time::Duration;

use super::rules::Course;
use crate::base::clock::Moment;
use crate::base::rng::Rng;
use crate::base::time::Instant;
use crate::failure::class::Class;
use crate::failure::verdict::Verdict;
use crate::policy::Policy;
use crate::report::reason::StopReason;

/// The decisions of a policy, one after each failed attempt, for a program that has its own loop: an event loop, a
/// stream that reconnects, a trait of another library.
///
/// [`Policy::steps`] makes one. The program makes the attempts, tells each failure to [`after`](Steps::after), and waits
/// for the pause by its own means. After a success it calls [`reset`](Steps::reset), or drops the value.
///
/// ```
/// use retry_runtime::{Kind, Next, Policy, StopReason};
/// use std::time::Duration;
///
/// const POLICY: Policy = Policy::new().max(2).base(Duration::from_millis(200)).checked();
///
/// let mut steps = POLICY.steps();
/// let Next::Pause(delay) = steps.after(Kind::Transient) else { panic!("there are two retries") };
/// assert!(delay <= Duration::from_millis(200));
/// assert!(matches!(steps.after(Kind::Transient), Next::Pause(_)));
/// assert_eq!(steps.after(Kind::Transient), Next::Stop(StopReason::Exhausted));
///
/// steps.reset();
/// assert_eq!(steps.after(Kind::Permanent), Next::Stop(StopReason::Permanent));
/// ```
///
/// The rules are those of a call: the limit on attempts, `on`, `idempotent`, server's hints with their cap and spread,
/// backoff and jitter, and limits in time. Without a call, some limits mean something else: `deadline` and `no_retry_after`
/// count from the first failure of a series, unless the program says when the first attempt [begins](Steps::begin); for
/// `reset_after` an attempt runs from the end of its pause; and `timeout` has no effect, since the program runs the attempts.
///
/// No budget and no breaker take part. A program that wants one asks it before it waits:
/// [`Budget::try_withdraw`](crate::budget::Budget::try_withdraw), [`Breaker::permit`](crate::breaker::Breaker::permit).
///
/// # An event loop
///
/// A downloader that drives many transfers from one loop keeps a `Steps` with each of them, and puts a failed transfer
/// to sleep until the pause has passed:
///
/// ```
/// use retry_runtime::{Kind, Next, Policy, Steps};
/// use std::time::{Duration, Instant};
///
/// struct Transfer { url: &'static str, steps: Steps }
///
/// struct Loop { running: Vec<Transfer>, sleeping: Vec<(Instant, Transfer)> }
///
/// impl Loop {
///     fn failed(&mut self, mut transfer: Transfer, kind: Kind) -> Result<(), String> {
///         match transfer.steps.after(kind) {
///             Next::Pause(delay) => self.sleeping.push((Instant::now() + delay, transfer)),
///             Next::Stop(reason) => return Err(format!("{}: {reason}", transfer.url)),
///         }
///         Ok(())
///     }
///
///     fn wake(&mut self, now: Instant) {
///         let (due, later) = self.sleeping.drain(..).partition(|(until, _)| *until <= now);
///         self.sleeping = later;
///         let due: Vec<_> = due;
///         self.running.extend(due.into_iter().map(|(_, transfer)| transfer));
///     }
/// }
///
/// let policy = Policy::new().base(Duration::ZERO);
/// let mut downloads = Loop { running: Vec::new(), sleeping: Vec::new() };
/// downloads.failed(Transfer { url: "/a", steps: policy.steps() }, Kind::Throttled)?;
/// downloads.wake(Instant::now());
/// assert_eq!(downloads.running.len(), 1);
/// # Ok::<(), String>(())
/// ```
///
/// # A trait of another library
///
/// Traits such as `tower::retry::Policy` and the backoff of kube's watchers ask for a pause and wait themselves. A clone
/// draws its own jitter, so a value that is cloned for each request does not bring all of them back together:
///
/// ```
/// use retry_runtime::{Classify, Policy, Steps};
/// use std::time::Duration;
///
/// /// The form of such a trait.
/// trait Retries<E>: Clone {
///     fn retry(&mut self, result: &Result<(), E>) -> Option<Duration>;
/// }
///
/// #[derive(Clone)]
/// struct ByPolicy(Steps);
///
/// impl<E: Classify> Retries<E> for ByPolicy {
///     fn retry(&mut self, result: &Result<(), E>) -> Option<Duration> {
///         match result {
///             Ok(()) => { self.0.reset(); None }
///             Err(error) => self.0.after(error.classify()).pause(),
///         }
///     }
/// }
///
/// let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let mut request = ByPolicy(Policy::new().max(1).steps()).clone();
/// assert!(request.retry(&Err(refused())).is_some());
/// assert!(request.retry(&Err(refused())).is_none());
/// ```
#[derive(Debug)]
#[must_use = "steps do nothing until a failure is told to them"]
pub struct Steps {
    policy: Policy,
    /// Failed attempts of the series.
    failed: u32,
    previous: Option<Duration>,
    deadline: Option<Moment>,
    /// When the series began.
    began: Option<Moment>,
    /// When the pause before the running attempt ended.
    resumed: Option<Moment>,
    random: Random,
}

/// The source of the jitter.
#[derive(Debug)]
enum Random {
    /// The program chose the seed.
    Seeded(Rng),
    /// The seed is drawn at the first failure, so that clones differ.
    Fresh(Option<Rng>),
}

/// The decision after a failed attempt: wait, or give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the program waits, or gives up"]
pub enum Next {
    /// Another attempt follows after this pause.
    Pause(Duration),
    /// No attempt follows, for this reason.
    Stop(StopReason),
}

impl Next {
    /// The pause before the next attempt; `None` if none follows.
    ///
    /// ```
    /// use retry_runtime::{Kind, Policy};
    ///
    /// let mut steps = Policy::new().max(0).steps();
    /// assert_eq!(steps.after(Kind::Transient).pause(), None);
    /// ```
    #[inline]
    pub const fn pause(self) -> Option<Duration> {
        match self {
            Next::Pause(delay) => Some(delay),
            Next::Stop(_) => None,
        }
    }
}

impl Policy {
    /// The decisions of this policy for a program that has its own loop; see [`Steps`].
    ///
    /// ```
    /// use retry_runtime::{Kind, Next, Policy};
    ///
    /// let mut steps = Policy::new().steps();
    /// assert!(matches!(steps.after(Kind::Transient), Next::Pause(_)));
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is invalid; in a `const` that is a compile error. [`try_build`](Policy::try_build) checks a policy
    /// whose values come from outside of the program, and [`nearest`](Policy::nearest) repairs it.
    #[track_caller]
    #[inline]
    pub const fn steps(self) -> Steps {
        Steps::of(self.checked())
    }
}

impl Steps {
    /// The steps of a valid policy.
    #[inline]
    pub(crate) const fn of(policy: Policy) -> Self {
        Steps {
            policy,
            failed: 0,
            previous: None,
            deadline: None,
            began: None,
            resumed: None,
            random: Random::Fresh(None),
        }
    }

    /// The same steps with jitter that `seed` determines, for tests.
    ///
    /// ```
    /// use retry_runtime::{Kind, Policy};
    ///
    /// let pauses = |seed| {
    ///     let mut steps = Policy::new().steps().with_seed(seed);
    ///     [Kind::Transient; 3].map(|kind| steps.after(kind))
    /// };
    /// assert_eq!(pauses(7), pauses(7));
    /// assert_ne!(pauses(7), pauses(8));
    /// ```
    #[inline]
    pub const fn with_seed(self, seed: u64) -> Self {
        Steps { random: Random::Seeded(Rng::seeded(seed)), ..self }
    }

    /// Decides after a failed attempt, by the same answers as those of `judge`: a [`Kind`](crate::Kind), a [`Class`] with a
    /// server's hint, whether to retry, or a delay that the program computed ([`Verdict`]).
    ///
    /// The pause counts from now. Once the steps say [`Stop`](Next::Stop), they need a [`reset`](Steps::reset).
    ///
    /// ```
    /// use retry_runtime::{Class, Kind, Next, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// let mut steps = Policy::new().hint_cap(Duration::from_secs(10)).steps();
    /// let hint = |seconds| Class::from(Kind::Throttled).after(Duration::from_secs(seconds));
    /// let Next::Pause(delay) = steps.after(hint(3)) else { panic!("the hint is short") };
    /// assert!(delay >= Duration::from_secs(3));
    /// assert_eq!(steps.after(hint(11)), Next::Stop(StopReason::RetryAfterTooLong));
    ///
    /// // A program that knows which failures to retry says so, or says when.
    /// steps.reset();
    /// let is_busy = |status: u16| status == 503;
    /// assert!(matches!(steps.after(is_busy(503)), Next::Pause(_)));
    /// assert_eq!(steps.after(is_busy(404)), Next::Stop(StopReason::Permanent));
    /// assert!(matches!(steps.after(Some(Duration::from_secs(2))), Next::Pause(_)));
    /// ```
    pub fn after(&mut self, failure: impl Verdict) -> Next {
        self.decide(failure.class())
    }

    /// [`after`](Steps::after) at this instant, for simulations.
    #[doc(hidden)]
    #[inline]
    pub fn after_at(&mut self, now: Instant, class: Class) -> Next {
        self.decide_at(Moment::of(now), class)
    }

    /// The call that the steps are for began at this instant; for simulations.
    #[doc(hidden)]
    #[inline]
    pub fn begin_at(&mut self, now: Instant) {
        self.begin_series(Moment::of(now));
    }

    #[inline]
    pub(crate) fn decide(&mut self, class: Class) -> Next {
        self.decide_at(Moment::now(), class)
    }

    #[inline]
    fn decide_at(&mut self, now: Moment, class: Class) -> Next {
        if self.policy.was_healthy(self.resumed, now) {
            self.reset();
        }
        if self.began.is_none() {
            self.begin_series(now);
        }
        self.failed = self.failed.saturating_add(1);
        let mut course = Course {
            attempt: self.failed,
            previous: self.previous,
            deadline: self.deadline,
            began: self.began,
            idempotent: None,
            rng: self.random.rng(),
        };
        match course.allowed(&self.policy, now, class, true) {
            Ok(delay) => {
                self.previous = Some(delay.length);
                self.resumed = Some(now.saturating_add(delay.length));
                Next::Pause(delay.length)
            }
            Err(reason) => Next::Stop(reason),
        }
    }

    /// The time of the series counts from `now`.
    #[inline]
    pub(crate) fn begin_series(&mut self, now: Moment) {
        self.deadline = self.policy.time_limit().and_then(|time| now.checked_add(time));
        self.began = Some(now);
    }

    /// When the series must have ended.
    #[cfg(not(feature = "sites"))]
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    /// Begins the time of the series now, before its first attempt: `deadline` and `no_retry_after` then count from here and
    /// not from the first failure, as they do in a call.
    ///
    /// ```
    /// use retry_runtime::{Kind, Policy};
    /// use std::time::Duration;
    ///
    /// let mut steps = Policy::new().base(Duration::ZERO).no_retry_after(Duration::from_secs(180)).steps();
    /// steps.begin();
    /// // The first attempt, which may take a minute.
    /// assert!(steps.after(Kind::Transient).pause().is_some());
    /// ```
    #[inline]
    pub fn begin(&mut self) {
        self.begin_series(Moment::now());
    }

    /// An attempt was healthy: attempts, backoff and deadline begin anew.
    #[inline]
    pub fn reset(&mut self) {
        (self.failed, self.previous) = (0, None);
        (self.deadline, self.began, self.resumed) = (None, None, None);
    }

    /// Failed attempts since the start or the last [`reset`](Steps::reset).
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// Retries that [`after`](Steps::after) may still allow before the limit on attempts; `None` if there is no limit.
    ///
    /// ```
    /// use retry_runtime::{Kind, Policy};
    ///
    /// let mut steps = Policy::new().max(3).steps();
    /// assert_eq!(steps.left(), Some(3));
    /// assert!(steps.after(Kind::Transient).pause().is_some());
    /// assert_eq!(steps.left(), Some(2));
    /// ```
    #[inline]
    pub const fn left(&self) -> Option<u32> {
        match self.policy.limit() {
            Some(attempts) => Some(attempts.saturating_sub(1).saturating_sub(self.failed)),
            None => None,
        }
    }

    /// The policy that decides.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl Random {
    #[inline]
    fn rng(&mut self) -> &mut Rng {
        match self {
            Random::Seeded(rng) => rng,
            Random::Fresh(rng) => rng.get_or_insert_with(Rng::fresh),
        }
    }
}

/// The clone has the same standing. Its jitter is its own, unless the program chose the [seed](Steps::with_seed).
impl Clone for Steps {
    #[inline]
    fn clone(&self) -> Self {
        let random = match &self.random {
            Random::Seeded(rng) => Random::Seeded(rng.clone()),
            Random::Fresh(_) => Random::Fresh(None),
        };
        Steps { random, ..*self }
    }
}
