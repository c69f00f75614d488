//! Schemes as people write them: on a command line, in a form, in a configuration.

use std::str::FromStr;

use retry_config::{
    BreakerOverrides, BudgetOverrides, Config, ConfigErrors, Effective, Mistake, Named, Settings,
};
use retry_runtime::breaker::BreakerSettings;
use retry_runtime::budget::BudgetSettings;
use retry_runtime::control::Parts;

use super::outage::StormError;
use super::scheme::Scheme;

/// A scheme as text. An empty text is the default.
///
/// ```
/// use retry_config::Config;
/// use retry_testing::storm::{Scheme, Written};
///
/// let written = Written { policy: "max = 3, base = '200ms'", budget: Some("grpc"), breaker: Some("consecutive = 5") };
/// assert!(written.scheme(&Config::default()).is_ok());
///
/// let error = Written { policy: "mx = 3", ..Written::default() }.scheme(&Config::default()).unwrap_err();
/// assert_eq!(error.to_string(), "`policy` (mx = 3): unknown key `mx`; did you mean `max`?");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written<'t> {
    /// The policy as in the attribute, with the names of a budget and a breaker: `max = 3, base = '200ms'`.
    pub policy: &'t str,
    /// The settings of a budget (`capacity = 20`), the name of a preset (`grpc`), `default` or `none`; in place of the
    /// policy's.
    pub budget: Option<&'t str>,
    /// The settings of a breaker (`consecutive = 5`), `default` or `none`; in place of the policy's.
    pub breaker: Option<&'t str>,
}

impl Written<'_> {
    /// The scheme. Budgets and breakers that the policy names are those of the configuration.
    ///
    /// A policy that does not say whether it is `idempotent` counts as such: otherwise no abandoned attempt would be retried.
    ///
    /// # Errors
    ///
    /// A text that cannot be read, with the remedy.
    pub fn scheme(&self, config: &Config) -> Result<Scheme, StormError> {
        let refused = |error: ConfigErrors| mistake("policy", self.policy, &error);
        let settings: Settings = self.policy.parse().map_err(refused)?;
        let mut policy = settings.policy().map_err(refused)?;
        let declared = Parts::from(&policy).declared_idempotent();
        if declared.is_none() {
            policy = policy.idempotent(true);
        }
        if settings.enabled == Some(false) {
            policy = policy.max(0);
        }
        let scheme = Scheme::new("this policy", policy)
            .budget(self.budget(&settings, config)?)
            .breaker(self.breaker(&settings, config)?);
        Ok(match declared {
            Some(false) => {
                scheme.note("the policy is not `idempotent`: no abandoned attempt is retried")
            }
            _ => scheme,
        })
    }

    fn budget(
        &self,
        settings: &Settings,
        config: &Config,
    ) -> Result<Option<BudgetSettings>, StormError> {
        let settings_of = BudgetOverrides::settings;
        match (self.budget.map(str::trim), &settings.budget) {
            (Some("" | "default"), _) | (None, None) => Ok(Some(BudgetSettings::new())),
            (Some("none"), _) | (None, Some(Named::None)) => Ok(None),
            (Some(text), _) => match BudgetSettings::preset(text) {
                Ok(preset) => Ok(Some(preset)),
                Err(unknown) if !text.contains('=') => {
                    let words = format!(
                        "`budget` ({text}): {unknown}; or write settings, such as capacity = 20"
                    );
                    Err(StormError::new("budget", words))
                }
                Err(_) => read("budget", text, settings_of),
            },
            (None, Some(Named::Name(name))) => {
                match (config.budget.get(name), BudgetSettings::preset(name)) {
                    (Some(set), _) => valid("budget", name, settings_of(set)),
                    (None, Ok(preset)) => Ok(Some(preset)),
                    (None, Err(_)) => Err(unknown("budget", name)),
                }
            }
        }
    }

    fn breaker(
        &self,
        settings: &Settings,
        config: &Config,
    ) -> Result<Option<BreakerSettings>, StormError> {
        let settings_of = BreakerOverrides::settings;
        match (self.breaker.map(str::trim), &settings.breaker) {
            (Some("" | "none"), _) | (None, None | Some(Named::None)) => Ok(None),
            (Some("default"), _) => Ok(Some(BreakerSettings::new())),
            (Some(text), _) => read("breaker", text, settings_of),
            (None, Some(Named::Name(name))) => match config.breaker.get(name) {
                Some(set) => valid("breaker", name, settings_of(set)),
                None => Err(unknown("breaker", name)),
            },
        }
    }
}

impl From<Effective> for Scheme {
    fn from(of: Effective) -> Self {
        let is_idempotent = Parts::from(&of.policy).declared_idempotent() == Some(true);
        let scheme =
            Scheme::new(of.name, of.policy).any(of.any).budget(of.budget).breaker(of.breaker);
        match of.any || is_idempotent || of.policy.limit() == Some(1) {
            true => scheme,
            false => scheme.note(
                "the function is not declared `idempotent`: no abandoned attempt is retried; if running it twice has the same \
                 effect as running it once, declare it in its attribute",
            ),
        }
    }
}

/// Reads the settings in a text.
fn read<Set: FromStr<Err = ConfigErrors>, S>(
    field: &'static str,
    text: &str,
    settings_of: impl FnOnce(&Set) -> Result<S, ConfigErrors>,
) -> Result<Option<S>, StormError> {
    valid(field, text, text.parse().and_then(|set| settings_of(&set)))
}

/// The settings, unless there are mistakes in what was written for this field.
fn valid<S>(
    field: &'static str,
    written: &str,
    settings: Result<S, ConfigErrors>,
) -> Result<Option<S>, StormError> {
    settings.map(Some).map_err(|error| mistake(field, written, &error))
}

/// The messages without their places: a text of one line has none.
fn mistake(field: &'static str, written: &str, error: &ConfigErrors) -> StormError {
    let messages: Vec<&str> = error.iter().map(Mistake::message).collect();
    StormError::new(field, format!("`{field}` ({written}): {}", messages.join("; ")))
}

fn unknown(field: &'static str, name: &str) -> StormError {
    let text = format!(
        "`{field}` ({name}) is no section of the configuration; add [{field}.{name}] to it, or write the settings themselves"
    );
    StormError::new(field, text)
}
