//! Counts, times and compares the cost of retries.
//!
//! The measurements are in `benches/`; this module runs them, counts instructions from outside and writes the report.

mod callgrind;
mod ceilings;
mod figures;
mod goals;
mod harness;
mod locked;
mod machine;
mod report;
mod tables;
#[cfg(unix)]
mod tasks;
mod user_crate;

use crate::run::Outcome;

/// Writes all figures to `benches/REPORT.md`; with `--check`, compares our counts with `benches/CEILINGS.md`; with
/// `--ceilings`, writes new ceilings from the current counts; with `--functions`, prints the cost of one more
/// function; with `--builds`, that of clean builds; with `--lean`, what a `Policy` alone costs a small program; with
/// `--tasks`, writes the throughput of background tasks to `benches/TASKS.md`.
pub(crate) fn run(option: Option<&str>) -> Outcome {
    match option {
        None => report::write(),
        Some("--check") => ceilings::check(),
        Some("--ceilings") => ceilings::write(),
        Some("--functions") => report::print_functions(),
        Some("--builds") => report::print_builds(),
        Some("--lean") => report::print_lean(),
        #[cfg(unix)]
        Some("--tasks") => tasks::write(),
        Some(other) => Err(format!(
            "`bench` takes --check, --ceilings, --functions, --builds, --lean or --tasks, not `{other}`"
        )),
    }
}
