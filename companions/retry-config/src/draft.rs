//! Reading a configuration: from a text to a [`Config`] and the mistakes in the text.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::{fs, io};

use serde::de::{Deserialize, Deserializer, Error as _};

use super::check::{self, Scope};
use super::keys;
use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::model::Config;
use super::origin::{Origin, Text};
use super::protect::{BreakerOverrides, BudgetOverrides};
use super::reader::{Reader, given_twice};
use super::section::Section;
use super::settings::Settings;
use super::tree::{Entry, Node, Value};
use super::{inline, syntax_json, syntax_toml};

const SECTIONS: [&str; 6] = ["global", "defaults", "profile", "budget", "breaker", "op"];

impl Config {
    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// Every mistake in the text.
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        Draft::of(None, text, syntax_toml::tree).finish()
    }

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// Every mistake in the text.
    pub fn from_json(text: &str) -> Result<Self, ConfigErrors> {
        Draft::of(None, text, syntax_json::tree).finish()
    }

    /// Reads a file: JSON when its name ends in `.json`, else TOML.
    ///
    /// # Errors
    ///
    /// Every mistake in the file, or why it cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Draft::of_file(path.as_ref())?.finish()
    }

    fn of_tree(reader: &mut Reader, tree: &Node) -> Config {
        let mut config = Config::default();
        let mut given = BTreeSet::new();
        let (retry, entries): (Vec<_>, Vec<_>) =
            reader.entries("", tree).into_iter().partition(|entry| entry.key == "retry");
        for entry in entries {
            if !config.section(reader, "", entry, &mut given) {
                let message = if Settings::row(&entry.key).is_some() {
                    format!(
                        "`{}` stands outside of a section; move it below `[defaults]`",
                        entry.key
                    )
                } else {
                    keys::unknown("section", &entry.key, &SECTIONS)
                };
                reader.mistake("", Some(&entry.key), entry.line, message);
            }
        }
        for entry in retry {
            config.nested(reader, entry, &mut given);
        }
        check::profile(reader, &config);
        config
    }

    /// Reads the table `retry`, for configurations inside a larger file: sections, and settings for the defaults.
    fn nested(&mut self, reader: &mut Reader, entry: &Entry, given: &mut BTreeSet<String>) {
        let entries = reader.entries("retry", &entry.node);
        let (sections, settings): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| {
            SECTIONS.contains(&entry.key.as_str()) && {
                // `budget = "name"` and `breaker = "name"` are settings.
                matches!(entry.node.value, Value::Table(_))
            }
        });
        for section in sections {
            self.section(reader, "retry", section, given);
        }
        if !settings.is_empty() && given.contains("defaults") {
            let message =
                "the settings stand beside `defaults`, which are the same; move them there";
            reader.mistake("retry", None, entry.line, message);
            return;
        }
        if !settings.is_empty() {
            self.defaults = reader.settings("defaults", "retry", &settings);
            check::section(reader, "defaults", Scope::Shared, &self.defaults);
        }
    }

    /// Reads one section at `path`, unless it was `given` before; returns false when no section has this name.
    fn section(
        &mut self,
        reader: &mut Reader,
        path: &str,
        entry: &Entry,
        given: &mut BTreeSet<String>,
    ) -> bool {
        let node = &entry.node;
        if !given.insert(entry.key.clone()) {
            reader.mistake(path, Some(&entry.key), entry.line, given_twice(&entry.key));
            return true;
        }
        match entry.key.as_str() {
            "global" => self.global = reader.section("global", node),
            "defaults" => {
                self.defaults = reader.section("defaults", node);
                check::section(reader, "defaults", Scope::Shared, &self.defaults);
            }
            "profile" => {
                self.profile = reader.named("profile", node, |reader, path, _, settings| {
                    check::section(reader, path, Scope::Shared, settings);
                });
            }
            "op" => {
                self.op = reader.named("op", node, |reader, path, _, settings| {
                    check::section(reader, path, Scope::Operation, settings);
                });
            }
            "budget" => self.budget = reader.named("budget", node, check::budget),
            "breaker" => self.breaker = reader.named("breaker", node, check::overrides),
            _ => return false,
        }
        true
    }
}

/// A configuration with the mistakes found so far; [`Draft::resolve`] checks it against a program.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) config: Config,
    pub(crate) mistakes: Mistakes,
    /// Paths of the sections and keys that have a mistake.
    pub(crate) faulty: BTreeSet<String>,
}

