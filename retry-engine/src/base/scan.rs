//! The search of a text for ASCII characters, sixteen bytes at a time.
//!
//! The text of every failure is searched for line breaks and for URLs, and most texts have neither.

const CHUNK: usize = 16;

/// Whether the text has any of these ASCII characters, of which none is NUL.
#[inline]
pub(crate) fn has_any<const N: usize>(text: &str, characters: [u8; N]) -> bool {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk() else {
        let mut chunk = [0; CHUNK];
        chunk[..bytes.len()].copy_from_slice(bytes);
        return chunk_has(&chunk, characters);
    };
    // The last chunk overlaps the one before, so that no bytes are left over.
    let mut chunks = bytes.chunks_exact(CHUNK).filter_map(<[u8]>::first_chunk);
    chunks.any(|chunk| chunk_has(chunk, characters)) || chunk_has(last, characters)
}

/// Compares all bytes without a branch: the compiler makes vectors of them.
#[inline]
fn chunk_has<const N: usize>(chunk: &[u8; CHUNK], characters: [u8; N]) -> bool {
    let found = |byte| characters.iter().fold(0, |found, one| found | u8::from(byte == *one));
    chunk.map(found) != [0; CHUNK]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_character_is_found_at_every_place_of_a_text_of_any_length() {
        for length in 0..40 {
            let text = "é".repeat(length / 2) + &"-".repeat(length % 2);
            assert!(!has_any(&text, [b'/', b'%']), "{text}");
            for at in (0..length).filter(|at| text.is_char_boundary(*at)) {
                for character in ["/", "%"] {
                    let text = format!("{}{character}{}", &text[..at], &text[at..]);
                    assert!(has_any(&text, [b'/', b'%']), "{text}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_answer_is_that_of_a_search_byte_by_byte(text in "[ -0\u{80}-\u{180}]{0,40}") {
            let found = text.bytes().any(|byte| matches!(byte, b'/' | b'%'));
            prop_assert_eq!(has_any(&text, [b'/', b'%']), found);
        }
    }
}
