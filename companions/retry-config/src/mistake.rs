//! The mistakes in a configuration: all of them at once, each with its place and its remedy.

use std::collections::HashSet;
use std::fmt;

use retry_runtime::control::OneLine;

use super::origin::Origin;

/// One mistake in a configuration.
///
/// Displays as `FILE:LINE: KEY: MESSAGE`; unknown parts are left out.
///
/// ```
/// use retry_config::Config;
///
/// for mistake in Config::from_toml("[defaults]\nmaxx = 3").unwrap_err().iter() {
///     assert_eq!(mistake.message(), "unknown key `maxx`; did you mean `max`?");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Mistake {
    origin: Origin,
    message: String,
}

impl Mistake {
    pub(crate) fn new(origin: Origin, message: impl Into<String>) -> Self {
        Mistake { origin, message: message.into() }
    }

    /// The place of the mistake: a key of a file, or an environment variable.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The mistake and its remedy.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Mistake {
    /// One line, whatever the names and values in the configuration contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(Unescaped(self)).fmt(f)
    }
}

/// A mistake with the names and values as they are written.
struct Unescaped<'m>(&'m Mistake);

impl fmt::Display for Unescaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake { origin, message } = self.0;
        match origin {
            Origin::Config { file, line, key } => {
                match (file, line) {
                    (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
                    (Some(file), None) => write!(f, "{file}: ")?,
                    (None, Some(line)) => write!(f, "line {line}: ")?,
                    (None, None) => {}
                }
                if !key.is_empty() {
                    write!(f, "{key}: ")?;
                }
            }
            Origin::BuiltIn => {}
            origin => write!(f, "{origin}: ")?,
        }
        f.write_str(message)
    }
}

/// Every mistake in a configuration that was not applied.
///
/// ```
/// use retry_config::Config;
///
/// let errors = Config::from_toml("[defaults]\nmaxx = 3\nbase = \"5 parsecs\"").unwrap_err();
/// assert_eq!(errors.to_string(), "\
/// line 2: defaults.maxx: unknown key `maxx`; did you mean `max`?
/// line 3: defaults.base: the duration \"5 parsecs\" has the unknown unit `parsecs`; \
/// write a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConfigErrors {
    mistakes: Vec<Mistake>,
}

impl ConfigErrors {
    /// The mistakes in the file, by line, then those in the environment.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.mistakes.iter()
    }

    /// The number of mistakes, at least one.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.mistakes.len()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.mistakes.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects mistakes.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    found: Vec<Mistake>,
    known: HashSet<Mistake>,
}

impl Mistakes {
    pub(crate) fn push(&mut self, mistake: Mistake) {
        if self.known.insert(mistake.clone()) {
            self.found.push(mistake);
        }
    }

    /// `value`, unless there are mistakes.
    pub(crate) fn or<T>(mut self, value: T) -> Result<T, ConfigErrors> {
        if self.found.is_empty() {
            return Ok(value);
        }
        // A stable sort: mistakes on the same line stay in the order in which they were found.
        self.found.sort_by_key(|mistake| match &mistake.origin {
            Origin::Config { line, .. } => (0, line.unwrap_or(0)),
            _ => (1, 0),
        });
        Err(ConfigErrors { mistakes: self.found })
    }
}

impl From<Mistake> for ConfigErrors {
    fn from(mistake: Mistake) -> Self {
        ConfigErrors { mistakes: vec![mistake] }
    }
}
