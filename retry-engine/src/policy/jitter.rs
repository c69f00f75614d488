//! How delays are spread, so that clients that failed together do not return together.

use std::time::Duration;

use crate::base::duration::{self, Fraction};

/// How a delay is spread at random.
///
/// With `d` the delay after the cap, and `U[a, b]` uniform from `a` to `b`:
///
/// | jitter | delay |
/// |---|---|
/// | `Full` (default) | `U[0, d]` |
/// | `Equal` | `d/2 + U[0, d/2]` |
/// | `Decorrelated` | `U[base, f · previous delay]`, `f` the `factor` or 3; grows by itself, so it takes no `backoff` |
/// | `Proportional(r)` | `d · U[1-r, 1+r]`, `r` from 0 to 1 |
/// | `Additive(r)` | `d + U[0, r·d]`, `r` from 0 |
/// | `First(r)` | `d + U[0, r·d]` before the first retry, exactly `d` before the others; `r` from 0 |
/// | `None` | `d` |
///
/// No result is above the cap. So that delays stay spread once the cap is reached, `Proportional(r)`, `Additive(r)` and
/// `First(r)` take `min(d, cap / (1 + r))` for `d`: clipped, all calls would return at the cap together
/// ([retry-policies#10](https://github.com/TrueLayer/retry-policies/issues/10)). Full, equal and decorrelated jitter are those of Marc Brooker,
/// "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
///
/// ```
/// use retry_runtime::{Jitter, Policy};
/// use std::time::Duration;
///
/// const STEADY: Policy = Policy::new().jitter(Jitter::Proportional(0.1)).checked();
/// let first = STEADY.schedule().next().expect("three retries");
/// assert_eq!(first.shortest, Duration::from_millis(900));
/// assert_eq!(first.longest, Duration::from_millis(1100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anywhere from nothing to the whole delay.
    Full,
    /// At least half of the delay.
    Equal,
    /// Anywhere from `base` to `factor` (3) times the previous delay.
    Decorrelated,
    /// Up to this part of the delay more or less.
    Proportional(f64),
    /// Up to this part of the delay more.
    Additive(f64),
    /// Up to this part of the first delay more, and exactly the others: clients that failed together come back at
    /// different moments, and then keep to the schedule.
    First(f64),
    /// Exactly the delay.
    None,
}

/// A delay before its jitter, and the bounds of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unspread {
    /// The delay that the backoff asks for, at most `cap`.
    pub(crate) delay: Duration,
    /// The policy's `base`.
    pub(crate) base: Duration,
    /// The end of the range of decorrelated jitter; other jitters do not ask for it.
    pub(crate) reach: Duration,
    /// The longest delay.
    pub(crate) cap: Duration,
}

impl Jitter {
    /// The jitter of retry `retry`: [`First`](Jitter::First) spreads the first one only.
    #[inline(always)]
    pub(crate) const fn of_retry(self, retry: u32) -> Jitter {
        match self {
            Jitter::First(_) if retry > 1 => Jitter::None,
            jitter => jitter,
        }
    }

    /// The end of the range after this delay, for decorrelated jitter.
    #[inline(always)]
    pub(crate) const fn reach(self, previous: Duration, factor: Option<f64>) -> Duration {
        match self {
            Jitter::Decorrelated => reach_after(previous, factor),
            _ => Duration::ZERO,
        }
    }

    /// The spread delay; `random` picks the point of the range, from 0 to `u64::MAX`. A longer
    /// delay than the cap becomes the cap.
    pub(crate) fn spread(self, unspread: Unspread, random: u64) -> Duration {
        let (low, high) = self.bounds(unspread);
        (low + spread_evenly(high - low, random)).min(unspread.cap)
    }

    /// The shortest and the longest delay that can come out, both at most the cap.
    pub(crate) const fn range(self, of: Unspread) -> (Duration, Duration) {
        let (low, high) = self.bounds(of);
        (duration::min(low, of.cap), duration::min(high, of.cap))
    }

    /// The range that is drawn from, before the cap.
    const fn bounds(self, of: Unspread) -> (Duration, Duration) {
        let d = of.delay;
        match self {
            Jitter::Full => (Duration::ZERO, d),
            Jitter::Equal => (duration::part(d, duration::WHOLE / 2), d),
            Jitter::Decorrelated => (of.base, longest(of.base, of.reach)),
            Jitter::Proportional(r) => {
                let (d, high) = below_cap(of, r);
                (d.saturating_sub(duration::part(d, duration::fraction(r))), high)
            }
            Jitter::Additive(r) | Jitter::First(r) => below_cap(of, r),
            Jitter::None => (d, d),
        }
    }
}

/// A point of the range from 0 to `width`, picked by `random`.
pub(super) fn spread_evenly(width: Duration, random: u64) -> Duration {
    // `random + 1` of 2^64, so that the largest number reaches the end of the range.
    let point = Fraction::from(random) + Fraction::from(random == u64::MAX);
    duration::part(width, point)
}

/// The end of the range of decorrelated jitter after this delay.
const fn reach_after(previous: Duration, factor: Option<f64>) -> Duration {
    match factor {
        None => previous.saturating_mul(3),
        Some(factor) => duration::from_nanos((previous.as_nanos() as f64 * factor) as u128),
    }
}

const fn longest(a: Duration, b: Duration) -> Duration {
    if duration::less(a, b) { b } else { a }
}

/// `d` and `d + r · d` with `d = min(delay, cap / (1 + r))`, so that the spread ends at the cap.
const fn below_cap(of: Unspread, r: f64) -> (Duration, Duration) {
    // `max` maps NaN to 0, too.
    let r = r.max(0.0);
    let widest = duration::from_nanos((of.cap.as_nanos() as f64 / (1.0 + r)) as u128);
    let widest = duration::min(widest, of.cap);
    if duration::less(widest, of.delay) {
        return (widest, of.cap);
    }
    (of.delay, of.delay.saturating_add(surplus(of.delay, r)))
}

