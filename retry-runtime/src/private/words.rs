//! The words of the attribute: what a bare word or a bare call in a value stands for.
//!
//! The macro does not know them. It writes a path into one of these modules with the user's span, so a
//! word that is not here is rustc's "cannot find function", with its nearest name.

/// The values of `backoff = …`.
pub mod backoff {
    use crate::policy::backoff::Backoff;

    /// Multiplied by `factor` each time.
    pub const fn exponential() -> Backoff {
        Backoff::Exponential
    }

    /// The same each time.
    pub const fn fixed() -> Backoff {
        Backoff::Fixed
    }

    /// One more `base` each time.
    pub const fn linear() -> Backoff {
        Backoff::Linear
    }

    /// The Fibonacci numbers times `base`.
    pub const fn fibonacci() -> Backoff {
        Backoff::Fibonacci
    }
}

/// The values of `jitter = …`.
pub mod jitter {
    use crate::policy::jitter::Jitter;

    /// Anywhere from nothing to the whole delay.
    pub const fn full() -> Jitter {
        Jitter::Full
    }

    /// At least half of the delay.
    pub const fn equal() -> Jitter {
        Jitter::Equal
    }

    /// Anywhere from `base` to three times the previous delay.
    pub const fn decorrelated() -> Jitter {
        Jitter::Decorrelated
    }

    /// Up to this part of the delay more or less.
    #[track_caller]
    pub const fn proportional(r: f64) -> Jitter {
        assert!(r >= 0.0 && r <= 1.0, "the number in `proportional(r)` must be from 0 to 1");
        Jitter::Proportional(r)
    }

    /// Up to this part of the delay more.
    #[track_caller]
    pub const fn additive(r: f64) -> Jitter {
        assert!(r >= 0.0 && r.is_finite(), "the number in `additive(r)` must be finite and from 0");
        Jitter::Additive(r)
    }

    /// Exactly the delay.
    pub const fn none() -> Jitter {
        Jitter::None
    }
}

/// The values of `budget = …`.
// A loom model has no constants of budgets, and no attributes to name them.
#[cfg(not(all(test, retry_loom)))]
pub mod budget {
    use crate::budget::BudgetSettings;
    use crate::site::SiteBudget;

    /// No budget: retries are limited by the call alone.
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

/// Values of single settings in `breaker(…)` and `budget(…)`.
pub mod setting {
    use std::time::Duration;

    use crate::breaker::Window;

    /// The last so many calls: `window = count(100)`.
    pub const fn count(calls: u32) -> Window {
        Window::Count(calls)
    }

    /// The calls of the last so much time: `window = time("30s")`.
    pub const fn time(time: Duration) -> Window {
        Window::Time(time)
    }
}

/// A budget or a breaker by what an attribute names: the static itself, or a constant with its name.
#[derive(Debug)]
pub struct By<T>(pub T);

impl By<&'static crate::budget::Budget> {
    /// The declared budget.
    pub const fn budget(self) -> crate::site::SiteBudget {
        crate::site::SiteBudget::Shared(self.0)
    }
}

impl By<&'static &'static str> {
    /// The budget of this name.
    #[track_caller]
    pub const fn budget(self) -> crate::site::SiteBudget {
        crate::site::SiteBudget::named(self.0, None)
    }

    /// The breaker of this name.
    #[track_caller]
    pub const fn breaker(self) -> crate::site::SiteBreaker {
        crate::site::SiteBreaker::named(self.0, None)
    }
}

impl By<&'static crate::breaker::Breaker> {
    /// The declared breaker.
    pub const fn breaker(self) -> crate::site::SiteBreaker {
        crate::site::SiteBreaker::Shared(self.0)
    }
}
