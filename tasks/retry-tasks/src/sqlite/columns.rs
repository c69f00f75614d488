//! Columns of one row, read in such a way that a wrong value is noted and not an error.

use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};

/// The columns of a row, and the first one that cannot be read.
pub(super) struct Columns<'a> {
    row: &'a Row<'a>,
    pub(super) trouble: Option<String>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(row: &'a Row<'a>) -> Self {
        Columns { row, trouble: None }
    }

    /// Notes a value that the column cannot have.
    pub(super) fn wrong(&mut self, name: &str, value: &dyn std::fmt::Display) {
        let trouble = || {
            format!(
                "the stored row cannot be read: its `{name}` is {value}; correct it in the file, or reset the task"
            )
        };
        self.trouble.get_or_insert_with(trouble);
    }

    /// Reads a value; `None` and a note when it has another type. The value itself may be a secret.
    fn read<T>(
        &mut self,
        column: usize,
        name: &str,
        read: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.row.get_ref(column).unwrap_or(ValueRef::Null);
        let found = read(value);
        if found.is_none() {
            let kind = match value.data_type() {
                Type::Null => "missing",
                Type::Integer => "a number out of range",
                Type::Real => "a number with a fraction",
                Type::Text => "a text that does not belong there",
                Type::Blob => "a blob",
            };
            self.wrong(name, &kind);
        }
        found
    }

    /// Reads any integer.
    pub(super) fn signed(&mut self, column: usize, name: &str) -> i64 {
        self.read(column, name, |value| value.as_i64().ok()).unwrap_or_default()
    }

    /// Reads an integer that stands for one of a few values; -1 when there is none.
    pub(super) fn number(&mut self, column: usize, name: &str) -> i64 {
        self.read(column, name, |value| value.as_i64().ok()).unwrap_or(-1)
    }

    /// Reads an integer from 0.
    pub(super) fn unsigned(&mut self, column: usize, name: &str) -> u64 {
        let number = |value: ValueRef<'_>| u64::try_from(value.as_i64().ok()?).ok();
        self.read(column, name, number).unwrap_or_default()
    }

    /// Reads an integer of 32 bits from 0.
    pub(super) fn small(&mut self, column: usize, name: &str) -> u32 {
        let number = |value: ValueRef<'_>| u32::try_from(value.as_i64().ok()?).ok();
        self.read(column, name, number).unwrap_or_default()
    }

    /// Reads an integer from 0, or none.
    pub(super) fn optional(&mut self, column: usize, name: &str) -> Option<u64> {
        let number = |value: ValueRef<'_>| match value {
            ValueRef::Null => Some(None),
            value => Some(Some(u64::try_from(value.as_i64().ok()?).ok()?)),
        };
        self.read(column, name, number).flatten()
    }

    /// Reads a text. A text that is no UTF-8 is kept as far as it can be.
    pub(super) fn text(&mut self, column: usize, name: &str) -> String {
        self.optional_text(column, name).unwrap_or_else(|| {
            self.wrong(name, &"missing");
            String::new()
        })
    }

    /// Reads a text, or none.
    pub(super) fn optional_text(&mut self, column: usize, name: &str) -> Option<String> {
        let text = |value: ValueRef<'a>| match value {
            ValueRef::Null => Some(None),
            value => Some(Some(value.as_str().ok()?.to_owned())),
        };
        if let Some(text) = self.read(column, name, text) {
            return text;
        }
        let bytes = self.row.get_ref(column).ok()?;
        let bytes = bytes.as_bytes().ok()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}
