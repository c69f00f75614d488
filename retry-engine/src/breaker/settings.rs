//! The settings of a breaker, and their check.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::share::Share;
use super::window::Mark;
use crate::base::setting::{SettingError, require, settings};

settings! {
    /// The settings of a breaker.
    ///
    /// | setting | default | meaning |
    /// |---|---|---|
    /// | [`window`](Self::window) | the last 200 calls | the outcomes that are looked at |
    /// | [`min_calls`](Self::min_calls) | 20 | no rate is known from fewer; a smaller window lowers it |
    /// | [`rate`](Self::rate) | 0.5 | opens when this part of the calls failed, or more |
    /// | [`slow`](Self::slow) | off | a call that took this long or longer is slow |
    /// | [`slow_rate`](Self::slow_rate) | 0.5 | opens when this part of the calls was slow, or more; needs `slow` |
    /// | [`consecutive`](Self::consecutive) | off | opens after this many failures in a row |
    /// | [`forget`](Self::forget) | 15 min | what is older does not count |
    /// | [`open`](Self::open) | 5 s | refuses for this long, doubled with every re-open … |
    /// | [`open_max`](Self::open_max) | 60 s | … up to this |
    /// | [`jitter`](Self::jitter) | 0.2 | and then ± this part of it |
    /// | [`probes`](Self::probes) | 5 | results that decide whether it is back, and calls at a time until then |
    /// | [`probe_rate`](Self::probe_rate) | `rate` | the rate over the probes' results |
    /// | [`probe_timeout`](Self::probe_timeout) | 10 s | a probe without a result after this failed |
    /// | [`share`](Self::share) | off | the processes that hear of its transitions, and take turns to probe |
    ///
    /// Whatever the rates, it also opens after `min_calls` failures in a row, and after `min_calls` attempts in a row
    /// that their callers dropped while no answer came: see [`Breaker`](super::Breaker).
    ///
    /// The window is long, so that random failures do not open the breaker. In a simulation (`cargo run --example storm
    /// --release`) with 30 % random failures at 700 calls per second for ten minutes, 99.9 % of the calls that would succeed
    /// still do. With a window of 100 it is 98 %, since now and then half of the calls in a short window fail by chance.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Window};
    /// use std::time::Duration;
    ///
    /// static PAYMENTS: Breaker = Breaker::new(
    ///     "payments",
    ///     BreakerSettings::new().window(Window::Time(Duration::from_secs(30))).rate(0.3),
    /// );
    /// assert!(PAYMENTS.permit().is_ok());
    /// ```
    pub struct BreakerSettings {
        /// The window: the outcomes by which a closed breaker decides.
        window(window: Window): Window = Window::Count(200);
        /// The number of calls below which there is no rate, at least 1. A smaller count window lowers it to its
        /// own size.
        min_calls(calls: u32): u32 = 20;
        /// Opens when this part of the calls failed, or more: above 0, up to 1.
        rate(rate: f64): f64 = 0.5;
        /// A call that took this long or longer is slow, whether it succeeded or failed.
        slow(threshold: Duration as Some): Option<Duration> = None;
        /// Opens when this part of the calls was slow, or more: above 0, up to 1.
        slow_rate(rate: f64 as Some): Option<f64> = None;
        /// Opens after this many failures in a row, whatever the rate: at least 1. A success ends the row, and a
        /// pause of more than `forget` between two results.
        consecutive(failures: u32 as Some): Option<u32> = None;
        /// A count window forgets outcomes that are older than this, and a row of failures ends with a pause that is
        /// longer than this; above 0. A time window forgets by its own length.
        forget(time: Duration): Duration = Duration::from_secs(900);
        /// The longest open time that doubling reaches. The jitter is added to it, since a cap on the jitter would
        /// make the clients come back together.
        open_max(time: Duration): Duration = Duration::from_secs(60);
        /// The part by which the time in the open state is longer or shorter at random: 0 to 1.
        jitter(part: f64): f64 = 0.2;
        /// The number of results by which the half-open state decides, and of the probes at a time: at least 1. Before
        /// it opens again undecided, the state admits twice as many.
        probes(probes: u32): u32 = 5;
        /// The rate over the probes' results when it is not the same as `rate`: above 0, up to 1. With one
        /// n-th for n probes the first failure opens again and n successes close.
        probe_rate(rate: f64 as Some): Option<f64> = None;
        /// A probe without a result after this time, counted from its own start, failed; up to 1 day.
        probe_timeout(time: Duration): Duration = Duration::from_secs(10);
        /// The share over which the breaker tells other processes when its own results open it, and hears of theirs. It
        /// opens when half of the processes say that they are open, decides sooner below that, and probes in turn with
        /// them: see [`Share`].
        share(share: Share as Some): Option<Share> = None;
    }
    without_method { open: Duration = Duration::from_secs(5); }
}

