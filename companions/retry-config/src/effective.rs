//! The values of an operation for programs that compute with them, such as a simulation.

use retry_runtime::breaker::BreakerSettings;
use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Backoff, Policy};

use super::draft::Draft;
use super::explain;
use super::mistake::{ConfigErrors, Mistake};
use super::model::Config;
use super::origin::Origin;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::resolve::{Resolution, declared};
use super::sites::{Declared, SiteInfo, SiteList};
use super::value::Named;

/// The policy, the budget and the breaker of an operation under a configuration.
///
/// ```
/// use retry_config::Config;
///
/// # use retry_runtime::retryable;
/// #[retryable(max = 3, on = any, name = "docs::effective")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let config = Config::from_toml("[op.\"docs::effective\"]\nmax = 5")?;
/// let effective = retry_config::export().effective(&config, "docs::effective")?;
/// assert_eq!(effective.policy.limit(), Some(6));
/// assert!(effective.any && effective.budget.is_some() && effective.breaker.is_none());
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The operation's name.
    pub name: String,
    /// The policy; one attempt where retries are switched off.
    pub policy: Policy,
    /// Whether failures of every kind are retried (`on = any`).
    pub any: bool,
    /// The budget that pays for retries.
    pub budget: Option<BudgetSettings>,
    /// The breaker; with a breaker for each key, that of one key.
    pub breaker: Option<BreakerSettings>,
}

impl SiteList {
    /// The values of the function of this name under a configuration. Of several functions, the one whose file and line
    /// come first.
    ///
    /// A budget or breaker that is a `static` of the program has the default settings: the list does not know others.
    ///
    /// # Errors
    ///
    /// Every mistake in the configuration; that there is no such function; or that its backoff is a function of the
    /// program, whose delays a list cannot have.
    pub fn effective(&self, config: &Config, name: &str) -> Result<Effective, ConfigErrors> {
        let (_, resolution) = Draft::from(config.clone()).resolve(self)?;
        let (site, resolved) = explain::named(self, &resolution, name)?;
        if let Backoff::Custom(_) = resolved.values.policy.backoff {
            let message = format!(
                "the backoff of `{}` is a function of the program, which an export does not contain; set `backoff` to a word or \
                 to a list of delays in the configuration",
                site.name
            );
            return Err(Mistake::new(Origin::BuiltIn, message).into());
        }
        let others = &resolved.values.others;
        let policy = Policy::from(resolved.values.policy);
        let is_enabled = others.enabled != Some(false);
        let budgets = Choices { list: self, resolution: &resolution, site };
        Ok(Effective {
            name: site.name.clone(),
            policy: if is_enabled { policy } else { policy.max(0) },
            any: site.any,
            budget: budgets.of::<BudgetOverrides>(others.budget.as_ref(), |all, name| {
                all.budgets.get(name).copied()
            }),
            breaker: budgets.of::<BreakerOverrides>(others.breaker.as_ref(), |all, name| {
                all.breakers.get(name).copied()
            }),
        })
    }
}

/// Where the settings of budgets and breakers come from.
struct Choices<'a> {
    list: &'a SiteList,
    resolution: &'a Resolution,
    site: &'a SiteInfo,
}

impl Choices<'_> {
    /// The settings that a configuration or else the attribute chooses.
    fn of<O: Overrides>(
        &self,
        chosen: Option<&Named>,
        configured: impl Fn(&Resolution, &str) -> Option<O::Settings>,
    ) -> Option<O::Settings> {
        let of_name = |name: &str| {
            let written = || declared::<O>(self.list, name).unwrap_or_default();
            configured(self.resolution, name).unwrap_or_else(written)
        };
        match (chosen, O::declared(self.site)) {
            (Some(Named::None), _) => None,
            (Some(Named::Name(name)), _) => Some(of_name(name)),
            (None, Declared::None) => None,
            (None, Declared::Static) => Some(O::Settings::default()),
            (None, Declared::Own { .. }) => Some(of_name(&self.site.name)),
            (None, Declared::Named { name, .. } | Declared::Keyed { name, .. }) => {
                Some(of_name(name))
            }
        }
    }
}
