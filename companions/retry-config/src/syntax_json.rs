//! JSON as a tree, with lines.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::mistake::{Mistake, Mistakes};
use super::origin::Text;
use super::tree::{Entry, Lines, Node, Value};

/// Parses JSON; reports the first syntax error.
pub(crate) fn tree(text: &str, source: &Text, mistakes: &mut Mistakes) -> Option<Node> {
    let source_text = SourceText { text, lines: Lines::of(text) };
    let mut fault = |line, message: String| {
        mistakes.push(Mistake::new(source.at(line, ""), message));
        None
    };
    let read = serde_json::from_str::<&RawValue>(text).and_then(|raw| match too_deep(text) {
        // `node` recurses, once for each level.
        Some(at) => Ok(Err(at)),
        None => source_text.node(raw).map(Ok),
    });
    match read {
        Ok(Ok(node)) => Some(node),
        Ok(Err(at)) => fault(
            Some(source_text.lines.of_offset(at)),
            format!(
                "the text is nested deeper than {DEEPEST} levels; a configuration needs no more than 5: \
                 remove the brackets"
            ),
        ),
        Err(error) => {
            let line = Some(error.line()).filter(|line| *line > 0);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let remedy = if error.is_eof() {
                "the text ends too soon: was the file cut off?"
            } else {
                "a JSON configuration is one object of sections"
            };
            fault(line, format!("not JSON: {message}; {remedy}"))
        }
    }
}

/// The most levels of objects and lists that are read.
const DEEPEST: usize = 64;

/// The offset at which the text is nested too deep.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at);
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The whole text, and the places of its lines.
struct SourceText<'t> {
    text: &'t str,
    lines: Lines,
}

impl SourceText<'_> {
    /// serde_json gives no offsets, but a `RawValue` borrows from the text, so its address is one.
    fn node(&self, raw: &RawValue) -> Result<Node, serde_json::Error> {
        let written = raw.get();
        let line = Some(self.lines.of_offset(offset(self.text, written)));
        let value = match written.as_bytes().first() {
            Some(b'{') => self.table(written)?,
            Some(b'[') => {
                let list: Vec<&RawValue> = serde_json::from_str(written)?;
                let nodes: Result<_, _> = list.into_iter().map(|raw| self.node(raw)).collect();
                Value::List(nodes?)
            }
            Some(b'"') => Value::Text(serde_json::from_str(written)?),
            Some(b't' | b'f') => Value::Flag(serde_json::from_str(written)?),
            Some(b'n') => Value::Nothing,
            _ => number(written),
        };
        Ok(Node::new(line, value))
    }

    fn table(&self, written: &str) -> Result<Value, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(written);
        let entries = deserializer.deserialize_map(Entries)?;
        let entries = entries.into_iter().map(|(key, raw)| {
            let node = self.node(raw)?;
            Ok(Entry { key, line: node.line, node })
        });
        Ok(Value::Table(entries.collect::<Result<_, serde_json::Error>>()?))
    }
}

fn number(written: &str) -> Value {
    let whole = written.parse().map(Value::Whole);
    whole
        .or_else(|_| written.parse().map(Value::Number))
        .unwrap_or(Value::Other(written.to_owned()))
}

/// The offset of a part of the text.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// All entries of an object, repeated keys included.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
