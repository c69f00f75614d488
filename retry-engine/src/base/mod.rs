//! Tools that are independent of retries: time, random numbers, durations, settings, locks, counters, names, the border
//! to foreign code, the search of a text, and foreign text on one line.
//!
//! The modules here import nothing from other folders of the crate.

pub(crate) mod border;
pub(crate) mod by_name;
pub(crate) mod cells;
pub(crate) mod clock;
pub(crate) mod counters;
pub(crate) mod duration;
pub(crate) mod entropy;
pub(crate) mod hashing;
pub(crate) mod line;
pub(crate) mod name;
pub(crate) mod pool;
pub(crate) mod recent;
pub(crate) mod rng;
pub(crate) mod scan;
pub(crate) mod setting;
pub(crate) mod shortened;
pub(crate) mod sleep;
pub(crate) mod sync;
pub(crate) mod time;
