//! The delay that a server asks its clients for: the `Retry-After` header of HTTP, and its relatives.
//!
//! RFC 9110 section 10.2.3 allows a number of seconds or a date. A date has one of three forms (section 5.6.7), all
//! of them in UTC.
//!
//! | form | example |
//! |---|---|
//! | seconds | `120`; also `29.997`, rounded up to whole seconds |
//! | IMF-fixdate | `Sun, 06 Nov 1994 08:49:37 GMT` |
//! | RFC 850 | `Sunday, 06-Nov-94 08:49:37 GMT` |
//! | asctime | `Sun Nov  6 08:49:37 1994` |
//!
//! Because real servers deviate a little, white space around the value, a day of one digit, `UTC` for `GMT` and a leap
//! second are accepted, and the weekday need not fit the date. Every other value is ignored. Of several values, in one
//! header (`7, 7`) or in several, the longest readable one counts.
//!
//! [`from_response`] also reads the headers `retry-after-ms` and `x-ms-retry-after-ms`, in milliseconds, and for a 429
//! `RateLimit-Reset`.

#[cfg(feature = "http")]
mod headers;

use std::time::Duration;

use crate::base::time::SystemTime;

#[cfg(feature = "http")]
pub use headers::{from_headers, from_response};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const SECONDS_PER_DAY: i64 = 86_400;

/// The delay that the text of a `Retry-After` header asks for, counted from `now`; `None` when the text is neither
/// seconds nor a date.
///
/// Decimal seconds are rounded up to whole ones. Of several values with commas between them, the longest readable one
/// counts. A date in the past gives a delay of zero. A number of seconds that is too large for a `Duration` gives
/// [`Duration::MAX`]; retries have caps of their own. No text and no clock makes this function panic.
///
/// RFC 9110 [section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3) and
/// [section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7). Decimals and repeated values come from real
/// servers and proxies ([data-prepper#6927](https://github.com/opensearch-project/data-prepper/issues/6927),
/// [feign#980](https://github.com/OpenFeign/feign/issues/980)).
///
/// ```
/// use retry_runtime::retry_after;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let now = UNIX_EPOCH + Duration::from_secs(1_559_559_600); // 2019-06-03 11:00:00 UTC
///
/// assert_eq!(retry_after::parse("120", now), Some(Duration::from_secs(120)));
/// assert_eq!(retry_after::parse("0.503", now), Some(Duration::from_secs(1)));
/// assert_eq!(retry_after::parse("7, 7", now), Some(Duration::from_secs(7)));
/// assert_eq!(
///     retry_after::parse("Mon, 03 Jun 2019 11:30:12 GMT", now),
///     Some(Duration::from_secs(1812))
/// );
/// assert_eq!(retry_after::parse("Sun Nov  6 08:49:37 1994", now), Some(Duration::ZERO));
/// assert_eq!(retry_after::parse("soon", now), None);
/// ```
#[inline]
pub fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    longest(text, |value| seconds_up(value).or_else(|| until_date(value, now)))
}

/// The longest of the values between commas. A date may have a comma of its own, so a value may be two pieces long.
fn longest(text: &str, read: impl Fn(&str) -> Option<Duration>) -> Option<Duration> {
    let mut longest = None;
    let mut before = None;
    let mut start = 0;
    for piece in text.split(',') {
        let end = start + piece.len();
        let pair = before.and_then(|before: usize| read(text[before..end].trim_ascii()));
        longest = longest.max(read(piece.trim_ascii())).max(pair);
        before = Some(start);
        start = end + 1;
    }
    longest
}

/// Seconds with or without decimals, rounded up to whole ones.
#[inline]
fn seconds_up(text: &str) -> Option<Duration> {
    let (whole, decimals) = number_parts(text)?;
    let up = u64::from(decimals.bytes().any(|digit| digit != b'0'));
    let seconds = whole.parse().ok().and_then(|whole: u64| whole.checked_add(up));
    Some(seconds.map_or(Duration::MAX, Duration::from_secs))
}

/// The digits before and after the decimal point.
#[inline]
fn number_parts(text: &str) -> Option<(&str, &str)> {
    match text.split_once('.') {
        Some((whole, decimals)) => {
            (is_digits(whole) && is_digits(decimals)).then_some((whole, decimals))
        }
        None => is_digits(text).then_some((text, "")),
    }
}

#[inline]
fn until_date(text: &str, now: SystemTime) -> Option<Duration> {
    let now = nanos_since_epoch(now);
    let second = i64::try_from(now.div_euclid(NANOS_PER_SECOND));
    let second = second.unwrap_or(if now < 0 { i64::MIN } else { i64::MAX });
    Some(from_nanos(date(text, second)? * NANOS_PER_SECOND - now))
}