/// The window: the outcomes by which a closed breaker decides.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Window};
/// use std::time::Duration;
///
/// const LAST_50: BreakerSettings = BreakerSettings::new().window(Window::Count(50));
/// const LAST_MINUTE: BreakerSettings = BreakerSettings::new().window(Window::Time(Duration::from_secs(60)));
/// LAST_50.validate()?;
/// LAST_MINUTE.validate()?;
/// # Ok::<(), retry_runtime::breaker::BreakerError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many counted calls, 1 to 100 000.
    Count(u32),
    /// The calls of the last so much time, 10 ms to 1 day, kept in 10 buckets from the moment at which
    /// the breaker closed: an outcome leaves the window when it is nine to ten tenths of it old, and one
    /// exactly as old as the window is out.
    Time(Duration),
}

const MOST: u32 = 100_000;
/// [`BreakerSettings::patience`] without `slow`: what a person waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

impl Hash for BreakerSettings {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Without the rates, whose numbers have no `Hash`: two settings rarely differ in these alone.
        (self.min_calls, self.consecutive, self.slow, self.forget).hash(state);
        (self.open_max, self.probes, self.probe_timeout).hash(state);
    }
}

impl BreakerSettings {
    /// Refuses for this long when it opens; up to 1 day. Above `open_max` it raises that too.
    #[inline]
    pub const fn open(self, time: Duration) -> Self {
        let open_max =
            if time.as_nanos() > self.open_max.as_nanos() { time } else { self.open_max };
        BreakerSettings { open: time, open_max, ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first invalid setting: a rate that is not above 0 and up to 1, a count of zero,
    /// a time that is zero where it must not be or longer than a day, `open_max` below `open`.
    pub const fn validate(&self) -> Result<(), SettingError> {
        require! {
            Window::Count(calls) in self.window =>
                is_count(calls), "window", Count(calls), "must be 1 to 100000 calls";
            Window::Time(time) in self.window =>
                time.as_millis() >= 10 && is_within_a_day(time), "window", Time(time), "must be 10 ms to 1 day";
            calls in self.min_calls =>
                is_count(calls), "min_calls", Count(calls), "must be 1 to 100000 calls";
            rate in self.rate =>
                is_rate(rate), "rate", Number(rate), "must be above 0 and at most 1";
            Some(rate) in self.slow_rate =>
                is_rate(rate), "slow_rate", Number(rate), "must be above 0 and at most 1";
            Some(rate) in self.slow_rate =>
                self.slow.is_some(), "slow_rate", Number(rate),
                "has no effect without `slow`, the time from which a call is slow";
            Some(slow) in self.slow =>
                !slow.is_zero(), "slow", Time(slow), "must be above 0, or every call is slow";
            Some(failures) in self.consecutive =>
                failures > 0, "consecutive", Count(failures), "must be at least 1 failure";
            time in self.forget =>
                !time.is_zero(), "forget", Time(time), "must be above 0, or nothing counts";
            time in self.open =>
                is_within_a_day(time), "open", Time(time), "must be at most 1 day";
            time in self.open_max =>
                time.as_nanos() >= self.open.as_nanos(), "open_max", Time(time), "must not be less than `open`";
            time in self.open_max =>
                is_within_a_day(time), "open_max", Time(time), "must be at most 1 day";
            part in self.jitter =>
                part >= 0.0 && part <= 1.0, "jitter", Number(part), "must be from 0 to 1";
            probes in self.probes =>
                is_count(probes), "probes", Count(probes), "must be 1 to 100000 calls";
            Some(rate) in self.probe_rate =>
                is_rate(rate), "probe_rate", Number(rate), "must be above 0 and at most 1";
            time in self.probe_timeout =>
                !time.is_zero() && is_within_a_day(time), "probe_timeout", Time(time), "must be above 0 and at most 1 day";
        }
        Ok(())
    }

    /// The part of slow calls that opens.
    pub(super) fn slow_rate_or_default(&self) -> f64 {
        self.slow_rate.unwrap_or(0.5)
    }

    /// A dropped attempt that ran for this long might have been answered.
    pub(super) fn patience(&self) -> Duration {
        self.slow.unwrap_or(PATIENCE)
    }

    /// The mark of a call that ended without a result: it failed, and took as long as a slow one.
    pub(super) fn no_answer(&self) -> Mark {
        Mark { failed: true, slow: self.slow.is_some() }
    }

    /// Calls from which on a rate is known: a count window never holds more than its size.
    pub(super) fn enough_calls(&self) -> u32 {
        match self.window {
            Window::Count(calls) => self.min_calls.min(calls),
            Window::Time(_) => self.min_calls,
        }
    }

    /// How long the state stays open when it opened `reopened` times before without closing; `unit` is
    /// random in [0, 1).
    pub(super) fn open_for(&self, reopened: u32, unit: f64) -> Duration {
        let doubled = self.open.saturating_mul(1u32.checked_shl(reopened).unwrap_or(u32::MAX));
        doubled.min(self.open_max).mul_f64(1.0 + self.jitter * (2.0 * unit - 1.0))
    }
}

const fn is_count(calls: u32) -> bool {
    calls > 0 && calls <= MOST
}

const fn is_within_a_day(time: Duration) -> bool {
    time.as_nanos() <= DAY.as_nanos()
}

const fn is_rate(rate: f64) -> bool {
    rate > 0.0 && rate <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(settings: BreakerSettings, text: &str) {
        assert_eq!(settings.validate().unwrap_err().to_string(), text);
    }

    #[test]
    fn a_setting_that_makes_no_sense_is_named_with_its_value_and_the_remedy() {
        let new = BreakerSettings::new;
        refused(new().rate(0.0), "`rate` (0) must be above 0 and at most 1");
        refused(new().rate(1.1), "`rate` (1.1) must be above 0 and at most 1");
        refused(new().slow_rate(f64::NAN), "`slow_rate` (NaN) must be above 0 and at most 1");
        refused(
            new().slow_rate(0.3),
            "`slow_rate` (0.3) has no effect without `slow`, the time from which a call is slow",
        );
        refused(new().window(Window::Count(0)), "`window` (0) must be 1 to 100000 calls");
        refused(
            new().window(Window::Time(Duration::ZERO)),
            "`window` (0ns) must be 10 ms to 1 day",
        );
        refused(new().probes(0), "`probes` (0) must be 1 to 100000 calls");
        refused(new().consecutive(0), "`consecutive` (0) must be at least 1 failure");
        refused(new().forget(Duration::ZERO), "`forget` (0ns) must be above 0, or nothing counts");
        refused(
            new().open_max(Duration::from_secs(1)),
            "`open_max` (1s) must not be less than `open`",
        );
    }

    #[test]
    fn the_defaults_make_sense_at_compile_time() {
        const _: () = assert!(BreakerSettings::new().validate().is_ok());
    }

    #[test]
    fn a_count_window_lowers_the_minimum_to_its_size_and_a_time_window_keeps_it() {
        let six = BreakerSettings::new().min_calls(6);
        assert_eq!(six.window(Window::Count(5)).enough_calls(), 5);
        assert_eq!(six.window(Window::Time(Duration::from_secs(5))).enough_calls(), 6);
    }

    #[test]
    fn the_open_time_doubles_up_to_its_maximum_and_jitters_around_it() {
        let settings = BreakerSettings::new();
        let secs = |reopened, unit| settings.open_for(reopened, unit).as_secs_f64();
        let doubled: Vec<f64> = [0, 1, 2, 3, 4, 31, 32, u32::MAX].map(|n| secs(n, 0.5)).into();
        assert_eq!(doubled, [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0]);
        assert_eq!((secs(0, 0.0), secs(0, 1.0), secs(9, 1.0)), (4.0, 6.0, 72.0));
    }
}
