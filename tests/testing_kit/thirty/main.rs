//! Thirty tests as a user would write them.
//!
//! The pauses that they assert add up to 826 seconds, and they are slept in no time: 505 in `patient`, 321 in
//! `flaky`.

mod flaky;
mod patient;
mod service;
