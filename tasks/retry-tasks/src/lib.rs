#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod base;
mod event;
mod function;
mod machine;
mod memory;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
mod record;
pub mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod store;
mod tasks;
mod worker;

pub use base::clock::{Clock, ManualClock, SystemClock};
pub use base::time::Time;
pub use event::{Event, EventKind};
pub use function::{Function, functions};
pub use machine::finish::AttemptEnd;
pub use machine::lease::{Claimed, Lease};
pub use machine::orders::{Ordered, Verb};
pub use machine::retention::Retention;
pub use record::attempt::{AttemptOutcome, TaskAttempt};
pub use record::id::{NoTaskId, TaskId};
pub use record::reason::FailReason;
pub use record::state::{Phase, State};
pub use record::{NewTask, Progress, Record};
#[cfg(feature = "sqlite")]
pub use sqlite::builder::{Durability, SqliteBuilder};
pub use store::Submitted;
pub use store::analytics::{Analytics, ByAttempt, Sums};
pub use store::counts::Counts;
pub use store::error::StoreError;
pub use store::filter::{Filter, Page};
pub use tasks::Tasks;
pub use tasks::error::TaskError;
pub use tasks::info::{Format, TaskInfo};
pub use tasks::task::Task;
pub use tasks::wait::{Answer, Watch};
pub use worker::Worker;
pub use worker::builder::WorkerBuilder;
pub use worker::current::{Current, current};
pub use worker::error::StartError;
