//! Literals that rustc refuses: `0x`, `1e`, `'1s'`, `"\q"`. rustc reports them before the macro runs, and hands them on.

use proc_macro2::{TokenStream, TokenTree};
use syn::Lit;

/// Whether the tokens contain a literal that rustc has reported.
pub(super) fn has_refused(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_refused(group.stream()),
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            match text.starts_with(|first: char| first.is_ascii_digit()) {
                true => is_no_number(&text.replace('_', "")),
                // A character literal with several characters, or a text with an unknown escape.
                false => {
                    text.starts_with(['\'', '"']) && matches!(Lit::new(literal), Lit::Verbatim(_))
                }
            }
        }
        _ => false,
    })
}

/// Whether a number has no digits, a digit that its base does not have, or an exponent without digits.
fn is_no_number(text: &str) -> bool {
    let radix = match text.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return has_no_exponent(text),
    };
    let digits = text.get(2..).unwrap_or_default();
    let end = digits.find(|c: char| !c.is_digit(radix.max(10))).unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or_default();
    digits.is_empty() || digits.chars().any(|digit| !digit.is_digit(radix))
}

/// Whether a decimal number has an `e` after which no digits come.
fn has_no_exponent(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_exponent = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_exponent
        && !exponent.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_rustc_refuses_are_told_from_valid_ones() {
        for text in ["0x", "0b", "0b12", "0o9", "1e", "1.5e", "1e+", "5E-"] {
            assert!(is_no_number(&text.replace('_', "")), "{text}");
        }
        for text in [
            "0", "3", "0x1f", "0b101", "0o17", "1e5", "1.5e-3", "3u32", "0b1u8", "0xe", "2.0",
            "7usize",
        ] {
            assert!(!is_no_number(text), "{text}");
        }
    }
}
