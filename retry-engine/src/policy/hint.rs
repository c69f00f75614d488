//! A server's hint: whether it replaces the policy's own delay, and how long it may be.

use std::time::Duration;

use super::builder::Policy;

/// How a server's hint, such as `Retry-After`, goes together with the policy's own delay.
///
/// ```
/// use retry_runtime::{Hint, Policy};
///
/// const POLITE: Policy = Policy::new().hint(Hint::Instead).checked();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hint {
    /// The pause is at least as long as the hint, and no shorter than the shortest of the policy's own delays.
    #[default]
    AtLeast,
    /// The hint takes the place of the policy's own delay, also where it is shorter.
    Instead,
    /// The pause is exactly as long as the hint. For a delay that the program computed for this client alone. The clients of
    /// a server that names one delay to all of them would return in one instant.
    Exact,
}

/// The longest delay that a server may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HintCap {
    /// A longer one ends the call.
    Stop(Duration),
    /// A longer one is cut to this.
    Clamp(Duration),
}

impl Policy {
    /// The longest delay that a server may ask for; a longer one ends the call.
    ///
    /// ```
    /// use retry_runtime::{Class, Kind, Next, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// let mut steps = Policy::new().hint_cap(Duration::from_secs(10)).steps();
    /// let hour = Class::from(Kind::Throttled).after(Duration::from_secs(3600));
    /// assert!(matches!(steps.after(hour), Next::Stop(StopReason::RetryAfterTooLong)));
    /// ```
    #[inline]
    pub const fn hint_cap(mut self, delay: Duration) -> Self {
        (self.hint_cap, self.clamps_hint) = (delay, false);
        self
    }

    /// The longest delay that a server may ask for; a longer one is cut to it: `hint_cap = clamp("10s")` in an attribute.
    ///
    /// The spread comes on top, so that clients do not return in one instant.
    ///
    /// ```
    /// use retry_runtime::{Class, Kind, Next, Policy};
    /// use std::time::Duration;
    ///
    /// let mut steps = Policy::new().hint_clamp(Duration::from_secs(10)).steps();
    /// let hour = Class::from(Kind::Throttled).after(Duration::from_secs(3600));
    /// let Next::Pause(delay) = steps.after(hour) else { panic!("the hint is cut") };
    /// assert!(Duration::from_secs(10) <= delay && delay <= Duration::from_secs(11));
    /// ```
    #[inline]
    pub const fn hint_clamp(mut self, delay: Duration) -> Self {
        (self.hint_cap, self.clamps_hint) = (delay, true);
        self
    }

    /// Whether a hint that is shorter than the policy's own delay replaces it, and whether the hint is spread.
    ///
    /// ```
    /// use retry_runtime::{Class, Hint, Jitter, Kind, Next, Policy};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::new().base(Duration::from_secs(20)).jitter(Jitter::None).hint(Hint::Instead);
    /// let soon = Class::from(Kind::Throttled).after(Duration::from_secs(1));
    /// let Next::Pause(delay) = policy.steps().after(soon) else { panic!("it is retried") };
    /// assert!(delay >= Duration::from_secs(1)); // and not 20 s and more
    /// assert_eq!(policy.hint(Hint::Exact).steps().after(soon), Next::Pause(Duration::from_secs(1)));
    /// ```
    pub const fn hint(mut self, hint: Hint) -> Self {
        self.hint = hint;
        self
    }

    /// The hint as the policy allows it; `None` for one that ends the call.
    pub(crate) fn allowed_hint(&self, hint: Duration) -> Option<Duration> {
        if self.clamps_hint {
            Some(hint.min(self.hint_cap))
        } else {
            (hint <= self.hint_cap).then_some(hint)
        }
    }
}
