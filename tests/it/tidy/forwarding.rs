//! Finds runtime names in the macros, which must forward them without interpreting them.

use super::source::Source;

/// Names of backoffs, jitters and breaker states, which the macros forward without interpreting them.
const RUNTIME_WORDS: [&str; 7] =
    ["exponential", "fibonacci", "linear", "decorrelated", "proportional", "additive", "half_open"];

/// Finds identifiers that contain one of the words, and literals that equal one of them. Longer literals are messages,
/// which may mention the words.
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
