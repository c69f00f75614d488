//! The settings of a budget, and their check.

use std::time::Duration;

use super::volume::OF_SITE;
use crate::base::setting::{SettingError, require, settings};

settings! {
    /// The settings of a budget. Amounts are in tokens, exact to a thousandth.
    ///
    /// | setting | default | meaning |
    /// |---|---|---|
    /// | [`capacity`](Self::capacity) | follows the volume | tokens that may be owed |
    /// | [`deposit`](Self::deposit) | 0.1 | paid off by a call that succeeds at its first try |
    /// | [`cost`](Self::cost) | 1 | owed by a retry |
    /// | [`throttled_cost`](Self::throttled_cost) | 0.5 | owed by a retry after `Throttled` |
    /// | [`ambiguous_cost`](Self::ambiguous_cost) | `cost` | owed by a retry after `Ambiguous`: a timeout, a reset |
    /// | [`refund`](Self::refund) | the cost | given back by a retry that succeeds |
    /// | [`refill`](Self::refill) | 1 min | the time that pays off one token |
    ///
    /// # Capacity
    /// Without a `capacity` the budget may owe 6 tokens plus one for every 20 calls of the last 30 s, but no more than 20 tokens. So a
    /// tool, a service and one of 2 000 clients each get as many retries as their dependency bears, and none of them
    /// has to be told how large the others are. In this case a retry after the third of its call owes nothing while
    /// there have been at most three calls in the last 30 s, those in flight included: `max = 20` on a lone call makes
    /// 20 retries. The budget of a [key](crate::budget::Keyed) may owe 3 tokens plus one for every 10 of its calls.
    ///
    /// A `capacity` that is set, also by a preset, is fixed, and every retry is charged.
    ///
    /// Simulated (`cargo run --example storm --release`): 700 calls per second from K clients to a server that stalls
    /// for 5 s succeed again (99 %) after 9, 10, 13, 26 and 58 s for K = 1, 10, 100, 700 and 2 100; with a `max` of 50 or
    /// a base of 100 ms, 2 100 clients need at most 63 s. A dependency that stays dead sees 1.00 to 1.08 times its load,
    /// and 1.33 times where it has three calls a minute.
    ///
    /// A builder that works in `const` code:
    ///
    /// ```
    /// use retry_runtime::budget::{Budget, BudgetSettings};
    /// use std::time::Duration;
    ///
    /// const SETTINGS: BudgetSettings =
    ///     BudgetSettings::new().capacity(20).deposit(0.2).refill(Duration::from_secs(10));
    /// static BUDGET: Budget = Budget::new(SETTINGS);
    /// assert_eq!(BUDGET.capacity(), 20.0);
    /// ```
    ///
    /// # Presets
    /// [`finagle`](Self::finagle), [`grpc`](Self::grpc), [`aws`](Self::aws), [`aws_2_0`](Self::aws_2_0),
    /// [`sre`](Self::sre), [`unlimited`](Self::unlimited); by name: [`preset`](Self::preset).
    pub struct BudgetSettings {
        /// Tokens that may be owed, 1 to 100 000. Without it, the capacity follows the volume of calls.
        capacity(tokens: u32 as Some): Option<u32> = None;
        /// Tokens that are left at the start, in place of all.
        start(tokens: f64 as Some): Option<f64> = None;
        /// Tokens that a call pays off; see [`DepositOn`] for which.
        deposit(tokens: f64): f64 = 0.1;
        /// Which calls make a deposit.
        deposit_on(calls: DepositOn): DepositOn = DepositOn::FirstTry;
        /// Tokens that a retry owes; 0 makes retries free.
        cost(tokens: f64): f64 = 1.0;
        /// Tokens that a retry after `Throttled` owes.
        throttled_cost(tokens: f64): f64 = 0.5;
        /// Tokens that a retry after `Ambiguous` (a timeout, a reset) owes, when not the same as `cost`.
        ambiguous_cost(tokens: f64 as Some): Option<f64> = None;
        /// When the cost is charged.
        charge(charge: Charge): Charge = Charge::Retries;
        /// The refund of a retry that succeeds.
        refund(refund: Refund): Refund = Refund::Cost;
        /// The time that pays off one token: whole milliseconds, 1 ms to 1 day.
        refill(every: Duration as Some): Option<Duration> = Some(Duration::from_secs(60));
    }
}

/// The refund of a retry that succeeds.
///
/// ```
/// use retry_runtime::budget::{BudgetSettings, Refund};
///
/// const FLAT: BudgetSettings = BudgetSettings::new().capacity(10).refund(Refund::Tokens(0.5));
/// FLAT.validate()?;
/// # Ok::<(), retry_runtime::budget::BudgetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refund {
    /// Its cost.
    Cost,
    /// This many tokens, whatever it cost.
    Tokens(f64),
}

/// Which calls make a deposit.
///
/// ```
/// use retry_runtime::budget::{BudgetSettings, DepositOn};
///
/// // At most one retry for ten calls, whether these succeed or not.
/// const RATIO: BudgetSettings =
///     BudgetSettings::new().capacity(10).deposit(0.1).deposit_on(DepositOn::EveryCall).no_refill();
/// RATIO.validate()?;
/// # Ok::<(), retry_runtime::budget::BudgetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositOn {
    /// Calls that succeed at their first try: a dependency that is down earns no retries.
    FirstTry,
    /// Every call, once: a plain ratio of retries to calls.
    EveryCall,
}

