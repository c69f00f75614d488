//! What the macros hand to the runtime unread.

use super::source::Source;

/// Words of backoffs, jitters and breaker states. The macros forward them to the runtime unread.
const RUNTIME_WORDS: [&str; 7] =
    ["exponential", "fibonacci", "linear", "decorrelated", "proportional", "additive", "half_open"];

/// Identifiers with one of the words in them, and literals that are one of the words. Longer literals are
/// messages, which may say what to write.
pub(crate) fn decided(file: &Source) -> Vec<String> {
    let (code, uncommented) = (file.code.to_lowercase(), file.uncommented.to_lowercase());
    let mut found: Vec<usize> = Vec::new();
    for word in RUNTIME_WORDS {
        found.extend(code.match_indices(word).map(|(at, _)| at));
        found.extend(uncommented.match_indices(&format!("\"{word}\"")).map(|(at, _)| at));
    }
    found.sort_unstable();
    found.into_iter().map(|at| file.at(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_may_quote_a_message_and_not_compare_a_name() {
        let decides = |text| decided(&Source::new("retry-macros/src/read/values.rs", text)).len();
        assert_eq!(decides("Backoff::Fibonacci"), 1);
        assert_eq!(decides("ident == \"fibonacci\""), 1);
        assert_eq!(decides("\"write `backoff = fibonacci`\" // fibonacci"), 0);
    }
}
