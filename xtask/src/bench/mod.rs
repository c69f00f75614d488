//! What retries cost: counted, timed, and compared.
//!
//! The measurements themselves are in `benches/`; here is what runs them, counts from outside, and writes down.

mod callgrind;
mod ceilings;
mod figures;
mod goals;
mod harness;
mod locked;
mod machine;
mod report;
mod tables;
mod user_crate;

use crate::run::Outcome;

/// All of it into `benches/REPORT.md`; with `--check` the counts of ours against `benches/CEILINGS.md`, with
/// `--ceilings` new ceilings from today's counts.
pub(crate) fn run(option: Option<&str>) -> Outcome {
    match option {
        None => report::write(),
        Some("--check") => ceilings::check(),
        Some("--ceilings") => ceilings::write(),
        Some(other) => Err(format!("`bench` takes --check or --ceilings, not `{other}`")),
    }
}
