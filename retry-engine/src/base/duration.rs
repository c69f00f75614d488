//! Exact arithmetic on durations, which saturates and never panics; and durations as text for people.

use std::fmt;
use std::time::Duration;

/// A fraction in units of 2^-64, from `0` to [`WHOLE`].
pub(crate) type Fraction = u128;

/// The [`Fraction`] 1.
pub(crate) const WHOLE: Fraction = 1 << 64;

/// `r` as a fraction, clamped to 0 to 1; NaN is 0.
pub(crate) const fn fraction(r: f64) -> Fraction {
    // A float cast saturates and maps NaN to 0.
    let scaled = (r * WHOLE as f64) as u128;
    if scaled > WHOLE { WHOLE } else { scaled }
}

/// A duration times a fraction, rounded down to a nanosecond.
pub(crate) const fn part(duration: Duration, fraction: Fraction) -> Duration {
    let nanos = duration.as_nanos();
    if nanos < WHOLE && fraction < WHOLE {
        // The common case needs one product and no 128-bit division.
        return Duration::from_nanos(((nanos * fraction) >> 64) as u64);
    }
    // The longest duration has 94 bits of nanoseconds: split it, so that no product exceeds 128 bits.
    let (high, low) = (nanos >> 64, nanos & (WHOLE - 1));
    let part = if fraction >= WHOLE { nanos } else { high * fraction + ((low * fraction) >> 64) };
    from_nanos(part)
}

/// A duration times a non-negative factor, saturating at `Duration::MAX`; a factor of 1 is exact.
pub(crate) fn times(duration: Duration, factor: f64) -> Duration {
    if factor == 1.0 {
        return duration;
    }
    let nanos = duration.as_nanos();
    if let Ok(nanos) = u64::try_from(nanos) {
        let product = nanos as f64 * factor;
        // Below 2^63 the cast to `u64` truncates like the one to `u128`, and is one instruction.
        if (0.0..9.2e18).contains(&product) {
            return Duration::from_nanos(product as u64);
        }
    }
    let nanos = nanos as f64 * factor;
    // `0 × ∞` is NaN; a zero duration stays zero.
    if nanos.is_nan() {
        return Duration::ZERO;
    }
    from_nanos(nanos as u128)
}

/// A duration from nanoseconds, saturating at `Duration::MAX`.
pub(crate) const fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    if nanos < WHOLE {
        return Duration::from_nanos(nanos as u64);
    }
    let seconds = nanos / SECOND;
    if seconds > u64::MAX as u128 {
        return Duration::MAX;
    }
    Duration::new(seconds as u64, (nanos % SECOND) as u32)
}

/// The shorter of two durations, for `const` code.
pub(crate) const fn min(a: Duration, b: Duration) -> Duration {
    if less(b, a) { b } else { a }
}

/// Whether `a < b`, for `const` code.
pub(crate) const fn less(a: Duration, b: Duration) -> bool {
    a.as_secs() < b.as_secs() || (a.as_secs() == b.as_secs() && a.subsec_nanos() < b.subsec_nanos())
}

/// Writes a measured time rounded for people: `7.2 s`, or `12 ms` below a tenth of a second.
///
/// Error messages quote settings exactly, with `Debug`.
pub(crate) struct Rounded(pub(crate) Duration);

impl fmt::Display for Rounded {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_millis(100) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_longest_duration_does_not_overflow() {
        assert_eq!(part(Duration::MAX, WHOLE), Duration::MAX);
        assert_eq!(part(Duration::MAX, WHOLE / 2), from_nanos(Duration::MAX.as_nanos() / 2));
        assert_eq!(part(Duration::MAX, 0), Duration::ZERO);
    }

    #[test]
    fn fractions_outside_zero_to_one_are_clamped() {
        assert_eq!(fraction(f64::NAN), 0);
        assert_eq!(fraction(-1.0), 0);
        assert_eq!(fraction(7.0), WHOLE);
        assert_eq!(fraction(1.0), WHOLE);
        assert_eq!(fraction(0.5), WHOLE / 2);
    }

    #[test]
    fn short_durations_are_calculated_as_exactly_as_long_ones() {
        for nanos in [0, 1, 7, 999_999_999, 1_000_000_001, u64::MAX / 3, u64::MAX] {
            let span = Duration::from_nanos(nanos);
            for fraction in [0, 1, WHOLE / 3, WHOLE / 2, WHOLE - 1, WHOLE] {
                let exact = if fraction == WHOLE {
                    u128::from(nanos)
                } else {
                    (u128::from(nanos) * fraction) >> 64
                };
                assert_eq!(part(span, fraction).as_nanos(), exact, "{nanos} {fraction}");
            }
            for factor in [0.0, 0.5, 1.5, 2.0, 3.7, 1e6] {
                let exact = (u128::from(nanos) as f64 * factor) as u128;
                assert_eq!(times(span, factor).as_nanos(), exact, "{nanos} {factor}");
            }
        }
    }

    #[test]
    fn a_product_saturates_instead_of_overflowing() {
        assert_eq!(times(Duration::MAX, 2.0), Duration::MAX);
        assert_eq!(times(Duration::from_secs(1), f64::INFINITY), Duration::MAX);
        assert_eq!(times(Duration::ZERO, f64::INFINITY), Duration::ZERO);
        assert_eq!(times(Duration::from_nanos(1), 2.0), Duration::from_nanos(2));
        assert_eq!(times(Duration::MAX, 1.0), Duration::MAX);
    }
}
