//! The filter arguments that `list` and `retry --all` share.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches};
use retry_tasks::{Filter, Phase};
use retry_text::duration::human;

use super::open::{duration, now};
use crate::{Failure, args};

/// `--state`, `--name`, `--older-than` and `--newer-than`; `states` are the states that `--state` accepts.
pub(super) fn arguments(states: &[Phase], state_help: &'static str) -> [Arg; 4] {
    let names = PossibleValuesParser::new(states.iter().map(|phase| phase.name()));
    let known = |name: String| Phase::named(&name).ok_or("there is no such state");
    let age = |name, help| args::option(name, "DURATION", help).value_parser(duration);
    [
        args::option("state", "STATE", state_help)
            .value_delimiter(',')
            .action(ArgAction::Append)
            .value_parser(names.try_map(known)),
        args::option(
            "name",
            "NAME",
            "Only tasks of this function; `billing::*` matches every name that begins with `billing::`",
        )
        .value_parser(name),
        age("older-than", "Only tasks submitted longer ago than this"),
        age("newer-than", "Only tasks submitted at most this long ago"),
    ]
}

/// Builds the filter from the command line.
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
                    "`--older-than` ({older}) must be less than `--newer-than` ({newer}): otherwise no task matches both"
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

/// Accepts a function's name, or a prefix followed by `*`.
fn name(text: &str) -> Result<String, String> {
    match text.find('*') {
        _ if text.is_empty() => {
            Err("the name is empty; omit `--name` to include all functions".to_owned())
        }
        Some(at) if at + 1 < text.len() => {
            Err("`*` is only allowed at the end, as in `billing::*`".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}
