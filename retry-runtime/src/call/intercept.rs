//! The seam between a call and its surroundings: clock, sleeps, random numbers, policy, budget, breaker, faults.
//!
//! An interceptor answers for one or more of them. A testing scope is one: it holds for a thread or a task
//! ([`context`](super::context)). Chaos is another: it holds for functions that a configuration names ([`install`]). A plain call asks
//! nobody; every other call asks once, when it starts, and keeps its interceptor to its end.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::sleep::{Sleep, Sleeping};
use crate::breaker::{Breaker, Keyed};
use crate::budget::Budget;
use crate::failure::interruption::Interruption;
use crate::policy::Policy;
use crate::report::record::Report;
use crate::site::Site;

/// Answers in place of a call's surroundings; each default leaves them as they are.
pub trait Intercept: fmt::Debug + Send + Sync {
    /// The interceptor itself, for the crate that wrote it.
    fn as_any(&self) -> &dyn Any;

    /// The current time; `None` for that of the engine's clock.
    fn now(&self) -> Option<Instant> {
        None
    }

    /// A call starts, of an annotated function or of a policy alone.
    fn begin(&self, _site: Option<&'static Site>, _policy: &Policy) -> Begun {
        Begun::default()
    }

    /// Something happened in a call.
    fn note(&self, _call: &Passage, _note: Note<'_>) {}

    /// A fault that replaces the body of the attempt that starts now.
    fn fault(&self, _call: &Passage, _attempt: u32, _can: &Can) -> Option<Fault> {
        None
    }

    /// A sleep; `None` for one by the engine's timer.
    fn sleep(&self, _wait: Wait<'_>) -> Option<Sleep> {
        None
    }

    /// Blocks the thread until `duration` is over or `cancelled` answers yes; `false` leaves that to the engine.
    fn block(&self, _duration: Duration, _cancelled: &mut dyn FnMut() -> bool) -> bool {
        false
    }

    /// The budget that pays instead of this one; `None` for no budget.
    fn budget(&self, own: &'static Budget) -> Option<&'static Budget> {
        Some(own)
    }

    /// The breaker that is asked instead of this one.
    fn breaker(&self, own: &'static Breaker) -> &'static Breaker {
        own
    }

    /// The breaker of a key that is asked instead of the one in this table.
    fn keyed_breaker(&self, own: &'static Keyed<String>, key: &str) -> Arc<Breaker> {
        own.get(key)
    }
}

/// How an interceptor changes a call that starts.
#[derive(Debug, Default)]
pub struct Begun {
    /// The call's number, given by the interceptor.
    pub number: u64,
    /// Replaces the call's policy.
    pub policy: Option<&'static Policy>,
    /// Replaces the call's random numbers by those of this seed.
    pub seed: Option<u64>,
    /// Whether the call is timed and keeps a report.
    pub watched: bool,
}

/// The call that an interceptor is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    /// The annotated function; `None` for a call of a policy alone.
    pub site: Option<&'static Site>,
    /// The number from [`Begun`].
    pub number: u64,
}

/// What an interceptor is told about a call.
#[derive(Clone, Copy, Debug)]
pub enum Note<'a> {
    /// An attempt starts.
    Attempt,
    /// A pause of this length was decided.
    Delay(Duration),
    /// The pause that was decided last is not slept.
    DelayCalledOff,
    /// The call ended, and its report is complete.
    End(&'a Report),
}

/// A sleep that a call needs.
pub enum Wait<'a> {
    /// The pause between two attempts, or an injected latency.
    Pause(Duration),
    /// A limit on work that may take real time; the function makes the engine's own sleep.
    Limit(Duration, &'a dyn Fn() -> Sleep),
    /// A sleep without an end.
    Never,
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Pause(length) => f.debug_tuple("Pause").field(length).finish(),
            Wait::Limit(length, _) => f.debug_tuple("Limit").field(length).finish_non_exhaustive(),
            Wait::Never => f.write_str("Never"),
        }
    }
}

/// A fault: latency first, then an act in place of the body.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Time that passes before anything else happens.
    pub latency: Option<Duration>,
    /// What happens instead of the body.
    pub act: Act,
    /// Whether the body runs before the act, and its outcome is lost.
    pub after_body: bool,
}

/// What happens instead of the body.
#[derive(Clone)]
pub enum Act {
    /// The body runs, and its outcome counts.
    Body,
    /// The attempt fails with this error, whose type is [`Can::error`].
    Fail(Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>),
    /// The attempt fails with an interruption.
    Interrupt(Interruption),
    /// The attempt does not end by itself.
    Hang,
    /// The attempt panics.
    Panic,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Interrupt(interruption) => f.debug_tuple("Interrupt").field(interruption).finish(),
            Act::Body => f.write_str("Body"),
            Act::Fail(_) => f.write_str("Fail"),
            Act::Hang => f.write_str("Hang"),
            Act::Panic => f.write_str("Panic"),
        }
    }
}

/// Which faults a function can have.
#[derive(Clone, Copy, Debug)]
pub struct Can {
    /// The type of the error, if the error is [`Inject`](crate::failure::inject::Inject).
    pub error: Option<TypeId>,
    /// The name of the error's type.
    pub error_name: &'static str,
    /// Whether the error can be made from an [`Interruption`].
    pub interrupt: bool,
    /// Whether an attempt can hang: it is `async`.
    pub hang: bool,
}

/// The interceptor of a call, and the fault that its running attempt suffers.
#[derive(Debug)]
pub(crate) struct Intercepted {
    pub(super) by: Arc<dyn Intercept>,
    pub(super) passage: Passage,
    pub(super) policy: Option<&'static Policy>,
    /// The attempt that was asked about last.
    pub(super) asked: u32,
    pub(super) stage: Option<Stage>,
}

/// How far a fault has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The latency passes.
    Late(Sleeping, Fault),
    /// The body runs, and its outcome is lost.
    Body(Fault),
    /// The attempt hangs until a limit ends it.
    Hang(Sleeping),
}
