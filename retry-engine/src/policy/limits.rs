//! Limits: how many attempts there are, and how long a call may take.

use std::time::Duration;

use super::builder::Policy;
use crate::base::clock::Moment;
use crate::failure::interruption::Cause;

/// Stands for "no limit" in the field `attempts`.
pub(super) const UNLIMITED: u32 = u32::MAX;

impl Policy {
    /// At most so many retries after the first attempt; 0 means no retry.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// assert_eq!(Policy::new().max(3).limit(), Some(4)); // attempts
    /// assert_eq!(Policy::new().max(0).schedule().count(), 0);
    /// ```
    #[doc(alias("retries", "max_retries", "with_max_times"))]
    #[inline]
    pub const fn max(self, retries: u32) -> Self {
        self.attempts(retries.saturating_add(1))
    }

    /// At most so many attempts, the first one included; at least 1.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// assert_eq!(Policy::new().attempts(4), Policy::new().max(3));
    /// ```
    #[doc(alias("max_attempts", "tries"))]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        // A program that counts in `usize` and saturates means a number, and not a call that nothing ends.
        let attempts = if attempts == UNLIMITED { UNLIMITED - 1 } else { attempts };
        (self.attempts, self.forever) = (attempts, false);
        self
    }

    /// No limit on the number of attempts. Something else must be able to end the call: a
    /// [`deadline`](Policy::deadline), [`no_retry_after`](Policy::no_retry_after), [`reset_after`](Policy::reset_after), or in
    /// an attribute a `cancel`.
    ///
    /// The call is meant to outlast an outage: where its retry budget refuses, the next delay is longer, from half of
    /// `cap` to `cap`, and the call goes on.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const PATIENT: Policy = Policy::new().unlimited().deadline(Duration::from_secs(600)).checked();
    /// assert_eq!(PATIENT.limit(), None);
    /// assert!(Policy::new().unlimited().validate().is_err()); // nothing ends it
    /// ```
    #[inline]
    pub const fn unlimited(mut self) -> Self {
        (self.attempts, self.forever) = (UNLIMITED, false);
        self
    }

    /// No limit on the number of attempts, for calls that are meant to try until they succeed: nothing else needs to
    /// end them. Where the retry budget refuses, the next delay is longer, as for [`unlimited`](Policy::unlimited).
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// const UNTIL_IT_WORKS: Policy = Policy::new().forever().checked();
    /// assert_eq!(UNTIL_IT_WORKS.limit(), None);
    /// ```
    #[inline]
    pub const fn forever(mut self) -> Self {
        (self.attempts, self.forever) = (UNLIMITED, true);
        self
    }

    /// The time for the whole call: attempts, sleeps and hooks. `async` attempts that still run are cut
    /// off when it passes; sync ones cannot be.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const BOUNDED: Policy = Policy::new().max(9).deadline(Duration::from_secs(10)).checked();
    /// assert_eq!(BOUNDED.time_limit(), Some(Duration::from_secs(10)));
    /// ```
    #[doc(alias("total_timeout", "max_elapsed_time"))]
    #[inline]
    pub const fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self.timed = true;
        self
    }

    /// The time for one attempt; `async` only. An attempt that is cut off may have taken effect, so
    /// [`idempotent`](Policy::idempotent) must be declared beside it.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const LIMITED: Policy = Policy::new().timeout(Duration::from_secs(2)).idempotent(true).checked();
    /// assert_eq!(LIMITED.attempt_limit(), Some(Duration::from_secs(2)));
    /// ```
    #[inline]
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self.timed = true;
        self
    }

    /// [`deadline`](Policy::deadline) that a call computes, or none.
    #[doc(hidden)]
    #[inline]
    pub const fn deadline_if(mut self, time: Option<Duration>) -> Self {
        self.deadline = time;
        self.timed = self.cuts_attempts() || self.has_open_limits();
        self
    }

    /// [`timeout`](Policy::timeout) that a call computes, or none.
    #[doc(hidden)]
    #[inline]
    pub const fn timeout_if(mut self, time: Option<Duration>) -> Self {
        self.timeout = time;
        self.timed = self.cuts_attempts() || self.has_open_limits();
        self
    }

    /// [`no_retry_after`](Policy::no_retry_after) that a call computes, or none.
    #[doc(hidden)]
    #[inline]
    pub const fn no_retry_after_if(mut self, time: Option<Duration>) -> Self {
        self.no_retry_after = time;
        self.timed = self.cuts_attempts() || self.has_open_limits();
        self
    }

    /// [`reset_after`](Policy::reset_after) that a call computes, or none.
    #[doc(hidden)]
    #[inline]
    pub const fn reset_after_if(mut self, time: Option<Duration>) -> Self {
        self.reset_after = time;
        self.timed = self.cuts_attempts() || self.has_open_limits();
        self
    }

    /// No attempt begins later than this after the start of the call. An attempt that runs is left alone, and a call
    /// whose next pause would end later stops at once with the reason [`Deadline`](crate::StopReason::Deadline).
    ///
    /// Beside [`reset_after`](Policy::reset_after) the time counts from the end of the last healthy attempt.
    ///
    /// ```
    /// use retry_runtime::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// const PATIENT: Policy = Policy::new().unlimited().no_retry_after(Duration::from_secs(180)).checked();
    /// # assert_eq!(PATIENT.limit(), None);
    /// ```
    #[inline]
    pub const fn no_retry_after(mut self, time: Duration) -> Self {
        self.no_retry_after = Some(time);
        self.timed = true;
        self
    }

    /// An attempt that ran at least this long before it failed was healthy: attempts and backoff begin anew with it,
    /// and it pays into the retry budget like a success. For streams, subscriptions and leader loops. Attempts keep
    /// their numbers, and the call its id.
    ///
    /// Not beside `deadline`, which would end a healthy call.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// const SUBSCRIBE: Policy = Policy::new().max(5).reset_after(Duration::from_secs(60)).checked();
    /// # assert_eq!(SUBSCRIBE.limit(), Some(6));
    /// ```
    #[inline]
    pub const fn reset_after(mut self, time: Duration) -> Self {
        self.reset_after = Some(time);
        self.timed = true;
        self
    }
}

