//! Tools that are independent of retries: time, random numbers, durations, settings, locks, counters, names, the border
//! to foreign code, the search of a text, and foreign text on one line.
//!
//! The modules here import nothing from other folders of the crate.

pub(crate) mod border;
#[cfg(feature = "sites")]
pub(crate) mod by_name;
#[cfg(feature = "sites")]
pub(crate) mod cells;
pub(crate) mod clock;
#[cfg(feature = "sites")]
pub(crate) mod counters;
pub(crate) mod duration;
pub(crate) mod entropy;
#[cfg(feature = "sites")]
pub(crate) mod hashing;
#[cfg(feature = "sites")]
pub(crate) mod histogram;
#[cfg(feature = "sites")]
pub(crate) mod line;
#[cfg(feature = "sites")]
pub(crate) mod name;
pub(crate) mod pool;
#[cfg(feature = "sites")]
pub(crate) mod recent;
pub(crate) mod rng;
pub(crate) mod scan;
#[cfg(feature = "sites")]
pub(crate) mod setting;
#[cfg(feature = "sites")]
pub(crate) mod shortened;
pub(crate) mod sleep;
pub(crate) mod sync;
pub(crate) mod time;
