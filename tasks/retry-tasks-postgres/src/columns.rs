//! Rows as one array for each column, which costs the server half the work of JSON; and the values that travel in binary form.

use bytes::BytesMut;
use retry_tasks::TaskId;
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

            /// The first row as JSON.
            #[cfg(test)]
            pub(crate) fn first(&self) -> serde_json::Map<String, serde_json::Value> {
                let values = [$(serde_json::to_value(&self.$column[0]).expect("JSON")),+];
                let names = Self::COLUMNS.iter().map(|(name, _)| (*name).to_owned());
                names.zip(values).collect()
            }

            /// The parameters of a statement.
            pub(crate) fn into_params(self) -> Vec<$crate::connect::Param> {
                vec![$(Box::new(self.$column)),+]
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