impl Policy {
    /// How many attempts there may be, the first one included; `None` when only time, if anything, limits them.
    pub const fn limit(&self) -> Option<u32> {
        if self.attempts == UNLIMITED { None } else { Some(self.attempts) }
    }

    /// One attempt without limits in time.
    pub(crate) const fn once(self) -> Self {
        Policy {
            attempts: 1,
            forever: false,
            deadline: None,
            timeout: None,
            no_retry_after: None,
            reset_after: None,
            timed: false,
            ..self
        }
    }

    pub(crate) const fn allows_another_after(&self, attempt: u32) -> bool {
        self.attempts == UNLIMITED || attempt < self.attempts
    }

    /// Whether the clock matters to calls under this policy from their start.
    #[doc(hidden)]
    #[inline(always)]
    pub const fn is_timed(&self) -> bool {
        self.timed
    }

    /// Whether a limit can end an attempt that is still running.
    #[doc(hidden)]
    pub const fn cuts_attempts(&self) -> bool {
        self.deadline.is_some() || self.timeout.is_some()
    }

    /// Whether a limit that ends no running attempt needs the start of the call: such calls are never plain.
    pub(crate) const fn has_open_limits(&self) -> bool {
        self.no_retry_after.is_some() || self.reset_after.is_some()
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

    /// The time after which no attempt begins: [`no_retry_after`](Policy::no_retry_after).
    pub(crate) const fn last_start(&self) -> Option<Duration> {
        self.no_retry_after
    }

    /// Whether an attempt that started then and failed at `now` was healthy: [`reset_after`](Policy::reset_after).
    #[inline(always)]
    pub(crate) fn was_healthy(&self, started: Option<Moment>, now: Moment) -> bool {
        let Some(healthy) = self.reset_after else { return false };
        started.is_some_and(|started| now.since(started) >= healthy)
    }
}
