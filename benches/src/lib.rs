//! Measures the cost of retries: a hand-written loop, `#[retryable]` and other crates do the same work in turn, in one
//! harness.
//!
//! `cargo xtask bench` runs everything and writes `REPORT.md`; `cargo xtask bench --check` counts our instructions and
//! allocations and compares them with `CEILINGS.md`. The other crates are used in `peers/`, a package outside of the
//! workspace, so that building or testing this repository does not build them.
//!
//! The module of a candidate has its [`Case`]s, its [`Waiter`]s and its description. To add a candidate, write such a
//! module and add it to a [`Suite`].

pub mod allocations;
pub mod allocator;
pub mod candidate;
pub mod case;
pub mod count;
pub mod failing;
pub mod hand;
pub mod ours;
pub mod ours_breaking;
pub mod ours_computed;
pub mod ours_limited;
pub mod ours_watched;
pub mod reported;
pub mod shared;
pub mod storm;
pub mod time;
pub mod waiting;
pub mod work;

pub use candidate::Candidate;
pub use case::{Case, Work};
pub use waiting::Waiter;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

/// The candidates and cases to measure.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// The cases of the candidates.
    pub cases: Vec<Case>,
    /// The candidates that can wait in large numbers.
    pub waiters: Vec<Waiter>,
}

impl Suite {
    /// A suite of the hand-written loop and `#[retryable]`.
    pub fn without_peers() -> Self {
        let mut suite = Suite::default();
        suite.add(hand::CANDIDATES, hand::CASES, hand::WAITERS);
        suite.add(ours::CANDIDATES, ours::CASES, ours::WAITERS);
        suite.add(ours_limited::CANDIDATES, ours_limited::CASES, &[]);
        suite.add(ours_computed::CANDIDATES, ours_computed::CASES, &[]);
        suite.add(failing::CANDIDATES, failing::CASES, &[]);
        suite.add(ours_watched::CANDIDATES, ours_watched::CASES, &[]);
        suite.add(reported::CANDIDATES, reported::CASES, &[]);
        suite.add(storm::CANDIDATES, storm::CASES, &[]);
        suite.add(ours_breaking::CANDIDATES, ours_breaking::CASES, &[]);
        suite
    }

    /// Adds the candidates and cases of a module.
    pub fn add(&mut self, candidates: &[Candidate], cases: &[Case], waiters: &[Waiter]) {
        self.candidates.extend(candidates);
        self.cases.extend(cases);
        self.waiters.extend(waiters);
        self.cases.sort_by_key(|case| case.work);
    }

    /// Runs the measurement with this name and prints its figures as lines of tab-separated fields.
    ///
    /// # Errors
    /// Fails for an unknown measurement; the message lists the known ones.
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
                waiting::run(&self.waiters, candidate, number(threads)? as usize, waiting::CALLS)?;
            }
            ["waiting", threads, candidate, calls] => {
                let (threads, calls) = (number(threads)? as usize, number(calls)?);
                waiting::run(&self.waiters, candidate, threads, calls)?;
            }
            _ => {
                return Err(format!(
                    "unknown: {words:?}; there are: candidates, count TIMES, allocations, time ROUNDS, \
                     shared ROUNDS, waiters, waiting THREADS CANDIDATE [CALLS]"
                ));
            }
        }
        Ok(())
    }
}

fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("not a number: `{word}`"))
}

/// Runs every case often enough to empty a budget or open a breaker whose settings are too strict.
///
/// # Panics
/// Panics if the outcome of a call differs from the expected one.
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
            assert!(known.contains(&name), "`{name}` has no description");
        }
    }
}
