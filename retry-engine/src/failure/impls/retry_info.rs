//! The delay in the details of a gRPC status: `google.rpc.RetryInfo`.
//!
//! The details are a protobuf `google.rpc.Status`, and only three fields matter here, so this module decodes them
//! without a protobuf dependency. Sources: `google/rpc/status.proto`, `google/rpc/error_details.proto` and
//! <https://protobuf.dev/programming-guides/encoding/>.

use std::time::Duration;

/// The `retry_delay` of the first `RetryInfo`; `None` when there is none, when the delay is negative, or when the bytes
/// are malformed.
pub(super) fn retry_delay(status: &[u8]) -> Option<Duration> {
    const STATUS_DETAILS: u64 = 3;
    const RETRY_INFO_DELAY: u64 = 1;
    let info =
        Fields(status).filter_map(|field| field.bytes(STATUS_DETAILS)).find_map(retry_info)?;
    Fields(info).find_map(|field| field.bytes(RETRY_INFO_DELAY)).and_then(duration)
}

/// The bytes of the `RetryInfo` inside a `google.protobuf.Any`; `None` when the message has another type.
fn retry_info(any: &[u8]) -> Option<&[u8]> {
    const TYPE_URL: u64 = 1;
    const VALUE: u64 = 2;
    let type_url = Fields(any).find_map(|field| field.bytes(TYPE_URL))?;
    if !type_url.ends_with(b"/google.rpc.RetryInfo") {
        return None;
    }
    Fields(any).find_map(|field| field.bytes(VALUE))
}

/// Decodes a `google.protobuf.Duration`.
fn duration(bytes: &[u8]) -> Option<Duration> {
    const SECONDS: u64 = 1;
    const NANOS: u64 = 2;
    let number = |wanted| Fields(bytes).find_map(|field| field.number(wanted)).unwrap_or(0) as i64;
    let seconds = u64::try_from(number(SECONDS)).ok()?;
    let nanos = u32::try_from(number(NANOS)).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

/// The tag and the value of a field.
enum Field<'a> {
    Number(u64, u64),
    Bytes(u64, &'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(&self, wanted: u64) -> Option<&'a [u8]> {
        match *self {
            Field::Bytes(tag, bytes) if tag == wanted => Some(bytes),
            _ => None,
        }
    }

    fn number(&self, wanted: u64) -> Option<u64> {
        match *self {
            Field::Number(tag, number) if tag == wanted => Some(number),
            _ => None,
        }
    }
}

/// The fields of a protobuf message, up to the first malformed byte.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let key = self.varint()?;
        let tag = key >> 3;
        let length = match key & 7 {
            0 => return Some(Field::Number(tag, self.varint()?)),
            1 => 8,
            2 => usize::try_from(self.varint()?).ok()?,
            5 => 4,
            _ => return None,
        };
        Some(Field::Bytes(tag, self.take(length)?))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

/// A `google.rpc.Status` with two details, the second of which is a `RetryInfo` with `duration`.
#[cfg(test)]
pub(super) fn sample(duration: &[u8]) -> Vec<u8> {
    let message = |tag: u8, bytes: &[u8]| [&[tag << 3 | 2, bytes.len() as u8], bytes].concat();
    let any = |url: &str, value: &[u8]| [message(1, url.as_bytes()), message(2, value)].concat();
    let retry_info = message(1, duration);
    [
        vec![1 << 3, 8],
        message(2, b"slow down"),
        message(3, &any("type.googleapis.com/google.rpc.Help", b"\x0a\x00")),
        message(3, &any("type.googleapis.com/google.rpc.RetryInfo", &retry_info)),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_nanos_are_read() {
        let one_and_a_half = sample(b"\x08\x01\x10\x80\xca\xb5\xee\x01");
        assert_eq!(retry_delay(&one_and_a_half), Some(Duration::from_millis(1500)));
        assert_eq!(retry_delay(&sample(b"\x08\x80\x02")), Some(Duration::from_secs(256)));
        assert_eq!(retry_delay(&sample(b"")), Some(Duration::ZERO));
    }

    #[test]
    fn a_negative_delay_is_none() {
        let minus_one = sample(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        assert_eq!(retry_delay(&minus_one), None);
    }

    #[test]
    fn no_details_are_no_delay() {
        assert_eq!(retry_delay(b""), None);
        assert_eq!(retry_delay(b"\x08\x08"), None);
    }

    #[test]
    fn broken_bytes_never_panic() {
        let whole = sample(b"\x08\x01\x10\x80\xca\xb5\xee\x01");
        for position in 0..whole.len() {
            let _ = retry_delay(&whole[..position]);
            for byte in 0..=u8::MAX {
                let mut broken = whole.clone();
                broken[position] = byte;
                let _ = retry_delay(&broken);
            }
        }
    }
}
