#![doc = include_str!("chapter.md")]
#![doc = "```toml"]
#![doc = include_str!("example.toml")]
#![doc = "```"]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod change;
pub mod chaos;
mod check;
mod choice;
mod draft;
mod effective;
mod environment;
mod explain;
mod inline;
mod keys;
mod layers;
mod live;
mod mistake;
mod model;
mod names;
mod origin;
mod overlay;
mod program;
mod protect;
mod reader;
mod resolve;
mod rules;
mod section;
mod settings;
mod short;
mod sites;
mod syntax_json;
mod syntax_toml;
mod tree;
mod value;
#[cfg(feature = "watch")]
mod watch;
mod written;

pub use change::Change;
pub use effective::Effective;
pub use explain::{Explained, Explanation};
pub use live::{Applied, apply, current, explain, explain_all, export, load, reset};
pub use mistake::{ConfigErrors, Mistake};
pub use model::{Config, Global};
pub use origin::Origin;
pub use protect::{BreakerOverrides, BudgetOverrides};
/// ```
/// use retry_config::{Attempts, Settings};
///
/// let settings: Settings = "attempts = forever".parse()?;
/// assert_eq!(settings.attempts, Some(Attempts::Forever));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[doc(inline)]
pub use retry_runtime::control::Attempts;
/// ```
/// use retry_config::{HintCap, Settings};
/// use std::time::Duration;
///
/// let settings: Settings = "hint_cap = clamp(10s)".parse()?;
/// assert_eq!(settings.hint_cap, Some(HintCap::Clamp(Duration::from_secs(10))));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[doc(inline)]
pub use retry_runtime::control::HintCap;
pub use settings::Settings;
pub use sites::{Declared, SiteInfo, SiteList};
pub use value::{Growth, Named, TimeLimit};
#[cfg(feature = "watch")]
pub use watch::{Watcher, watch};

// The example of the front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::section::Section;
    use super::*;

    const EXAMPLE: &str = include_str!("example.toml");

    #[test]
    fn the_example_of_the_documentation_is_a_configuration() {
        let config = Config::from_toml(EXAMPLE).unwrap();
        assert_eq!(config.profile.len(), 2);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(Config::from_json(&json).unwrap(), config);
    }

    #[test]
    fn the_example_of_the_documentation_shows_every_section_and_every_setting() {
        let keys = EXAMPLE.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
        let keys: Vec<&str> = keys.collect();
        let settings = Settings::keys().into_iter().chain(Global::keys());
        // `chaos` needs another crate, and has an example in its own module.
        for setting in settings.filter(|setting| *setting != "chaos") {
            assert!(keys.contains(&setting), "`{setting}` is not in the example");
        }
        for section in ["global", "defaults", "profile", "budget", "breaker", "op"] {
            assert!(
                EXAMPLE.contains(&format!("\n[{section}")),
                "[{section}] is not in the example"
            );
        }
    }

    #[test]
    fn the_documentation_lists_every_name_of_other_libraries_that_is_understood() {
        let chapter = include_str!("chapter.md");
        let aliases = Settings::ROWS.iter().flat_map(|row| row.aliases).copied();
        for name in aliases.chain(keys::endings()) {
            assert!(chapter.contains(&format!("`{name}`")), "`{name}` is not in the chapter");
        }
    }
}
