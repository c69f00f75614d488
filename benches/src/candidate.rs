//! Who is compared, and what each has of what the others have.

/// A candidate, as the report introduces it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its name in the cases.
    pub name: &'static str,
    /// The crate and its version; what it is, for those that are none.
    pub version: &'static str,
    /// What is switched on in these cases.
    pub has: &'static str,
    /// What it does not have, or not in these cases.
    pub lacks: &'static str,
}

/// Prints a line for each.
pub fn run(candidates: &[Candidate]) {
    for Candidate { name, version, has, lacks } in candidates {
        println!("candidate\t{name}\t{version}\t{has}\t{lacks}");
    }
}
