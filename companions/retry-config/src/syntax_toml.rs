//! TOML as a tree, with lines.

use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Mistakes};
use super::origin::Text;
use super::reader::given_twice;
use super::tree::{Entry, Node, Value, line_of};

/// Parses TOML; reports all syntax errors.
pub(crate) fn tree(text: &str, source: &Text, mistakes: &mut Mistakes) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut readable = true;
    for error in errors {
        let line = error.span().map(|span| line_of(text, span.start));
        let (message, twice) = explained(text, error.message(), error.span());
        // The rest of the text can be trusted after a repeated key, but not after any other error.
        readable &= twice;
        mistakes.push(Mistake::new(source.at(line, ""), message));
    }
    readable.then(|| Node::new(Some(1), entries(text, table.get_ref())))
}

/// The parser's message with a remedy, and whether it is about a repeated key.
fn explained(text: &str, message: &str, span: Option<std::ops::Range<usize>>) -> (String, bool) {
    if message.contains("duplicate") {
        let key = span.clone().and_then(|span| text.get(span)).unwrap_or("a key");
        return (given_twice(key), true);
    }
    let end = text.trim_end().len();
    let cut = if span.is_some_and(|span| span.end >= end) { "; was the file cut off?" } else { "" };
    (format!("not TOML: {message}; write `key = value` lines under `[section]` lines{cut}"), false)
}

fn entries(text: &str, table: &DeTable<'_>) -> Value {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let line = Some(line_of(text, at));
            let value_line = Some(line_of(text, value.span().start));
            let node = Node::new(value_line, value_of(text, value.get_ref()));
            (at, Entry { key: key.get_ref().to_string(), line, node })
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    Value::Table(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn value_of(text: &str, value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(words) => Value::Text(words.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => {
            let written = number.as_str();
            i128::from_str_radix(written, number.radix())
                .map_or_else(|_| Value::Other(written.to_owned()), Value::Whole)
        }
        DeValue::Float(number) => {
            let written = number.as_str();
            written.parse().map_or_else(|_| Value::Other(written.to_owned()), Value::Number)
        }
        DeValue::Datetime(date) => Value::Other(date.to_string()),
        DeValue::Array(list) => Value::List(
            list.iter()
                .map(|node| {
                    let line = Some(line_of(text, node.span().start));
                    Node::new(line, value_of(text, node.get_ref()))
                })
                .collect(),
        ),
        DeValue::Table(table) => entries(text, table),
    }
}
