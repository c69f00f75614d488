//! The circuit breaker: refuses calls to a dependency that is down, and probes whether it is back.
//!
//! ```text
//!            rate, slow rate or consecutive failures reached
//!   Closed ──────────────────────────────────────────────────▶ Open
//!     ▲                                                       │  ▲
//!     │ certain to stay below the rate          its time is up│  │ certain to reach the rate,
//!     │                                                       ▼  │ or undecided at the last probe
//!     └─────────────────────────────────────────────────── HalfOpen
//!
//!   by order: ForcedOpen (refuses), Disabled (does nothing), Shadow (measures, never refuses)
//! ```
//!
//! - **Closed** keeps a window of outcomes (the last 200 calls, or the calls of a time in 10 buckets) and decides after
//!   each outcome, once the window has enough calls. The breaker also opens when the last 20 calls all failed, however few
//!   calls the window has. A window of calls forgets outcomes older than 15 minutes, so that old failures do not open the
//!   breaker, and a row of failures ends with a success or a pause of 15 minutes.
//! - **Open** refuses for 5 s, twice as long with every re-open, up to 60 s, ± 20 % so that many clients
//!   do not come back at the same moment. A call exactly at the end of this time is admitted.
//! - **HalfOpen** admits 5 probes at a time and decides by the same rate over 5 results, as soon as no further
//!   result could change the decision. A probe without a result 10 s after its start counts as failed. If a caller drops its
//!   probe, another call may probe, but each half-open period admits 10 probes at most: if these do not decide, the breaker
//!   opens again.
//!
//! The breaker counts attempts. A `Permanent` failure counts as a success: a dependency that says "no such thing" is
//! healthy. A value that `retry_if` rejects counts as a success, too. A refusal by another breaker is not counted.
//!
//! An attempt that its caller drops or cancels is not counted by itself: type-ahead, chat and `select!` drop calls to
//! healthy services, too. In a simulation (`cargo run --example storm --release`), a breaker that counts each of them as a
//! slow call refuses 97 % of the calls to a healthy service that takes 10 s. But 20 such attempts in a row (`min_calls`)
//! open the breaker, if each was dropped after `slow`, after the attempt's `timeout`, or after 1 s if neither is set, and no
//! answer of any kind came for 10 s: the dependency hangs. In the half-open state, such an attempt is a failed probe.
//!
//! A success of a closed breaker and a refusal of an open one take no lock: each thread counts them for itself, and the
//! next failure, or the next reader of the state, first adds up the counts of all threads. A success that happened before a
//! failure, on any thread, is counted before this failure, and so ends a row of failures. In a window of calls, the times of
//! such successes are spread evenly over the time since the counts were last added up. While the window has nothing but
//! successes, further successes are not counted. So only the order of successes among themselves, and the time when each is
//! forgotten, are not exact.
//!
//! Every result carries the generation in which it was admitted, and a result of an
//! earlier generation is ignored: a call that took a minute says nothing about the present. All transitions are lazy:
//! they take place at the next call or the next look at the state, with the time at which they were due.

// | file | holds |
// |---|---|
// | `settings` | `BreakerSettings` and their check |
// | `window/` | the rings of outcomes: by count, by time |
// | `state/` | one struct per state: which calls it admits, how it counts a result |
// | `machine` | `Machine`: the transitions; pure, `now` is an argument |
// | `orders` | the orders of an operator |
// | `tick` | `Tick`: a moment of a breaker, in one word |
// | `ticket` | the answers of the machine, and `CircuitOpen` |
// | `figures`, `snapshot` | the counts, and the state as data |
// | `word` | the lock-free paths: which calls a closed breaker admits, and an open one refuses, without the lock |
// | `runs` | the results that threads count for themselves on those paths |
// | `paths` | what the machine takes from these paths and tells them |
// | `handle` | `Breaker`: the machine, its lock and its clock |
// | `steps` | the steps of a call at its breaker, without the lock and with it |
// | `permit` | `Permit`: the RAII guard of one call |
// | `listener` | who is told of transitions and refusals |
// | `share` | `Share`: the seam to the breakers of other processes |
// | `follow` | what their word does to this one |
// | `keyed` | `Keyed`: one breaker per host or shard, bounded |

mod figures;
mod follow;
mod handle;
mod keyed;
mod listener;
mod machine;
mod orders;
mod paths;
mod permit;
mod runs;
mod settings;
mod share;
mod snapshot;
mod state;
mod steps;
mod tick;
mod ticket;
mod window;
mod word;

pub use crate::base::setting::SettingError as BreakerError;
pub use figures::Figures;
pub use handle::Breaker;
pub use keyed::Keyed;
pub(crate) use keyed::{Entry, is_short, short};
pub(crate) use listener::Listener;
pub use machine::Machine;
pub use permit::Permit;
pub(crate) use permit::Place;
#[doc(hidden)]
pub use permit::Quick;
pub(crate) use settings::PATIENCE;
pub use settings::{BreakerSettings, Window};
pub use share::Share;
#[doc(hidden)]
pub use share::{Link, Stance, link, unlink};
pub use snapshot::Snapshot;
pub use state::Turn;
pub use ticket::{CircuitOpen, Mode, Refusal, Ticket, Transition};
pub use window::Outcome;
