//! What retries cost: one harness, in which a loop written by hand, `#[retryable]` and other crates do the
//! same work in turn.
//!
//! `cargo xtask bench` runs all of it and writes `REPORT.md`; `cargo xtask bench --check` counts what the
//! loop and ours do and compares that with `CEILINGS.md`. The other crates are in `peers/`, a package outside
//! of the workspace: nobody who builds or tests this repository builds them.
//!
//! A candidate's module has its [`Case`]s, its [`Waiter`]s and the line that introduces it. To add one, write
//! such a module and put it into a [`Suite`].

pub mod allocations;
pub mod allocator;
pub mod candidate;
pub mod case;
pub mod count;
pub mod hand;
pub mod ours;
pub mod ours_watched;
pub mod shared;
pub mod time;
pub mod waiting;
pub mod work;

pub use candidate::Candidate;
pub use case::{Case, Work};
pub use waiting::Waiter;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

/// Everything that is measured.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// Who takes part.
    pub candidates: Vec<Candidate>,
    /// What they do.
    pub cases: Vec<Case>,
    /// What of it can wait.
    pub waiters: Vec<Waiter>,
}

impl Suite {
    /// The loop by hand and ours.
    pub fn without_peers() -> Self {
        let mut suite = Suite::default();
        suite.add(hand::CANDIDATES, hand::CASES, hand::WAITERS);
        suite.add(ours::CANDIDATES, ours::CASES, ours::WAITERS);
        suite.add(ours_watched::CANDIDATES, ours_watched::CASES, &[]);
        suite
    }

    /// Adds what one module has.
    pub fn add(&mut self, candidates: &[Candidate], cases: &[Case], waiters: &[Waiter]) {
        self.candidates.extend(candidates);
        self.cases.extend(cases);
        self.waiters.extend(waiters);
        self.cases.sort_by_key(|case| case.work);
    }

    /// One measurement, by its name. Prints a line for each figure, with tabs.
    ///
    /// # Errors
    /// When the measurement is not known; the text lists what is.
    pub fn measure(&self, words: &[String]) -> Result<(), String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["candidates"] => candidate::run(&self.candidates),
            ["count", times] => count::run(&self.cases, number(times)?),
            ["allocations"] => allocations::run(&self.cases),
            ["time", rounds] => time::run(&self.cases, number(rounds)? as usize),
            ["shared", rounds] => shared::run(&self.cases, number(rounds)? as usize),
            ["waiters"] => waiting::list(&self.waiters),
            ["waiting", threads, candidate] => {
                waiting::run(&self.waiters, candidate, number(threads)? as usize)?;
            }
            _ => {
                return Err(format!(
                    "unknown: {words:?}; there are: candidates, count TIMES, allocations, time ROUNDS, \
                     shared ROUNDS, waiters, waiting THREADS CANDIDATE"
                ));
            }
        }
        Ok(())
    }
}

fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("not a number: `{word}`"))
}

/// Runs every case often enough to empty a budget or open a breaker that could not bear it.
///
/// # Panics
/// When the outcome of a call is not the one that every candidate must have.
pub fn check_answers(suite: &Suite) {
    let script = work::Script::leaked();
    for case in &suite.cases {
        case.switched(|| {
            for _ in 0..500 {
                let answer = (case.run)(script);
                assert_eq!(answer, Ok(work::ANSWER), "{} of {}", case.work, case.candidate);
            }
        });
        assert!(script.is_done() || case.candidate == hand::NOTHING, "{case:?} gave up");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_ours_and_of_the_loop_has_the_same_outcome_however_often_it_runs() {
        check_answers(&Suite::without_peers());
    }

    #[test]
    fn every_case_is_of_a_candidate_that_is_introduced() {
        let suite = Suite::without_peers();
        let known: Vec<_> = suite.candidates.iter().map(|one| one.name).collect();
        let cases = suite.cases.iter().map(|case| case.candidate);
        for name in cases.chain(suite.waiters.iter().map(|one| one.candidate)) {
            assert!(known.contains(&name), "`{name}` is not introduced");
        }
    }
}
