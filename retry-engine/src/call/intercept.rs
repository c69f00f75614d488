//! The seam between a call and its surroundings: clock, sleeps, random numbers, policy, budget, breaker, faults.
//!
//! An interceptor replaces one or more of them. A testing scope is an interceptor for a thread or a task
//! ([`context`](super::context)). Chaos is an interceptor for the functions that a configuration names
//! ([`install`](super::intercepted::install)). A plain call has no interceptor. Every other call looks for one when it
//! starts, and keeps that interceptor until its end.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base::sleep::{Sleep, Sleeping};
use crate::base::time::Instant;
use crate::breaker::{Breaker, Keyed};
use crate::budget::{self, Budget};
use crate::failure::interruption::Interruption;
use crate::policy::Policy;
use crate::report::record::Report;
use crate::site::Site;

/// Replaces parts of a call's surroundings. Each default method replaces nothing.
pub trait Intercept: fmt::Debug + Send + Sync {
    /// The interceptor itself, so that its crate can downcast it.
    fn as_any(&self) -> &dyn Any;

    /// The current time; `None` to use the engine's clock.
    fn now(&self) -> Option<Instant> {
        None
    }

    /// A call starts, of an annotated function or of a policy alone.
    fn begin(&self, _site: Option<&'static Site>, _policy: &Policy) -> Begun {
        Begun::default()
    }

    /// Something happened in a call.
    fn note(&self, _call: &Passage, _note: Note<'_>) {}

    /// The fault that replaces the body of the attempt that starts now; `None` for no fault.
    fn fault(&self, _call: &Passage, _attempt: u32, _can: &Can) -> Option<Fault> {
        None
    }

    /// The sleep to use; `None` to use the engine's timer.
    fn sleep(&self, _wait: Wait<'_>) -> Option<Sleep> {
        None
    }

    /// Blocks the thread until `duration` has passed or `cancelled` returns true. Returns `false` to let the engine block.
    fn block(&self, _duration: Duration, _cancelled: &mut dyn FnMut() -> bool) -> bool {
        false
    }

    /// The budget to use instead of this one; `None` for no budget.
    fn budget(&self, own: &'static Budget) -> Option<&'static Budget> {
        Some(own)
    }

    /// The budget to use for this key instead of the one in this table; `None` for no budget.
    fn keyed_budget(&self, own: &'static budget::Keyed, key: &str) -> Option<Arc<Budget>> {
        Some(own.get(key))
    }

    /// The breaker to use instead of this one.
    fn breaker(&self, own: &'static Breaker) -> &'static Breaker {
        own
    }

    /// The breaker to use for this key instead of the one in this table.
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

/// Identifies a call to its interceptor.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    /// The annotated function; `None` for a call of a policy alone.
    pub site: Option<&'static Site>,
    /// The number from [`Begun`].
    pub number: u64,
}

/// A notification about a call.
#[derive(Clone, Copy, Debug)]
pub enum Note<'a> {
    /// An attempt starts.
    Attempt,
    /// The engine decided on a pause of this length.
    Delay(Duration),
    /// The pause that was decided on last is skipped.
    DelayCalledOff,
    /// The call ended, and its report is complete.
    End(&'a Report),
}

/// The kind of sleep that a call needs.
pub enum Wait<'a> {
    /// The pause between two attempts, or an injected latency.
    Pause(Duration),
    /// A limit on work that may take real time. The function creates the engine's own sleep.
    Limit(Duration, &'a dyn Fn() -> Sleep),
    /// A sleep that never ends.
    Never,
}

impl fmt::Debug for Wait<'_> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Pause(length) => f.debug_tuple("Pause").field(length).finish(),
            Wait::Limit(length, _) => f.debug_tuple("Limit").field(length).finish_non_exhaustive(),
            Wait::Never => f.write_str("Never"),
        }
    }
}

/// A fault: first a latency, then an act in place of the body.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The time that passes before the act.
    pub latency: Option<Duration>,
    /// The act that replaces the body.
    pub act: Act,
    /// Whether the body runs before the act, and its outcome is lost.
    pub after_body: bool,
}

/// The act that replaces the body.
#[derive(Clone)]
pub enum Act {
    /// The body runs, and its outcome counts.
    Body,
    /// The attempt fails with this error, whose type is [`Can::error`].
    Fail(Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>),
    /// The attempt fails with an interruption.
    Interrupt(Interruption),
    /// The attempt never ends by itself.
    Hang,
    /// The attempt panics.
    Panic,
}

impl fmt::Debug for Act {
    #[inline]
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

/// The kinds of fault that a function can have.
#[derive(Clone, Copy, Debug)]
pub struct Can {
    /// The type of the error, if the error is [`Inject`](crate::failure::inject::Inject).
    pub error: Option<TypeId>,
    /// The name of the error's type.
    pub error_name: &'static str,
    /// Whether the error can be made from an [`Interruption`].
    pub interrupt: bool,
    /// Whether an attempt can hang: only an `async` one can.
    pub hang: bool,
}

/// The interceptor of a call, and the fault of its running attempt.
#[derive(Debug)]
pub(crate) struct Intercepted {
    pub(super) by: Arc<dyn Intercept>,
    pub(super) passage: Passage,
    pub(super) policy: Option<&'static Policy>,
    /// The last attempt for which the interceptor was asked about a fault.
    pub(super) asked: u32,
    pub(super) stage: Option<Stage>,
}

/// The stage of a fault.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The latency is passing.
    Late(Sleeping, Fault),
    /// The body is running, and this act replaces its outcome.
    Body(Act),
    /// The attempt hangs until a limit ends it.
    Hang(Sleeping),
}
