//! Measures the throughput of background tasks beside other queues, and writes its section of `benches/TASKS.md`.
//!
//! All queues in PostgreSQL use one server, each in a database of its own that is made for each turn.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::harness::directory;
use super::machine;
use super::tables::{number, table};
use crate::metadata;
use crate::run::{self, Outcome, cargo, output, root};

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../../tasks/retry-tasks-postgres/tests/it/server.rs"]
mod server;

use server::{Server, server_with};

/// Each candidate has a turn in each round.
const ROUNDS: usize = 5;

/// The heading of the section, which ends at the next heading.
const HEADING: &str = "## In a PostgreSQL database, beside other queues\n";

/// The tasks of a turn: fewer where they take long.
const MANY: &str = "20000";
const FEW: &str = "2000";

struct Candidate {
    name: &'static str,
    program: PathBuf,
    /// The arguments after the address of the database.
    words: &'static [&'static str],
    has_server: bool,
}

/// The figures of one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turn {
    /// The median of a single submitter, in milliseconds.
    enqueue: f64,
    /// Tasks per second.
    processed: f64,
    both: f64,
    load: f64,
}

/// Measures all candidates and writes the section.
pub(crate) fn write() -> Outcome {
    let commit = machine::commit()?;
    let candidates = built()?;
    let Some(server) = server_with(&["max_connections=100"]) else {
        return Err("PostgreSQL is needed (in Debian: `apt-get install postgresql`)".to_owned());
    };
    let mut turns = vec![Vec::new(); candidates.len()];
    for round in 0..ROUNDS {
        for at in 0..candidates.len() {
            let at = (at + round) % candidates.len();
            let turn = measured(&candidates[at], &server)?;
            println!("round {}, {}: {turn:?}", round + 1, candidates[at].name);
            turns[at].push(turn);
        }
    }
    let file = format!("{}/benches/TASKS.md", root());
    let before = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let section = section(&commit, &candidates, &turns, &server)?;
    fs::write(&file, replaced(&before, &section)).map_err(|error| format!("{file}: {error}"))
}

/// Builds the programs. The first one is the one that the others are compared with.
fn built() -> Result<Vec<Candidate>, String> {
    let mut ours =
        cargo(&["build", "--release", "-p", "retry-tasks", "-p", "retry-tasks-postgres"]);
    run::run(ours.args(["--example", "throughput", "--example", "throughput_postgres"]))?;
    let examples = metadata::target_directory()?.join("release/examples");
    let (sqlite, postgres) = (examples.join("throughput"), examples.join("throughput_postgres"));
    let directory = directory()?;
    let manifest = format!("{}/benches/peers/postgres/Cargo.toml", root());
    let mut peers = cargo(&["build", "--release", "--locked", "--manifest-path", &manifest]);
    run::run(peers.arg("--target-dir").arg(&directory))?;
    let peer = |name: &str| directory.join("release").join(name);
    let candidate =
        |name, program, words, has_server| Candidate { name, program, words, has_server };
    Ok(vec![
        candidate("retry-tasks on SQLite, `FULL`", sqlite, &[MANY, "full"], false),
        candidate("retry-tasks on PostgreSQL", postgres, &[MANY], true),
        candidate("apalis-postgres", peer("apalis-postgres"), &[FEW], true),
        candidate("graphile_worker, in batches", peer("graphile-worker"), &[FEW], true),
        candidate("graphile_worker, its defaults", peer("graphile-worker"), &[FEW, "single"], true),
    ])
}

fn measured(candidate: &Candidate, server: &Server) -> Result<Turn, String> {
    let mut command = Command::new(&candidate.program);
    if candidate.has_server {
        command.arg(server.new_database("turn"));
    }
    let text = output(command.args(candidate.words))?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN);
    let figure = |line: &str, before: &str| {
        let line = text.lines().find(|it| it.starts_with(line))?;
        let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        words[words.iter().position(|word| *word == before)?.checked_sub(1)?].parse().ok()
    };
    let turn = || {
        Some(Turn {
            enqueue: figure("enqueue", "ms")?,
            processed: figure("processed alone", "tasks/s")?,
            both: figure("submitted and processed", "tasks/s")?,
            load,
        })
    };
    turn().ok_or_else(|| format!("{} printed {text:?}", candidate.name))
}

fn section(
    commit: &str,
    candidates: &[Candidate],
    turns: &[Vec<Turn>],
    server: &Server,
) -> Result<String, String> {
    let mut rows = Vec::new();
    for (candidate, own) in candidates.iter().zip(turns) {
        let of = |figure: fn(&Turn) -> f64| own.iter().map(figure).collect::<Vec<f64>>();
        let both = sorted(of(|turn| turn.both));
        let ratios = turns[0].iter().zip(own).map(|(sqlite, own)| own.both / sqlite.both);
        rows.push(vec![
            candidate.name.to_owned(),
            format!("{:.2}", median(of(|turn| turn.enqueue))),
            number(median(of(|turn| turn.processed))),
            number(median(both.clone())),
            format!("{}–{}", number(both[0]), number(both[both.len() - 1])),
            format!("{:.2}", median(ratios.collect())),
            format!("{:.1}", median(of(|turn| turn.load))),
        ]);
    }
    let heads = [
        "queue",
        "enqueue, ms",
        "processed alone, /s",
        "submitted and processed, /s",
        "least–greatest",
        "× SQLite",
        "load",
    ];
    Ok(format!(
        "{HEADING}\nWritten by `cargo xtask bench --tasks` at {commit}, on {}; {}.\n\n{METHOD}\n\n{}\n",
        machine::description()?,
        server.version(),
        table(&heads, 1, &rows),
    ))
}

const METHOD: &str = "\
One server on loopback with its default settings (`fsync` on), and a new database for each turn. Each queue has a turn in each of
five rounds, in varying order; a row has the medians. *Enqueue* is the median of a single submitter. *Processed alone*: 2000 tasks
that were submitted before the worker started. *Submitted and processed*: 64 submitters and 64 attempts at the same time, until
the last task is recorded as done; 20 000 tasks of ours, 2000 of the others. *× SQLite* is the median of the ratios to SQLite in the
same round. graphile_worker removes a task that is done, and has no results; *in batches* is with a local queue of 500 tasks and
completions that are gathered for 5 ms. apalis has batches of 64, polls every 5 ms and keeps results. Both have 20 connections. If you
know settings that make one of them faster, change `benches/peers/postgres/src/bin`.";

/// The text with the section in place of the one with the same heading, or at its end.
fn replaced(text: &str, section: &str) -> String {
    let Some(start) = text.find(HEADING) else {
        return format!("{}\n\n{section}", text.trim_end());
    };
    let after = &text[start + HEADING.len()..];
    let rest = after.find("\n## ").map_or("", |end| &after[end + 1..]);
    let gap = if rest.is_empty() { "" } else { "\n" };
    format!("{}{}\n{gap}{rest}", &text[..start], section.trim_end())
}

fn sorted(mut figures: Vec<f64>) -> Vec<f64> {
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(figures: Vec<f64>) -> f64 {
    let figures = sorted(figures);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_section_takes_the_place_of_the_old_one() {
        let section = format!("{HEADING}\nnew\n");
        let old = format!("# All\n\n{HEADING}\nold\n\n## Next\n\nrest\n");
        let new = format!("# All\n\n{HEADING}\nnew\n\n## Next\n\nrest\n");
        assert_eq!(replaced(&old, &section), new);
        assert_eq!(replaced(&new, &section), new);
        assert_eq!(replaced("# All\n", &section), format!("# All\n\n{section}"));
    }
}
