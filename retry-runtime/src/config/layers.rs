//! One operation under a configuration: the layers, lowest first, and what comes of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::environment::{Environment, Overrides};
use super::glob;
use super::model::Config;
use super::origin::{Origin, below};
use super::settings::Settings;
use super::sites::SiteInfo;
use super::value::Named;
use crate::policy::Policy;

/// What an operation is set to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) policy: Policy,
    pub(crate) enabled: bool,
    /// `None`: as the attribute has it.
    pub(crate) budget: Option<Named>,
    /// `None`: as the attribute has it.
    pub(crate) breaker: Option<Named>,
    pub(crate) measure: bool,
    pub(crate) chaos: Option<super::chaos::Chaos>,
    /// For each setting that somebody has set, who, and how high the layer is.
    origins: BTreeMap<&'static str, (usize, Origin)>,
}

/// Settings, and where each of them comes from.
struct Layer<'a> {
    settings: Cow<'a, Settings>,
    source: Source<'a>,
}

enum Source<'a> {
    Attribute(&'a SiteInfo),
    Section(&'a Config, String),
    Environment(&'a Overrides),
}

impl Source<'_> {
    fn origin(&self, key: &str, settings: &Settings) -> Origin {
        match self {
            Source::Attribute(site) => {
                Origin::Attribute { file: site.file.clone(), line: site.line }
            }
            Source::Section(config, path) => {
                // A limit on attempts is one setting, under either name.
                let key = match (key, settings.attempts) {
                    ("max", Some(_)) => "attempts",
                    _ => key,
                };
                if settings.has(key) {
                    config.text.origin(&below(path, key))
                } else {
                    // It gave way to another setting of the section.
                    config.text.origin(path)
                }
            }
            Source::Environment(overrides) => overrides.origin(key),
        }
    }
}

/// The name of the profile that counts.
pub(crate) fn profile<'a>(config: &'a Config, environment: &'a Environment) -> Option<&'a str> {
    environment.profile.as_deref().or(config.global.profile.as_deref())
}

/// The sections that concern an operation, lowest first: their paths, whether they stand above its attribute.
pub(crate) fn sections<'a>(
    config: &'a Config,
    profile: Option<&str>,
    name: &str,
) -> Vec<(String, &'a Settings, bool)> {
    let mut sections = vec![("defaults".to_owned(), &config.defaults, false)];
    if let Some((name, settings)) = profile.and_then(|name| config.profile.get_key_value(name)) {
        sections.push((below("profile", name), settings, false));
    }
    let mut patterns: Vec<_> = config
        .op
        .iter()
        .filter(|(pattern, _)| glob::is_pattern(pattern) && glob::matches(pattern, name))
        .collect();
    // The longest last; of two that are equally long, the one that sorts last.
    patterns.sort_by_key(|(pattern, _)| pattern.chars().count());
    let exact = config.op.get_key_value(name);
    let operations = patterns.into_iter().chain(exact);
    sections.extend(operations.map(|(name, settings)| (below("op", name), settings, true)));
    sections
}

impl Resolved {
    /// An operation as all layers together set it.
    pub(crate) fn of(config: &Config, environment: &Environment, site: &SiteInfo) -> Self {
        let profile = profile(config, environment);
        let mut layers = Vec::new();
        let mut above = Vec::new();
        for (path, settings, is_above) in sections(config, profile, &site.name) {
            let layers = if is_above { &mut above } else { &mut layers };
            let source = Source::Section(config, path);
            layers.push(Layer { settings: Cow::Borrowed(settings), source });
        }
        let attribute = site.policy.only(&site.written);
        let source = Source::Attribute(site);
        layers.push(Layer { settings: Cow::Owned(attribute), source });
        layers.extend(above);
        layers.extend(environment.of(&site.name).map(|overrides| Layer {
            settings: Cow::Borrowed(&overrides.settings),
            source: Source::Environment(overrides),
        }));
        let mut resolved = Resolved::over(layers);
        resolved.switch(config, environment);
        resolved
    }

    fn over(layers: Vec<Layer<'_>>) -> Self {
        let mut parts = Policy::new().parts();
        let mut resolved = Resolved {
            policy: Policy::new(),
            enabled: true,
            budget: None,
            breaker: None,
            measure: false,
            chaos: None,
            origins: BTreeMap::new(),
        };
        for (height, Layer { settings, source }) in layers.into_iter().enumerate() {
            let origins = &mut resolved.origins;
            let mut note = |key| {
                // What only gives way is nobody's from then on.
                if matches!(key, "base" | "factor" | "backoff") && !settings.has(key) {
                    origins.remove(key);
                } else {
                    origins.insert(key, (height, source.origin(key, &settings)));
                }
            };
            settings.overlay(&mut parts, &mut note);
            if let Some(enabled) = settings.enabled {
                resolved.enabled = enabled;
                note("enabled");
            }
            if let Some(measure) = settings.measure {
                resolved.measure = measure;
                note("measure");
            }
            if settings.chaos.is_some() {
                resolved.chaos = settings.chaos;
                note("chaos");
            }
            if settings.budget.is_some() {
                resolved.budget.clone_from(&settings.budget);
                note("budget");
            }
            if settings.breaker.is_some() {
                resolved.breaker.clone_from(&settings.breaker);
                note("breaker");
            }
        }
        resolved.policy = Policy::of_parts(parts);
        resolved
    }

    /// The kill switch: it can turn off what is on, and nothing else.
    fn switch(&mut self, config: &Config, environment: &Environment) {
        let variable = || Origin::Environment { variable: "RETRY_ENABLED".to_owned() };
        let (off, origin) = match (environment.enabled, config.global.enabled) {
            (Some(enabled), _) => (!enabled, variable()),
            (None, Some(enabled)) => (!enabled, config.text.origin("global.enabled")),
            (None, None) => return,
        };
        if off {
            self.enabled = false;
            self.origins.insert("enabled", (usize::MAX, origin));
        }
    }

    /// Where a setting comes from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).map_or(Origin::BuiltIn, |(_, origin)| origin.clone())
    }

    /// Whether the configuration or the environment has set it.
    pub(crate) fn is_configured(&self, key: &str) -> bool {
        matches!(self.origin(key), Origin::Config { .. } | Origin::Environment { .. })
    }

    /// Of these settings the one that the highest layer of the configuration has set.
    pub(crate) fn highest<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        let configured = keys.iter().rev().filter(|key| self.is_configured(key));
        configured.max_by_key(|key| self.origins.get(**key).map(|(height, _)| *height)).copied()
    }
}
