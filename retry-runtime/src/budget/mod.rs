//! The retry budget: how many retries a function may add to the load of a dependency.
//!
//! A retry is a bet that the failure was an accident. When everything fails the bet is lost every time,
//! and three retries make four times the load for a dependency that is already down. A limit per call
//! cannot see that; a budget shared by all calls can. Ours is a token bucket:
//!
//! - it starts full (10 tokens); a retry costs 1, or 0.5 after `Throttled`, where the delay is what helps;
//! - a retry that succeeds gets its cost back: it was a good bet;
//! - a call that succeeds at its first try adds 0.1, and 1 token per 10 min comes back by time, so that a
//!   quiet client can retry again although nothing ever succeeded;
//! - a retry that was never made, or whose future was dropped midway, gives its token back.
//!
//! A dead dependency therefore sees about one times its load, while 20 % random failures still succeed
//! 99 % of the time. Published schemes are [presets](BudgetSettings#presets).
//!
//! | file | holds |
//! |---|---|
//! | `settings`, `presets` | [`BudgetSettings`], their check, the published schemes |
//! | `bucket` | the arithmetic: pure, integer, `now` is an argument |
//! | `handle`, `withdrawal` | [`Budget`]: the atomic and its clock; [`Withdrawal`]: the RAII guard of one retry |

mod bucket;
mod handle;
mod presets;
mod settings;
mod withdrawal;

pub use crate::base::setting::SettingError as BudgetError;
pub use handle::Budget;
pub use presets::{PRESETS, UnknownPreset};
pub use settings::{BudgetSettings, Charge, DepositOn, Refund};
pub use withdrawal::{Refused, Withdrawal};
