//! Separates code, comments and literals, so that a rule about one does not match the others.

/// Three versions of a source file. Each has the length and the line breaks of the file; other parts are blanked
/// out.
pub(crate) struct Scrubbed {
    /// Without comments and literals.
    pub(crate) code: String,
    /// Only comments, including doc comments.
    pub(crate) comments: String,
    /// Code and literals, including the quotes.
    pub(crate) uncommented: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Comment,
    Literal,
}

pub(crate) fn scrub(text: &str) -> Scrubbed {
    let parts = parts(text);
    let reading = |keep: &[Part]| {
        let mut bytes = text.as_bytes().to_vec();
        for (byte, part) in bytes.iter_mut().zip(&parts) {
            if *byte != b'\n' && !keep.contains(part) {
                *byte = b' ';
            }
        }
        String::from_utf8(bytes).expect("parts begin and end at ASCII characters")
    };
    Scrubbed {
        code: reading(&[Part::Code]),
        comments: reading(&[Part::Comment]),
        uncommented: reading(&[Part::Code, Part::Literal]),
    }
}

/// The kind of part that a byte belongs to.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(text.len());
    while parts.len() < text.len() {
        let after_word = text[..parts.len()].ends_with(is_word);
        let (part, length) = token(&text[parts.len()..], after_word);
        parts.resize((parts.len() + length).min(text.len()), part);
    }
    parts
}

/// The kind and length of the first part of `rest`: a whole comment or literal, or one character of code.
fn token(rest: &str, after_word: bool) -> (Part, usize) {
    if rest.starts_with("//") {
        (Part::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Part::Comment, block_comment(rest))
    } else if let Some(length) = (!after_word).then(|| prefixed(rest)).flatten() {
        (Part::Literal, length)
    } else if rest.starts_with('"') {
        (Part::Literal, quoted(rest, '"'))
    } else if is_character(rest) {
        (Part::Literal, quoted(rest, '\''))
    } else {
        (Part::Code, rest.chars().next().map_or(1, char::len_utf8))
    }
}

/// The length of a block comment, including nested ones.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a literal that begins with letters: `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`, `b'…'`.
fn prefixed(rest: &str) -> Option<usize> {
    let letters = rest.find(|c: char| !matches!(c, 'b' | 'c' | 'r'))?;
    let (prefix, body) = rest.split_at(letters);
    match prefix {
        "r" | "br" | "cr" => {
            let hashes = body.find(|c| c != '#')?;
            let text = body[hashes..].strip_prefix('"')?;
            let end = format!("\"{}", &body[..hashes]);
            let length = text.find(&end).map_or(text.len(), |at| at + end.len());
            Some(letters + hashes + 1 + length)
        }
        "b" | "c" if body.starts_with('"') => Some(letters + quoted(body, '"')),
        "b" if is_character(body) => Some(letters + quoted(body, '\'')),
        _ => None,
    }
}

/// The length of a quoted literal in which a backslash escapes the next character.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    rest.len()
}

/// Whether a character literal begins here; a lifetime has no second quote.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('\'')
        && match chars.next() {
            Some('\\') => true,
            Some(_) => chars.next() == Some('\''),
            None => false,
        }
}

/// Whether a character may belong to an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_code(text: &str, code: &str) {
        let found = scrub(text).code;
        assert_eq!(found.len(), text.len(), "offsets must not change");
        let words: Vec<&str> = found.split_whitespace().collect();
        assert_eq!(words.join(" "), code, "in {text}");
    }

    #[test]
    fn comments_are_not_code() {
        check_code("a // b\nc /* d /* e */ f */ g", "a c g");
        check_code("/// b\n//! c\na", "a");
        check_code("a /* never closed", "a");
    }

    #[test]
    fn literals_are_not_code() {
        check_code(r#"a "b" c"#, "a c");
        check_code(r#"a "b \" c \\" d"#, "a d");
        check_code(r###"a r"\" b r#"c " d"# e br##"f "# g"## h"###, "a b e h");
        check_code(r#"a b"b" c"c" b'\'' d"#, "a d");
        check_code(r#"a "never closed"#, "a");
    }

    #[test]
    fn a_character_is_a_literal_and_a_lifetime_is_code() {
        check_code(r"a 'b' '\'' '\u{e9}' 'é' c", "a c");
        check_code("fn f<'a>(x: &'a str) -> &'static str", "fn f<'a>(x: &'a str) -> &'static str");
        check_code("'outer: loop { break 'outer }", "'outer: loop { break 'outer }");
    }

    #[test]
    fn a_raw_identifier_and_a_word_that_ends_in_r_are_code() {
        check_code("r#type r#fn", "r#type r#fn");
        check_code(r#"var"x" b"#, "var b");
    }

    #[test]
    fn a_comment_inside_a_literal_and_a_literal_inside_a_comment_end_correctly() {
        check_code("a \"// b\" c", "a c");
        check_code("a // \" b\nc", "a c");
    }

    #[test]
    fn each_version_keeps_its_own_parts_and_all_line_breaks() {
        let read = scrub("a // é\n\"b\nc\" d");
        assert_eq!(read.code, "a      \n  \n   d");
        assert_eq!(read.comments, "  // é\n  \n    ");
        assert_eq!(read.uncommented, "a      \n\"b\nc\" d");
    }
}
