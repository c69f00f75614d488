//! The syntax tree of a configuration in TOML, JSON or any other format of serde.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value with its line, if the format has lines.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: Option<usize>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// In the order of the text, repeated keys included.
    Table(Vec<Entry>),
    List(Vec<Node>),
    Text(String),
    Whole(i128),
    Number(f64),
    Flag(bool),
    /// `null`.
    Nothing,
    /// A value that no setting takes, as it was written: a date, a number with too many digits.
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: Option<usize>,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn new(line: Option<usize>, value: Value) -> Self {
        Node { line, value }
    }
}

/// A text in a message: in quotes, and only the beginning of a long one.
pub(crate) fn shown(text: &str) -> String {
    match beginning(text) {
        Some(start) => format!("{start:?} …"),
        None => format!("{text:?}"),
    }
}

/// The beginning of a text that is too long for a message.
pub(crate) fn beginning(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    text.char_indices().nth(LONGEST).map(|(end, _)| &text[..end])
}

/// The value in a message: "the text \"5\"", "a list".
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Table(_) => f.write_str("a table"),
            Value::List(_) => f.write_str("a list"),
            Value::Text(text) => write!(f, "the text {}", shown(text)),
            Value::Whole(number) => write!(f, "the number {number}"),
            Value::Number(number) => write!(f, "the number {number}"),
            Value::Flag(flag) => write!(f, "`{flag}`"),
            Value::Nothing => f.write_str("`null`"),
            Value::Other(text) => write!(f, "`{text}`"),
        }
    }
}

/// The places of the line breaks of a text. The text is read once, however many lines are asked for.
#[derive(Debug)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(breaks.map(|(at, _)| at).collect())
    }

    /// The line of an offset in the text, from 1.
    pub(crate) fn of_offset(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|at| {
            #[cfg(test)]
            LOOKED_AT.set(LOOKED_AT.get() + 1);
            *at < offset
        })
    }
}

#[cfg(test)]
thread_local! {
    /// How many line breaks were looked at.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything).map(|value| Node::new(None, value))
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings of retries")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Anything)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = access.next_element()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        while let Some((key, node)) = access.next_entry()? {
            table.push(Entry { key, line: None, node });
        }
        Ok(Value::Table(table))
    }
}
