//! Reads the file that a program exported its annotated functions to.

use std::fs;

use clap::{Arg, ArgMatches};
use retry_config::SiteList;

use crate::args;

/// The end of `--help` for subcommands that take `--sites` and therefore read the environment.
pub(crate) const NOTES: &str = "\
With --sites, the environment variables RETRY_ENABLED, RETRY_PROFILE and RETRY__… apply as they would in the
program, unless the file sets `environment = false` under `[global]`.

Exit codes: 0 on success, 1 when the configuration has a mistake or a file cannot be read, 2 when the command line
is wrong.";

/// `--sites EXPORT`.
pub(crate) fn argument() -> Arg {
    args::option(
        "sites",
        "EXPORT",
        "The program's functions: the result of `retry_config::export()`, as JSON",
    )
}

/// The functions listed in the `--sites` file; `None` without `--sites`.
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
