//! Rows as one array for each column, which costs the server half the work of JSON; and the values that travel in binary form.

use bytes::BytesMut;
use retry_runtime::Kind;
use retry_tasks::{FailReason, Phase, TaskId};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

type Converted<T> = Result<T, Box<dyn std::error::Error + Sync + Send>>;

/// Declares rows in some columns of a table: each column has its name, its type here and in the database, and its value.
macro_rules! columns {
    ($(#[$about:meta])* $rows:ident of $row:pat_param = $from:ty { $($column:ident: $kind:ty, $sql:literal = $value:expr;)+ }) => {
        $(#[$about])*
        #[derive(Debug, Default)]
        pub(crate) struct $rows { $($column: Vec<$kind>),+ }

        impl $rows {
            /// The names and types, in the order of the parameters.
            const COLUMNS: &'static [(&'static str, &'static str)] = &[$((stringify!($column), $sql)),+];

            pub(crate) fn push(&mut self, $row: $from) {
                $(self.$column.push($value);)+
            }

            fn is_empty(&self) -> bool {
                $(self.$column.is_empty())&&+
            }

            /// The first row as JSON.
            #[cfg(test)]
            pub(crate) fn first(&self) -> serde_json::Map<String, serde_json::Value> {
                let values = [$(serde_json::to_value(&self.$column[0]).expect("JSON")),+];
                let names = Self::COLUMNS.iter().map(|(name, _)| (*name).to_owned());
                names.zip(values).collect()
            }

            /// The statement for these rows, if there are any.
            pub(crate) fn into_call(self, statement: &'static str) -> Option<$crate::connect::Call> {
                let is_empty = self.is_empty();
                let params: Vec<$crate::connect::Param> = vec![$(Box::new(self.$column)),+];
                (!is_empty).then(|| $crate::connect::Call::Query(statement, params))
            }
        }
    };
}
pub(crate) use columns;

/// The rows in a statement, under the name `r`.
pub(crate) fn unnested(columns: &[(&str, &str)]) -> String {
    let arrays = columns.iter().enumerate().map(|(at, (_, kind))| format!("${}::{kind}[]", at + 1));
    let arrays: Vec<String> = arrays.collect();
    format!("unnest({}) AS r ({})", arrays.join(", "), names(columns, ""))
}

/// The names of the columns, each with this beginning.
pub(crate) fn names(columns: &[(&str, &str)], beginning: &str) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("{beginning}{name}")).collect();
    names.join(", ")
}

/// The identifier of a task.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Id(pub(crate) TaskId);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Converted<IsNull> {
        out.extend_from_slice(&self.0.as_u128().to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Id {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Converted<Self> {
        Ok(Id(TaskId::from_u128(u128::from_be_bytes(raw.try_into()?))))
    }

    accepts!(UUID);
}

/// The number of the transaction that has written a version of a row (its column `xmin`). While a row has the same number, it
/// is the same in every column.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Version(u32);

impl ToSql for Version {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Converted<IsNull> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(XID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Version {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Converted<Self> {
        Ok(Version(u32::from_be_bytes(raw.try_into()?)))
    }

    accepts!(XID);
}

/// The value of a column.
pub(crate) trait Column: Sized {
    /// Reads the column at this place; `None` if it has no such value.
    fn of(row: &Row, at: usize) -> Option<Self>;

    fn is_null(&self) -> bool {
        false
    }
}

macro_rules! plain {
    ($($kind:ty),+) => {
        $(impl Column for $kind {
            fn of(row: &Row, at: usize) -> Option<Self> {
                row.try_get(at).ok()
            }
        })+
    };
}
plain!(bool, i32, i64, String, Vec<i64>, Vec<String>);

impl Column for TaskId {
    fn of(row: &Row, at: usize) -> Option<Self> {
        row.try_get::<_, Id>(at).ok().map(|id| id.0)
    }
}

macro_rules! optional {
    ($($kind:ty),+) => {
        $(impl Column for Option<$kind> {
            fn of(row: &Row, at: usize) -> Option<Self> {
                row.try_get(at).ok()
            }

            fn is_null(&self) -> bool {
                self.is_none()
            }
        })+
    };
}
optional!(i64, f64, String);

/// A value with a name.
fn named<T: for<'a> Deserialize<'a>>(name: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(name)).ok()
}

impl Column for Phase {
    fn of(row: &Row, at: usize) -> Option<Self> {
        named(row.try_get(at).ok()?)
    }
}

macro_rules! optional_name {
    ($($kind:ty),+) => {
        $(impl Column for Option<$kind> {
            fn of(row: &Row, at: usize) -> Option<Self> {
                match row.try_get::<_, Option<&str>>(at).ok()? {
                    Some(name) => named(name).map(Some),
                    None => Some(None),
                }
            }

            fn is_null(&self) -> bool {
                self.is_none()
            }
        })+
    };
}
optional_name!(FailReason, Kind);
