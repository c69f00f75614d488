//! A section as a table with one row for each setting: its key, its type, how it is read and written.

use super::keys::{self, Unit};
use super::tree::Node;
use super::value::Read;
use super::written::Written;

/// One setting of the section `S`.
pub(crate) struct Row<S> {
    pub(crate) key: &'static str,
    /// Names that other libraries use for the same setting; they are read too.
    pub(crate) aliases: &'static [&'static str],
    /// Whether the key may end in a unit: `base_ms`.
    pub(crate) is_time: bool,
    /// Reads a value into the section.
    pub(crate) read: fn(&mut S, Option<Unit>, &Node) -> Read<()>,
    /// The value as a file would write it; `None` when it is not set.
    pub(crate) written: fn(&S) -> Option<Written>,
}

/// A section of a configuration.
pub(crate) trait Section: Default + 'static {
    const ROWS: &'static [Row<Self>];

    /// The row of a key as it was written, and the unit in the key: `base_delay_ms` is `base`, in milliseconds.
    fn row(name: &str) -> Option<(&'static Row<Self>, Option<Unit>)> {
        let named = |row: &Row<Self>, name: &str| row.key == name || row.aliases.contains(&name);
        if let Some(row) = Self::ROWS.iter().find(|row| named(row, name)) {
            return Some((row, None));
        }
        let (stem, unit) = keys::with_unit(name)?;
        let row = Self::ROWS.iter().find(|row| row.is_time && named(row, stem))?;
        Some((row, Some(unit)))
    }

    /// The message for a key that the section does not have.
    fn unknown(name: &str) -> String {
        keys::unknown("key", name, &Self::keys())
    }

    fn keys() -> Vec<&'static str> {
        Self::ROWS.iter().map(|row| row.key).collect()
    }

    /// The settings that are set, as a file would write them.
    fn entries(&self) -> Vec<(&'static str, Written)> {
        Self::ROWS.iter().filter_map(|row| Some((row.key, (row.written)(self)?))).collect()
    }

    /// Whether the setting with this key is set.
    fn has(&self, key: &str) -> bool {
        Self::ROWS.iter().any(|row| row.key == key && (row.written)(self).is_some())
    }
}

/// Input: a row for each setting, `key | alias: Type in RANGE;` (`in RANGE`: a whole number). `or` names a function
/// with a better message for unknown keys.
/// Output: the section as a struct of options, its [`Section::ROWS`] and `Serialize`.
macro_rules! section {
    (
        $(#[$doc:meta])*
        $name:ident $(or $unknown:ident)? {$(
            $(#[doc = $row:expr])*
            $key:ident $(| $alias:ident)*: $ty:ident $(in $range:expr)?;
        )*}
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[doc = $row])* pub $key: Option<$ty>,)*
        }

        impl super::section::Section for $name {
            const ROWS: &'static [super::section::Row<Self>] = &[$(
                super::section::Row {
                    key: stringify!($key),
                    aliases: &[$(stringify!($alias)),*],
                    is_time: <$ty as super::value::Setting>::IS_TIME,
                    read: |section, unit, node| {
                        let value = super::section::section!(@read $ty, $key, unit, node $(, $range)?);
                        section.$key = Some(value?);
                        Ok(())
                    },
                    written: |section| section.$key.as_ref().map(super::value::Setting::written),
                },
            )*];

            $(fn unknown(name: &str) -> String {
                $unknown(name)
            })?
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(super::section::Section::entries(self))
            }
        }
    };
    (@read $ty:ident, $key:ident, $unit:ident, $node:ident) => {
        <$ty as super::value::Setting>::read(stringify!($key), $unit, $node)
    };
    (@read $ty:ident, $key:ident, $unit:ident, $node:ident, $range:expr) => {{
        let _ = $unit;
        super::value::whole(stringify!($key), $node, $range)
    }};
}

pub(crate) use section;
