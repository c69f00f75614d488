//! The retry budget: how many retries a function may add to the load of a dependency.
//!
//! A retry is a bet that the failure was an accident. When everything fails the bet is lost every time,
//! and three retries make four times the load for a dependency that is already down. A limit per call
//! cannot see that; a budget shared by all calls can. Ours is a token bucket:
//!
//! - it stores the tokens that are owed. A retry owes 1, or 0.5 after `Throttled`, where the delay is what helps;
//! - a retry that succeeds is given back what it owed: it was a good bet. So is one that was never made;
//! - a call that succeeds at its first try pays off 0.1, and time pays off a token a minute, so that a quiet client can
//!   retry again although nothing ever succeeded;
//! - it may owe 6 tokens and a twentieth of the calls of the last 30 s, at most 20, so that a tool, a service and one
//!   client of 2 000 each get what their dependency can bear ([settings](BudgetSettings#capacity));
//! - while there are at most three calls in 30 s, retries after the third of a call owe nothing.
//!
//! A dead dependency therefore sees about one times its load, while 20 % random failures still succeed
//! 99 % of the time. Published schemes are [presets](BudgetSettings#presets). With a [key](Keyed), a dead host does not
//! spend the retries of the others.

// | file | holds |
// |---|---|
// | `settings`, `presets` | `BudgetSettings`, their check, the published schemes |
// | `bucket` | the arithmetic: pure, integer, `now` is an argument |
// | `volume` | the estimate of the calls of the last 30 s, and the capacity that follows it |
// | `rules` | the settings in force: those that the budget was made with, or a configuration's |
// | `handle`, `withdrawal` | `Budget`: the atomic and its clock; `Withdrawal`: the RAII guard of one retry |
// | `keyed` | `Keyed`: a bounded table of budgets, one per key |

mod bucket;
mod handle;
mod keyed;
mod presets;
mod rules;
mod settings;
mod volume;
mod withdrawal;

pub use crate::base::setting::SettingError as BudgetError;
pub use handle::Budget;
pub use keyed::Keyed;
pub use presets::{PRESETS, UnknownPreset};
pub use settings::{BudgetSettings, Charge, DepositOn, Refund};
pub(crate) use volume::Calls;
pub use withdrawal::{Refused, Withdrawal};
