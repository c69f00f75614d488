//! One call of a retryable function: it counts attempts and decides after each failure. It never sleeps.
//!
//! | file | holds |
//! |---|---|
//! | `state` | `Call`: plain, light, with a trail, or ended |
//! | `plain` | the first try of a call without configuration, limit or observer: everything that keeps it cheap |
//! | `light` | a call that is limited or configured, and nothing else |
//! | `attempt` | the surroundings of a running attempt: its limits, its span, the context of the calls inside |
//! | `trail`, `mode`, `spare` | the memory of a call that failed or is observed |
//! | `decide`, `verdict` | the order of all decisions after a failed attempt |
//! | `account` | payments to and from the retry budget |
//! | `end` | the end of a call, and its report |
//! | `emit` | the events of a call |
//! | `protection`, `key`, `known`, `by_name` | the breaker and the budget of a call; texts of keys; the keys that a thread has used last; breakers and budgets by name |
//! | `context` | the thread-local context of the running call: its deadline, observer, interceptor |
//! | `intercept`, `intercepted` | the seam for tests and chaos |
//! | `inherited` | a deadline that is carried into another task |
//! | `cancel`, `live/` | cancellation tokens; the list of sleeping calls |
//! | `observe`, `receiver` | reports from outside |
//! | `resume`, `handover` | calls whose attempts a queue of tasks makes separately |

mod account;
pub(crate) mod attempt;
pub(crate) mod by_name;
pub(crate) mod cancel;
pub(crate) mod context;
pub(crate) mod decide;
mod emit;
mod end;
pub(crate) mod handover;
pub(crate) mod inherited;
pub(crate) mod intercept;
pub(crate) mod intercepted;
pub(crate) mod key;
mod known;
mod light;
pub mod live;
mod mode;
pub(crate) mod observe;
pub(crate) mod own;
mod plain;
pub(crate) mod protection;
mod receiver;
pub(crate) mod resume;
mod spare;
pub(crate) mod state;
mod trail;
pub(crate) mod verdict;
