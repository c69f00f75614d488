//! The names of the functions that have tasks, also such as are no text.

use std::collections::BTreeSet;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ToSql, params};

use super::{row, transaction::Rows};
use crate::record::state::Phase;
use crate::store::error::Result;

/// A name as it is stored. Somebody may have written bytes that are no UTF-8, or a blob.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Name {
    fn bytes(&self) -> &[u8] {
        match self {
            Name::Text(bytes) | Name::Blob(bytes) => bytes,
        }
    }

    /// The least name that is greater.
    fn next(&self) -> Self {
        let longer = |bytes: &Vec<u8>| [bytes.as_slice(), &[0]].concat();
        match self {
            Name::Text(bytes) => Name::Text(longer(bytes)),
            Name::Blob(bytes) => Name::Blob(longer(bytes)),
        }
    }
}

impl ToSql for Name {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Name::Text(bytes) => ValueRef::Text(bytes),
            Name::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The names among the tasks in this phase that the filter admits. Each costs one search of the index, whatever the
/// number of tasks.
pub(super) fn names(rows: &Rows, phase: Phase, wanted: Option<&str>) -> Result<Vec<Name>> {
    let text = |text: &str| Name::Text(text.as_bytes().to_owned());
    let (mut from, prefix) = match wanted {
        None => (text(""), ""),
        Some(name) => match name.strip_suffix('*') {
            Some(prefix) => (text(prefix), prefix),
            None => return Ok(vec![text(name)]),
        },
    };
    let statement =
        "SELECT min(name) FROM tasks INDEXED BY tasks_listed WHERE phase = ?1 AND name >= ?2";
    let mut names = Vec::new();
    loop {
        let params = params![row::number(phase), from];
        let next = rows.first(statement, params, |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Text(bytes) => Some(Name::Text(bytes.to_owned())),
                ValueRef::Blob(bytes) => Some(Name::Blob(bytes.to_owned())),
                _ => None,
            })
        })?;
        let admitted = |name: &Name| name.bytes().starts_with(prefix.as_bytes());
        let Some(name) = next.flatten().filter(admitted) else { return Ok(names) };
        from = name.next();
        names.push(name);
    }
}

/// The names of all functions that have tasks.
pub(super) fn all(rows: &Rows) -> Result<Vec<String>> {
    let mut all = BTreeSet::new();
    for phase in Phase::ALL {
        let names = names(rows, phase, None)?.into_iter();
        all.extend(names.map(|name| String::from_utf8_lossy(name.bytes()).into_owned()));
    }
    Ok(all.into_iter().collect())
}
