//! What budgets and breakers have in common for a configuration.

use super::sites::{Declared, SiteInfo};
use super::written::Written;
use crate::base::setting::SettingError;

/// What a section of a configuration says of budgets, or of breakers.
pub(crate) trait Overrides: Sized + 'static {
    /// What it is about, as its section is called.
    const SECTION: &'static str;
    /// The settings that it changes.
    type Settings: Copy + Default;

    /// All of these settings, as a configuration would say them.
    fn of(settings: &Self::Settings) -> Self;
    /// What is set, by the names of the settings.
    fn entries(&self) -> Vec<(&'static str, Written)>;
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
