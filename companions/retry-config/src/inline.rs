//! Settings in one line, as in the attribute, and single values of environment variables.

use super::reader::Reader;
use super::tree::{Entry, Node, Value};

/// Reads `max = 5, base = '200ms', jitter = proportional(0.2), idempotent`.
pub(crate) fn entries(text: &str, reader: &mut Reader) -> Vec<Entry> {
    let items = split(text, ',').into_iter().filter(|item| !item.trim().is_empty());
    items.filter_map(|item| {
        let (key, value) = match item.split_once('=') {
            Some((key, value)) => match scalar(value) {
                Ok(value) => (key.trim(), value),
                Err(message) => {
                    reader.mistake("", Some(key.trim()), None, message);
                    return None;
                }
            },
            // As in the attribute, `idempotent` alone means `idempotent = true`.
            None if item.trim() == "idempotent" => ("idempotent", Value::Flag(true)),
            None => {
                let item = item.trim();
                let message = format!("`{item}` has no value; settings are written `name = value`, with commas between them");
                reader.mistake("", None, None, message);
                return None;
            }
        };
        Some(Entry { key: key.to_owned(), line: None, node: Node::new(None, value) })
    })
    .collect()
}

/// The most levels of lists in a value.
const DEEPEST: usize = 8;

/// Reads one value: a list, a number, a flag, or a text with or without quotes.
///
/// # Errors
///
/// Why the value cannot be read.
pub(crate) fn scalar(text: &str) -> Result<Value, String> {
    nested(text, DEEPEST).ok_or_else(|| {
        format!(
            "the value has more than {DEEPEST} lists inside of each other, and no setting has more than one; remove the \
             brackets"
        )
    })
}

/// A value with at most this many levels of lists.
fn nested(text: &str, levels: usize) -> Option<Value> {
    let text = text.trim();
    if let Some(list) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let levels = levels.checked_sub(1)?;
        let items = split(list, ',').into_iter().filter(|item| !item.trim().is_empty());
        let nodes = items.map(|item| Some(Node::new(None, nested(item, levels)?)));
        return Some(Value::List(nodes.collect::<Option<_>>()?));
    }
    Some(single(text))
}

/// A value that is no list.
fn single(text: &str) -> Value {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            return Value::Text(inner.to_owned());
        }
    }
    match text {
        "true" => return Value::Flag(true),
        "false" => return Value::Flag(false),
        _ => {}
    }
    let digits = text.replace('_', "");
    if !digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return Value::Text(text.to_owned());
    }
    let whole = digits.parse().map(Value::Whole);
    whole
        .or_else(|_| digits.parse().map(Value::Number))
        .unwrap_or_else(|_| Value::Text(text.to_owned()))
}

/// Splits at the separators outside of quotes and brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_quotes_or_brackets_does_not_separate() {
        assert_eq!(split("a = [1, 2], b = 'x, y', c", ','), ["a = [1, 2]", " b = 'x, y'", " c"]);
    }

    #[test]
    fn a_value_is_what_it_looks_like() {
        let check = |text, value| assert_eq!(scalar(text), Ok(value));
        check(" 5 ", Value::Whole(5));
        check("-1", Value::Whole(-1));
        check("2.5", Value::Number(2.5));
        check("200ms", Value::Text("200ms".to_owned()));
        check("'1s'", Value::Text("1s".to_owned()));
        check("proportional(0.2)", Value::Text("proportional(0.2)".to_owned()));
        check(
            "['1s', 2]",
            Value::List(vec![
                Node::new(None, Value::Text("1s".to_owned())),
                Node::new(None, Value::Whole(2)),
            ]),
        );
    }

    #[test]
    fn lists_inside_of_each_other_are_refused_before_they_overflow_the_stack() {
        let lists = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(scalar(&lists(DEEPEST)).is_ok());
        for levels in [DEEPEST + 1, 64 << 10, 1 << 20] {
            let message = scalar(&lists(levels)).expect_err("too deep");
            assert!(message.contains("more than 8 lists inside of each other"), "{message}");
        }
        // Without an end there is no list.
        assert_eq!(scalar("[[["), Ok(Value::Text("[[[".to_owned())));
    }
}
