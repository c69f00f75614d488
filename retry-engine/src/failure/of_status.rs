//! The class of an HTTP status.

use std::time::Duration;

use super::class::{Class, Kind};

/// The class of an HTTP status code.
///
/// | status | kind | why |
/// |---|---|---|
/// | 425 Too Early | `Transient` | refused before it was processed (RFC 8470) |
/// | 429 Too Many Requests | `Throttled` | refused, with a request to slow down (RFC 6585) |
/// | 503 Service Unavailable with a `hint` | `Throttled` | refused, with the time of the next attempt |
/// | 408 Request Timeout | `Ambiguous` | the server gave up waiting; part of the request may have arrived |
/// | every other 5xx: 500, 502, 503 without a `hint`, 504, 507, 520, … | `Ambiguous` | the server, or one behind it, may have acted |
/// | 501, 505, 506, 508, 510, 511 | `Permanent` | the server will not serve this request next time either |
/// | every other 4xx | `Permanent` | the request itself is wrong |
/// | everything else | `Permanent` | the status is not a failure, so there is no reason to expect that a retry helps |
///
/// A bare 503 is `Ambiguous` because a proxy answers with it when the connection to the server broke, also after the
/// server had the request ([istio#13851](https://github.com/istio/istio/issues/13851)). A function that is `idempotent`
/// retries it like a `Transient` failure.
///
/// `hint` is the delay that the server asked for, counted from now (see [`retry_after`](crate::retry_after)). The
/// class keeps it for every kind, but only kinds that are retried use it. RFC 9110 section 15 defines the codes.
///
/// ```
/// use retry_runtime::{Kind, classify};
/// use std::time::Duration;
///
/// assert_eq!(classify::of_status(404, None).kind, Kind::Permanent);
/// assert_eq!(classify::of_status(500, None).kind, Kind::Ambiguous);
/// assert_eq!(classify::of_status(503, Some(Duration::from_secs(5))).kind, Kind::Throttled);
/// ```
#[inline]
pub const fn of_status(code: u16, hint: Option<Duration>) -> Class {
    let kind = match code {
        425 => Kind::Transient,
        429 => Kind::Throttled,
        503 if hint.is_some() => Kind::Throttled,
        501 | 505 | 506 | 508 | 510 | 511 => Kind::Permanent,
        408 | 500..=599 => Kind::Ambiguous,
        _ => Kind::Permanent,
    };
    Class { kind, retry_after: hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_kind_of_the_table() {
        for code in 0..=u16::MAX {
            let expected = match code {
                425 => Kind::Transient,
                429 => Kind::Throttled,
                501 | 505 | 506 | 508 | 510 | 511 => Kind::Permanent,
                408 | 500..=599 => Kind::Ambiguous,
                _ => Kind::Permanent,
            };
            assert_eq!(of_status(code, None), Class::new(expected), "{code}");
        }
    }

    #[test]
    fn a_503_with_a_hint_is_throttled() {
        let hint = Duration::from_secs(3);
        assert_eq!(of_status(503, Some(hint)), Class::new(Kind::Throttled).after(hint));
    }

    #[test]
    fn every_kind_keeps_the_hint() {
        for code in [200, 404, 408, 425, 429, 500, 503, 504] {
            let hint = Some(Duration::ZERO);
            assert_eq!(of_status(code, hint).retry_after, hint, "{code}");
        }
    }
}
