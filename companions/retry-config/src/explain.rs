//! The values of an operation, each with its origin.

use std::collections::BTreeMap;
use std::fmt;

use retry_runtime::control::{Attempts, OneLine};
use serde::Serialize;

use super::draft::Draft;
use super::layers::Resolved;
use super::mistake::{ConfigErrors, Mistake};
use super::model::Config;
use super::names::unknown_operation;
use super::origin::Origin;
use super::resolve::Resolution;
use super::section::Section;
use super::settings::Settings;
use super::sites::{SiteInfo, SiteList};
use super::written::exact;
use retry_runtime::{Backoff, Jitter};

/// The values of one operation, each with its origin. Displays as a table.
///
/// ```
/// use retry_config::Config;
///
/// # use retry_runtime::retryable;
/// #[retryable(max = 3, on = any, name = "docs::explanation")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let config = Config::from_toml("[op.\"docs::explanation\"]\nmax = 5")?;
/// let explanation = retry_config::export().explain(&config, "docs::explanation")?;
/// println!("{explanation}"); // a row for each setting: its value and its origin
/// assert_eq!(explanation.get("max").map(|row| row.value.as_str()), Some("5"));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
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
    /// The places of other functions with the same name, `FILE:LINE`; their attributes may differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<String>,
}

/// One setting of an operation.
///
/// ```
/// use retry_config::Config;
///
/// # use retry_runtime::retryable;
/// #[retryable(max = 3, on = any, name = "docs::explained")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let config = Config::from_toml("[op.\"docs::explained\"]\nmax = 5")?;
/// let explanation = retry_config::export().explain(&config, "docs::explained")?;
/// for row in &explanation.settings {
///     println!("{} = {} by {}", row.setting, row.value, row.origin);
/// }
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The name of the setting.
    pub setting: &'static str,
    /// The value, as a file would write it.
    pub value: String,
    /// The origin of the value.
    pub origin: Origin,
}

impl Explanation {
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
            let shown = OneLine(&row.value).to_string();
            writeln!(f, "  {:<setting$}  {shown:<value$}  {}", row.setting, row.origin)?;
        }
        if !self.namesakes.is_empty() {
            let places = self.namesakes.join(", ");
            writeln!(f, "  not shown: functions of the same name at {places}")?;
        }
        Ok(())
    }
}

/// A row for every setting that has an effect.
pub(crate) fn rows(site: &SiteInfo, resolved: &Resolved) -> Vec<Explained> {
    let set: BTreeMap<_, _> = Settings::of(&resolved.values).entries().into_iter().collect();
    let rows = Settings::keys().into_iter().filter_map(|setting| {
        let value = set.get(setting).map(ToString::to_string);
        let value = shown(setting, value, site, resolved)?;
        Some(Explained { setting, value, origin: origin(site, resolved, setting) })
    });
    rows.collect()
}

/// The text for a setting that is set to `value`; `None` when the setting has no effect.
fn shown(
    setting: &str,
    value: Option<String>,
    site: &SiteInfo,
    resolved: &Resolved,
) -> Option<String> {
    let parts = &resolved.values.policy;
    let or = |unset: &str| value.clone().or_else(|| Some(unset.to_owned()));
    match setting {
        "enabled" => or("true"),
        "max" => Some(match parts.attempts {
            Attempts::Count(attempts) => attempts.saturating_sub(1).to_string(),
            Attempts::Unlimited => "unlimited".to_owned(),
            Attempts::Forever => "forever".to_owned(),
        }),
        // Shown as `max`.
        "attempts" => None,
        "base" => {
            let has_base = !matches!(parts.backoff, Backoff::List(_));
            has_base.then(|| exact(resolved.values.policy.first_delay()))
        }
        "factor" => {
            let default = if parts.jitter == Jitter::Decorrelated { "3" } else { "2" };
            or(default).filter(|_| parts.backoff == Backoff::Exponential)
        }
        "deadline" | "timeout" => or("none"),
        "on" if site.any && !resolved.is_configured("on") => Some("any".to_owned()),
        "idempotent" => Some(match resolved.values.policy.declared_idempotent() {
            Some(idempotent) => idempotent.to_string(),
            None => "undeclared".to_owned(),
        }),
        "budget" => or(&site.budget.shown()),
        "breaker" => or(&site.breaker.shown()),
        "measure" => or("false"),
        _ => value,
    }
}

