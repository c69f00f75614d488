#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The types and traits of tasks that a message of rustc may name, under a path that a program can reach.
#[doc(hidden)]
pub mod annotated {
    pub use crate::__private::{
        Returnable, Shareable, Storable, drive, drive_blocking, state, stored,
    };
}
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod base;
mod event;
mod function;
pub mod machine;
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
mod value;
mod worker;

pub use base::{clock::Clock, clock::ManualClock, clock::SystemClock, time::Time};
pub use event::{Event, EventKind, Measured};
pub use function::{Function, functions};
pub use machine::{finish::AttemptEnd, retention::Retention};
pub use machine::{lease::Claimed, lease::Lease, orders::Ordered, orders::Verb, pace::Bucket};
pub use record::{NewTask, Progress, Record, id::NoTaskId, id::TaskId, reason::FailReason};
pub use record::{attempt::AttemptOutcome, attempt::TaskAttempt, lane::Lane};
pub use record::{state::Phase, state::State};
#[cfg(feature = "sqlite")]
pub use sqlite::builder::{Durability, SqliteBuilder};
pub use store::analytics::{Analytics, ByAttempt, Part, Sums};
pub use store::{Submitted, counts::Counts, error::StoreError, filter::Filter, filter::Page};
pub use tasks::{
    Tasks, error::TaskError, task::IntoTask, task::Task, task::WithKey, wait::Answer, wait::Watch,
};
pub use tasks::{current::Current, current::current};
pub use tasks::{info::Format, info::TaskInfo};
pub use worker::{Worker, builder::WorkerBuilder, error::StartError, handle::WorkerHandle};
