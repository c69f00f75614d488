//! How many mutants of each file were killed and explained.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use super::explained::Explained;
use crate::run::Outcome;

/// The results, by file, and the mutants that survived without an explanation.
#[derive(Default)]
pub(super) struct Score {
    files: BTreeMap<String, Tally>,
    survivors: Vec<String>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    mutants: usize,
    killed: usize,
    explained: usize,
}

impl Score {
    /// Adds the reports of cargo-mutants in this folder. Mutants that do not compile do not count.
    pub(super) fn add(&mut self, reports: &Path, explained: &Explained) -> Outcome {
        let read = |name: &str| {
            let path = reports.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        // A mutant that runs for ever is noticed.
        self.killed(&read("caught.txt")?);
        self.killed(&read("timeout.txt")?);
        self.missed(&read("missed.txt")?, explained);
        Ok(())
    }

    fn killed(&mut self, lines: &str) {
        for line in lines.lines() {
            let tally = self.of(line);
            (tally.mutants, tally.killed) = (tally.mutants + 1, tally.killed + 1);
        }
    }

    fn missed(&mut self, lines: &str, explained: &Explained) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for line in lines.lines() {
            let mutant = without_position(line);
            let times = seen.entry(mutant.clone()).or_default();
            *times += 1;
            let is_explained = *times <= explained.count(&mutant);
            let tally = self.of(line);
            tally.mutants += 1;
            if is_explained {
                tally.explained += 1;
            } else {
                self.survivors.push(line.to_owned());
            }
        }
    }

    fn of(&mut self, line: &str) -> &mut Tally {
        let file = line.split(':').next().unwrap_or_default();
        self.files.entry(file.to_owned()).or_default()
    }

    fn total(&self) -> Tally {
        self.files.values().fold(Tally::default(), |sum, tally| Tally {
            mutants: sum.mutants + tally.mutants,
            killed: sum.killed + tally.killed,
            explained: sum.explained + tally.explained,
        })
    }

    /// Fails if less than this part of the mutants, in percent, was killed or explained.
    pub(super) fn reaches(&self, percent: usize) -> Outcome {
        let Tally { mutants, killed, explained } = self.total();
        if (killed + explained) * 100 >= mutants * percent {
            return Ok(());
        }
        Err(format!(
            "{} of {mutants} mutants were killed or explained, less than {percent} %: write tests for the survivors, or \
             explain them in xtask/src/mutants/explained.txt",
            killed + explained
        ))
    }
}

/// `FILE: MUTANT` for a line `FILE:LINE:COLUMN: MUTANT`.
fn without_position(line: &str) -> String {
    let (place, mutant) = line.split_once(": ").unwrap_or((line, ""));
    let file = place.split(':').next().unwrap_or_default();
    format!("{file}: {mutant}")
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for survivor in &self.survivors {
            writeln!(f, "survived: {survivor}")?;
        }
        writeln!(f, "{:>7} {:>6} {:>9}  file", "mutants", "killed", "explained")?;
        let files = self.files.iter().map(|(file, tally)| (file.as_str(), *tally));
        for (file, tally) in files.chain([("all", self.total())]) {
            writeln!(f, "{:>7} {:>6} {:>9}  {file}", tally.mutants, tally.killed, tally.explained)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(killed: &str, missed: &str) -> Score {
        let explained = "a.rs: replace < with <= in f; because they are the same there";
        let mut score = Score::default();
        score.killed(killed);
        score.missed(missed, &Explained::parse(explained).unwrap());
        score
    }

    #[test]
    fn a_survivor_counts_as_explained_once_for_each_line_that_explains_it() {
        let twice = "a.rs:1:2: replace < with <= in f\na.rs:9:2: replace < with <= in f\n";
        let score = score("a.rs:3:4: replace f with ()\n", twice);
        assert_eq!(score.survivors, ["a.rs:9:2: replace < with <= in f"]);
        let Tally { mutants, killed, explained } = score.total();
        assert_eq!((mutants, killed, explained), (3, 1, 1));
        assert!(score.to_string().ends_with("      3      1         1  all\n"), "{score}");
    }

    #[test]
    fn the_bar_is_met_by_exactly_its_part_and_missed_by_less() {
        let killed = "a.rs:1:1: replace f with ()\n".repeat(19);
        let one = "a.rs:2:2: replace g with ()\n";
        assert_eq!(score(&killed, one).reaches(95), Ok(()));
        let reason = score(&killed, &one.repeat(2)).reaches(95).unwrap_err();
        assert!(reason.starts_with("19 of 21 mutants were killed or explained"), "{reason}");
        assert_eq!(score("", "").reaches(95), Ok(()));
    }
}
