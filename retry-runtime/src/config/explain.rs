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
use crate::policy::backoff::Backoff;
use crate::policy::jitter::Jitter;

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
    /// The places of other functions that share the name, `FILE:LINE`: what their attributes say is another
    /// matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<String>,
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
    pub(crate) fn of<'s>(
        site: &SiteInfo,
        resolved: &Resolved,
        namesakes: impl Iterator<Item = &'s SiteInfo>,
    ) -> Self {
        Explanation {
            name: site.name.clone(),
            file: site.file.clone(),
            line: site.line,
            settings: rows(site, resolved),
            namesakes: namesakes.map(|site| format!("{}:{}", site.file, site.line)).collect(),
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
        if !self.namesakes.is_empty() {
            let places = self.namesakes.join(", ");
            writeln!(f, "  not shown: functions of the same name at {places}")?;
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
    let any = site.any && !resolved.is_configured("on");
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
        ("on", if any { Some("any".to_owned()) } else { text(parts.on.into()) }),
        ("idempotent", Some(idempotent)),
        ("hint_cap", Some(exact(parts.hint_cap))),
        ("budget", Some(named(&resolved.budget, site.budget.shown()))),
        ("breaker", Some(named(&resolved.breaker, site.breaker.shown()))),
        ("measure", Some(resolved.measure.to_string())),
        ("chaos", resolved.chaos.map(|chaos| chaos.to_string())),
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
    // The policy's settings have their origins.
    let written =
        ["budget", "breaker"].contains(&setting) && site.written.iter().any(|word| word == setting);
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

    /// What the function of this name is set to under a configuration, and by whom; of several the one whose
    /// file and line come first.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration; or that there is no such function.
    pub fn explain(&self, config: &Config, name: &str) -> Result<Explanation, ConfigErrors> {
        let (_, resolution) = Draft::from(config.clone()).resolve(self)?;
        let both = self.sites.iter().zip(&resolution.sites);
        let mut named = both.filter(|(site, _)| site.name == name);
        let (site, resolved) = named.next().ok_or_else(|| unknown(self, name))?;
        Ok(Explanation::of(site, resolved, named.map(|(other, _)| other)))
    }
}

/// There is no function of this name.
pub(crate) fn unknown(sites: &SiteList, name: &str) -> Mistake {
    Mistake::new(Origin::BuiltIn, unknown_operation(name, &sites.names()))
}
