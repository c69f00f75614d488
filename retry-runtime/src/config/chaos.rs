//! `[op."…".chaos]`: faults for staging environments, with the feature `chaos`.

use std::fmt;
use std::time::Duration;

use super::keys::{self, Unit};
use super::tree::{Entry, Node, Value};
use super::value::{Read, Setting};
use super::written::{Written, exact};
use crate::chaos::{Chaos, Fault};

const KEYS: [&str; 4] = ["rate", "latency", "fault", "after_body"];

impl Setting for Chaos {
    fn read(_: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
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
