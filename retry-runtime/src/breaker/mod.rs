//! The circuit breaker: stops calling a dependency that is down, and probes carefully whether it is back.
//!
//! ```text
//!            rate, slow rate or consecutive failures reached
//!   Closed ──────────────────────────────────────────────────▶ Open
//!     ▲                                                       │  ▲
//!     │ certain to stay below the rate          its time is up│  │ certain to reach the rate,
//!     │                                                       ▼  │ or a probe is missing
//!     └─────────────────────────────────────────────────── HalfOpen
//!
//!   by order: ForcedOpen (refuses), Disabled (does nothing), Shadow (measures, never refuses)
//! ```
//!
//! - **Closed** keeps a window of outcomes (the last n, or the last t in 10 buckets) and decides after
//!   each record, once the window holds enough calls.
//! - **Open** refuses for 5 s, twice as long with every re-open, up to 60 s, ± 20 % so that many clients
//!   do not come back at the same moment. A call exactly at its end is admitted.
//! - **HalfOpen** admits 5 probes and decides by the same rate over their results, as soon as no further
//!   result could change it. A probe that is missing after 10 s opens again; one that was dropped gives its
//!   place back and decides nothing.
//!
//! Attempts are counted; failures that say nothing about the dependency's health (`Permanent`) and cancelled
//! attempts are not. Every result carries the generation in which it was admitted, and a result of an
//! earlier generation is ignored: a call that took a minute says nothing about the present. All transitions
//! are lazy: they take place when somebody calls or looks, dated back to when they were due.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | [`BreakerSettings`] and their check |
//! | `window/` | the rings of outcomes: by count, by time |
//! | `state/` | one struct per state: which calls it admits, how it counts a result |
//! | `machine` | [`Machine`]: the transitions; pure, `now` is an argument |
//! | `orders` | the orders of an operator |
//! | `ticket` | the answers of the machine, and [`CircuitOpen`] |
//! | `figures`, `snapshot` | the counts, and the state as data |
//! | `word` | the lock-free path: which calls a closed breaker admits and counts without the lock |
//! | `handle` | [`Breaker`]: the machine, its lock and its clock |
//! | `permit` | [`Permit`]: the RAII guard of one call |
//! | `listener` | who is told of transitions and refusals |
//! | `keyed` | [`Keyed`]: one breaker per host or shard, bounded |

mod figures;
mod handle;
mod keyed;
mod listener;
mod machine;
mod orders;
mod permit;
mod settings;
mod snapshot;
mod state;
mod ticket;
mod window;
mod word;

pub use crate::base::setting::SettingError as BreakerError;
pub use figures::Figures;
pub use handle::Breaker;
pub use keyed::Keyed;
pub(crate) use listener::Listener;
pub use machine::Machine;
pub use permit::Permit;
pub(crate) use permit::Place;
#[doc(hidden)]
pub use permit::Quick;
pub use settings::{BreakerSettings, Window};
pub use snapshot::Snapshot;
pub use ticket::{CircuitOpen, Mode, Refusal, Ticket, Transition};
pub use window::Outcome;
