//! The meaning of failures: kinds, classes, source chains, delays that servers ask for, redaction. The public part is
//! `retry_runtime::classify`.

mod chain;
pub(crate) mod class;
pub(crate) mod derived;
pub(crate) mod describe;
pub(crate) mod hint;
mod impls;
pub(crate) mod inject;
pub(crate) mod interruption;
pub(crate) mod into_class;
mod io_kind;
pub(crate) mod kinds;
pub(crate) mod lookup;
mod messages;
mod of_status;
pub(crate) mod outcome;
pub(crate) mod redact;
pub mod retry_after;
pub(crate) mod status;
mod std_impls;

pub use chain::of_error_chain;
pub use messages::{Patterns, of_message};
pub use of_status::of_status;
