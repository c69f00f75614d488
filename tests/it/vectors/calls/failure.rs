//! The failures of the vectors: names, mapped to kinds by a vector's `retry_on` and `abort_on`.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use retry_runtime::{Class, Classify, Interruption, Kind, classify};

use super::fields::Fields;
use super::script::{Act, Hint, Step};

/// A failure from a script, or an interruption.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    /// The name from the script, or the vectors' name for the interruption.
    pub(super) name: String,
    pub(super) cut: Option<Interruption>,
    pub(super) class: Class,
}

thread_local! {
    static CLASSIFIED: Cell<u32> = const { Cell::new(0) };
}

/// The number of classifications on this thread since the previous call of this function.
pub(super) fn classified() -> u32 {
    CLASSIFIED.replace(0)
}

impl Classify for Failure {
    fn classify(&self) -> Class {
        CLASSIFIED.set(CLASSIFIED.get() + 1);
        self.class
    }

    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(self.name.clone())
    }
}

impl From<Interruption> for Failure {
    fn from(cut: Interruption) -> Self {
        let name = match cut {
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => "Timeout",
            Interruption::Cancelled => "Cancelled",
            other => unreachable!("{other} has no name in the vectors"),
        };
        Failure { name: name.to_owned(), cut: Some(cut), class: cut.classify() }
    }
}

/// The names that are retried.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    /// `None` means every name.
    retry_on: Option<Vec<String>>,
    abort_on: Vec<String>,
    /// Failures that are retried regardless of the lists.
    signal: bool,
    parents: BTreeMap<String, String>,
}

impl Classes {
    pub(super) fn of(cfg: &Fields<'_>, types: Option<String>) -> Result<Classes, String> {
        no_delays_of_a_hook(cfg)?;
        Ok(Classes {
            retry_on: cfg.texts("retry_on").filter(|names| names != &["any"]),
            abort_on: cfg.texts("abort_on").unwrap_or_default(),
            signal: cfg.flag("explicit_retry_signal").unwrap_or(false),
            parents: parents(types.as_deref().unwrap_or("")),
        })
    }

    /// Whether a timed-out attempt is retried: yes, unless the lists exclude it.
    pub(super) fn retries_timeouts(&self) -> bool {
        self.retries("Timeout")
    }

    /// The result of a step: its value, or its failure with the class from the lists.
    pub(super) fn outcome(&self, step: &Step) -> Result<String, Failure> {
        let (name, mut class) = match &step.act {
            Act::Ok(value) => return Ok(value.clone()),
            Act::Err(name) => {
                let kind = if self.retries(name) { Kind::Transient } else { Kind::Permanent };
                (name.clone(), Class::new(kind))
            }
            Act::Status(code) => (code.to_string(), classify::of_status(*code, None)),
            Act::Hang => unreachable!("a body that hangs does not end"),
        };
        match step.hint {
            Some(Hint::After(hint)) => class = with_hint(class, &step.act, hint),
            Some(Hint::Never) => class = Kind::Overloaded.into(),
            None => {}
        }
        Err(Failure { name, cut: None, class })
    }

    fn retries(&self, name: &str) -> bool {
        if self.signal && name.starts_with("TryAgain") {
            return true;
        }
        let is_in = |names: &[String]| names.iter().any(|listed| self.is_a(name, listed));
        !is_in(&self.abort_on) && self.retry_on.as_deref().is_none_or(is_in)
    }

    fn is_a(&self, name: &str, ancestor: &str) -> bool {
        name == ancestor || self.parents.get(name).is_some_and(|parent| self.is_a(parent, ancestor))
    }
}

fn with_hint(class: Class, act: &Act, hint: std::time::Duration) -> Class {
    match act {
        Act::Status(code) => classify::of_status(*code, Some(hint)),
        _ if class.kind == Kind::Transient => Class::from(Kind::Throttled).after(hint),
        _ => class.after(hint),
    }
}

/// `None` of a delay hook means the policy's own delay (D06).
fn no_delays_of_a_hook(cfg: &Fields<'_>) -> Result<(), String> {
    match cfg.list("delay_fn_ms") {
        Some(delays) if !delays.iter().all(serde_norway::Value::is_null) => {
            Err("a list of hook's delays is not mapped".to_owned())
        }
        _ => Ok(()),
    }
}

/// Parses `A<:B, C<:B` and adds the exceptions of MicroProfile's RetryExceptionHierarchyTest.
fn parents(types: &str) -> BTreeMap<String, String> {
    const MICROPROFILE: &str =
        "E0<:Exception, E1<:E0, E2<:E1, E0S<:E0, E1S<:E1, E2S<:E2, Runtime<:Exception";
    let pairs = MICROPROFILE.split(", ").chain(types.split(", "));
    let pairs = pairs.filter_map(|pair| pair.split_once("<:"));
    pairs.map(|(child, parent)| (child.trim().to_owned(), parent.trim().to_owned())).collect()
}
