//! The compared schemes.

use std::borrow::Cow;
use std::time::Duration;

use retry_runtime::breaker::BreakerSettings;
use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Jitter, Policy};

use super::outage::StormError;

/// A policy with its budget and its breaker: a row of the comparison.
///
/// ```
/// use retry_runtime::Policy;
/// use retry_runtime::breaker::BreakerSettings;
/// use retry_runtime::budget::BudgetSettings;
/// use retry_testing::storm::Scheme;
///
/// let scheme = Scheme::new("mine", Policy::new().max(5).idempotent(true))
///     .budget(Some(BudgetSettings::grpc()))
///     .breaker(Some(BreakerSettings::new()));
/// # assert!(format!("{scheme:?}").contains("mine"));
/// ```
#[derive(Clone, Debug)]
pub struct Scheme {
    pub(super) name: Cow<'static, str>,
    pub(super) policy: Policy,
    pub(super) budget: Option<BudgetSettings>,
    pub(super) breaker: Option<BreakerSettings>,
    pub(super) any: bool,
    pub(super) note: Option<&'static str>,
}

impl Scheme {
    /// A policy with the default budget and without a breaker, as an annotated function has them.
    pub fn new(name: impl Into<Cow<'static, str>>, policy: Policy) -> Self {
        let budget = Some(BudgetSettings::new());
        Scheme { name: name.into(), policy, budget, breaker: None, any: false, note: None }
    }

    /// The crate's default: up to three retries after 1 s, 2 s and 4 s with full jitter, and the default budget.
    ///
    /// ```
    /// use retry_testing::storm::{Outage, Scheme, simulate};
    /// use std::time::Duration;
    ///
    /// let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(40));
    /// let storm = simulate(&outage, &[Scheme::default_policy()])?;
    /// assert!(storm.rows[0].recovered_s.is_some());
    /// # Ok::<(), retry_testing::storm::StormError>(())
    /// ```
    pub fn default_policy() -> Self {
        Scheme::new("the default", Policy::new().idempotent(true))
    }

    /// The standard mode of the AWS SDKs, retries 2.1: three attempts with full jitter from 50 ms, at most 20 s, and
    /// [`BudgetSettings::aws`].
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
    pub fn aws() -> Self {
        let policy = Policy::new()
            .attempts(3)
            .base(Duration::from_millis(50))
            .cap(Duration::from_secs(20))
            .jitter(Jitter::Full)
            .idempotent(true);
        Scheme::new("AWS, standard mode", policy).budget(Some(BudgetSettings::aws()))
    }

    /// One attempt for each call.
    pub fn no_retries() -> Self {
        Scheme::new("no retries", Policy::new().max(0)).budget(None)
    }

    /// The budget that pays for retries; `None` for no budget.
    #[must_use]
    pub fn budget(self, settings: Option<BudgetSettings>) -> Self {
        Scheme { budget: settings, ..self }
    }

    /// The breaker that admits attempts; `None` for no breaker.
    #[must_use]
    pub fn breaker(self, settings: Option<BreakerSettings>) -> Self {
        Scheme { breaker: settings, ..self }
    }

    /// Whether failures of every kind are retried, as with `on = any`. Attempts that are abandoned count as transient then.
    #[must_use]
    pub fn any(self, any: bool) -> Self {
        Scheme { any, ..self }
    }

    /// A remark for people below the tables.
    pub(super) fn note(self, text: &'static str) -> Self {
        Scheme { note: Some(text), ..self }
    }

    pub(super) fn check(&self) -> Result<(), StormError> {
        let wrong = |field, text: &dyn std::fmt::Display| {
            Err(StormError::new(field, format!("`{}`: {text}", self.name)))
        };
        if let Err(error) = self.policy.validate() {
            return wrong("policy", &error);
        }
        if let Some(Err(error)) = self.budget.map(|it| it.validate()) {
            return wrong("budget", &error);
        }
        if let Some(Err(error)) = self.breaker.map(|it| it.validate()) {
            return wrong("breaker", &error);
        }
        Ok(())
    }
}
