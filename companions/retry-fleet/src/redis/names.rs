//! The names of channels and keys.

use std::fmt::Write;

/// The channel of a share.
pub(super) fn channel(share: &str) -> String {
    format!("retry_fleet:{}", escaped(share))
}

/// The key of the turn to probe with a breaker. The escaped name has no colon, so that two channels never have a key in common.
pub(super) fn turn(channel: &str, breaker: &str) -> String {
    format!("{channel}:turn:{}", escaped(breaker))
}

/// A name without the characters that mean something in the patterns of Redis (`*?[]\`), in its hash tags (`{}`) or here (`:%`):
/// they, and all that are not ASCII, become `%` and two hexadecimal digits for each byte.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' => {
                escaped.push(char::from(byte));
            }
            // Writing to a text does not fail.
            _ => _ = write!(escaped, "%{byte:02X}"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_names_are_the_same_in_every_process_and_version() {
        assert_eq!(channel("orders"), "retry_fleet:orders");
        assert_eq!(channel("a:b *[ü]"), "retry_fleet:a%3Ab%20%2A%5B%C3%BC%5D");
        let key = turn("retry_fleet:orders", "api[eu.example.com]");
        assert_eq!(key, "retry_fleet:orders:turn:api%5Beu.example.com%5D");
    }

    proptest! {
        #[test]
        fn different_names_stay_different(one in ".{0,12}", other in ".{0,12}") {
            prop_assert_eq!(one == other, escaped(&one) == escaped(&other));
        }
    }

    #[test]
    fn a_breaker_cannot_have_the_key_of_another_channel() {
        assert_ne!(turn("a", "b:turn:c"), turn("a:turn:b", "c"));
    }
}