/// The origin of a setting, whether it is part of the policy or not.
fn origin(site: &SiteInfo, resolved: &Resolved, setting: &str) -> Origin {
    let origin = match setting {
        // `on` with `Ambiguous` declares the function idempotent.
        "idempotent" if resolved.origin("idempotent") == Origin::BuiltIn => {
            match resolved.values.policy.declared_idempotent() {
                Some(_) => resolved.origin("on"),
                None => Origin::BuiltIn,
            }
        }
        setting => resolved.origin(setting),
    };
    // The layers know the origins of the policy's settings; the attribute sets budget and breaker as well.
    let written =
        ["budget", "breaker"].contains(&setting) && site.written.iter().any(|word| word == setting);
    if origin == Origin::BuiltIn && written {
        return Origin::Attribute { file: site.file.clone(), line: site.line };
    }
    origin
}

/// The function of this name and its values: of several, the one whose file and line come first.
pub(crate) fn named<'a>(
    sites: &'a SiteList,
    resolution: &'a Resolution,
    name: &str,
) -> Result<(&'a SiteInfo, &'a Resolved), ConfigErrors> {
    let whole = match sites.meant(name)[..] {
        [whole] => whole,
        _ => name,
    };
    let mut both = sites.sites.iter().zip(&resolution.sites);
    both.find(|(site, _)| site.name == whole)
        .ok_or_else(|| Mistake::new(Origin::BuiltIn, unknown_operation(name, sites)).into())
}

/// Explains the function of this name.
pub(crate) fn explain(
    sites: &SiteList,
    resolution: &Resolution,
    name: &str,
) -> Result<Explanation, ConfigErrors> {
    let (site, resolved) = named(sites, resolution, name)?;
    let namesakes = sites.sites.iter().filter(|other| other.name == site.name).skip(1);
    let mut explanation = of(site, resolved);
    explanation.namesakes = namesakes.map(place).collect();
    Ok(explanation)
}

/// Explains every function of a list that is ordered by name, file and line.
pub(crate) fn explain_all(sites: &SiteList, resolution: &Resolution) -> Vec<Explanation> {
    let mut all: Vec<Explanation> = Vec::with_capacity(sites.sites.len());
    for (site, resolved) in sites.sites.iter().zip(&resolution.sites) {
        match all.last_mut().filter(|last| last.name == site.name) {
            Some(first) => first.namesakes.push(place(site)),
            None => all.push(of(site, resolved)),
        }
    }
    all
}

/// The explanation of a function, without its namesakes.
fn of(site: &SiteInfo, resolved: &Resolved) -> Explanation {
    Explanation {
        name: site.name.clone(),
        file: site.file.clone(),
        line: site.line,
        settings: rows(site, resolved),
        namesakes: Vec::new(),
    }
}

fn place(site: &SiteInfo) -> String {
    format!("{}:{}", site.file, site.line)
}

impl SiteList {
    /// Checks a file against these functions.
    ///
    /// ```
    /// let mistakes = retry_config::export().check("no such file.toml").unwrap_err();
    /// assert_eq!(mistakes.len(), 1);
    /// ```
    ///
    /// # Errors
    ///
    /// Every mistake in the file, by itself and against these functions.
    pub fn check(&self, path: impl AsRef<std::path::Path>) -> Result<Config, ConfigErrors> {
        let (config, _) = Draft::of_file(path.as_ref())?.resolve(self)?;
        Ok(config)
    }

    /// The values of the function of this name under a configuration, each with its origin. Of several functions, the
    /// one whose file and line come first.
    ///
    /// # Errors
    ///
    /// Every mistake in the configuration; or that there is no such function.
    pub fn explain(&self, config: &Config, name: &str) -> Result<Explanation, ConfigErrors> {
        let (_, resolution) = Draft::from(config.clone()).resolve(self)?;
        explain(self, &resolution, name)
    }
}
