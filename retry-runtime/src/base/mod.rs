//! Tools that know nothing of retries: time, random numbers, durations, settings, locks, counters.
//!
//! No module here imports anything else of the crate.

pub(crate) mod clock;
pub(crate) mod counters;
pub(crate) mod duration;
pub(crate) mod rng;
pub(crate) mod setting;
pub(crate) mod sleep;
pub(crate) mod sync;
