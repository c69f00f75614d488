//! A configuration as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::keys;
use super::origin::Text;
use super::protect::{BreakerOverrides, BudgetOverrides};
use super::section::{Section, section};
use super::settings::Settings;

/// A configuration: read from TOML, JSON or any other format of serde, or made in code.
///
/// Reading checks the configuration by itself; [applying](super::apply) checks it against the program's functions.
///
/// ```
/// use retry_config::Config;
///
/// let toml = Config::from_toml("[defaults]\nmax = 5\nbase = \"200ms\"")?;
/// let json = Config::from_json(r#"{ "retry": { "max_retries": 5, "base_delay_ms": 200 } }"#)?;
/// assert_eq!(toml, json);
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    /// Settings for the whole program.
    #[serde(skip_serializing_if = "Global::is_empty")]
    pub global: Global,
    /// Settings of every operation, below its attribute.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub defaults: Settings,
    /// Sets of settings, of which [`Global::profile`] chooses one; above `defaults`, below the attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profile: BTreeMap<String, Settings>,
    /// Settings of budgets, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub budget: BTreeMap<String, BudgetOverrides>,
    /// Settings of breakers, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub breaker: BTreeMap<String, BreakerOverrides>,
    /// Settings of operations, by name or by a pattern with `*`; above the attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub op: BTreeMap<String, Settings>,
    #[serde(skip)]
    pub(crate) text: Text,
    /// Variables in place of the process's environment.
    #[serde(skip)]
    pub(crate) environment: Option<BTreeMap<String, String>>,
}

section! {
    /// The section `[global]`.
    ///
    /// ```
    /// use retry_config::Config;
    ///
    /// let config = Config::from_toml("[global]\nenabled = false # the kill switch")?;
    /// assert_eq!(config.global.enabled, Some(false));
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    Global or unknown_in_global {
        /// The kill switch: with `false` every call is one plain attempt; `recover` stays.
        enabled: bool;
        /// The profile that is used.
        profile: String;
        /// With `false` environment variables are not read.
        environment: bool;
    }
}

/// The message for a key that `[global]` does not have.
fn unknown_in_global(name: &str) -> String {
    match Settings::row(name) {
        Some(_) => format!("`{name}` is a setting of functions; move it below `[defaults]`"),
        None => keys::unknown("key", name, &Global::keys()),
    }
}

impl Global {
    fn is_empty(&self) -> bool {
        *self == Global::default()
    }
}

impl Config {
    /// Uses these variables in place of the process's environment: for tests, and for programs that read no
    /// environment (`with_environment([])`).
    ///
    /// ```
    /// use retry_config::Config;
    ///
    /// let config = Config::default().with_environment([("RETRY_ENABLED", "false")]);
    /// let applied = retry_config::apply(config)?;
    /// println!("{applied}");
    /// # retry_config::reset();
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn with_environment<K, V>(self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Config { environment: Some(variables.collect()), ..self }
    }

    /// The file that the configuration was read from.
    pub fn file(&self) -> Option<&str> {
        self.text.file.as_deref()
    }
}
