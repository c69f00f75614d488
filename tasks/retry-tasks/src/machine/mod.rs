//! The rules: each transition of a task, as arithmetic on its [record](crate::Record). Stores only keep the result.

pub(crate) mod finish;
pub(crate) mod lease;
pub(crate) mod orders;
pub(crate) mod pace;
pub(crate) mod repair;
pub(crate) mod retention;
