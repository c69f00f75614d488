//! Behaviour that users see, across the crates: one module per concern.

mod vectors;
