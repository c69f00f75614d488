//! The bare words and bare calls that the values of the attribute may contain.
//!
//! The macro does not know these words. It expands a word to a path into one of these modules, with the user's span. For an
//! unknown word rustc reports "cannot find function" and suggests the nearest name.

/// The values of `backoff = …`.
pub mod backoff {
    use crate::policy::backoff::Backoff;

    /// Each delay is the previous one times `factor`.
    pub const fn exponential() -> Backoff {
        Backoff::Exponential
    }

    /// Every delay is `base`.
    pub const fn fixed() -> Backoff {
        Backoff::Fixed
    }

    /// Each delay is the previous one plus `base`.
    pub const fn linear() -> Backoff {
        Backoff::Linear
    }

    /// The delays are `base` times the Fibonacci numbers.
    pub const fn fibonacci() -> Backoff {
        Backoff::Fibonacci
    }
}

/// The values of `jitter = …`.
pub mod jitter {
    use crate::policy::jitter::Jitter;

    /// Draws from zero to the whole delay.
    pub const fn full() -> Jitter {
        Jitter::Full
    }

    /// Draws from half of the delay to the whole delay.
    pub const fn equal() -> Jitter {
        Jitter::Equal
    }

    /// Draws from `base` to three times the previous delay.
    pub const fn decorrelated() -> Jitter {
        Jitter::Decorrelated
    }

    /// Adds or subtracts up to this fraction of the delay.
    #[track_caller]
    #[inline]
    pub const fn proportional(r: f64) -> Jitter {
        assert!(r >= 0.0 && r <= 1.0, "the number in `proportional(r)` must be from 0 to 1");
        Jitter::Proportional(r)
    }

    /// Adds up to this fraction of the delay.
    #[track_caller]
    #[inline]
    pub const fn additive(r: f64) -> Jitter {
        assert!(r >= 0.0 && r.is_finite(), "the number in `additive(r)` must be finite and from 0");
        Jitter::Additive(r)
    }

    /// Adds up to this fraction of the delay before the first retry; the others are exact.
    #[track_caller]
    #[inline]
    pub const fn first(r: f64) -> Jitter {
        assert!(r >= 0.0 && r.is_finite(), "the number in `first(r)` must be finite and from 0");
        Jitter::First(r)
    }

    /// Uses the exact delay.
    pub const fn none() -> Jitter {
        Jitter::None
    }
}

/// The values of `hint = …`.
pub mod hint {
    use crate::policy::hint::Hint;

    /// A hint makes the delay longer, and not shorter.
    pub const fn at_least() -> Hint {
        Hint::AtLeast
    }

    /// A hint replaces the delay.
    pub const fn instead() -> Hint {
        Hint::Instead
    }

    /// A hint is the delay, without a spread.
    pub const fn exact() -> Hint {
        Hint::Exact
    }
}

/// The values of `budget = …`.
// In a loom model budgets have no const constructors, and no attribute uses them.
#[cfg(not(all(test, retry_loom)))]
pub mod budget {
    use crate::budget::BudgetSettings;
    use crate::site::SiteBudget;

    /// No budget limits the retries.
    pub const fn none() -> SiteBudget {
        SiteBudget::None
    }

    /// [`BudgetSettings::finagle`].
    pub const fn finagle() -> SiteBudget {
        SiteBudget::own(BudgetSettings::finagle())
    }

    /// [`BudgetSettings::grpc`].
    pub const fn grpc() -> SiteBudget {
        SiteBudget::own(BudgetSettings::grpc())
    }

    /// [`BudgetSettings::aws`].
    pub const fn aws() -> SiteBudget {
        SiteBudget::own(BudgetSettings::aws())
    }

    /// [`BudgetSettings::aws_2_0`].
    pub const fn aws_2_0() -> SiteBudget {
        SiteBudget::own(BudgetSettings::aws_2_0())
    }

    /// [`BudgetSettings::sre`].
    pub const fn sre() -> SiteBudget {
        SiteBudget::own(BudgetSettings::sre())
    }

    /// [`BudgetSettings::unlimited`].
    pub const fn unlimited() -> SiteBudget {
        SiteBudget::own(BudgetSettings::unlimited())
    }
}

/// Values of settings in `breaker(…)` and `budget(…)`.
pub mod setting {
    use std::time::Duration;

    use crate::breaker::Window;

    /// The window covers this number of calls: `window = count(100)`.
    pub const fn count(calls: u32) -> Window {
        Window::Count(calls)
    }

    /// The window covers the calls of this period: `window = time("30s")`.
    pub const fn time(time: Duration) -> Window {
        Window::Time(time)
    }
}

/// The value of `budget = …` or `breaker = …`: a reference to a static, or to a name.
#[derive(Debug)]
pub struct By<T>(pub T);

impl By<&'static crate::budget::Budget> {
    /// The budget in this static.
    pub const fn budget(self) -> crate::site::SiteBudget {
        crate::site::SiteBudget::Shared(self.0)
    }
}

impl By<&'static &'static str> {
    /// The shared budget with this name.
    #[track_caller]
    pub const fn budget(self) -> crate::site::SiteBudget {
        crate::site::SiteBudget::named(self.0, None)
    }

    /// The shared breaker with this name.
    #[track_caller]
    pub const fn breaker(self) -> crate::site::SiteBreaker {
        crate::site::SiteBreaker::named(self.0, None)
    }
}

impl By<&'static crate::breaker::Breaker> {
    /// The breaker in this static.
    pub const fn breaker(self) -> crate::site::SiteBreaker {
        crate::site::SiteBreaker::Shared(self.0)
    }
}
