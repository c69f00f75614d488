//! Settings from outside of the program.

mod announce;
mod change;
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
