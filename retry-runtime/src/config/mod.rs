//! Settings from outside of the program.

mod change;
mod check;
mod environment;
mod explain;
mod glob;
mod inline;
mod keys;
mod layers;
mod mistake;
mod model;
mod names;
mod origin;
mod overlay;
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
mod written;

pub use change::Change;
pub use explain::{Explained, Explanation};
pub use mistake::{ConfigErrors, Mistake};
pub use model::{Config, Global};
pub use origin::Origin;
pub use protect::{BreakerOverrides, BudgetOverrides};
pub use settings::Settings;
pub use sites::{Declared, SiteInfo, SiteList};
pub use value::{Attempts, Growth, Named, TimeLimit};
