//! The compared candidates and their features.

/// A candidate, as described in the report.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The candidate's name in the cases.
    pub name: &'static str,
    /// The crate and its version, or a description if the candidate is not a crate.
    pub version: &'static str,
    /// The features used in these cases.
    pub has: &'static str,
    /// The features that the candidate lacks or does not use in these cases.
    pub lacks: &'static str,
}

/// Prints a line for each candidate.
pub fn run(candidates: &[Candidate]) {
    for Candidate { name, version, has, lacks } in candidates {
        println!("candidate\t{name}\t{version}\t{has}\t{lacks}");
    }
}
