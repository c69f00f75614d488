//! A console in the browser for programs with retries: shows every call, breaker and task as it changes, and controls them.
//!
//! ```no_run
//! use retry_console::Console;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! // In your own axum application:
//! let console = Console::builder().token_from_env("RETRY_CONSOLE_TOKEN").build()?;
//! let app: axum::Router = axum::Router::new().nest_service("/admin/retry", console.clone());
//!
//! // Or by itself; the program prints the address with a token:
//! console.serve("127.0.0.1:7600").await?;
//! # Ok(())
//! # }
//! ```
//!
//! The pages come with the crate and load nothing from other hosts. Everything that they show comes from a JSON API, which is
//! [described below](#the-json-api-of-the-console) and can be used without the pages; [`Snapshot`] and the other types are its values.
//!
//! # Who may look, and who may act
//!
//! A console that is mounted without a token answers only requests from its own machine. A console that serves by itself makes a
//! token and prints it once. With a token, each request needs it: as `Authorization: Bearer TOKEN`,
//! or once as `?token=TOKEN` in the browser, which keeps it as a strict cookie that no script can read. A second token may look
//! and give no orders; a read-only console takes none. Requests from pages of other sites, with a foreign `Host`, or orders
//! without the header `X-Retry-Console` are refused. Each order is told to `tracing` at INFO, target `retry_console::audit`. Errors
//! and arguments are redacted as everywhere ([`redact_errors_with`](retry_runtime::redact_errors_with)).
//!
//! # Cost
//!
//! Calls cost nothing more while nobody looks. While somebody looks, calls that fail also make the events that the page shows. To read
//! the state of the program, the console takes at most 4 % of a core, however many calls and readers there are: it looks less often if
//! a look takes longer.
//!
#![doc = include_str!("../API.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod console;
mod data;
#[cfg(feature = "tasks")]
mod jobs;
mod live;
mod serve;

pub use console::{Console, ConsoleBuilder, ConsoleError};
pub use data::model::{
    BreakerState, BudgetState, CallCounts, ErrorGroup, Function, FunctionDetail, Live, LiveState,
    News, Overview, Past, PastAttempt, Process, Role, Setting, Snapshot, Transition,
};
pub use data::rates::Rates;
