//! TOML as a tree, with lines.

use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Mistakes};
use super::origin::Text;
use super::reader::given_twice;
use super::tree::{Entry, Lines, Node, Value};

/// Parses TOML; reports all syntax errors.
pub(crate) fn tree(text: &str, source: &Text, mistakes: &mut Mistakes) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    let mut readable = true;
    let mut before = None;
    for error in errors {
        let line = error.span().map(|span| lines.of_offset(span.start));
        // The parser reports what follows a mistake in the same line once more.
        if line.is_some() && std::mem::replace(&mut before, line) == line {
            readable = false;
            continue;
        }
        let (message, twice) = explained(text, error.message(), error.span());
        // The rest of the text can be trusted after a repeated key, but not after any other error.
        readable &= twice;
        mistakes.push(Mistake::new(source.at(line, ""), message));
    }
    readable.then(|| Node::new(Some(1), entries(&lines, table.get_ref())))
}

/// The parser's message with a remedy, and whether it is about a repeated key.
fn explained(text: &str, message: &str, span: Option<std::ops::Range<usize>>) -> (String, bool) {
    if message.contains("duplicate") {
        let key = span.clone().and_then(|span| text.get(span)).unwrap_or("a key");
        return (given_twice(key), true);
    }
    if let Some(quoted) = span.as_ref().and_then(|span| unquoted_name(text, span.start)) {
        return (
            format!("not TOML: a name with `::` in it stands in quotes; write `{quoted}`"),
            false,
        );
    }
    if let Some(quoted) = span.as_ref().and_then(|span| unquoted_word(text, span.start)) {
        return (format!("not TOML: a word stands in quotes; write `{quoted}`"), false);
    }
    let end = text.trim_end().len();
    let cut = if span.is_some_and(|span| span.end >= end) { "; was the file cut off?" } else { "" };
    (format!("not TOML: {message}; write `key = value` lines under `[section]` lines{cut}"), false)
}

/// The header of a section such as `[op.svc::io]`, with its name in quotes.
fn unquoted_name(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let header = text[start..].lines().next()?.trim();
    let inside = header.strip_prefix('[')?.split(']').next()?.trim_start_matches('[');
    let (section, name) = inside.trim().split_once('.')?;
    let is_header = matches!(section, "op" | "profile" | "budget" | "breaker");
    (is_header && name.contains("::") && !name.contains(['"', '\'']))
        .then(|| format!("[{section}.\"{name}\"]"))
}

/// The line of a setting such as `jitter = full`, with its word in quotes.
fn unquoted_word(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let (key, value) = text[start..].lines().next()?.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let is_word = |word: &str| {
        word.starts_with(char::is_alphabetic)
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let is_other = matches!(value, "true" | "false" | "inf" | "nan");
    (is_word(key) && is_word(value) && !is_other).then(|| format!("{key} = \"{value}\""))
}

fn entries(lines: &Lines, table: &DeTable<'_>) -> Value {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let line = Some(lines.of_offset(at));
            let value_line = Some(lines.of_offset(value.span().start));
            let node = Node::new(value_line, value_of(lines, value.get_ref()));
            (at, Entry { key: key.get_ref().to_string(), line, node })
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    Value::Table(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn value_of(lines: &Lines, value: &DeValue<'_>) -> Value {
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
                    let line = Some(lines.of_offset(node.span().start));
                    Node::new(line, value_of(lines, node.get_ref()))
                })
                .collect(),
        ),
        DeValue::Table(table) => entries(lines, table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax_json;
    use crate::tree::LOOKED_AT;

    /// How many line breaks are looked at for a configuration of so many operations.
    fn work(operations: usize) -> (usize, usize) {
        let names = 0..operations;
        let toml: String = names.clone().map(|n| format!("[op.\"o{n}\"]\nmax = {n}\n")).collect();
        let json: Vec<String> = names.map(|n| format!("\"o{n}\": {{ \"max\": {n} }}")).collect();
        let json = format!("{{ \"op\": {{\n{}\n}} }}", json.join(",\n"));
        let looked_at = |read: &dyn Fn(&mut Mistakes) -> Option<Node>| {
            LOOKED_AT.set(0);
            let mut mistakes = Mistakes::default();
            assert!(read(&mut mistakes).is_some());
            LOOKED_AT.get()
        };
        let source = Text::default();
        (
            looked_at(&|mistakes| tree(&toml, &source, mistakes)),
            looked_at(&|mistakes| syntax_json::tree(&json, &source, mistakes)),
        )
    }

    #[test]
    fn the_work_for_lines_grows_with_the_text_and_not_with_its_square() {
        let ((toml, json), (tenfold_toml, tenfold_json)) = (work(1_000), work(10_000));
        // A search in a sorted list looks at one more entry whenever the list doubles.
        assert!(tenfold_toml < 15 * toml, "{tenfold_toml} and {toml}");
        assert!(tenfold_json < 15 * json, "{tenfold_json} and {json}");
        assert!(toml < 1_000 * 4 * 14 && json < 1_000 * 2 * 14, "{toml}, {json}");
    }
}
