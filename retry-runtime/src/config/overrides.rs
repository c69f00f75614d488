//! What budgets and breakers have in common for a configuration.

use super::protect::{BreakerOverrides, BudgetOverrides};
use super::sites::{Declared, SiteInfo};
use crate::breaker::BreakerSettings;
use crate::budget::BudgetSettings;
use crate::setting::SettingError;

/// What a section of a configuration says of budgets, or of breakers.
pub(crate) trait Overrides: Sized + 'static {
    /// What it is about, as its section is called.
    const SECTION: &'static str;
    /// The settings that it changes.
    type Settings: Default;

    /// The settings that come of it, over those of the attributes.
    fn over(&self, declared: Self::Settings) -> Self::Settings;
    /// Whether they go together.
    fn validate(settings: &Self::Settings) -> Result<(), SettingError>;
    /// What a section calls the setting that is wrong.
    fn key(error: &SettingError) -> &'static str {
        error.field()
    }
    /// What an attribute says of the same.
    fn declared(site: &SiteInfo) -> &Declared<Self>;
}

impl Overrides for BudgetOverrides {
    const SECTION: &'static str = "budget";
    type Settings = BudgetSettings;

    fn over(&self, declared: BudgetSettings) -> BudgetSettings {
        self.settings_over(declared)
    }

    fn validate(settings: &BudgetSettings) -> Result<(), SettingError> {
        settings.validate()
    }

    fn key(error: &SettingError) -> &'static str {
        match error.field() {
            "above" => "charge_failures_above",
            field => field,
        }
    }

    fn declared(site: &SiteInfo) -> &Declared<Self> {
        &site.budget
    }
}

impl Overrides for BreakerOverrides {
    const SECTION: &'static str = "breaker";
    type Settings = BreakerSettings;

    fn over(&self, declared: BreakerSettings) -> BreakerSettings {
        self.settings_over(declared)
    }

    fn validate(settings: &BreakerSettings) -> Result<(), SettingError> {
        settings.validate()
    }

    fn declared(site: &SiteInfo) -> &Declared<Self> {
        &site.breaker
    }
}