/// The delay that the text of a `Retry-After` header asks for, counted from now: [`parse`] with the system's clock.
///
/// ```
/// use retry_runtime::{Class, Kind, classify, retry_after};
/// use std::time::Duration;
///
/// // These two lines turn a response into a class.
/// let hint = retry_after::from_header("7");
/// let class = classify::of_status(429, hint);
///
/// assert_eq!(class, Class::from(Kind::Throttled).after(Duration::from_secs(7)));
/// ```
#[inline]
pub fn from_header(text: &str) -> Option<Duration> {
    parse(text, SystemTime::now())
}

/// A calendar date and the second within its day, ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
    second: i64,
}

impl Date {
    /// Seconds since 1970 in the proleptic Gregorian calendar; `None` for a day that the month does not have.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    #[inline]
    fn seconds_since_epoch(self) -> Option<i128> {
        if self.day < 1 || self.day > days_in_month(self.year, self.month) {
            return None;
        }
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        // The last day of the clock has more seconds than an `i64` can count.
        Some(i128::from(days) * i128::from(SECONDS_PER_DAY) + i128::from(self.second))
    }

    /// The date of a number of seconds since 1970; the inverse of [`Date::seconds_since_epoch`].
    #[inline]
    fn from_seconds(seconds: i64) -> Date {
        let days = seconds.div_euclid(SECONDS_PER_DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Date {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            second: seconds.rem_euclid(SECONDS_PER_DAY),
        }
    }
}

/// The seconds since 1970 of a date in one of the three forms.
#[inline]
fn date(text: &str, now: i64) -> Option<i128> {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let mut next = || words.next().unwrap_or("");
    let fields = [next(), next(), next(), next(), next(), next(), next()];
    match fields {
        [weekday, day, month, year, time, zone, ""] if !zone.is_empty() => {
            short_weekday(weekday.strip_suffix(',')?)?;
            utc(zone)?;
            fixdate(day, month, year, time)
        }
        [weekday, month, day, time, year, "", ""] if !year.is_empty() => {
            short_weekday(weekday)?;
            fixdate(day, month, year, time)
        }
        [weekday, day, time, zone, "", "", ""] if !zone.is_empty() => {
            long_weekday(weekday.strip_suffix(',')?)?;
            utc(zone)?;
            rfc850(day, time, now)
        }
        _ => None,
    }
}

/// A date whose year has four digits.
#[inline]
fn fixdate(day: &str, month: &str, year: &str, time: &str) -> Option<i128> {
    in_year(number(year, 4, 4)?, month, day, time)?.seconds_since_epoch()
}

#[inline]
fn in_year(year: i64, month: &str, day: &str, time: &str) -> Option<Date> {
    let (month, day) = (month_number(month)?, number(day, 1, 2)?);
    Some(Date { year, month, day, second: second_of_day(time)? })
}

/// A date whose year has two digits: the latest year with these digits that is at most 50 years after `now`.
#[inline]
fn rfc850(day: &str, time: &str, now: i64) -> Option<i128> {
    let mut parts = day.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let now = Date::from_seconds(now);
    let limit = Date { year: now.year + 50, ..now };
    let next_century = (now.year.div_euclid(100) + 1) * 100;
    let mut date = in_year(next_century + number(year, 2, 2)?, month, day, time)?;
    while date > limit {
        date.year -= 100;
    }
    date.seconds_since_epoch()
}

/// The second of the day of a time like `08:49:37`; a leap second, 60, is the first second of the next minute.
#[inline]
fn second_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute, second) =
        (number(parts.next()?, 2, 2)?, number(parts.next()?, 2, 2)?, number(parts.next()?, 2, 2)?);
    let valid = parts.next().is_none() && hour <= 23 && minute <= 59 && second <= 60;
    valid.then_some(hour * 3600 + minute * 60 + second)
}

#[inline]
fn short_weekday(text: &str) -> Option<()> {
    WEEKDAYS.iter().any(|name| &name[..3] == text).then_some(())
}

#[inline]
fn long_weekday(text: &str) -> Option<()> {
    WEEKDAYS.contains(&text).then_some(())
}

#[inline]
fn utc(text: &str) -> Option<()> {
    (text == "GMT" || text == "UTC").then_some(())
}

#[inline]
fn month_number(text: &str) -> Option<i64> {
    (1..).zip(MONTHS).find(|(_, name)| *name == text).map(|(number, _)| number)
}

#[inline]
fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A number of `min` to `max` ASCII digits.
#[inline]
fn number(text: &str, min: usize, max: usize) -> Option<i64> {
    let fits = is_digits(text) && (min..=max).contains(&text.len());
    if fits { text.parse().ok() } else { None }
}

#[inline]
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

#[inline]
fn nanos_since_epoch(time: SystemTime) -> i128 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128, // 94 bits
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

/// A duration; zero for a negative number.
#[inline]
fn from_nanos(nanos: i128) -> Duration {
    let nanos = nanos.max(0);
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(u64::MAX);
    Duration::new(seconds, (nanos % NANOS_PER_SECOND) as u32)
}

#[cfg(test)]
mod tests;
