#![doc = include_str!("chapter.md")]
#![doc = "```toml"]
#![doc = include_str!("example.toml")]
#![doc = "```"]

mod announce;
mod change;
pub mod chaos;
mod check;
mod environment;
mod explain;
mod glob;
mod inline;
mod keys;
mod layers;
mod live;
mod mistake;
mod model;
mod names;
mod origin;
mod overlay;
mod overrides;
mod program;
mod protect;
mod reader;
mod resolve;
mod rules;
mod sections;
mod settings;
mod sites;
mod syntax_json;
mod syntax_toml;
mod tree;
mod value;
#[cfg(feature = "config-watch")]
mod watch;
mod written;

pub use change::Change;
pub use explain::{Explained, Explanation};
pub use live::{Applied, apply, current, explain, export, load, reset};
pub use mistake::{ConfigErrors, Mistake};
pub use model::{Config, Global};
pub use origin::Origin;
pub use protect::{BreakerOverrides, BudgetOverrides};
pub use settings::Settings;
pub use sites::{Declared, SiteInfo, SiteList};
pub use value::{Attempts, Growth, Named, TimeLimit};
#[cfg(feature = "config-watch")]
pub use watch::{Watcher, watch};

#[cfg(test)]
mod tests {
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
        for setting in keys::SETTINGS.iter().chain(&Global::KEYS) {
            assert!(keys.contains(setting), "`{setting}` is not in the example");
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
        for name in keys::accepted() {
            assert!(chapter.contains(&format!("`{name}`")), "`{name}` is not in the chapter");
        }
    }
}
