//! Values of users on their way into the store and back: what arrives is what was submitted, bit for bit.

pub(crate) mod canonical;
pub(crate) mod exact;
pub(crate) mod misfit;
mod sha256;
pub(crate) mod size;
