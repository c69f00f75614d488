//! Finds let-chains, which the oldest supported compiler does not accept.

use super::scrub::is_word;
use super::source::{Source, words};

/// `if let A = b && …` and `… && let A = b`.
pub(crate) fn let_chains(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for at in words(&file.code, "let") {
        let before = file.code[..at].trim_end();
        let last = before.rsplit(|c| !is_word(c)).next();
        let condition = matches!(last, Some("if" | "while"));
        if before.ends_with("&&") || condition && has_and(&file.code[at + "let".len()..]) {
            found.push(file.at(at));
        }
    }
    found
}

/// Whether the text after the `let` of a condition has a `&&` between two operands before the block.
fn has_and(rest: &str) -> bool {
    let mut depth = 0;
    let mut in_pattern = true;
    let bytes = rest.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'{' if depth == 0 && !in_pattern => return false,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'=' if depth == 0 && !rest[..at].ends_with('.') => in_pattern = false,
            b'&' if depth == 0 && !in_pattern && bytes.get(at + 1) == Some(&b'&') => {
                let operand = rest[..at].trim_end();
                return operand
                    .ends_with(|c| is_word(c) || matches!(c, ')' | ']' | '}' | '?' | '"'));
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_chains(text: &str, chains: usize) {
        assert_eq!(let_chains(&Source::new("a/src/b.rs", text)).len(), chains, "in {text}");
    }

    #[test]
    fn let_chains_are_distinguished_from_other_conditions() {
        check_chains("if let A = b && c {}", 1);
        check_chains("if a && let B = c {}", 1);
        check_chains("while let A { x: 1..=2, .. } = b()\n    && c {}", 1);
        check_chains("if let A { x } = b && let C = d {}", 2);
        check_chains("if let A = b { c && d }", 0);
        check_chains("if let A = &&b {} else if c && d {}", 0);
        check_chains("if let A = f(b && c) {}", 0);
        check_chains("let a = b && c;", 0);
        check_chains("let A = b else { return c && d };", 0);
    }
}
