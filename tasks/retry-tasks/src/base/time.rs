//! Points in time that outlive the process.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use retry_tasks::Time;
/// use std::time::Duration;
///
/// let time = Time::from_millis(1_700_000_000_000);
/// assert_eq!(time.to_string(), "2023-11-14T22:13:20.000Z");
/// assert_eq!((time + Duration::from_secs(1)).since(time), Duration::from_secs(1));
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The point in time this many milliseconds after the start of 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Time(millis)
    }

    /// The milliseconds between the start of 1970 and this point.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The duration since an earlier point; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The point that lies `duration` before this one, but never before the start of 1970.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Time(self.0.saturating_sub(millis(duration)))
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Time;

    /// Saturates when the sum is out of range. Rounds a fraction of a millisecond up, so that no task becomes
    /// due too early.
    fn add(self, duration: Duration) -> Time {
        // SQLite's integers are signed.
        Time(self.0.saturating_add(millis(duration)).min(i64::MAX as u64))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl fmt::Display for Time {
    /// Writes the time as RFC 3339, in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = date(days);
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        let (seconds, millis) = (millis / 1000 % 60, millis % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
    }
}

/// Converts days since 1970-01-01 to year, month and day of the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Days are counted from 0000-03-01, so that a leap day is the last of its year; 146 097 days are 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_and_ends_of_years_are_written_as_they_are() {
        let text = |seconds: u64| Time::from_millis(seconds * 1000).to_string();
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(text(1_709_251_199), "2024-02-29T23:59:59.000Z");
        assert_eq!(text(1_735_689_599), "2024-12-31T23:59:59.000Z");
    }

    #[test]
    fn a_part_of_a_millisecond_is_waited_for_as_a_whole_one_and_nothing_overflows() {
        let start = Time::from_millis(10);
        assert_eq!((start + Duration::from_nanos(1)).as_millis(), 11);
        assert_eq!((start + Duration::MAX).as_millis(), i64::MAX as u64);
    }
}
