//! Points in time and the clocks that read them. Imports nothing from the crate.

pub(crate) mod clock;
pub(crate) mod names;
pub(crate) mod time;
