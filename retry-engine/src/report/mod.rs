//! The records of calls: attempts, reports, stop reasons, statistics.

pub(crate) mod attempt;
#[cfg(feature = "sites")]
pub(crate) mod draft;
#[cfg(feature = "sites")]
pub(crate) mod error;
#[cfg(feature = "sites")]
pub(crate) mod latency;
pub(crate) mod reason;
pub(crate) mod record;
#[cfg(feature = "sites")]
pub(crate) mod ring;
#[cfg(feature = "sites")]
pub(crate) mod stats;
