//! Hints in the headers of a response.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::{
    NANOS_PER_SECOND, from_nanos, longest, nanos_since_epoch, number_parts, parse, seconds_up,
};
use crate::base::time::SystemTime;

/// The headers that count milliseconds, which Azure and the servers of OpenAI send.
const IN_MILLISECONDS: [&str; 2] = ["retry-after-ms", "x-ms-retry-after-ms"];

/// A `RateLimit-Reset` from here on is a time in seconds since 1970 and not a delay, which would be 31 years.
const LONGEST_RESET: Duration = Duration::from_secs(1_000_000_000);

/// The delay that the headers of a response ask for, counted from now: `Retry-After`, `retry-after-ms` and
/// `x-ms-retry-after-ms`.
///
/// Of several headers, the longest readable one counts; `None` when none is readable. Use [`from_response`] if you have
/// the status, too.
///
/// ```
/// use retry_runtime::retry_after;
/// use std::time::Duration;
///
/// let mut headers = http::HeaderMap::new();
/// headers.append("retry-after", http::HeaderValue::from_static("soon"));
/// headers.append("retry-after", http::HeaderValue::from_static("3"));
/// headers.append("retry-after-ms", http::HeaderValue::from_static("2500"));
///
/// assert_eq!(retry_after::from_headers(&headers), Some(Duration::from_secs(3)));
/// ```
pub fn from_headers(headers: &HeaderMap) -> Option<Duration> {
    at(headers, SystemTime::now())
}

/// The delay that a response asks for, counted from now: [`from_headers`], and for a 429 also `RateLimit-Reset`.
///
/// ```
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use retry_runtime::retry_after;
/// use std::time::Duration;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("ratelimit-reset", HeaderValue::from_static("20"));
///
/// let hint = retry_after::from_response(StatusCode::TOO_MANY_REQUESTS, &headers);
/// assert_eq!(hint, Some(Duration::from_secs(20)));
/// assert_eq!(retry_after::from_response(StatusCode::OK, &headers), None);
/// ```
pub fn from_response(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let now = SystemTime::now();
    let reset = || of(headers, "ratelimit-reset", |text| longest(text, |value| reset(value, now)));
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    at(headers, now).max(limited.then(reset).flatten())
}

fn at(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let in_milliseconds =
        IN_MILLISECONDS.map(|name| of(headers, name, |text| longest(text, milliseconds_up)));
    let own = of(headers, http::header::RETRY_AFTER.as_str(), |text| parse(text, now));
    in_milliseconds.into_iter().fold(own, Option::max)
}

/// The longest readable value of the headers of this name.
fn of(
    headers: &HeaderMap,
    name: &str,
    read: impl Fn(&str) -> Option<Duration>,
) -> Option<Duration> {
    headers.get_all(name).iter().filter_map(|value| read(value.to_str().ok()?)).max()
}

/// Milliseconds with or without decimals, rounded up to whole ones.
fn milliseconds_up(text: &str) -> Option<Duration> {
    let (whole, decimals) = number_parts(text)?;
    let up = u64::from(decimals.bytes().any(|digit| digit != b'0'));
    let millis = whole.parse().ok().and_then(|whole: u64| whole.checked_add(up));
    Some(millis.map_or(Duration::MAX, Duration::from_millis))
}

/// Seconds until the limit is reset; servers of older drafts send the time of the reset.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    let reset = seconds_up(text)?;
    if reset < LONGEST_RESET {
        return Some(reset);
    }
    Some(from_nanos(i128::from(reset.as_secs()) * NANOS_PER_SECOND - nanos_since_epoch(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
        let parsed = |(name, value)| (name, HeaderValue::from_static(value));
        let mut headers = HeaderMap::new();
        for (name, value) in values.iter().copied().map(parsed) {
            headers.append(name, value);
        }
        headers
    }

    fn check(values: &[(&'static str, &'static str)], millis: impl Into<Option<u64>>) {
        let expected = millis.into().map(Duration::from_millis);
        assert_eq!(from_headers(&headers(values)), expected, "{values:?}");
    }

    #[test]
    fn the_longest_readable_header_counts_and_not_the_first() {
        check(&[("retry-after", "soon"), ("retry-after", "7")], 7_000);
        check(&[("retry-after", "7"), ("retry-after", "soon")], 7_000);
        check(&[("retry-after", "3"), ("retry-after", "7"), ("retry-after", "5")], 7_000);
        check(&[("retry-after", "soon"), ("retry-after", "")], None);
        check(&[], None);
    }

    #[test]
    fn an_unreadable_binary_header_hides_no_readable_one() {
        let mut headers = HeaderMap::new();
        headers.append("retry-after", HeaderValue::from_bytes(b"\xff").unwrap());
        headers.append("retry-after", HeaderValue::from_static("2.0"));
        assert_eq!(from_headers(&headers), Some(Duration::from_secs(2)));
    }

    #[test]
    fn milliseconds_are_read_from_the_headers_that_count_them() {
        check(&[("retry-after-ms", "1500")], 1_500);
        check(&[("x-ms-retry-after-ms", "1500.2")], 1_501);
        check(&[("retry-after-ms", "1500"), ("retry-after", "1")], 1_500);
        check(&[("retry-after-ms", "1500"), ("retry-after", "2")], 2_000);
        check(&[("x-ms-retry-after-ms", "-5")], None);
        check(&[("x-ms-retry-after-ms", "20, 30")], 30);
        let absurd = headers(&[("retry-after-ms", "99999999999999999999999")]);
        assert_eq!(from_headers(&absurd), Some(Duration::MAX));
    }

    #[test]
    fn a_rate_limits_reset_is_a_hint_of_a_429_only() {
        let reset = headers(&[("ratelimit-reset", "20")]);
        let of = |status| from_response(status, &reset);
        assert_eq!(of(StatusCode::TOO_MANY_REQUESTS), Some(Duration::from_secs(20)));
        for status in [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_FOUND] {
            assert_eq!(of(status), None, "{status}");
        }
    }

    #[test]
    fn a_reset_that_is_a_time_counts_from_now() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(reset("1700000030", now), Some(Duration::from_secs(30)));
        assert_eq!(reset("1600000000", now), Some(Duration::ZERO));
        assert_eq!(reset("999999999", now), Some(Duration::from_secs(999_999_999)));
        assert!(reset("99999999999999999999", SystemTime::UNIX_EPOCH) > Some(LONGEST_RESET));
    }
}
