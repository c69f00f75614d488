//! The functions of a program, as it has exported them.

use std::fs;

use clap::{Arg, ArgMatches};
use retry_config::SiteList;

/// What `--help` says of verbs that take `--sites`, and so look at the environment.
pub(crate) const NOTES: &str = "\
With --sites the variables RETRY_ENABLED, RETRY_PROFILE and RETRY__… of the environment count as they would in
the program, unless the file says `[global] environment = false`.

Exit codes: 0 when all is well, 1 when there is a mistake or nothing can be read, 2 when the command line is wrong.";

/// `--sites EXPORT`.
pub(crate) fn argument() -> Arg {
    Arg::new("sites")
        .long("sites")
        .value_name("EXPORT")
        .help("The program's functions: what `retry_config::export()` gives, as JSON")
}

/// The functions of the export that the command line names, if it names one.
pub(crate) fn read(matches: &ArgMatches) -> Result<Option<SiteList>, String> {
    let Some(path) = matches.get_one::<String>("sites") else { return Ok(None) };
    let text =
        fs::read_to_string(path).map_err(|error| format!("{path}: cannot be read: {error}"))?;
    let sites = serde_json::from_str(&text).map_err(|error| {
        format!(
            "{path}: not an export: {error}; write it with serde_json from `retry_config::export()`"
        )
    })?;
    Ok(Some(sites))
}
