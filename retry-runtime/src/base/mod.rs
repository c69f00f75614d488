//! Tools that are independent of retries: time, random numbers, durations, settings, locks, counters.
//!
//! The modules here import nothing from other folders of the crate.

pub(crate) mod clock;
pub(crate) mod counters;
pub(crate) mod duration;
pub(crate) mod pool;
pub(crate) mod rng;
pub(crate) mod setting;
pub(crate) mod sleep;
pub(crate) mod sync;
