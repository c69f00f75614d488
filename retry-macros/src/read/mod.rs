//! Step one: what the attribute says. Each file reads one kind of value; `table` has a row per argument.

mod aliases;
pub(crate) mod args;
mod closure;
mod constant;
pub(crate) mod form;
pub(crate) mod items;
pub(crate) mod key;
pub(crate) mod kinds;
pub(crate) mod literal;
pub(crate) mod protect;
mod refused;
pub(crate) mod schedule;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod values;
pub(crate) mod words;
