//! What retries cost: one harness, in which a loop written by hand, `#[retryable]` and other crates do the
//! same work in turn.
//!
//! `cargo xtask bench` runs all of it and writes `REPORT.md`; `cargo xtask bench --check` counts our own
//! instructions and compares them with `ceilings.toml`. The peers are in `peers/`, a package outside of
//! the workspace: nobody who builds or tests this repository builds them.

pub mod allocator;
pub mod case;
pub mod count;
pub mod hand;
pub mod ours;
pub mod work;

use case::Case;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

/// The loop by hand and ours, of every work.
pub fn cases() -> Vec<Case> {
    let mut cases = [hand::CASES, ours::CASES].concat();
    cases.sort_by_key(|case| case.work);
    cases
}

/// The program: one measurement, by its name, of the given cases. Prints a line for each figure, with tabs.
///
/// # Errors
/// When the measurement is not known; the text lists what is.
pub fn measure(cases: &[Case], words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["count", times] => {
            count::run(cases, times.parse().map_err(|_| format!("not a number: {times}"))?);
        }
        _ => return Err(format!("unknown: {words:?}; there is: count TIMES")),
    }
    Ok(())
}
