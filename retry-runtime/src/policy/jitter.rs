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
/// | `Decorrelated` | `U[base, 3 · previous delay]`; grows by itself, so it takes no `backoff` or `factor` |
/// | `Proportional(r)` | `d · U[1-r, 1+r]`, `r` from 0 to 1 |
/// | `Additive(r)` | `d + U[0, r·d]`, `r` from 0 |
/// | `None` | `d` |
///
/// The result is clamped to the cap. Full, equal and decorrelated jitter are those of Marc Brooker,
/// "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anywhere from nothing to the whole delay.
    Full,
    /// At least half of the delay.
    Equal,
    /// Anywhere from `base` to three times the previous delay.
    Decorrelated,
    /// Up to this part of the delay more or less.
    Proportional(f64),
    /// Up to this part of the delay more.
    Additive(f64),
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
    /// The delay before the previous retry; `base` before the first one.
    pub(crate) previous: Duration,
    /// The longest delay.
    pub(crate) cap: Duration,
}

impl Jitter {
    /// The spread delay; `random` picks the point of the range, from 0 to `u64::MAX`. A longer
    /// delay than the cap becomes the cap.
    pub(crate) fn spread(self, unspread: Unspread, random: u64) -> Duration {
        let (low, high) = self.bounds(unspread);
        // `random + 1` of 2^64, so that the largest number reaches the end of the range.
        let point = Fraction::from(random) + Fraction::from(random == u64::MAX);
        (low + duration::part(high - low, point)).min(unspread.cap)
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
            Jitter::Decorrelated => (of.base, longest(of.base, of.previous.saturating_mul(3))),
            Jitter::Proportional(r) => {
                let swing = duration::part(d, duration::fraction(r));
                (d.saturating_sub(swing), d.saturating_add(swing))
            }
            Jitter::Additive(r) => (d, d.saturating_add(surplus(d, r))),
            Jitter::None => (d, d),
        }
    }
}

const fn longest(a: Duration, b: Duration) -> Duration {
    if duration::less(a, b) { b } else { a }
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
        Unspread { delay: MS(delay), base: MS(100), previous: MS(previous), cap: MS(cap) }
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
    }

    #[test]
    fn no_jitter_passes_the_cap() {
        check(Jitter::Proportional(0.25), of(800, 400, 900), 600, 900);
        check(Jitter::Additive(0.5), of(800, 400, 800), 800, 800);
        check(Jitter::Decorrelated, of(800, 400, 1000), 100, 1000);
        check(Jitter::Decorrelated, of(800, 400, 50), 50, 50);
    }

    #[test]
    fn the_middle_of_a_range_is_the_delay_itself_also_at_the_cap() {
        // gRPC's retries stay at their cap when the random number is one half.
        let at_cap = of(800, 400, 800);
        let half = u64::MAX / 2 + 1;
        assert_eq!(Jitter::Proportional(0.2).spread(at_cap, half), MS(800));
        assert_eq!(Jitter::Proportional(0.2).range(at_cap), (MS(640), MS(800)));
    }

    #[test]
    fn neither_the_longest_delay_nor_odd_fractions_overflow() {
        let max = Duration::MAX;
        let longest = Unspread { delay: max, base: max, previous: max, cap: max };
        for r in [0.0, 0.5, 1.0, 1e308, f64::INFINITY, f64::NAN, -1.0] {
            for jitter in [Jitter::Proportional(r), Jitter::Additive(r), Jitter::Decorrelated] {
                let (low, high) = jitter.range(longest);
                assert!(low <= high);
                assert_eq!(jitter.spread(longest, u64::MAX), high);
            }
        }
    }
}
