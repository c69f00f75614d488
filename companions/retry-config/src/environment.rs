//! Environment variables: the layer above all others.

use std::collections::BTreeMap;

use super::inline::scalar;
use super::keys;
use super::mistake::{Mistake, Mistakes};
use super::model::Config;
use super::origin::Origin;
use super::section::Section;
use super::settings::Settings;
use super::short::both_written;
use super::sites::SiteList;
use super::tree::{Node, Value, shown};

const ENABLED: &str = "RETRY_ENABLED";
const PROFILE: &str = "RETRY_PROFILE";
/// The prefix of settings: `RETRY__ALL__MAX`, `RETRY__OP__BILLING__CHARGE__MAX`.
const PREFIX: &str = "RETRY__";

/// The settings in the environment.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) enabled: Option<bool>,
    pub(crate) profile: Option<String>,
    /// Settings of every operation.
    all: Variables,
    /// Settings of single operations, by their names as variables write them.
    pub(crate) operations: BTreeMap<String, Variables>,
}

/// Settings, and the variable of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    pub(crate) settings: Settings,
    /// The names of the variables by key; `attempts` is at `max`, since both are one limit.
    names: BTreeMap<&'static str, String>,
}

impl Variables {
    /// The variable of a setting.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        let variable = self.names.get(key).or_else(|| self.names.values().next());
        Origin::variable(variable.map_or("", String::as_str))
    }
}

impl Environment {
    /// Reads the variables given to the configuration, else those of the process.
    pub(crate) fn read(config: &Config, mistakes: &mut Mistakes) -> Self {
        let mut environment = Environment::default();
        if config.global.environment == Some(false) {
            return environment;
        }
        let variables = match &config.environment {
            Some(given) => given.clone(),
            None => process(),
        };
        for (name, value) in &variables {
            if let Err(message) = environment.variable(name, value) {
                mistakes.push(Mistake::new(Origin::variable(name), message));
            }
        }
        environment
    }

    fn variable(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            ENABLED => self.enabled = Some(switch(value)?),
            PROFILE if value.trim().is_empty() => {
                return Err("it is empty; write the profile's name, or unset it".to_owned());
            }
            PROFILE => self.profile = Some(value.trim().to_owned()),
            _ => {
                if let Some(rest) = name.strip_prefix(PREFIX) {
                    return self.setting(name, rest, value);
                }
            }
        }
        Ok(())
    }

    /// Reads `ALL__MAX` or `OP__BILLING__CHARGE__MAX`.
    fn setting(&mut self, variable: &str, rest: &str, value: &str) -> Result<(), String> {
        let Some((whose, setting)) = rest.rsplit_once("__") else {
            return Err(unknown_variable());
        };
        let variables = match (whose, whose.strip_prefix("OP__")) {
            ("ALL", _) => &mut self.all,
            (_, Some(name)) if !name.is_empty() => {
                self.operations.entry(name.to_owned()).or_default()
            }
            _ => return Err(unknown_variable()),
        };
        let setting = setting.to_lowercase();
        let (row, unit) = Settings::row(&setting).ok_or_else(|| Settings::unknown(&setting))?;
        let value = match row.key {
            "enabled" => Value::Flag(switch(value)?),
            _ => scalar(value)?,
        };
        (row.read)(&mut variables.settings, unit, &Node::new(None, value))?;
        let key = if row.key == "attempts" { "max" } else { row.key };
        if let Some(other) = variables.names.get(key) {
            return Err(format!("it sets the same as `{other}`; unset one of them"));
        }
        variables.names.insert(key, variable.to_owned());
        Ok(())
    }

    /// The settings for this operation, lowest first: those for all operations, then its own.
    pub(crate) fn of(&self, operation: &str) -> impl Iterator<Item = &Variables> {
        let own = self.operations.get(&mangled(operation));
        [Some(&self.all), own]
            .into_iter()
            .flatten()
            .filter(|variables| !variables.settings.is_empty())
    }

    /// Reports variables whose name matches no operation, or several.
    pub(crate) fn check_names(&self, sites: &SiteList, mistakes: &mut Mistakes) {
        let names = sites.names();
        for (name, variables) in &self.operations {
            let mut meant: Vec<&str> =
                names.iter().filter(|known| mangled(known) == *name).copied().collect();
            if meant.is_empty() {
                meant = sites.methods(|short| mangled(short) == *name);
            }
            let message = match meant[..] {
                [one] if mangled(one) == *name => continue,
                [one] => both_written(&mangled(one)),
                [] => {
                    let all: Vec<String> = names.iter().map(|name| mangled(name)).collect();
                    let mut all: Vec<&str> = all.iter().map(String::as_str).collect();
                    all.dedup();
                    keys::unknown("operation", name, &all)
                }
                _ => format!(
                    "`{name}` stands for each of {}; set them in the file, where names are exact",
                    meant.join(", ")
                ),
            };
            for variable in variables.names.values() {
                mistakes.push(Mistake::new(Origin::variable(variable), message.clone()));
            }
        }
    }
}

/// The variables of the process that start with `RETRY_`.
fn process() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    std::env::vars_os().filter_map(text).filter(|(name, _)| name.starts_with("RETRY_")).collect()
}

/// An operation's name as a variable writes it: `billing::charge-all` is `BILLING__CHARGE_ALL`.
pub(crate) fn mangled(name: &str) -> String {
    let name = name.replace("::", "__");
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

fn switch(value: &str) -> Result<bool, String> {
    match value.trim().to_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(format!("{} is neither `true` nor `false`; write one of them", shown(value))),
    }
}

fn unknown_variable() -> String {
    "unknown variable; write RETRY__OP__NAME__SETTING or RETRY__ALL__SETTING, with `__` for `::`"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_capitals_with_two_underscores_between_its_parts() {
        assert_eq!(mangled("billing::charge"), "BILLING__CHARGE");
        assert_eq!(mangled("my-app.fetch"), "MY_APP_FETCH");
    }
}
