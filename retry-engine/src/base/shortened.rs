//! Long texts of keys, cut so that they stay different.

use std::borrow::Cow;

/// The bytes that a cut text has behind its start: an ellipsis and the hash.
pub(crate) const TAIL: usize = "…".len() + 32;

/// The text itself up to `whole` bytes; of a longer one at most `start` bytes and a hash of all of it. Two texts with the
/// same start stay different.
#[inline]
pub(crate) fn shortened(text: &str, whole: usize, start: usize) -> Cow<'_, str> {
    if text.len() <= whole { Cow::Borrowed(text) } else { Cow::Owned(cut(text, start)) }
}

#[cold]
#[inline(never)]
fn cut(text: &str, start: usize) -> String {
    let end = (0..=start).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…{:032x}", &text[..end], fnv(text))
}

/// The hash FNV-1a of 128 bits (Fowler, Noll, Vo), which is the same in every process.
#[inline]
fn fnv(text: &str) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_a_published_test_vector() {
        assert_eq!(fnv("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn a_cut_text_is_as_long_as_its_start_and_tail() {
        assert_eq!(shortened(&"k".repeat(200), 128, 93).len(), 93 + TAIL);
    }
}
