#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod analytics;
mod clock;
mod error;
mod event;
mod function;
mod id;
mod info;
mod list;
mod machine;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
mod record;
mod state;
pub mod store;
mod task;
mod tasks;
mod time;
mod verb;
mod wait;
mod worker;

pub use analytics::{Analytics, ByAttempt};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{StartError, StoreError, TaskError};
pub use event::{Event, What};
pub use function::{Function, functions};
pub use id::{NoTaskId, TaskId};
pub use info::{Format, TaskInfo};
pub use list::{Counts, Filter, Page};
pub use machine::Attempted;
pub use record::{AttemptOutcome, Claimed, Lease, NewTask, Progress, Record, TaskAttempt};
pub use state::{FailReason, Phase, State};
#[cfg(feature = "sqlite")]
pub use store::sqlite::{Durability, SqliteBuilder};
pub use store::{Retention, Submitted};
pub use task::Task;
pub use tasks::Tasks;
pub use time::Time;
pub use verb::{Ordered, Verb};
pub use wait::{Answer, Watch};
pub use worker::{Current, Host, Worker, WorkerBuilder, current};
