//! `retry simulate SETTINGS` compares policies by a simulated outage.

use std::fs;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use retry_config::{Config, ConfigErrors};
use retry_testing::storm::{Outage, Scheme, Storm, StormError, Written, simulate};
use retry_text::duration;

use crate::{Failure, Outcome, args, sites};

const NOTES: &str = "\
The clients, each with its own budget and breaker, make calls to a server that stalls. The policy is compared with the default
of this crate, with the standard mode of the AWS SDKs, and with no retries. Policies, budgets and breakers are those of the
library, in virtual time; the same --seed gives the same result.

An attempt without an answer is abandoned, and may have taken effect. So a policy in SETTINGS counts as `idempotent` unless it
says `idempotent = false`; a function of --op is what its attribute says.

  retry simulate \"max = 3, base = '200ms'\" --clients 700 --rate 1 --capacity 1000 --stall 5s
  retry simulate \"max = 5\" --breaker \"consecutive = 5, open = '10s'\" --budget \"capacity = 20\"
  retry simulate --sites export.json --op billing::charge --config retry.toml --svg storm.svg";

pub(super) fn command() -> Command {
    let settings = args::positional(
        "settings",
        "SETTINGS",
        "A policy as in the attribute, for example \"max = 5, base = '200ms', cap = '10s'\"",
    );
    Command::new("simulate")
        .about("Simulates an outage, and shows what a policy, a budget and a breaker make of it")
        .after_help(NOTES)
        .arg(settings.required(false).conflicts_with_all(["op"]))
        .arg(protection("budget", "The budget of each client, for example \"capacity = 20\", a preset such as grpc, or none"))
        .arg(protection("breaker", "The breaker of each client, for example \"consecutive = 5\", \"default\", or none"))
        .arg(number("clients", "N", "Clients, each with its own budget and breaker [default: 700]"))
        .arg(number("rate", "X", "Calls that each client makes in a second [default: 1]"))
        .arg(number("capacity", "N", "Requests that the server can handle in a second [default: 1000]"))
        .arg(time("stall", "The time for which the server handles nothing [default: 5s]"))
        .arg(time("timeout", "The time after which an attempt is abandoned, without a `timeout` in the policy [default: 1s]"))
        .arg(time("watch", "The time after the stall that is measured [default: 2m]"))
        .arg(number("seed", "N", "The seed of all random numbers [default: 1]"))
        .arg(args::option("op", "NAME", "The function whose policy is simulated; requires --sites").requires("sites"))
        .arg(args::option("config", "FILE", "A configuration: the settings of --op, and of budgets and breakers by name"))
        .arg(sites::argument())
        .arg(args::option("svg", "FILE", "Also draws the load and the successes over time"))
        .arg(args::json())
}

fn protection(name: &'static str, help: &'static str) -> Arg {
    args::option(name, "SETTINGS", help).conflicts_with("op")
}

/// A value that may begin with `-`, so that the message is ours.
fn number(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    args::option(name, value, help).allow_negative_numbers(true)
}

fn time(name: &'static str, help: &'static str) -> Arg {
    args::option(name, "TIME", help).allow_negative_numbers(true)
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let outage = outage(matches)?;
    outage.check().map_err(wrong)?;
    let schemes = [mine(matches)?, Scheme::default_policy(), Scheme::aws(), Scheme::no_retries()];
    let storm = simulate(&outage, &schemes).map_err(wrong)?;
    if let Some(path) = matches.get_one::<String>("svg") {
        fs::write(path, storm.svg()).map_err(|error| {
            format!(
                "`--svg` ({path}) cannot be written: {error}; name a file in a folder that exists"
            )
        })?;
    }
    args::shown(matches, &storm, Storm::to_string)
}

/// The names of fields are those of options.
fn wrong(error: StormError) -> Failure {
    const OPTIONS: [&str; 6] = ["clients", "rate", "capacity", "stall", "timeout", "watch"];
    let text = match error.field() {
        "policy" => error.to_string().replacen("`policy`", "SETTINGS", 1),
        // The keys of settings are not options.
        "budget" | "breaker" => error.to_string().replacen('`', "`--", 1),
        _ => OPTIONS.iter().fold(error.to_string(), |text, name| {
            text.replace(&format!("`{name}`"), &format!("`--{name}`"))
        }),
    };
    Failure { text, code: 2 }
}

fn outage(matches: &ArgMatches) -> Result<Outage, Failure> {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let mut outage = Outage::new();
    if let Some(value) = given("clients") {
        outage = outage.clients(whole("clients", value, "700")?);
    }
    if let Some(value) = given("rate") {
        let rate: f64 =
            value.parse().map_err(|_| refused("rate", value, "must be a number, such as 0.5"))?;
        outage = outage.rate(rate);
    }
    if let Some(value) = given("capacity") {
        outage = outage.capacity(whole("capacity", value, "1000")?);
    }
    if let Some(value) = given("seed") {
        outage =
            outage.seed(value.parse().map_err(|_| {
                refused("seed", value, "must be a whole number from 0 on, such as 7")
            })?);
    }
    for (name, set) in [
        ("stall", Outage::stall as fn(Outage, Duration) -> Outage),
        ("timeout", Outage::timeout),
        ("watch", Outage::watch),
    ] {
        if let Some(value) = given(name) {
            let time = duration::parse(value).map_err(|reason| {
                refused(name, value, &format!("{reason}; write a time such as 5s or 500ms"))
            })?;
            outage = set(outage, time);
        }
    }
    Ok(outage)
}

fn whole(name: &str, value: &str, example: &str) -> Result<u32, Failure> {
    value
        .parse()
        .map_err(|_| refused(name, value, &format!("must be a whole number, such as {example}")))
}

fn refused(name: &str, value: &str, remedy: &str) -> Failure {
    Failure { text: format!("`--{name}` ({value}) {remedy}"), code: 2 }
}

/// The scheme of the command line.
fn mine(matches: &ArgMatches) -> Result<Scheme, Failure> {
    let refused = |error: ConfigErrors| Failure::from(error.to_string());
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let Some(name) = given("op") else {
        let config = given("config").map(Config::from_file).transpose().map_err(refused)?;
        let written = Written {
            policy: args::text(matches, "settings"),
            budget: given("budget"),
            breaker: given("breaker"),
        };
        return written.scheme(&config.unwrap_or_default()).map_err(wrong);
    };
    // clap rejects `--op` without `--sites`.
    let list = sites::read(matches)?.unwrap_or_default();
    let config = match given("config") {
        Some(file) => list.check(file).map_err(refused)?,
        None => Config::default(),
    };
    Ok(list.effective(&config, name).map_err(refused)?.into())
}
