//! Behaviour that users see, across the crates: one module per concern.

mod classify_derive;
mod classify_derive_lints;
mod engine;
mod protection;
mod random;
mod tidy;
mod vectors;
mod virtual_time;
