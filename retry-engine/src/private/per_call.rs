//! Values that a call computes for its settings, of the types that programs keep them in.

use std::time::Duration;

/// A number of retries or attempts.
#[diagnostic::on_unimplemented(
    message = "a limit on attempts is a whole number, and this is `{Self}`",
    label = "not a whole number"
)]
pub trait Count {
    /// The number; `u32::MAX - 2` for a larger one, 0 for a negative one.
    fn count(self) -> u32;
}

/// The largest number stands for no limit.
const MOST: u32 = u32::MAX - 2;

macro_rules! counts {
    ($($type:ty),+) => {$(
        impl Count for $type {
            #[inline]
            fn count(self) -> u32 {
                // Negative numbers are below the range, all others above it.
                #[allow(unused_comparisons, reason = "some of the types have no sign")]
                u32::try_from(self).unwrap_or(if self < 0 { 0 } else { MOST }).min(MOST)
            }
        }
    )+};
}

counts!(u8, u16, u32, u64, usize, i32, i64);

/// A number of retries or attempts, of any integer type.
#[inline]
pub fn count(number: impl Count) -> u32 {
    number.count()
}

/// A limit in time.
#[diagnostic::on_unimplemented(
    message = "a limit in time is a `Duration` or an `Option<Duration>`, and this is `{Self}`",
    label = "neither a `Duration` nor an `Option<Duration>`"
)]
pub trait TimeLimit {
    /// The limit; `None` for no limit.
    fn limit(self) -> Option<Duration>;
}

impl TimeLimit for Duration {
    #[inline]
    fn limit(self) -> Option<Duration> {
        Some(self)
    }
}

impl TimeLimit for Option<Duration> {
    #[inline]
    fn limit(self) -> Option<Duration> {
        self
    }
}

/// A limit in time, or none.
#[inline]
pub fn limit(time: impl TimeLimit) -> Option<Duration> {
    time.limit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_type_are_counts_and_never_the_one_that_stands_for_no_limit() {
        assert_eq!((count(3_u8), count(3_usize), count(3_i32)), (3, 3, 3));
        assert_eq!((count(-1_i32), count(i64::MIN)), (0, 0));
        assert_eq!((count(u32::MAX), count(u64::MAX)), (u32::MAX - 2, u32::MAX - 2));
    }
}
