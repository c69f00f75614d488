//! Published retry budgets, as settings of our bucket.

use std::fmt;
use std::time::Duration;

use super::settings::{BudgetSettings, Charge, DepositOn, Refund};

/// The presets' names, for messages and for [`BudgetSettings::preset`].
pub const PRESETS: [&str; 6] = ["aws", "aws_2_0", "finagle", "grpc", "sre", "unlimited"];

impl BudgetSettings {
    /// Finagle's `RetryBudget`: 20 % of the calls, and 10 retries per second on top.
    ///
    /// Published: `ttl = 10 s`, `minRetriesPerSec = 10`, `percentCanRetry = 0.2`; every request makes a
    /// deposit, whatever its result, and deposits are forgotten after `ttl`. Here: 0.2 per call, one
    /// token per 100 ms, and in place of forgetting the capacity limits the bucket to 100 tokens, which is
    /// Finagle's reserve (10 per second for 10 s). Above 50 calls per second its bursts may be larger.
    ///
    /// Source: <https://twitter.github.io/finagle/guide/Clients.html#retries>, `RetryBudget.scala`.
    #[inline]
    pub const fn finagle() -> Self {
        BudgetSettings::ratio(100, 0.2).refill(Duration::from_millis(100))
    }

    /// gRPC's `retryThrottling` with `maxTokens = 10`, `tokenRatio = 0.1`.
    ///
    /// Every failure that could be retried takes 1 token, whether or not it is; every success, retried or
    /// not, adds 0.1; retries are made while more than half of the tokens are left. Time changes nothing.
    ///
    /// Source: gRFC A6, <https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs>.
    #[inline]
    pub const fn grpc() -> Self {
        BudgetSettings::new()
            .capacity(10)
            .throttled_cost(1.0)
            .refund(Refund::Tokens(0.1))
            .charge(Charge::Failures { above: 5.0 })
            .no_refill()
    }

    /// The AWS SDKs' standard mode, retries 2.1 (2026): 500 tokens, a retry costs 14, after throttling 5.
    ///
    /// A success at the first try adds 1, a retry that succeeds gets its cost back, time changes nothing.
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
    #[inline]
    pub const fn aws() -> Self {
        BudgetSettings::new().capacity(500).deposit(1.0).cost(14.0).throttled_cost(5.0).no_refill()
    }

    /// The AWS SDKs' standard mode as it was until 2026 (2.0): 500 tokens, a retry costs 5, after a
    /// timeout 10.
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
    #[inline]
    pub const fn aws_2_0() -> Self {
        BudgetSettings::aws().cost(5.0).ambiguous_cost(10.0)
    }

    /// The SRE book's per-client budget: retries stay below 10 % of the calls.
    ///
    /// The book names the ratio and no window; the capacity of 10 tokens makes it the last 100 calls.
    /// Its other rule, at most three attempts per request, is `attempts = 3`. Time changes nothing, and
    /// nothing is given back: the ratio counts retries, good or bad.
    ///
    /// Source: Site Reliability Engineering, chapter 21, "Handling Overload", "Deciding to Retry",
    /// <https://sre.google/sre-book/handling-overload/>.
    #[inline]
    pub const fn sre() -> Self {
        BudgetSettings::ratio(10, 0.1).no_refill()
    }

    /// Retries cost nothing: only the limits of the call itself hold.
    #[inline]
    pub const fn unlimited() -> Self {
        BudgetSettings::new().capacity(10).cost(0.0).throttled_cost(0.0).no_refill()
    }

    /// The preset of a name: one of [`PRESETS`].
    ///
    /// ```
    /// use retry_runtime::budget::BudgetSettings;
    ///
    /// assert_eq!(BudgetSettings::preset("grpc"), Ok(BudgetSettings::grpc()));
    /// let error = BudgetSettings::preset("fingale").unwrap_err();
    /// assert_eq!(error.to_string(), "`fingale` is not a budget preset; did you mean `finagle`?");
    /// ```
    ///
    /// # Errors
    /// [`UnknownPreset`] with the nearest name.
    #[inline]
    pub fn preset(name: &str) -> Result<Self, UnknownPreset> {
        match name {
            "aws" => Ok(BudgetSettings::aws()),
            "aws_2_0" => Ok(BudgetSettings::aws_2_0()),
            "finagle" => Ok(BudgetSettings::finagle()),
            "grpc" => Ok(BudgetSettings::grpc()),
            "sre" => Ok(BudgetSettings::sre()),
            "unlimited" => Ok(BudgetSettings::unlimited()),
            _ => Err(UnknownPreset { name: name.to_owned() }),
        }
    }

    /// A plain ratio of retries to calls, good or bad.
    #[inline]
    const fn ratio(capacity: u32, ratio: f64) -> Self {
        BudgetSettings::new()
            .capacity(capacity)
            .deposit(ratio)
            .deposit_on(DepositOn::EveryCall)
            .throttled_cost(1.0)
            .refund(Refund::Tokens(0.0))
    }
}

/// A budget preset of this name does not exist.
///
/// ```
/// use retry_runtime::budget::BudgetSettings;
///
/// let error = BudgetSettings::preset("finale").unwrap_err();
/// assert_eq!(error.nearest(), Some("finagle"));
/// assert_eq!(error.to_string(), "`finale` is not a budget preset; did you mean `finagle`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPreset {
    name: String,
}

impl UnknownPreset {
    /// The name that was given.
    #[inline]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The preset that was most likely meant, when one is near enough.
    #[inline]
    pub fn nearest(&self) -> Option<&'static str> {
        let (edits, name) =
            PRESETS.iter().map(|preset| (edits(&self.name, preset), *preset)).min()?;
        (edits <= name.len() / 3 + 1).then_some(name)
    }
}

impl fmt::Display for UnknownPreset {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a budget preset; ", self.name)?;
        match self.nearest() {
            Some(nearest) => write!(f, "did you mean `{nearest}`?"),
            None => write!(f, "the presets are {}", PRESETS.join(", ")),
        }
    }
}

impl std::error::Error for UnknownPreset {}

/// Letters to insert, delete or replace to turn one word into the other (Levenshtein).
#[inline]
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let replace = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(corner + 1);
        }
    }
    *row.last().unwrap_or(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_name_and_makes_sense() {
        for name in PRESETS {
            BudgetSettings::preset(name).unwrap().validate().unwrap();
        }
    }

    #[test]
    fn an_unknown_preset_is_answered_with_the_nearest_or_with_all_of_them() {
        let text = |name| BudgetSettings::preset(name).unwrap_err().to_string();
        assert_eq!(text("awz"), "`awz` is not a budget preset; did you mean `aws`?");
        assert_eq!(
            text("elephants"),
            "`elephants` is not a budget preset; the presets are aws, aws_2_0, finagle, grpc, sre, unlimited"
        );
    }
}
