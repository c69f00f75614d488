//! What an operation is set to, and who said so.

use std::fmt;

use serde::Serialize;

use super::layers::Resolved;
use super::mistake::{ConfigErrors, Mistake};
use super::model::{Config, Draft};
use super::names::unknown_operation;
use super::origin::Origin;
use super::sites::{SiteInfo, SiteList};
use super::value::{Growth, Named};
use super::written::{Written, exact};
use crate::{Backoff, Jitter};

/// What one operation is set to: each value, and where it comes from. It displays as a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The operation's name.
    pub name: String,
    /// The source file.
    pub file: String,
    /// The attribute's line.
    pub line: u32,
    /// A row for each setting.
    pub settings: Vec<Explained>,
}

/// One setting of an operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Its name.
    pub setting: &'static str,
    /// Its value, as a file would say it.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
}

impl Explanation {
    pub(crate) fn of(site: &SiteInfo, resolved: &Resolved) -> Self {
        Explanation {
            name: site.name.clone(),
            file: site.file.clone(),
            line: site.line,
            settings: rows(site, resolved),
        }
    }

    /// The row of a setting; `None` where it has no effect: a `base` beside a list of delays.
    pub fn get(&self, setting: &str) -> Option<&Explained> {
        self.settings.iter().find(|row| row.setting == setting)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}:{})", self.name, self.file, self.line)?;
        let wide = |of: fn(&Explained) -> usize| self.settings.iter().map(of).max().unwrap_or(0);
        let setting = wide(|row| row.setting.len());
        let value = wide(|row| row.value.chars().count());
        for row in &self.settings {
            writeln!(f, "  {:<setting$}  {:<value$}  {}", row.setting, row.value, row.origin)?;
        }
        Ok(())
    }
}

/// Every setting that has an effect.
pub(crate) fn rows(site: &SiteInfo, resolved: &Resolved) -> Vec<Explained> {
    let parts = resolved.policy.parts();
    let text = |value: Written| Some(value.to_string());
    let grows = parts.backoff == Backoff::Exponential && parts.jitter != Jitter::Decorrelated;
    let has_base = !matches!(parts.backoff, Backoff::List(_));
    let time = |limit: Option<_>| limit.map_or_else(|| "none".to_owned(), exact);
    let idempotent = match resolved.policy.declared_idempotent() {
        Some(idempotent) => idempotent.to_string(),
        None => "undeclared".to_owned(),
    };
    let limit = match parts.attempts {
        Some(attempts) => attempts.saturating_sub(1).to_string(),
        None => "unlimited".to_owned(),
    };
    let values = [
        ("enabled", Some(resolved.enabled.to_string())),
        ("max", Some(limit)),
        ("backoff", text(Growth::of(parts.backoff).into())),
        ("base", has_base.then(|| exact(resolved.policy.shown_base()))),
        ("factor", grows.then(|| parts.factor.unwrap_or(2.0).to_string())),
        ("cap", Some(exact(parts.cap))),
        ("jitter", text(parts.jitter.into())),
        ("deadline", Some(time(parts.deadline))),
        ("timeout", Some(time(parts.timeout))),
        ("on", text(parts.on.into())),
        ("idempotent", Some(idempotent)),
        ("hint_cap", Some(exact(parts.hint_cap))),
        ("budget", Some(named(&resolved.budget, site.budget.shown()))),
        ("breaker", Some(named(&resolved.breaker, site.breaker.shown()))),
        ("measure", Some(resolved.measure.to_string())),
    ];
    let rows = values.into_iter().filter_map(|(setting, value)| Some((setting, value?)));
    rows.map(|(setting, value)| Explained {
        setting,
        value,
        origin: origin(site, resolved, setting),
    })
    .collect()
}

fn named(configured: &Option<Named>, declared: String) -> String {
    match configured {
        None => declared,
        Some(named) => Written::from(named.clone()).to_string(),
    }
}

/// Where a setting comes from, also one that is no part of the policy.
fn origin(site: &SiteInfo, resolved: &Resolved, setting: &str) -> Origin {
    let origin = match setting {
        // `on` with `Ambiguous` declares it.
        "idempotent" if resolved.origin("idempotent") == Origin::BuiltIn => {
            match resolved.policy.declared_idempotent() {
                Some(_) => resolved.origin("on"),
                None => Origin::BuiltIn,
            }
        }
        setting => resolved.origin(setting),
    };
    let written = site.written.iter().any(|word| word == setting);
    if origin == Origin::BuiltIn && written {
        return Origin::Attribute { file: site.file.clone(), line: site.line };
    }
    origin
}

impl SiteList {
    /// Checks a file against these functions.
    ///
    /// # Errors
    ///
    /// Every mistake, those that only the functions show among them.
    pub fn check(&self, path: impl AsRef<std::path::Path>) -> Result<Config, ConfigErrors> {
        let (config, _) = Draft::of_file(path.as_ref())?.resolve(self)?;
        Ok(config)
    }

    /// What the function of this name is set to under a configuration, and by whom.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration; or that there is no such function.
    pub fn explain(&self, config: &Config, name: &str) -> Result<Explanation, ConfigErrors> {
        let (_, resolution) = Draft::from(config.clone()).resolve(self)?;
        let mut both = self.sites.iter().zip(&resolution.sites);
        let found = both.find(|(site, _)| site.name == name);
        let (site, resolved) = found.ok_or_else(|| unknown(self, name))?;
        Ok(Explanation::of(site, resolved))
    }
}

/// There is no function of this name.
pub(crate) fn unknown(sites: &SiteList, name: &str) -> Mistake {
    Mistake::new(Origin::BuiltIn, unknown_operation(name, &sites.names()))
}
