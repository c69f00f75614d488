//! The state of this process and its peers, sampled, summed and published to readers.

pub(crate) mod clock;
pub(crate) mod collect;
pub(crate) mod detail;
pub(crate) mod due;
pub(crate) mod feed;
mod loops;
pub(crate) mod memory;
pub(crate) mod peers;
