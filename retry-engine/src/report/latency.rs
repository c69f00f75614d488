//! The durations of attempts, as counts in buckets.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::histogram;

/// The durations of the attempts of an annotated function with `measure`, or of several functions added together.
///
/// Attempts that succeeded, failed or were cut off by a limit are counted; those of calls that were dropped are not, since
/// nobody knows how long they would have run. Durations are counted in buckets of a sixteenth of their length, so that a
/// quantile is at most 3.2 % wrong; those above 2.4 hours are counted as that long.
///
/// ```
/// use retry_runtime::retryable;
///
/// #[retryable(measure, name = "docs::latency")]
/// fn load() -> std::io::Result<u32> {
///     Ok(1)
/// }
///
/// load()?;
/// let latency = retry_runtime::site("docs::latency").and_then(|site| site.latency()).expect("an attempt was measured");
/// assert_eq!(latency.count(), 1);
/// println!("{:?}, at most {:?} for 99 of 100", latency.p50(), latency.p99());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Written", into = "Written"))]
pub struct Latency {
    /// Counts by the shortest duration of the bucket, in nanoseconds.
    buckets: BTreeMap<u64, u64>,
}

impl Latency {
    /// The number of attempts.
    #[inline]
    pub fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    /// The duration within which this fraction of the attempts ended: 0.99 for the slowest of the fastest 99 of 100; `None`
    /// before the first attempt. A fraction below 0 or NaN counts as 0, one above 1 as 1.
    #[inline]
    pub fn quantile(&self, fraction: f64) -> Option<Duration> {
        let count = self.count();
        // The rank from 1: `as` makes NaN 0.
        let rank = ((fraction.clamp(0.0, 1.0) * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            below += *count;
            below >= rank
        });
        found.map(|(shortest, _)| middle(*shortest))
    }

    /// The median of the durations; `None` before the first attempt.
    #[inline]
    pub fn p50(&self) -> Option<Duration> {
        self.quantile(0.5)
    }

    /// The duration within which 99 of 100 attempts ended; `None` before the first attempt.
    #[inline]
    pub fn p99(&self) -> Option<Duration> {
        self.quantile(0.99)
    }

    /// The middle of each bucket that has a count, and the count; the shortest durations first.
    #[inline]
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.buckets.iter().map(|(shortest, count)| (middle(*shortest), *count))
    }

    /// Adds the durations of other attempts.
    #[inline]
    pub fn add(&mut self, other: &Latency) {
        self.add_counts(other.buckets.iter().map(|(shortest, count)| (*shortest, *count)));
    }

    /// The durations that were added since `earlier`. A bucket that has fewer than before was cleared in between.
    #[inline]
    #[must_use]
    pub fn since(&self, earlier: &Latency) -> Latency {
        let mut since = self.clone();
        for (shortest, count) in &mut since.buckets {
            let before = earlier.buckets.get(shortest).copied().unwrap_or(0);
            *count = count.checked_sub(before).unwrap_or(*count);
        }
        since.buckets.retain(|_, count| *count > 0);
        since
    }

    #[inline]
    pub(crate) fn add_counts(&mut self, counts: impl IntoIterator<Item = (u64, u64)>) {
        for (nanos, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let (shortest, _) = histogram::bounds(nanos);
            let sum = self.buckets.entry(shortest).or_default();
            *sum = sum.saturating_add(count);
        }
    }
}

/// The middle of the bucket that begins with this duration.
#[inline]
fn middle(shortest: u64) -> Duration {
    let (shortest, longest) = histogram::bounds(shortest);
    Duration::from_nanos(shortest + (longest - shortest) / 2)
}

/// The form for serde. The quantiles are for readers; only the buckets are read.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Written {
    #[serde(default)]
    count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p50_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p99_ns: Option<u64>,
    /// The shortest duration of a bucket in nanoseconds, and its count.
    buckets: Vec<(u64, u64)>,
}

#[cfg(feature = "serde")]
impl From<Latency> for Written {
    fn from(latency: Latency) -> Self {
        let nanos = |time: Option<Duration>| time.map(|time| time.as_nanos() as u64);
        Written {
            count: latency.count(),
            p50_ns: nanos(latency.p50()),
            p99_ns: nanos(latency.p99()),
            buckets: latency.buckets.into_iter().collect(),
        }
    }
}

#[cfg(feature = "serde")]
impl From<Written> for Latency {
    fn from(written: Written) -> Self {
        let mut latency = Latency::default();
        latency.add_counts(written.buckets);
        latency
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::default();
        latency.add_counts(millis.into_iter().map(|millis| (millis * 1_000_000, 1)));
        latency
    }

    fn near(found: Option<Duration>, millis: f64) {
        let found = found.expect("there are attempts").as_secs_f64() * 1e3;
        assert!((found / millis - 1.0).abs() < 0.032, "{found} ms is not {millis} ms");
    }

    #[test]
    fn the_quantiles_of_a_hundred_attempts_are_those_of_the_sorted_list() {
        let latency = of(1..=100);
        near(latency.p50(), 50.0);
        near(latency.p99(), 99.0);
        near(latency.quantile(1.0), 100.0);
        near(latency.quantile(7.0), 100.0);
        near(latency.quantile(0.0), 1.0);
        near(latency.quantile(f64::NAN), 1.0);
        assert_eq!(Latency::default().p50(), None);
    }

    #[test]
    fn the_attempts_since_an_earlier_reading_are_the_difference_also_after_a_clear() {
        let (earlier, later) = (of([1, 5, 5]), of([1, 5, 5, 5, 80]));
        assert_eq!(later.since(&earlier), of([5, 80]));
        assert_eq!(of([5]).since(&earlier), of([5]));
    }

    proptest! {
        #[test]
        fn a_sum_has_the_attempts_of_both(one in prop::collection::vec(0_u64..1 << 40, 0..50), other in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut sum = Latency::default();
            sum.add_counts(one.iter().map(|nanos| (*nanos, 1)));
            let mut second = Latency::default();
            second.add_counts(other.iter().map(|nanos| (*nanos, 1)));
            sum.add(&second);
            prop_assert_eq!(sum.count(), (one.len() + other.len()) as u64);
            prop_assert_eq!(sum.buckets().map(|(_, count)| count).sum::<u64>(), sum.count());
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_is_written_is_read_again() {
        let latency = of([1, 2, 2, 900]);
        let text = serde_json::to_string(&latency).expect("it has a form");
        assert!(text.starts_with("{\"count\":4,\"p50_ns\":"), "{text}");
        assert_eq!(serde_json::from_str::<Latency>(&text).expect("it is read"), latency);
    }
}
