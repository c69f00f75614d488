//! `[op."…".chaos]`: faults for a staging environment. The configuration keeps them; the crate `retry-testing` injects
//! them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::keys;
use super::tree::{Entry, Node, Value};
use super::value::{self, Read};
use crate::site::Site;

const KEYS: [&str; 4] = ["rate", "latency", "fault", "after_body"];

/// The faults of a function.
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
            write!(f, ", latency = \"{latency:?}\"")?;
        }
        write!(f, ", fault = \"{}\"", self.fault.name())?;
        if self.after_body {
            write!(f, ", after_body = true")?;
        }
        Ok(())
    }
}

/// The faults that the configuration in force asks for, by the number of the site.
static ASKED: Mutex<BTreeMap<u32, Chaos>> = Mutex::new(BTreeMap::new());

/// The faults that the configuration in force asks for in this function.
pub fn of(site: &'static Site) -> Option<Chaos> {
    lock().get(&site.index()).copied()
}

/// Whether something injects faults.
static ACCEPTED: AtomicBool = AtomicBool::new(false);

/// Accepts configurations that ask for faults: something injects them.
pub fn accept() {
    ACCEPTED.store(true, Ordering::Relaxed);
}

pub(crate) fn is_accepted() -> bool {
    ACCEPTED.load(Ordering::Relaxed)
}

/// Replaces the faults of all functions.
pub(crate) fn replace(faults: impl Iterator<Item = (&'static Site, Chaos)>) {
    let faults = faults.map(|(site, chaos)| (site.index(), chaos)).collect();
    *lock() = faults;
}

fn lock() -> MutexGuard<'static, BTreeMap<u32, Chaos>> {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the table.
pub(crate) fn read(node: &Node) -> Read<Chaos> {
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
            "latency" => latency = Some(value::time("latency", node, None)?),
            "fault" => fault = Some(word(node)?),
            "after_body" => after_body = value::flag("after_body", node)?,
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

fn part(node: &Node) -> Read<f64> {
    let rate = value::number("rate", node)?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("`rate` ({rate}) must be from 0 to 1"))
    }
}

fn word(node: &Node) -> Read<Fault> {
    let word = value::text("fault", node)?;
    let found = Fault::ALL.into_iter().find(|fault| fault.name() == word);
    found.ok_or_else(|| keys::unknown("value of `fault`", &word, &Fault::ALL.map(Fault::name)))
}
