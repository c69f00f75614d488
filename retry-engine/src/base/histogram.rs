//! A log-linear histogram of durations: 16 buckets for each power of two, so that a bucket is at most a sixteenth wide.
//!
//! Adding a duration is one atomic addition, whatever the number of threads. The layout is the one of HdrHistogram
//! (Gil Tene), with the precision fixed.

use std::sync::atomic::{AtomicU64, Ordering};

/// The buckets of each power of two.
const PARTS: u64 = 16;

/// Durations from this power of two of nanoseconds on, 2.4 hours, share the last bucket.
const LARGEST: u32 = 43;

/// The number of buckets.
const BUCKETS: usize = ((LARGEST - PARTS.ilog2()) as usize + 1) * PARTS as usize;

/// The bucket of a duration in nanoseconds.
fn bucket(nanos: u64) -> usize {
    let nanos = nanos.min((1 << LARGEST) - 1);
    // The first two powers of two above `PARTS` have buckets of one nanosecond.
    let shift = nanos.max(1).ilog2().saturating_sub(PARTS.ilog2());
    (u64::from(shift) * PARTS + (nanos >> shift)) as usize
}

/// The shortest duration of a bucket, in nanoseconds.
fn shortest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / PARTS).saturating_sub(1);
    (bucket - shift * PARTS) << shift
}

/// The bounds of the bucket of a duration, in nanoseconds: its shortest and its longest duration.
#[inline]
pub(crate) fn bounds(nanos: u64) -> (u64, u64) {
    let bucket = bucket(nanos);
    (shortest(bucket), shortest(bucket + 1) - 1)
}

/// Counts of durations.
pub(crate) struct Histogram(Box<[AtomicU64]>);

impl Histogram {
    #[inline]
    pub(crate) fn new() -> Self {
        Histogram((0..BUCKETS).map(|_| AtomicU64::new(0)).collect())
    }

    /// Adds a duration.
    #[inline]
    pub(crate) fn add(&self, nanos: u64) {
        // Never out of range; no code for a panic.
        if let Some(count) = self.0.get(bucket(nanos)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The buckets that have a count: the shortest duration in nanoseconds, and the count.
    #[inline]
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed)).enumerate();
        counts.filter(|(_, count)| *count > 0).map(|(bucket, count)| (shortest(bucket), count))
    }

    /// Starts again at zero.
    #[inline]
    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.counts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_bucket_begins_where_the_one_before_ends() {
        assert_eq!((bucket(0), shortest(0)), (0, 0));
        for number in 1..BUCKETS {
            assert_eq!(bucket(shortest(number)), number);
            assert_eq!(bucket(shortest(number) - 1), number - 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn a_duration_lies_in_a_bucket_that_is_a_sixteenth_wide_at_most(nanos in 0..1_u64 << LARGEST) {
            let (low, high) = bounds(nanos);
            prop_assert!((low..=high).contains(&nanos));
            prop_assert!(high - low <= nanos / PARTS);
        }
    }

    #[test]
    fn durations_are_counted_in_their_bucket_until_the_histogram_is_cleared() {
        let histogram = Histogram::new();
        [1_000, 1_001, 5_000_000, u64::MAX].into_iter().for_each(|nanos| histogram.add(nanos));
        let counts: Vec<u64> = histogram.counts().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 1, 1]);
        histogram.clear();
        assert_eq!(histogram.counts().count(), 0);
    }
}
