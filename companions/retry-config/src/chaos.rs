//! `[op."…".chaos]`: faults for staging environments. The configuration keeps them; the crate `retry-testing` injects
//! them.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use retry_runtime::Site;
use retry_runtime::control::lock;

use super::keys::{self, Unit};
use super::tree::{Entry, Node, Value};
use super::value::{Read, Setting};
use super::written::{Written, exact};

const KEYS: [&str; 4] = ["rate", "latency", "fault", "after_body"];

/// The faults of a function.
///
/// ```
/// use retry_config::Config;
/// use retry_config::chaos::Fault;
///
/// retry_config::chaos::accept(); // something injects the faults
/// let config = Config::from_toml("[op.\"billing::charge\".chaos]\nrate = 0.05\nlatency = \"200ms\"")?;
/// let chaos = config.op["billing::charge"].chaos.as_ref().expect("it is set");
/// assert_eq!((chaos.rate, chaos.fault), (0.05, Fault::Fail));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Chaos {
    /// The share of attempts that is hit, from 0 to 1.
    pub rate: f64,
    /// A delay before anything else happens to such an attempt.
    pub latency: Option<Duration>,
    /// The fault.
    pub fault: Fault,
    /// Whether the body runs before the fault.
    pub after_body: bool,
}

/// The fault of an attempt.
///
/// ```
/// use retry_config::chaos::Fault;
///
/// let words = Fault::ALL.map(Fault::name);
/// assert_eq!(words, ["none", "fail", "hang", "panic"]);
/// ```
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
    /// Every fault, in the order of their declaration.
    pub const ALL: [Fault; 4] = [Fault::None, Fault::Fail, Fault::Hang, Fault::Panic];

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

impl fmt::Display for Chaos {
    /// As in a configuration, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate = {}", self.rate)?;
        if let Some(latency) = self.latency {
            write!(f, ", latency = \"{}\"", exact(latency))?;
        }
        write!(f, ", fault = \"{}\"", self.fault.name())?;
        if self.after_body {
            write!(f, ", after_body = true")?;
        }
        Ok(())
    }
}

/// The faults that the configuration in force asks for.
static ASKED: Mutex<Vec<(&Site, Chaos)>> = Mutex::new(Vec::new());

/// The faults that the configuration in force asks for in this function.
///
/// ```
/// for site in retry_runtime::sites() {
///     if let Some(chaos) = retry_config::chaos::of(site) {
///         println!("{}: {chaos}", site.name());
///     }
/// }
/// ```
pub fn of(site: &'static Site) -> Option<Chaos> {
    lock(&ASKED).iter().find(|(known, _)| std::ptr::eq(*known, site)).map(|(_, chaos)| *chaos)
}

/// Whether something injects faults.
static ACCEPTED: AtomicBool = AtomicBool::new(false);

/// Accepts configurations that ask for faults: something injects them.
///
/// ```
/// // An injector of your own calls this before the configuration is read; `retry_testing::chaos::install` does, too.
/// retry_config::chaos::accept();
/// ```
pub fn accept() {
    ACCEPTED.store(true, Ordering::Relaxed);
}

/// Replaces the faults of all functions.
pub(crate) fn replace(faults: impl Iterator<Item = (&'static Site, Chaos)>) {
    *lock(&ASKED) = faults.collect();
}

impl Setting for Chaos {
    fn read(_: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        if !ACCEPTED.load(Ordering::Relaxed) {
            return Err("`chaos` needs `retry_testing::chaos::install()`, which this program did not call; call it before \
                        the configuration is read, or remove `chaos` here"
                .to_owned());
        }
        let Value::Table(entries) = &node.value else {
            return Err(format!(
                "`chaos` is a table, not {}; write `chaos = {{ rate = 0.05 }}`",
                node.value
            ));
        };
        let (mut rate, mut latency, mut fault, mut after_body) = (None, None, None, false);
        for (index, Entry { key, node, .. }) in entries.iter().enumerate() {
            if entries[..index].iter().any(|before| before.key == *key) {
                return Err(format!("`{key}` is given twice in `chaos`; remove one of them"));
            }
            match key.as_str() {
                "rate" => rate = Some(part(node)?),
                "latency" => latency = Some(Duration::read("latency", None, node)?),
                "fault" => fault = Some(word(node)?),
                "after_body" => after_body = bool::read("after_body", None, node)?,
                other => return Err(keys::unknown("key of `chaos`", other, &KEYS)),
            }
        }
        let Some(rate) = rate else {
            return Err(
                "`chaos` has no `rate`; write the part of all attempts that it hits: `rate = 0.05`"
                    .to_owned(),
            );
        };
        Ok(Chaos { rate, latency, fault: fault.unwrap_or_default(), after_body })
    }

    fn written(&self) -> Written {
        Written::text(self)
    }
}

fn part(node: &Node) -> Read<f64> {
    let rate = f64::read("rate", None, node)?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("`rate` ({rate}) must be from 0 to 1"))
    }
}

fn word(node: &Node) -> Read<Fault> {
    let word = String::read("fault", None, node)?;
    let found = Fault::ALL.into_iter().find(|fault| fault.name() == word);
    found.ok_or_else(|| keys::unknown("value of `fault`", &word, &Fault::ALL.map(Fault::name)))
}
