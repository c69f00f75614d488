//! The mutants that no test can kill or need kill, each with its reason.

use std::fs;
use std::path::Path;

use crate::run;

/// From the root of the workspace.
const FILE: &str = "xtask/src/mutants/explained.txt";

/// A line `FILE: MUTANT; because REASON` for each, with the mutant's text as cargo-mutants writes it, but without line and
/// column, which every edit moves. A mutant that a function has twice needs two lines.
pub(super) struct Explained(Vec<String>);

const BECAUSE: &str = "; because ";

impl Explained {
    pub(super) fn read() -> Result<Self, String> {
        let path = Path::new(run::root()).join(FILE);
        let text = fs::read_to_string(path).map_err(|error| format!("{FILE}: {error}"))?;
        Explained::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let mutants = lines.map(|(line, number)| match line.split_once(BECAUSE) {
            Some((mutant, reason)) if !reason.is_empty() => Ok(mutant.to_owned()),
            _ => Err(format!(
                "{FILE}:{number}: the reason is missing: write `{BECAUSE}…` after the mutant"
            )),
        });
        mutants.collect::<Result<_, _>>().map(Explained)
    }

    /// How many mutants of this text are explained.
    pub(super) fn count(&self, mutant: &str) -> usize {
        self.0.iter().filter(|explained| *explained == mutant).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_explanation_has_a_reason_and_names_a_file_that_exists() {
        let Explained(mutants) = Explained::read().unwrap();
        for mutant in mutants {
            let file = mutant.split_once(": ").map_or("", |(file, _)| file);
            assert!(Path::new(run::root()).join(file).is_file(), "{mutant}");
        }
    }

    #[test]
    fn an_explanation_without_a_reason_is_refused_with_its_line() {
        let refused = Explained::parse("# a comment\n\na.rs: replace f with ()").err().unwrap();
        assert!(
            refused.starts_with("xtask/src/mutants/explained.txt:3: the reason is missing"),
            "{refused}"
        );
    }

    #[test]
    fn a_line_explains_one_mutant() {
        let text = "a.rs: replace < with <= in f; because they are the same there\n".repeat(2);
        let explained = Explained::parse(&text).unwrap();
        assert_eq!(explained.count("a.rs: replace < with <= in f"), 2);
        assert_eq!(explained.count("a.rs: replace < with == in f"), 0);
    }
}
