//! Behaviour that users see, across the crates: one module per concern.

mod budget_account;
mod classify_derive;
mod classify_derive_lints;
mod leaves_nothing;
mod protection;
mod smoke;
mod tidy;
mod vectors;