/// When the cost is charged: for each retry, or for each failure.
///
/// ```
/// use retry_runtime::budget::{BudgetSettings, Charge};
///
/// // gRPC's rule: every failure costs a token, and retries stop at half of them.
/// const HALF: BudgetSettings = BudgetSettings::new().capacity(10).charge(Charge::Failures { above: 5.0 });
/// HALF.validate()?;
/// # Ok::<(), retry_runtime::budget::BudgetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Charge {
    /// For each retry, which is refused when its cost is not there.
    Retries,
    /// For each failure that asks for a retry, made or not, down to zero; the retry is made while more
    /// than `above` tokens are left after that. Nothing is given back for a retry that was dropped.
    Failures {
        /// Tokens that must be exceeded.
        above: f64,
    },
}

/// The largest amount of tokens in any setting.
pub(super) const MOST: u32 = 100_000;

impl BudgetSettings {
    /// Time pays nothing off.
    #[inline]
    pub const fn no_refill(self) -> Self {
        BudgetSettings { refill: None, ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first invalid setting: a capacity of 0, an amount that is not a number, is negative, above
    /// 100 000 or (for a deposit) so small that it would round to nothing; a cost or a `start` above the
    /// capacity (above 6 where the capacity follows the volume); a refill time that is not made of whole milliseconds.
    pub const fn validate(&self) -> Result<(), SettingError> {
        let capacity = match self.capacity {
            Some(tokens) => tokens as f64,
            None => OF_SITE.least as f64 / 1000.0,
        };
        require! {
            Some(tokens) in self.capacity =>
                tokens > 0 && tokens <= MOST, "capacity", Count(tokens), "must be 1 to 100000 tokens";
            Some(start) in self.start =>
                start >= 0.0 && start <= capacity, "start", Number(start), "must be a number from 0 to `capacity`";
            deposit in self.deposit =>
                is_amount(deposit), "deposit", Number(deposit), "must be a number of tokens from 0 to 100000";
            deposit in self.deposit =>
                deposit <= 0.0 || deposit >= 0.001, "deposit", Number(deposit), "must be 0 or at least 0.001 tokens";
            cost in self.cost =>
                is_amount(cost), "cost", Number(cost), "must be a number of tokens from 0 to 100000";
            cost in self.cost =>
                cost <= capacity, "cost", Number(cost), "must not exceed `capacity`, or no retry is ever made";
            cost in self.throttled_cost =>
                cost >= 0.0 && cost <= capacity, "throttled_cost", Number(cost),
                "must be a number of tokens from 0 to `capacity`";
            Some(cost) in self.ambiguous_cost =>
                cost >= 0.0 && cost <= capacity, "ambiguous_cost", Number(cost),
                "must be a number of tokens from 0 to `capacity`";
            Charge::Failures { above } in self.charge =>
                above >= 0.0 && above < capacity, "above", Number(above), "must be at least 0 and below `capacity`";
            Refund::Tokens(refund) in self.refund =>
                is_amount(refund), "refund", Number(refund), "must be a number of tokens from 0 to 100000";
            Some(every) in self.refill =>
                every.subsec_nanos() % 1_000_000 == 0 && !every.is_zero() && every.as_secs() <= 86_400,
                "refill", Time(every), "must be whole milliseconds, from 1 ms to 1 day";
        }
        Ok(())
    }
}

const fn is_amount(tokens: f64) -> bool {
    tokens >= 0.0 && tokens <= MOST as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(settings: BudgetSettings, text: &str) {
        assert_eq!(settings.validate().unwrap_err().to_string(), text);
    }

    #[test]
    fn a_setting_that_makes_no_sense_is_named_with_its_value_and_the_remedy() {
        let new = BudgetSettings::new;
        refused(new().capacity(0), "`capacity` (0) must be 1 to 100000 tokens");
        refused(new().deposit(-1.0), "`deposit` (-1) must be a number of tokens from 0 to 100000");
        refused(new().deposit(0.0004), "`deposit` (0.0004) must be 0 or at least 0.001 tokens");
        refused(new().cost(f64::NAN), "`cost` (NaN) must be a number of tokens from 0 to 100000");
        refused(
            new().cost(11.0),
            "`cost` (11) must not exceed `capacity`, or no retry is ever made",
        );
        refused(new().start(f64::INFINITY), "`start` (inf) must be a number from 0 to `capacity`");
        refused(
            new().refill(Duration::from_micros(1500)),
            "`refill` (1.5ms) must be whole milliseconds, from 1 ms to 1 day",
        );
        refused(
            new().charge(Charge::Failures { above: 10.0 }),
            "`above` (10) must be at least 0 and below `capacity`",
        );
    }

    #[test]
    fn the_defaults_make_sense_at_compile_time() {
        const _: () = assert!(BudgetSettings::new().validate().is_ok());
    }
}
