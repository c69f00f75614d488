//! Faults in a running program, for staging environments: feature `chaos`.
//!
//! A configuration, read by `retry-config`, lists the faults:
//!
//! ```toml
//! [op."billing::charge".chaos]
//! rate = 0.05          # one attempt in twenty is affected:
//! latency = "200ms"    # it is delayed,
//! fault = "fail"       # and then fails; or "hang", "panic", "none"
//! after_body = true    # the fault comes after the body: the effect happened, the answer is lost
//! ```
//!
//! Faults are injected only if the program has called [`install`] and the switch is on: by the environment variable
//! `RETRY_CHAOS=on`, or by [`switch`]. When a configuration with faults is applied, a warning names the functions and says
//! whether the switch is on. Another warning reports each fault.
//!
//! A fault replaces the body, inside the breaker and the attempt's timeout. The failure is an
//! [`Interruption::TimedOut`], so the error must be `From<Interruption>`; otherwise a warning is logged and no fault is
//! injected. Only an attempt of an `async` function can hang.

use std::any::Any;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use retry_runtime::control::Rng;
use retry_runtime::control::intercept::{self, Act, Can, Intercept, Passage};
use retry_runtime::events::{self, Event};
use retry_runtime::{Interruption, Site};

pub use retry_config::chaos::{Chaos, Fault};

/// The environment variable that sets the switch.
const SWITCH: &str = "RETRY_CHAOS";

/// Accepts faults in configurations, and injects them while the switch is set. Call this function before the first
/// configuration is read.
///
/// ```
/// fn start() -> Result<(), retry_config::ConfigErrors> {
///     retry_testing::chaos::install(); // before the configuration is read
///     retry_config::load("retry.toml")?;
///     Ok(())
/// }
/// # let _ = start;
/// ```
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        retry_config::chaos::accept();
        intercept::install(Arc::new(Injector));
        events::observe_retries(|event| {
            if let Event::ConfigApplied(_) = event {
                announce();
            }
        })
        .forever();
    });
}

/// The last value of [`switch`]: 0 for none, 1 for on, 2 for off.
static SWITCHED: AtomicU8 = AtomicU8::new(0);

/// Turns the injection of configured faults on or off; overrides `RETRY_CHAOS`.
///
/// ```
/// use retry_testing::chaos;
///
/// chaos::switch(true);
/// assert!(chaos::is_on());
/// chaos::switch(false);
/// ```
pub fn switch(on: bool) {
    SWITCHED.store(if on { 1 } else { 2 }, Ordering::Relaxed);
}

/// Whether the switch is on: by [`switch`], or else by `RETRY_CHAOS=on` (or `1`, `true`), which is read once.
///
/// ```
/// if retry_testing::chaos::is_on() {
///     println!("faults of the configuration are injected");
/// }
/// ```
pub fn is_on() -> bool {
    static VARIABLE: OnceLock<bool> = OnceLock::new();
    let variable = || {
        let value = std::env::var(SWITCH).unwrap_or_default();
        ["on", "1", "true"].contains(&value.trim().to_lowercase().as_str())
    };
    match SWITCHED.load(Ordering::Relaxed) {
        0 => *VARIABLE.get_or_init(variable),
        switched => switched == 1,
    }
}

/// Logs a warning that names the functions with configured faults.
fn announce() {
    let asked = |site: &&'static Site| retry_config::chaos::of(site).is_some();
    let mut names: Vec<&str> = retry_runtime::sites().filter(asked).map(Site::name).collect();
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    let names = names.join(", ");
    if is_on() {
        tracing::warn!(
            target: "retry_runtime",
            names,
            "chaos is on: attempts of these functions go wrong on purpose, as the configuration says"
        );
    } else {
        tracing::warn!(
            target: "retry_runtime",
            names,
            "the configuration asks for chaos, but no fault happens: the switch `RETRY_CHAOS=on` is not set"
        );
    }
}

/// The interceptor that injects configured faults.
#[derive(Debug)]
struct Injector;

impl Intercept for Injector {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn fault(&self, call: &Passage, attempt: u32, can: &Can) -> Option<intercept::Fault> {
        let site = call.site?;
        let chaos = retry_config::chaos::of(site)?;
        if !is_on() || Rng::fresh().draw_unit() >= chaos.rate {
            return None;
        }
        let (name, fault) = (site.name(), chaos.fault.name());
        let after = site.policy().attempt_limit().unwrap_or(Duration::from_secs(30));
        let act = match chaos.fault {
            Fault::None => Act::Body,
            Fault::Fail if can.interrupt => Act::Interrupt(Interruption::TimedOut { after }),
            Fault::Hang if can.hang => Act::Hang,
            Fault::Panic => Act::Panic,
            _ => {
                tracing::warn!(
                    target: "retry_runtime",
                    name,
                    fault,
                    "chaos cannot inject this fault here: a failure needs an error that is `From<Interruption>`, and \
                     only an `async` function can hang"
                );
                return None;
            }
        };
        tracing::warn!(target: "retry_runtime", name, attempt, fault, "chaos: this attempt goes wrong on purpose");
        Some(intercept::Fault { latency: chaos.latency, act, after_body: chaos.after_body })
    }
}
