//! The origin of a value: the layer and the place that set it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::short::moved;
use retry_runtime::control::OneLine;

/// The origin of a value.
///
/// ```
/// use retry_config::Origin;
///
/// let origin = Origin::Environment { variable: "RETRY__ALL__MAX".into() };
/// assert_eq!(origin.to_string(), "environment RETRY__ALL__MAX");
/// assert_eq!(Origin::BuiltIn.to_string(), "built-in");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// The default: no layer sets the value.
    BuiltIn,
    /// The function's attribute.
    Attribute {
        /// The source file.
        file: String,
        /// The attribute's line, from 1.
        line: u32,
    },
    /// A configuration; the key names the section: `[defaults]`, a profile, or an operation.
    Config {
        /// The file; `None` when the configuration was not read from a file.
        file: Option<String>,
        /// The line, from 1; `None` without a text.
        line: Option<usize>,
        /// The whole key: `op."billing::*".max`.
        key: String,
    },
    /// An environment variable.
    Environment {
        /// The name of the variable.
        variable: String,
    },
}

impl Origin {
    /// A whole file.
    pub(crate) fn file(path: &Path) -> Self {
        Origin::Config { file: Some(path.display().to_string()), line: None, key: String::new() }
    }

    pub(crate) fn variable(name: &str) -> Self {
        Origin::Environment { variable: name.to_owned() }
    }
}

impl fmt::Display for Origin {
    /// One line, whatever the names in the configuration contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(Unescaped(self)).fmt(f)
    }
}

/// An origin with the names as they are written.
struct Unescaped<'o>(&'o Origin);

impl fmt::Display for Unescaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Origin::BuiltIn => f.write_str("built-in"),
            Origin::Attribute { file, line } => write!(f, "attribute at {file}:{line}"),
            Origin::Config { file, line, key } => {
                if let Some(name) = profile(key) {
                    write!(f, "profile {name}: ")?;
                }
                write!(f, "{key}")?;
                match (file, line) {
                    (Some(file), Some(line)) => write!(f, " at {file}:{line}"),
                    (Some(file), None) => write!(f, " in {file}"),
                    (None, Some(line)) => write!(f, " at line {line}"),
                    (None, None) => Ok(()),
                }
            }
            Origin::Environment { variable } => write!(f, "environment {variable}"),
        }
    }
}

/// `NAME` of `profile.NAME.max`.
fn profile(key: &str) -> Option<&str> {
    let (name, _) = key.strip_prefix("profile.")?.rsplit_once('.')?;
    Some(name)
}

/// A part of a key as TOML writes it, in quotes where TOML needs them.
pub(crate) fn quoted(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !part.is_empty() && part.chars().all(bare) { part.to_owned() } else { format!("{part:?}") }
}

/// The path of a key below another path.
pub(crate) fn below(path: &str, part: &str) -> String {
    if path.is_empty() { quoted(part) } else { format!("{path}.{}", quoted(part)) }
}

/// The text that a configuration was read from: its file's name and the line of each key.
///
/// All texts are equal, so that configurations with the same settings are equal wherever they were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) file: Option<String>,
    pub(crate) lines: BTreeMap<String, usize>,
    /// The paths of sections as they are written, by the paths with the whole names of their operations.
    pub(crate) written: BTreeMap<String, String>,
}

impl Text {
    /// The place of a key.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        let mut renamed = self.written.iter();
        let written = renamed.find_map(|(whole, written)| moved(key, whole, written));
        let key = written.as_deref().unwrap_or(key);
        self.at(self.lines.get(key).copied(), key)
    }

    /// A line; `key` is empty when the line is not about one key.
    pub(crate) fn at(&self, line: Option<usize>, key: &str) -> Origin {
        Origin::Config { file: self.file.clone(), line, key: key.to_owned() }
    }
}

impl PartialEq for Text {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
