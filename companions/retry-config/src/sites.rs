//! The annotated functions of a program as data, for checking a configuration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::names::matches;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::settings::Settings;
use retry_runtime::Policy;

/// The annotated functions of a program, for checking a configuration without the program.
///
/// Made by [`export`](super::export); serde writes and reads it.
///
/// ```
/// use retry_config::SiteList;
///
/// // What `retry check --sites` reads: the program writes it once, say in its build.
/// let json = serde_json::to_string(&retry_config::export())?;
/// let list: SiteList = serde_json::from_str(&json)?;
/// assert_eq!(list.sites.len(), retry_runtime::sites().count());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteList {
    /// The functions, by name.
    pub sites: Vec<SiteInfo>,
}

/// An annotated function.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 5, on = any, name = "docs::site_info")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let sites = retry_config::export();
/// let site = sites.get("docs::site_info").expect("the function is linked");
/// assert_eq!((site.is_async, site.any), (false, true));
/// assert_eq!(site.written, ["max", "on", "name"]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteInfo {
    /// The name that configurations use.
    pub name: String,
    /// The name of a method without its type, which stands for the method where no other operation is meant by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    /// The source file.
    pub file: String,
    /// The attribute's line, from 1.
    pub line: u32,
    /// Whether the function is `async`.
    pub is_async: bool,
    /// Whether a running attempt can be ended.
    pub interruptible: bool,
    /// The arguments of the attribute.
    pub written: Vec<String>,
    /// The arguments of the attribute whose values each call computes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_call: Vec<String>,
    /// Whether failures of every kind are retried (`on = any`). When a configuration lists kinds, every failure counts as
    /// transient.
    #[serde(default)]
    pub any: bool,
    /// The policy without any configuration.
    pub policy: Settings,
    /// The budget without any configuration.
    pub budget: Declared<BudgetOverrides>,
    /// The breaker without any configuration.
    pub breaker: Declared<BreakerOverrides>,
}

/// The budget or the breaker in an attribute.
///
/// ```
/// use retry_config::Declared;
///
/// # use retry_runtime::retryable;
/// #[retryable(on = any, budget = "docs::payments", name = "docs::declared")]
/// fn charge() -> Result<u32, String> { Err("down".into()) }
///
/// let sites = retry_config::export();
/// let site = sites.get("docs::declared").expect("the function is linked");
/// assert!(matches!(&site.budget, Declared::Named { name, .. } if name == "docs::payments"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Declared<S> {
    /// No budget or breaker.
    None,
    /// The function's own budget or breaker.
    Own {
        /// The settings.
        settings: S,
    },
    /// A static of the program.
    Static,
    /// A budget or breaker with a name.
    Named {
        /// The name.
        name: String,
        /// The settings in this attribute, if it has any.
        settings: Option<S>,
    },
    /// A breaker for each key.
    Keyed {
        /// The name of the table.
        name: String,
        /// Whether other functions share the table.
        shared: bool,
        /// The settings in this attribute, if it has any.
        settings: Option<S>,
    },
}

impl<S> Declared<S> {
    /// Whether there is one for each key.
    fn is_table(&self) -> bool {
        matches!(self, Declared::Keyed { .. })
    }

    /// The name of the section that configures the budget or breaker of `site`, if one can.
    fn section<'a>(&'a self, site: &'a SiteInfo) -> Option<&'a str> {
        match self {
            Declared::Own { .. } => Some(&site.name),
            Declared::Named { name, .. } | Declared::Keyed { name, .. } => Some(name),
            Declared::None | Declared::Static => None,
        }
    }

    /// The settings in the attribute.
    pub(crate) fn settings(&self) -> Option<&S> {
        match self {
            Declared::Own { settings } => Some(settings),
            Declared::Named { settings, .. } | Declared::Keyed { settings, .. } => {
                settings.as_ref()
            }
            Declared::None | Declared::Static => None,
        }
    }

    /// The text in an explanation.
    pub(crate) fn shown(&self) -> String {
        match self {
            Declared::None => "none".to_owned(),
            Declared::Own { .. } => "its own".to_owned(),
            Declared::Static => "a static".to_owned(),
            Declared::Named { name, .. } => name.clone(),
            Declared::Keyed { name, shared: true, .. } => format!("{name}, one for each key"),
            Declared::Keyed { .. } => "its own, one for each key".to_owned(),
        }
    }
}

impl SiteInfo {
    /// The name, for a method without its type.
    pub(crate) fn without_type(&self) -> &str {
        self.short_name.as_deref().unwrap_or(&self.name)
    }

    /// Whether the pattern matches the name, or the name without the type.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        [self.name.as_str(), self.without_type()].iter().any(|name| matches(pattern, name))
    }

    /// Whether each call computes this setting.
    pub(crate) fn computes(&self, setting: &str) -> bool {
        let setting = if setting == "max" { "attempts" } else { setting };
        self.per_call.iter().any(|name| match name.as_str() {
            "policy" => true,
            "max" => setting == "attempts",
            name => name == setting,
        })
    }

    /// The policy of an attribute that sets nothing.
    pub(crate) fn unset(&self) -> Policy {
        match self.written.iter().any(|word| word == "cancel") {
            true => Policy::new().cancellable(),
            false => Policy::new(),
        }
    }

    /// Whether the attribute declares the function idempotent.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.policy.over(&Policy::new()).policy.declared_idempotent() == Some(true)
    }
}

impl SiteList {
    /// The function of this name.
    pub fn get(&self, name: &str) -> Option<&SiteInfo> {
        self.sites.iter().find(|site| site.name == name)
    }

    /// The names of sections that configure what attributes declare: shared names, and those of functions with a
    /// budget or breaker of their own, or with one for each key.
    pub(crate) fn declared<O: Overrides>(&self) -> BTreeSet<&str> {
        self.sites.iter().filter_map(|site| O::declared(site).section(site)).collect()
    }

    /// The names of tables, with a budget or breaker for each key, which an operation cannot choose.
    pub(crate) fn tables<O: Overrides>(&self) -> BTreeSet<&str> {
        let tables = self.sites.iter().filter(|site| O::declared(site).is_table());
        tables.filter_map(|site| O::declared(site).section(site)).collect()
    }

    /// The settings in the attributes of the budget or breaker of this name; `None` when no attribute has the name.
    pub(crate) fn settings_of<O: Overrides>(&self, name: &str) -> Option<Option<&O>> {
        let named: Vec<_> = self
            .sites
            .iter()
            .filter(|site| O::declared(site).section(site) == Some(name))
            .collect();
        // Of several declarations, the engine takes the first by file and line, too.
        let mut declaring = named.clone();
        declaring.retain(|site| O::declared(site).settings().is_some());
        let first = declaring.iter().min_by_key(|site| (&site.file, site.line));
        let set = first.and_then(|site| O::declared(site).settings());
        (!named.is_empty()).then_some(set)
    }

    /// The names, in order, each once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.sites.iter().map(|site| site.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
