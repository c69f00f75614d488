//! The circuit breaker: stops calling a dependency that is down, and probes carefully whether it is back.
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
//! - **Closed** keeps a window of outcomes (the last n, or the last t in 10 buckets) and decides after
//!   each record, once the window holds enough calls. It also opens when the last 20 calls all failed, however
//!   few calls the window still holds: a count window forgets what is older than 15 minutes, so that the failures
//!   of last month do not open it, and a row of failures ends with a success or a pause of that length.
//! - **Open** refuses for 5 s, twice as long with every re-open, up to 60 s, ± 20 % so that many clients
//!   do not come back at the same moment. A call exactly at its end is admitted.
//! - **HalfOpen** admits 5 probes at a time and decides by the same rate over 5 results, as soon as no further
//!   result could change it. A probe without a result 10 s after its own start failed. One that its caller drops
//!   gives its place back, but a period admits 10 probes at most: if the last of them ends undecided, it opens again.
//!
//! Attempts are counted. A `Permanent` failure is a success for the breaker: a dependency that says "no such thing"
//! is healthy. So is a value that `retry_if` rejects. A refusal by another breaker is not counted.
//!
//! An attempt that its caller drops or cancels is nobody's verdict by itself. Type-ahead, chat and `select!` leave in
//! health, and a breaker that takes each of them for a slow call refuses 97 % of the calls to a healthy service that
//! takes 10 s. But 20 of them in a row (`min_calls`), each dropped after `slow`, after the attempt's `timeout`, or
//! after 1 s where neither is set, with no answer of any kind for 10 s, say that the other side hangs: they open the
//! breaker. In the half-open state, such a drop is a failed probe.
//!
//! A success of a closed breaker and a refusal of an open one take no lock: each thread counts them for itself, and
//! whoever counts a failure or looks takes them in first. A success that happened before a failure, on any thread, is
//! counted before it, and so ends the row of failures before it; of two that happen at the same time either may come
//! first. In a count window, the times of such successes are spread evenly over the time since the last failure or look.
//! When the window holds nothing but successes, further ones are not counted: the next look takes it that they went on
//! until then. That is harmless: what is not known exactly is only when successes will be forgotten, and in what order
//! they came among themselves.
//!
//! Every result carries the generation in which it was admitted, and a result of an
//! earlier generation is ignored: a call that took a minute says nothing about the present. All transitions
//! are lazy: they take place when somebody calls or looks, dated back to when they were due.

// | file | holds |
// |---|---|
// | `settings` | `BreakerSettings` and their check |
// | `window/` | the rings of outcomes: by count, by time |
// | `state/` | one struct per state: which calls it admits, how it counts a result |
// | `machine` | `Machine`: the transitions; pure, `now` is an argument |
// | `orders` | the orders of an operator |
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
mod ticket;
mod window;
mod word;

pub use crate::base::setting::SettingError as BreakerError;
pub use figures::Figures;
pub use handle::Breaker;
pub use keyed::Keyed;
pub(crate) use keyed::{is_short, short};
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
