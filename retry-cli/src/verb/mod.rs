//! The verbs: what `retry VERB` does.

mod check;
mod completions;
mod explain;
mod plan;

use clap::{ArgMatches, Command};

use crate::Outcome;

/// What can be done: how it is written, and what does it.
pub(crate) struct Verb {
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> Outcome,
}

/// Every verb; a new one is a file and a row here.
pub(crate) const VERBS: &[Verb] = &[
    Verb { command: plan::command, run: plan::run },
    Verb { command: check::command, run: check::run },
    Verb { command: explain::command, run: explain::run },
    Verb { command: completions::command, run: completions::run },
];
