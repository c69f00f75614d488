//! Where a value comes from.

use std::collections::BTreeMap;
use std::fmt;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Nobody said anything else.
    BuiltIn,
    /// The function's attribute.
    Attribute {
        /// The source file.
        file: String,
        /// The attribute's line, from 1.
        line: u32,
    },
    /// A configuration: its `[defaults]`, a profile, or the section of an operation, as the key says.
    Config {
        /// The file, when it was read from one.
        file: Option<String>,
        /// The line, from 1, when there is a text.
        line: Option<usize>,
        /// The whole key: `op."billing::*".max`.
        key: String,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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

/// The name in `profile.NAME.max`.
fn profile(key: &str) -> Option<&str> {
    let (name, _) = key.strip_prefix("profile.")?.rsplit_once('.')?;
    Some(name)
}

/// A part of a key as TOML writes it: in quotes where it has to be.
pub(crate) fn quoted(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !part.is_empty() && part.chars().all(bare) { part.to_owned() } else { format!("{part:?}") }
}

/// A key below another.
pub(crate) fn below(path: &str, part: &str) -> String {
    if path.is_empty() { quoted(part) } else { format!("{path}.{}", quoted(part)) }
}

/// The text that a configuration was read from: its file's name and the line of each key.
///
/// Two configurations that say the same are equal wherever that was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(crate) file: Option<String>,
    pub(crate) lines: BTreeMap<String, usize>,
}

impl Text {
    pub(crate) fn origin(&self, key: &str) -> Origin {
        let line = self.lines.get(key).copied();
        Origin::Config { file: self.file.clone(), line, key: key.to_owned() }
    }
}

impl PartialEq for Text {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
