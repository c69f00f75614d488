//! One operation under a configuration: its layers, lowest first, and the values that they give.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::environment::{Environment, Variables};
use super::model::Config;
use super::names::is_pattern;
use super::origin::{Origin, below};
use super::section::Section;
use super::settings::{Settings, Values};
use super::sites::SiteInfo;

/// The values of an operation, and where each comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) values: Values,
    /// For each setting that a layer has set, the height of the layer and the place in it.
    origins: BTreeMap<&'static str, (usize, Origin)>,
    /// The height of the attribute.
    attribute: usize,
}

/// The settings of one layer, and where they are written.
struct Layer<'a> {
    settings: Cow<'a, Settings>,
    source: Source<'a>,
}

enum Source<'a> {
    Attribute(&'a SiteInfo),
    Section(&'a Config, String),
    Environment(&'a Variables),
}

impl Source<'_> {
    fn origin(&self, key: &str, settings: &Settings) -> Origin {
        match self {
            Source::Attribute(site) => {
                Origin::Attribute { file: site.file.clone(), line: site.line }
            }
            Source::Section(config, path) => {
                // `max` and `attempts` are one limit.
                let key = match (key, settings.attempts) {
                    ("max", Some(_)) => "attempts",
                    _ => key,
                };
                if settings.has(key) {
                    config.text.origin(&below(path, key))
                } else {
                    // Another setting of the section has cleared the value.
                    config.text.origin(path)
                }
            }
            Source::Environment(variables) => variables.origin(key),
        }
    }
}

/// The name of the profile that is used.
pub(crate) fn profile<'a>(config: &'a Config, environment: &'a Environment) -> Option<&'a str> {
    environment.profile.as_deref().or(config.global.profile.as_deref())
}

/// The sections that apply to an operation, lowest first: path, settings, and whether the section stands above the
/// attribute.
pub(crate) fn sections<'a>(
    config: &'a Config,
    profile: Option<&str>,
    site: &SiteInfo,
) -> Vec<(String, &'a Settings, bool)> {
    let mut sections = vec![("defaults".to_owned(), &config.defaults, false)];
    if let Some((name, settings)) = profile.and_then(|name| config.profile.get_key_value(name)) {
        sections.push((below("profile", name), settings, false));
    }
    let mut patterns: Vec<_> = config
        .op
        .iter()
        .filter(|(pattern, _)| is_pattern(pattern) && site.matches(pattern))
        .collect();
    // The longest pattern last; of two equally long ones, the one that sorts last.
    patterns.sort_by_key(|(pattern, _)| pattern.chars().count());
    let exact = config.op.get_key_value(&site.name);
    let operations = patterns.into_iter().chain(exact);
    sections.extend(operations.map(|(name, settings)| (below("op", name), settings, true)));
    sections
}

impl Resolved {
    /// Puts all layers of an operation over each other.
    pub(crate) fn of(config: &Config, environment: &Environment, site: &SiteInfo) -> Self {
        let sections = sections(config, profile(config, environment), site);
        let below = sections.iter().filter(|(.., is_above)| !is_above).count();
        let mut layers: Vec<Layer<'_>> = sections
            .into_iter()
            .map(|(path, settings, _)| Layer {
                settings: Cow::Borrowed(settings),
                source: Source::Section(config, path),
            })
            .collect();
        let attribute = Cow::Owned(site.policy.only(&site.written));
        layers.insert(below, Layer { settings: attribute, source: Source::Attribute(site) });
        layers.extend(environment.of(&site.name).map(|variables| Layer {
            settings: Cow::Borrowed(&variables.settings),
            source: Source::Environment(variables),
        }));
        let mut values = Values::from(&site.unset());
        let mut origins = BTreeMap::new();
        for (height, Layer { settings, source }) in layers.into_iter().enumerate() {
            settings.overlay(&mut values, &mut |key| {
                // A value that was only cleared is the built-in one again.
                if matches!(key, "base" | "factor" | "backoff") && !settings.has(key) {
                    origins.remove(key);
                } else {
                    origins.insert(key, (height, source.origin(key, &settings)));
                }
            });
        }
        let mut resolved = Resolved { values, origins, attribute: below };
        resolved.switch(config, environment);
        resolved
    }

    /// The kill switch: it can turn an operation off, never on.
    fn switch(&mut self, config: &Config, environment: &Environment) {
        let variable = || Origin::variable("RETRY_ENABLED");
        let (off, origin) = match (environment.enabled, config.global.enabled) {
            (Some(enabled), _) => (!enabled, variable()),
            (None, Some(enabled)) => (!enabled, config.text.origin("global.enabled")),
            (None, None) => return,
        };
        if off {
            self.values.others.enabled = Some(false);
            self.origins.insert("enabled", (usize::MAX, origin));
        }
    }

    /// The origin of a setting.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).map_or(Origin::BuiltIn, |(_, origin)| origin.clone())
    }

    /// Whether the configuration or the environment sets the setting.
    pub(crate) fn is_configured(&self, key: &str) -> bool {
        matches!(self.origin(key), Origin::Config { .. } | Origin::Environment { .. })
    }

    /// The names of the settings that a layer above the attribute sets.
    pub(crate) fn above(&self) -> impl Iterator<Item = &'static str> {
        let above = self.origins.iter().filter(|(_, (height, _))| *height > self.attribute);
        above.map(|(key, _)| *key)
    }

    /// The setting of these that the highest layer of the configuration has set.
    pub(crate) fn highest<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        let configured = keys.iter().rev().filter(|key| self.is_configured(key));
        configured.max_by_key(|key| self.origins.get(**key).map(|(height, _)| *height)).copied()
    }
}
