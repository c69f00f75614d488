//! What each kind of section takes, key by key.

use super::keys::{self, Unit};
use super::model::Global;
use super::protect::{BreakerOverrides, BudgetOverrides, deposit_word};
use super::reader::Section;
use super::settings::Settings;
use super::tree::{Node, Value};
use super::value::{self, Read};
use crate::breaker::Window;
use crate::budget::{BudgetSettings, DepositOn, Refund};

type Known = (&'static str, Option<Unit>);

/// The key of this name, with or without a unit at its end.
fn known(name: &str, keys: &[&'static str], times: &[&str]) -> Read<Known> {
    if let Some(key) = keys.iter().find(|key| **key == name) {
        return Ok((key, None));
    }
    if let Some((stem, unit)) = keys::with_unit(name) {
        if let Some(key) = keys.iter().find(|key| **key == stem && times.contains(&stem)) {
            return Ok((key, Some(unit)));
        }
    }
    Err(keys::unknown("key", name, keys))
}

impl Section for Settings {
    fn key(name: &str) -> Read<Known> {
        match name {
            "chaos" if super::chaos::is_accepted() => Ok(("chaos", None)),
            "chaos" => Err("`chaos` needs `retry_testing::chaos::install()`, which this program did not call; call it \
                            before the configuration is read, or remove `chaos` here"
                .to_owned()),
            _ => keys::setting(name).ok_or_else(|| keys::unknown_setting(name)),
        }
    }

    fn set(&mut self, key: &'static str, unit: Option<Unit>, node: &Node) -> Read<()> {
        match key {
            "enabled" => self.enabled = Some(value::flag(key, node)?),
            "max" => self.max = Some(value::retries(node)?),
            "attempts" => self.attempts = Some(value::attempts(node)?),
            "backoff" => self.backoff = Some(value::growth(node)?),
            "base" => self.base = Some(value::time(key, node, unit)?),
            "factor" => self.factor = Some(value::number(key, node)?),
            "cap" => self.cap = Some(value::time(key, node, unit)?),
            "jitter" => self.jitter = Some(value::jitter(node)?),
            "deadline" => self.deadline = Some(value::limit(key, node, unit)?),
            "timeout" => self.timeout = Some(value::limit(key, node, unit)?),
            "on" => self.on = Some(value::kinds(node)?),
            "idempotent" => self.idempotent = Some(value::flag(key, node)?),
            "hint_cap" => self.hint_cap = Some(value::time(key, node, unit)?),
            "budget" => self.budget = Some(value::named(key, node)?),
            "breaker" => self.breaker = Some(value::named(key, node)?),
            "measure" => self.measure = Some(value::flag(key, node)?),
            "chaos" => self.chaos = Some(super::chaos::read(node)?),
            other => return Err(keys::unknown_setting(other)),
        }
        Ok(())
    }
}

impl Section for Global {
    fn key(name: &str) -> Read<Known> {
        known(name, &Global::KEYS, &[])
    }

    fn set(&mut self, key: &'static str, _: Option<Unit>, node: &Node) -> Read<()> {
        match key {
            "enabled" => self.enabled = Some(value::flag(key, node)?),
            "profile" => self.profile = Some(value::text(key, node)?),
            "environment" => self.environment = Some(value::flag(key, node)?),
            other => return Err(keys::unknown("key", other, &Global::KEYS)),
        }
        Ok(())
    }
}

impl Section for BudgetOverrides {
    fn key(name: &str) -> Read<Known> {
        known(name, &Self::KEYS, &["refill"])
    }

    fn set(&mut self, key: &'static str, unit: Option<Unit>, node: &Node) -> Read<()> {
        let number = || value::number(key, node).map(Some);
        match key {
            "preset" => {
                let name = value::text(key, node)?;
                if let Err(error) = BudgetSettings::preset(&name) {
                    return Err(error.to_string());
                }
                self.preset = Some(name);
            }
            "capacity" => self.capacity = Some(value::whole(key, node, 1, 100_000)?),
            "start" => self.start = number()?,
            "deposit" => self.deposit = number()?,
            "deposit_on" => self.deposit_on = Some(deposit_on(node)?),
            "cost" => self.cost = number()?,
            "throttled_cost" => self.throttled_cost = number()?,
            "ambiguous_cost" => self.ambiguous_cost = number()?,
            "charge_failures_above" => self.charge_failures_above = number()?,
            "refund" => {
                self.refund = Some(match &node.value {
                    Value::Text(text) if text == "cost" => Refund::Cost,
                    _ => Refund::Tokens(value::number(key, node)?),
                });
            }
            "refill" => self.refill = Some(value::limit(key, node, unit)?),
            other => return Err(keys::unknown("key", other, &Self::KEYS)),
        }
        Ok(())
    }
}

fn deposit_on(node: &Node) -> Read<DepositOn> {
    let word = value::text("deposit_on", node)?;
    let choices = [DepositOn::FirstTry, DepositOn::EveryCall];
    choices
        .into_iter()
        .find(|calls| deposit_word(*calls) == word)
        .ok_or_else(|| keys::unknown("value of `deposit_on`", &word, &choices.map(deposit_word)))
}

impl Section for BreakerOverrides {
    fn key(name: &str) -> Read<Known> {
        known(name, &Self::KEYS, &["window", "slow", "open", "open_max", "probe_timeout"])
    }

    fn set(&mut self, key: &'static str, unit: Option<Unit>, node: &Node) -> Read<()> {
        let number = || value::number(key, node).map(Some);
        let count = || value::whole(key, node, 1, 100_000).map(Some);
        let time = || value::time(key, node, unit).map(Some);
        match key {
            "window" => {
                self.window = match (&node.value, unit) {
                    (Value::Whole(_), None) => count()?.map(Window::Count),
                    _ => time()?.map(Window::Time),
                };
            }
            "min_calls" => self.min_calls = count()?,
            "rate" => self.rate = number()?,
            "slow" => self.slow = time()?,
            "slow_rate" => self.slow_rate = number()?,
            "consecutive" => self.consecutive = value::whole(key, node, 1, u32::MAX).map(Some)?,
            "open" => self.open = time()?,
            "open_max" => self.open_max = time()?,
            "jitter" => self.jitter = number()?,
            "probes" => self.probes = count()?,
            "probe_rate" => self.probe_rate = number()?,
            "probe_timeout" => self.probe_timeout = time()?,
            other => return Err(keys::unknown("key", other, &Self::KEYS)),
        }
        Ok(())
    }
}