/// `r · d` for an `r` that may be above 1.
const fn surplus(d: Duration, r: f64) -> Duration {
    if r <= 1.0 {
        return duration::part(d, duration::fraction(r));
    }
    let nanos = d.as_nanos() as f64 * r;
    duration::from_nanos(nanos as u128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn of(delay: u64, previous: u64, cap: u64) -> Unspread {
        Unspread {
            delay: MS(delay),
            base: MS(100),
            reach: reach_after(MS(previous), None),
            cap: MS(cap),
        }
    }

    fn check(jitter: Jitter, unspread: Unspread, low: u64, high: u64) {
        assert_eq!(jitter.range(unspread), (MS(low), MS(high)), "{jitter:?}");
        assert_eq!(jitter.spread(unspread, 0), MS(low), "{jitter:?} at its shortest");
        assert_eq!(jitter.spread(unspread, u64::MAX), MS(high), "{jitter:?} at its longest");
        let mut rng = Rng::seeded(7);
        for _ in 0..1000 {
            let delay = jitter.spread(unspread, rng.draw());
            assert!(MS(low) <= delay && delay <= MS(high), "{jitter:?} gave {delay:?}");
        }
    }

    #[test]
    fn each_jitter_stays_in_its_range() {
        let unspread = of(800, 400, 30_000);
        check(Jitter::Full, unspread, 0, 800);
        check(Jitter::Equal, unspread, 400, 800);
        check(Jitter::Decorrelated, unspread, 100, 1200);
        check(Jitter::Proportional(0.25), unspread, 600, 1000);
        check(Jitter::Proportional(1.0), unspread, 0, 1600);
        check(Jitter::Additive(0.5), unspread, 800, 1200);
        check(Jitter::Additive(2.0), unspread, 800, 2400);
        check(Jitter::None, unspread, 800, 800);
        check(Jitter::First(0.5).of_retry(1), unspread, 800, 1200);
        check(Jitter::First(0.5).of_retry(2), unspread, 800, 800);
        let factor = |factor| Unspread { reach: reach_after(MS(400), Some(factor)), ..unspread };
        check(Jitter::Decorrelated, factor(1.5), 100, 600);
        check(Jitter::Decorrelated, factor(3.0), 100, 1200);
        check(Jitter::Decorrelated, factor(f64::MAX), 100, 30_000);
        check(Jitter::Decorrelated, factor(f64::NAN), 100, 100);
    }

    #[test]
    fn no_jitter_passes_the_cap() {
        check(Jitter::Proportional(0.25), of(800, 400, 1000), 600, 1000);
        check(Jitter::Proportional(0.25), of(800, 400, 900), 540, 900);
        check(Jitter::Additive(0.5), of(800, 400, 1200), 800, 1200);
        check(Jitter::Additive(0.5), of(900, 400, 900), 600, 900);
        check(Jitter::Decorrelated, of(800, 400, 1000), 100, 1000);
        check(Jitter::Decorrelated, of(800, 400, 50), 50, 50);
    }

    #[test]
    fn the_spread_stays_once_the_cap_is_reached() {
        for r in [0.01, 0.1, 0.2, 0.5, 1.0, 3.0] {
            let at_cap = of(30_000, 30_000, 30_000);
            let mut rng = Rng::seeded(7);
            let mut share = |jitter: Jitter| {
                let capped =
                    (0..10_000).filter(|_| jitter.spread(at_cap, rng.draw()) == MS(30_000));
                capped.count()
            };
            assert!(share(Jitter::Additive(r)) < 100, "{r}");
            assert!(r > 1.0 || share(Jitter::Proportional(r)) < 100, "{r}");
        }
    }

    #[test]
    fn a_fraction_without_bounds_does_not_make_the_delay_vanish() {
        let (low, high) = Jitter::Additive(1e308).range(of(800, 400, 30_000));
        assert_eq!((low, high), (MS(0), MS(30_000)));
        assert_eq!(Jitter::Additive(0.0).range(of(800, 400, 800)), (MS(800), MS(800)));
    }

    proptest::proptest! {
        #[test]
        fn every_draw_is_in_the_range_and_the_range_below_the_cap(
            nanos in 0..u64::MAX, cap in 0..u64::MAX, r in 0.0..8.0_f64, random: u64,
        ) {
            let cap = Duration::from_nanos(cap);
            let delay = Duration::from_nanos(nanos).min(cap);
            let unspread =
                Unspread { delay, base: delay, reach: delay, cap };
            for jitter in [Jitter::Additive(r), Jitter::First(r), Jitter::Proportional(r.min(1.0))] {
                let (low, high) = jitter.range(unspread);
                let drawn = jitter.spread(unspread, random);
                proptest::prop_assert!(low <= drawn && drawn <= high && high <= cap);
                // A spread delay never shrinks to less than its share of the cap.
                proptest::prop_assert!(low <= delay);
            }
        }
    }

    #[test]
    fn neither_the_longest_delay_nor_odd_fractions_overflow() {
        let max = Duration::MAX;
        let longest = Unspread { delay: max, base: max, reach: max, cap: max };
        assert_eq!(reach_after(max, Some(f64::INFINITY)), max);
        for r in [0.0, 0.5, 1.0, 1e308, f64::INFINITY, f64::NAN, -1.0] {
            for jitter in [Jitter::Proportional(r), Jitter::Additive(r), Jitter::Decorrelated] {
                let (low, high) = jitter.range(longest);
                assert!(low <= high);
                assert_eq!(jitter.spread(longest, u64::MAX), high);
            }
        }
    }
}
