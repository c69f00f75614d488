//! Step one: what the attribute says. Each file reads one kind of value; `table` has a row per argument.

pub(crate) mod args;
pub(crate) mod form;
pub(crate) mod items;
pub(crate) mod key;
pub(crate) mod kinds;
pub(crate) mod literal;
pub(crate) mod protect;
pub(crate) mod schedule;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod values;
