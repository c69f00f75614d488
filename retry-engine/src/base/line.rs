//! Foreign text on one line.

use std::fmt::{self, Display, Write};

/// Writes a text on one line: each line break or tab as a space; other control characters, and characters that reorder the
/// text around them, escaped as in a Rust literal (`\u{1b}`).
///
/// Errors quote whatever a server sent. Raw, such a text could forge lines of a log or send commands to a terminal.
#[derive(Clone, Copy, Debug)]
pub struct OneLine<T>(pub T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'f, 'o>(&'f mut fmt::Formatter<'o>);

impl Write for Escaping<'_, '_> {
    #[inline]
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while let Some((at, special)) = text.char_indices().find(|(_, c)| is_special(*c)) {
            self.0.write_str(&text[..at])?;
            match special {
                '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => self.0.write_char(' ')?,
                _ => write!(self.0, "{}", special.escape_default())?,
            }
            text = &text[at + special.len_utf8()..];
        }
        self.0.write_str(text)
    }
}

/// Whether the character ends the line, moves the cursor, or reorders the text (Unicode's bidirectional controls).
#[inline]
fn is_special(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: &str) {
        assert_eq!(OneLine(text).to_string(), line);
    }

    #[test]
    fn a_text_cannot_end_its_line_command_the_terminal_or_reorder_its_surroundings() {
        check("a\r\nb\tc", "a  b c");
        check("\u{1b}[2J\u{9b}31m\0\u{7f}", "\\u{1b}[2J\\u{9b}31m\\u{0}\\u{7f}");
        check("a\u{2028}b\u{202e}c\u{2066}", "a b\\u{202e}c\\u{2066}");
    }

    #[test]
    fn a_text_of_letters_quotes_and_backslashes_stays_as_it_is() {
        for text in ["", "connection refused", "C:\\new \"file\" 'ü' – 日本 🦀", "שלום"]
        {
            check(text, text);
        }
    }

    #[test]
    fn pieces_that_are_written_one_after_the_other_are_escaped_alike() {
        let text = OneLine(format_args!("{}{}", "a\n", '\u{1b}')).to_string();
        assert_eq!(text, "a \\u{1b}");
    }
}
