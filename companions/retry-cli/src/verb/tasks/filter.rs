//! Which tasks the command line asks for.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches};
use retry_tasks::{Filter, Phase};
use retry_text::duration::human;

use super::open::{duration, now};
use crate::Failure;

/// `--state`, `--name`, `--older-than` and `--newer-than`; the states are those that make sense here.
pub(super) fn arguments(states: &[Phase], state_help: &'static str) -> [Arg; 4] {
    let names = PossibleValuesParser::new(states.iter().map(|phase| phase.name()));
    let known = |name: String| Phase::named(&name).ok_or("there is no such state");
    let age = |name: &'static str| {
        Arg::new(name).long(name).value_name("DURATION").value_parser(duration)
    };
    [
        Arg::new("state")
            .long("state")
            .value_name("STATE")
            .value_delimiter(',')
            .action(ArgAction::Append)
            .value_parser(names.try_map(known))
            .help(state_help),
        Arg::new("name")
            .long("name")
            .value_name("NAME")
            .value_parser(name)
            .help("Of this function; `billing::*` for all whose names begin so"),
        age("older-than").help("Submitted longer ago than that"),
        age("newer-than").help("Submitted since then, or exactly so long ago"),
    ]
}

/// The filter that the command line writes.
pub(super) fn of(matches: &ArgMatches) -> Result<Filter, Failure> {
    let mut filter = Filter::new();
    for phase in matches.get_many::<Phase>("state").into_iter().flatten() {
        filter = filter.phase(*phase);
    }
    if let Some(name) = matches.get_one::<String>("name") {
        filter = filter.name(name);
    }
    let age = |name: &str| matches.get_one::<Duration>(name).copied();
    let (older, newer, now) = (age("older-than"), age("newer-than"), now());
    if let (Some(older), Some(newer)) = (older, newer) {
        if older >= newer {
            let (older, newer) = (human(older), human(newer));
            return Err(Failure {
                text: format!(
                    "`--older-than` ({older}) must be less than `--newer-than` ({newer}): no task passes both"
                ),
                code: 2,
            });
        }
    }
    if let Some(age) = older {
        filter = filter.until(now.before(age));
    }
    if let Some(age) = newer {
        filter = filter.since(now.before(age));
    }
    Ok(filter)
}

/// A function's name, or how those of several begin.
fn name(text: &str) -> Result<String, String> {
    match text.find('*') {
        _ if text.is_empty() => Err("it is empty; leave it out for all functions".to_owned()),
        Some(at) if at + 1 < text.len() => {
            Err("`*` can stand at the end alone, as in `billing::*`".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}
