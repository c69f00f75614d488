//! The annotated function: its static, its settings, its counts and its history.
//!
//! | file | holds |
//! |---|---|
//! | `function`, `meta` | [`Site`]: one static for each annotated function, and its name and place |
//! | `declare` | sites that are made while the program runs |
//! | `labels` | the parts of a function whose calls have a label |
//! | `registry` | the list of sites, which the linker collects |
//! | `flags` | one number that says whether a call has anything to prepare |
//! | `telling` | the events of a function, and the number of those that `tracing` did not get |
//! | `measure` | the durations of attempts, for functions that measure them |
//! | `ledger` | counts, and the history of calls that did not succeed at once |
//! | `source`, `directory`, `shared` | budgets and breakers: a function's own, or shared by name |
//! | `budget`, `breaker` | the same for budgets alone, and for breakers alone |
//! | `configuration`, `applied` | the seam for a configuration, and the settings in force |
//! | `doctor` | findings about how functions are used |

mod applied;
mod breaker;
mod budget;
pub(crate) mod configuration;
mod declare;
mod directory;
pub(crate) mod doctor;
mod flags;
mod function;
mod labels;
pub(crate) mod ledger;
mod measure;
mod meta;
pub(crate) mod registry;
mod shared;
mod source;
mod telling;

pub(crate) use applied::{Effective, switched_off};
pub(crate) use breaker::find_breaker;
pub use breaker::{BreakerRef, NO_BREAKER, SiteBreaker, breakers};
pub use budget::{SiteBudget, budget_keys, budgets};
pub(crate) use budget::{counted, find_budget};
pub(crate) use function::NOBODY;
pub use function::Site;
pub use ledger::{HistoryLimits, limit_history};
pub use meta::Meta;
