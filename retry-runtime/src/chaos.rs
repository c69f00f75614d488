//! Faults in a running program, for staging environments: feature `chaos`.
//!
//! A configuration says what goes wrong:
//!
//! ```toml
//! [op."billing::charge".chaos]
//! rate = 0.05          # one attempt in twenty …
//! latency = "200ms"    # … takes so long, and then …
//! fault = "fail"       # … fails; or "hang", "panic", "none"
//! after_body = true    # … after its body has run: the effect happened, the answer was lost
//! ```
//!
//! Nothing of it happens unless the program is built with the feature `chaos` and a switch is set as well: the
//! environment variable `RETRY_CHAOS=on`, or [`switch`] in the program. Each time that a configuration with chaos in it
//! is applied, a warning says for which functions, and whether the switch is set; and one more says so for each fault.
//!
//! What takes part is what the engine knows: a fault stands where the body does, inside of the breaker and of the
//! attempt's timeout, and its failure is an [`Interruption::TimedOut`]. So the error must be
//! `From<Interruption>`; a function whose error is not gets a warning in place of a fault. Only an attempt of an `async`
//! function can hang.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::plan::{Able, Act, Plan};
use crate::rng::Rng;
use crate::{Interruption, Site};

/// The environment variable that is the switch.
const SWITCH: &str = "RETRY_CHAOS";

/// What goes wrong in the attempts of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Chaos {
    /// The part of all attempts that is hit, from 0 to 1.
    pub rate: f64,
    /// What such an attempt takes before anything else.
    pub latency: Option<Duration>,
    /// What happens then.
    pub fault: Fault,
    /// Whether the body runs before it happens.
    pub after_body: bool,
}

/// What happens to an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing but the latency.
    None,
    /// It fails.
    #[default]
    Fail,
    /// It does not end by itself.
    Hang,
    /// It panics.
    Panic,
}

impl Fault {
    pub(crate) const ALL: [Fault; 4] = [Fault::None, Fault::Fail, Fault::Hang, Fault::Panic];

    /// The word in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::Fail => "fail",
            Fault::Hang => "hang",
            Fault::Panic => "panic",
        }
    }
}

/// What [`switch`] has said: nothing, on, off.
static SWITCHED: AtomicU8 = AtomicU8::new(0);

/// Sets the switch, whatever `RETRY_CHAOS` says: whether the chaos that a configuration asks for happens.
pub fn switch(on: bool) {
    SWITCHED.store(if on { 1 } else { 2 }, Ordering::Relaxed);
}

/// Whether the switch is set, by [`switch`] or else by `RETRY_CHAOS=on` (`1`, `true`), which is read once.
pub fn is_on() -> bool {
    static VARIABLE: OnceLock<bool> = OnceLock::new();
    let variable = || {
        let value = std::env::var(SWITCH).unwrap_or_default();
        ["on", "1", "true"].contains(&value.trim().to_lowercase().as_str())
    };
    match SWITCHED.load(Ordering::Relaxed) {
        0 => *VARIABLE.get_or_init(variable),
        said => said == 1,
    }
}

/// A configuration with chaos for these functions is applied.
pub(crate) fn announce(names: &[&str]) {
    if !names.is_empty() {
        crate::event::chaos_configured(&names.join(", "), is_on());
    }
}

/// What happens to the attempt that starts now.
#[cold]
pub(crate) fn plan(chaos: &Chaos, site: &'static Site, attempt: u32, able: &Able) -> Option<Plan> {
    // The upper 53 bits are as many as an f64 holds.
    let drawn = (Rng::fresh().next() >> 11) as f64 / (1_u64 << 53) as f64;
    if !is_on() || drawn >= chaos.rate {
        return None;
    }
    let after = site.policy().attempt_limit().unwrap_or(Duration::from_secs(30));
    let act = match chaos.fault {
        Fault::None => Act::Body,
        Fault::Fail if able.interruption => Act::Interrupt(Interruption::TimedOut { after }),
        Fault::Hang if able.awaited => Act::Hang,
        Fault::Panic => Act::Panic,
        Fault::Fail | Fault::Hang => {
            crate::event::chaos_impossible(site.name(), chaos.fault.name());
            return None;
        }
    };
    crate::event::chaos_injected(site.name(), attempt, chaos.fault.name());
    let (latency, after_body) = (chaos.latency, chaos.after_body);
    Some(Plan { latency, act, after_body, words: "chaos".into() })
}
