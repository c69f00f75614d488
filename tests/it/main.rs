//! Behaviour that users see, across the crates: one module per concern.

mod budget_account;
mod budget_figures;
mod budget_outage;
mod budget_payments;
mod classify_derive;
mod classify_derive_lints;
mod engine;
mod leaves_nothing;
mod operations;
mod outage;
mod protection;
mod random;
mod signatures;
mod signatures_2024;
mod tidy;
mod vectors;
mod virtual_time;
