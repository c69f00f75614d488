//! The retry budget: how many retries a function may add to the load of a dependency.
//!
//! A retry helps if the failure was a chance event. If every attempt fails, three retries only make four times the load
//! for a dependency that is already down. A limit of each call does not prevent this; a budget of all calls does. The
//! budget is a token bucket that counts debt:
//!
//! - a retry adds a token to the debt, or 0.5 after `Throttled`, because the longer delay already lowers the load;
//! - a retry that succeeds takes its token off again, and so does a retry whose attempt was never made;
//! - a call that succeeds at its first attempt takes off 0.1, and time takes off a token a minute, so that a quiet client
//!   can retry again even if nothing succeeded;
//! - the debt may reach 6 tokens plus one for every 20 calls of the last 30 s, but no more than 20 tokens, which suits a
//!   tool, a service and one client of 2 000 alike ([settings](BudgetSettings#capacity));
//! - while there are at most three calls in 30 s, only the first three retries of a call are counted.
//!
//! In a simulation (`cargo run --example storm --release`), a dependency that is down gets about its normal load, and with
//! 20 % random failures, 99 % of the calls still succeed. The budgets of other libraries are
//! [presets](BudgetSettings#presets). With a [key](Keyed), a dead host does not use up the retries of the others.

// | file | holds |
// |---|---|
// | `settings`, `presets` | `BudgetSettings`, their check, the published schemes |
// | `bucket` | the arithmetic: pure, integer, `now` is an argument |
// | `volume` | the estimate of the calls of the last 30 s, and the capacity that follows it |
// | `rules` | the settings in force: those that the budget was made with, or a configuration's |
// | `handle`, `withdrawal` | `Budget`: the atomic and its clock; `Withdrawal`: the RAII guard of one retry |
// | `look` | looks: the tokens that a budget can pay at this moment |
// | `keyed` | `Keyed`: a bounded table of budgets, one per key |

mod bucket;
mod handle;
mod keyed;
mod look;
mod presets;
mod rules;
mod settings;
mod volume;
mod withdrawal;

pub use crate::base::setting::SettingError as BudgetError;
pub use handle::Budget;
pub(crate) use keyed::Entry;
pub use keyed::Keyed;
pub use presets::{PRESETS, UnknownPreset};
pub use settings::{BudgetSettings, Charge, DepositOn, Refund};
pub(crate) use volume::Calls;
pub use withdrawal::{Refused, Withdrawal};