type Syntax = fn(&str, &Text, &mut Mistakes) -> Option<Node>;

impl Draft {
    fn of(file: Option<&str>, text: &str, tree: Syntax) -> Self {
        let source = Text { file: file.map(str::to_owned), ..Text::default() };
        let mut reader = Reader { text: source, ..Reader::default() };
        let tree = tree(text, &reader.text, &mut reader.mistakes);
        let config = tree.map(|tree| Config::of_tree(&mut reader, &tree)).unwrap_or_default();
        let Reader { text, mistakes, faulty } = reader;
        Draft { config: Config { text, ..config }, mistakes, faulty }
    }

    pub(crate) fn of_file(path: &Path) -> Result<Self, ConfigErrors> {
        Draft::of_bytes(path, fs::read(path))
    }

    /// Reads the bytes of a file.
    pub(crate) fn of_bytes(path: &Path, bytes: io::Result<Vec<u8>>) -> Result<Self, ConfigErrors> {
        let name = path.display().to_string();
        let text = bytes.map_err(|error| error.to_string()).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
        });
        let text = text.map_err(|error| {
            Mistake::new(Origin::file(path), format!("the file cannot be read: {error}"))
        })?;
        let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        let tree = if is_json { syntax_json::tree } else { syntax_toml::tree };
        Ok(Draft::of(Some(&name), &text, tree))
    }

    fn finish(self) -> Result<Config, ConfigErrors> {
        self.mistakes.or(self.config)
    }
}

impl From<Config> for Draft {
    /// Checks every section, since code may have made or changed the configuration.
    fn from(config: Config) -> Self {
        let mut reader = Reader { text: config.text.clone(), ..Reader::default() };
        check::sections(&mut reader, &config);
        let Reader { mistakes, faulty, .. } = reader;
        Draft { config, mistakes, faulty }
    }
}

impl FromStr for Settings {
    type Err = ConfigErrors;

    /// Reads settings in one line, as in the attribute: `max = 5, base = '200ms', jitter = equal`.
    fn from_str(text: &str) -> Result<Self, ConfigErrors> {
        in_one_line(text, |reader, settings| {
            check::section(reader, "", Scope::Operation, settings);
        })
    }
}

impl FromStr for BudgetOverrides {
    type Err = ConfigErrors;

    /// Reads settings in one line, as in the attribute: `capacity = 20, cost = 1`.
    fn from_str(text: &str) -> Result<Self, ConfigErrors> {
        in_one_line(text, |reader, section| check::budget(reader, "", None, section))
    }
}

impl FromStr for BreakerOverrides {
    type Err = ConfigErrors;

    /// Reads settings in one line, as in the attribute: `rate = 0.3, open = '10s'`.
    fn from_str(text: &str) -> Result<Self, ConfigErrors> {
        in_one_line(text, |reader, section| check::overrides(reader, "", None, section))
    }
}

/// Reads one section in one line.
fn in_one_line<S: Section>(
    text: &str,
    check: impl FnOnce(&mut Reader, &S),
) -> Result<S, ConfigErrors> {
    let mut reader = Reader::default();
    let node = Node::new(None, Value::Table(inline::entries(text, &mut reader)));
    let section = reader.section("", &node);
    check(&mut reader, &section);
    reader.mistakes.or(section)
}

/// Reads one section in any format of serde.
fn deserialized<'de, S: Section, D: Deserializer<'de>>(
    deserializer: D,
    check: impl FnOnce(&mut Reader, &S),
) -> Result<S, D::Error> {
    let node = Node::deserialize(deserializer)?;
    let mut reader = Reader::default();
    let section = reader.section("", &node);
    check(&mut reader, &section);
    reader.mistakes.or(section).map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        let mut reader = Reader::default();
        let config = Config::of_tree(&mut reader, &node);
        reader.mistakes.or(config).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialized(deserializer, |reader, settings| {
            check::section(reader, "", Scope::Operation, settings);
        })
    }
}

impl<'de> Deserialize<'de> for BudgetOverrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialized(deserializer, |reader, section| check::preset(reader, "", section))
    }
}

impl<'de> Deserialize<'de> for BreakerOverrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialized(deserializer, |_, _| {})
    }
}
