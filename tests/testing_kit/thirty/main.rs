//! Thirty tests as a user would write them.
//!
//! The pauses that the tests assert add up to 826 seconds (505 in `patient`, 321 in `flaky`) and take no real time.

mod flaky;
mod patient;
mod service;
