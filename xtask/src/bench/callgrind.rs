//! Counts the instructions and locked instructions of each case with valgrind's callgrind.
//!
//! The harness calls `forget` before it runs a case a thousand times, and callgrind resets its counts then; when
//! `counted` returns, callgrind writes a profile. One process counts all cases in turn, and no figure includes start-up
//! or one-time work. gungraun, which wraps the same tool, starts a process for each case, needs a second program in the
//! same version, and reports no addresses, which are needed to identify locked instructions.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::harness::{Harness, rows};
use super::locked::Locked;
use super::machine;
use crate::run::output;

/// The number of counted runs of each case.
const TIMES: &str = "1000";

/// The counts of one call of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Count {
    pub(crate) work: String,
    pub(crate) candidate: String,
    /// Without the instructions of the harness, which calls and polls the case.
    pub(crate) instructions: f64,
    /// Instructions that lock the bus or a cache line: with a `lock` prefix, or an exchange with memory.
    pub(crate) locked: f64,
    /// The instructions of one call of [`PART`]; 0 without one.
    pub(crate) part: f64,
}

/// The function of the harness whose calls are counted by themselves, too.
const PART: &str = "first_failure";

/// The candidate that measures the harness alone.
pub(crate) const HARNESS: &str = "harness";

/// The candidate that the others are compared with.
pub(crate) const HAND: &str = "hand-written loop";

/// Counts every case.
pub(crate) fn count(harness: &Harness) -> Result<Vec<Count>, String> {
    machine::ensure("valgrind", "valgrind")?;
    machine::ensure("objdump", "binutils")?;
    let profiles = harness.directory().join("profiles");
    // Removes profiles of an earlier run, which may have had more cases.
    let _ = fs::remove_dir_all(&profiles);
    fs::create_dir_all(&profiles)
        .map_err(|error| format!("cannot create {profiles:?}: {error}"))?;
    println!("counting: {TIMES} calls of each case");
    let file = profiles.join("case");
    let text = output(
        Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind", "--dump-instr=yes"])
            .args(["--compress-pos=no", "--compress-strings=no"])
            .args(["--zero-before=*count::forget*", "--dump-after=*count::counted*"])
            .arg(format!("--callgrind-out-file={}", file.display()))
            .arg(harness.program())
            .args(["count", TIMES]),
    )?;
    let mut locked = Locked::default();
    let mut counts = Vec::new();
    for (index, row) in rows(&text).into_iter().enumerate() {
        let [_, work, candidate, times] = &row[..] else {
            return Err(format!("the harness printed {row:?}"));
        };
        let times: f64 = times.parse().map_err(|_| format!("the harness printed {row:?}"))?;
        let profile = format!("{}.{}", file.display(), index + 1);
        let profile = fs::read_to_string(&profile)
            .map_err(|error| format!("callgrind wrote no {profile}: {error}"))?;
        let sum = Sum::of(&profile, &mut locked)?;
        counts.push(Count {
            work: work.clone(),
            candidate: candidate.clone(),
            instructions: sum.instructions as f64 / times,
            locked: sum.locked as f64 / times,
            part: sum.part as f64 / sum.parts.max(1) as f64,
        });
    }
    Ok(without_the_harness(counts))
}

/// Subtracts the harness case of each kind of work from the other cases, and removes the harness case.
fn without_the_harness(counts: Vec<Count>) -> Vec<Count> {
    let own: HashMap<String, f64> = counts
        .iter()
        .filter(|count| count.candidate == HARNESS)
        .map(|count| (count.work.clone(), count.instructions))
        .collect();
    let others = counts.into_iter().filter(|count| count.candidate != HARNESS);
    others
        .map(|count| {
            let own = own.get(&count.work).copied().unwrap_or_default();
            Count { instructions: count.instructions - own, ..count }
        })
        .collect()
}

/// The totals of one profile.
#[derive(Debug, Default, PartialEq)]
struct Sum {
    instructions: u64,
    locked: u64,
    /// The number of calls of [`PART`], and their instructions.
    parts: u64,
    part: u64,
}

impl Sum {
    /// A profile has lines `address line cost` below the name of their object. The line after `calls=` is the total of
    /// a call and must not be counted again.
    fn of(profile: &str, locked: &mut Locked) -> Result<Self, String> {
        let mut sum = Sum::default();
        let mut object = String::new();
        let (mut of_a_call, mut of_the_part) = (false, false);
        for line in profile.lines() {
            if let Some(name) = line.strip_prefix("ob=") {
                name.clone_into(&mut object);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                of_the_part = name.contains(PART);
            } else if let Some(calls) = line.strip_prefix("calls=") {
                of_a_call = true;
                let calls = calls.split(' ').next().and_then(|word| word.parse::<u64>().ok());
                sum.parts += calls.filter(|_| of_the_part).unwrap_or_default();
            } else if let Some(line) = line.strip_prefix("0x") {
                let mut words = line.split(' ');
                let address = words.next().and_then(|word| u64::from_str_radix(word, 16).ok());
                let cost = words.nth(1).and_then(|word| word.parse::<u64>().ok());
                let (Some(address), Some(cost)) = (address, cost) else {
                    return Err(format!("callgrind wrote `0x{line}`"));
                };
                if std::mem::take(&mut of_a_call) {
                    sum.part += if of_the_part { cost } else { 0 };
                    continue;
                }
                sum.instructions += cost;
                if locked.at(Path::new(&object), address)? {
                    sum.locked += cost;
                }
            }
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
positions: instr line
ob=/lib/a
fl=a.rs
fn=a
0x10 7 1000
cob=/lib/b
cfn=b
calls=1000 0x10
0x14 8 5000
0x18 9 2000

ob=/lib/b
fn=b
0x10 1 5000
cfn=bench::first_failure
calls=2 0x40
0x14 2 600

fn=bench::first_failure
0x40 1 600
";

    #[test]
    fn a_call_is_not_counted_twice_and_equal_addresses_of_objects_are_distinct() {
        let mut locked = Locked::known(&[("/lib/a", &[0x18]), ("/lib/b", &[])]);
        let sum = Sum::of(PROFILE, &mut locked).unwrap();
        assert_eq!(sum, Sum { instructions: 8600, locked: 2000, parts: 2, part: 600 });
    }

    #[test]
    fn the_harness_is_subtracted_from_its_own_work_only() {
        let count = |work: &str, candidate: &str, instructions| Count {
            work: work.to_owned(),
            candidate: candidate.to_owned(),
            instructions,
            locked: 0.0,
            part: 0.0,
        };
        let counts = vec![
            count("sync", HARNESS, 12.0),
            count("sync", "ours", 50.0),
            count("async", HARNESS, 40.0),
            count("async", "ours", 100.0),
        ];
        let left = without_the_harness(counts);
        assert_eq!(left, [count("sync", "ours", 38.0), count("async", "ours", 60.0)]);
    }
}
