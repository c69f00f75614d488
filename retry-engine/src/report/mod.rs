//! The records of calls: attempts, reports, stop reasons, statistics.

pub(crate) mod attempt;
pub(crate) mod draft;
pub(crate) mod error;
pub(crate) mod reason;
pub(crate) mod record;
pub(crate) mod ring;
pub(crate) mod stats;
