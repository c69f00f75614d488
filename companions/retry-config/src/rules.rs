//! The rules for a configuration and one operation.

use std::collections::{BTreeMap, BTreeSet};

use super::check::SHAPES;
use super::environment::Environment;
use super::keys::some;
use super::layers::{self, Resolved};
use super::mistake::{Mistake, Mistakes};
use super::model::Config;
use super::origin::{Origin, below};
use super::sites::{Declared, SiteInfo};
use super::value::Named;
use retry_runtime::PolicyError;

/// Mistakes by place and message, each with the operations that have the mistake.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<(Origin, String, BTreeSet<String>)>);

impl Found {
    fn push(&mut self, origin: Origin, message: String, operation: &str) {
        let known = self.0.iter_mut().find(|(at, text, _)| *at == origin && *text == message);
        match known {
            Some((_, _, operations)) => drop(operations.insert(operation.to_owned())),
            None => self.0.push((origin, message, BTreeSet::from([operation.to_owned()]))),
        }
    }

    /// Reports each mistake once, with the names of its operations.
    pub(crate) fn report(self, mistakes: &mut Mistakes) {
        for (origin, message, operations) in self.0 {
            let names: Vec<&str> = operations.iter().map(String::as_str).collect();
            let message = if is_of_one(&origin, &names) {
                message
            } else {
                format!("{message} (for {})", some(&names))
            };
            mistakes.push(Mistake::new(origin, message));
        }
    }
}

/// Whether the place names the operation already.
fn is_of_one(origin: &Origin, names: &[&str]) -> bool {
    match (origin, names) {
        (Origin::Config { key, .. }, [name]) => key.starts_with(&(below("op", name) + ".")),
        _ => false,
    }
}

/// Checks one operation; contradictions of settings that are already reported as faulty are skipped.
pub(crate) fn check(
    config: &Config,
    environment: &Environment,
    faulty: &BTreeSet<String>,
    site: &SiteInfo,
    found: &mut Found,
) -> Resolved {
    let resolved = Resolved::of(config, environment, site);
    let profile = layers::profile(config, environment);
    let sections = layers::sections(config, profile, site);
    let is_faulty =
        |key: &&str| sections.iter().any(|(path, ..)| faulty.contains(&below(path, key)));
    let mut tell =
        |key: &str, message: String| found.push(resolved.origin(key), message, &site.name);
    limits(&resolved, site, &mut tell);
    if !["idempotent", "on"].iter().any(&is_faulty) {
        idempotency(&resolved, site, &mut tell);
    }
    breaker(&resolved, site, &mut tell);
    for error in resolved.values.policy.mistakes() {
        let about = error.settings();
        if about.iter().any(&is_faulty) {
            continue;
        }
        // A value that each call computes is not known here; the call brings it to the nearest valid one.
        if about.iter().any(|key| site.computes(key) && !resolved.above().any(|set| set == *key)) {
            continue;
        }
        // When no layer sets one of them, a setting that changes their effect is to blame.
        let key = resolved.highest(about).or_else(|| resolved.highest(&SHAPES));
        let key = key.or(about.first().copied()).unwrap_or_default();
        // `limits` has reported the timeout of a blocking function, with a better remedy. A timeout of the program itself
        // is that of a layer for requests, which say themselves whether they are idempotent.
        let is_undeclared = error == PolicyError::TimeoutUndeclared;
        if !(is_undeclared && (!site.is_async || !resolved.is_configured("timeout"))) {
            let others = about.iter().filter(|other| **other != key);
            let others = elsewhere(&resolved, key, others);
            tell(key, format!("{error}{others}"));
        }
    }
    resolved
}

/// The origins of the other settings of a contradiction, when they are elsewhere.
fn elsewhere<'k>(
    resolved: &Resolved,
    key: &str,
    others: impl Iterator<Item = &'k &'static str>,
) -> String {
    let own = resolved.origin(key);
    let mut places = BTreeMap::new();
    for other in others {
        let origin = resolved.origin(other);
        if origin != own && origin != Origin::BuiltIn {
            places.insert(other, format!("; `{other}` is set by {origin}"));
        }
    }
    places.into_values().collect()
}

/// Checks that the code can end a running attempt when a limit asks for it.
fn limits(resolved: &Resolved, site: &SiteInfo, tell: &mut impl FnMut(&str, String)) {
    let parts = resolved.values.policy;
    if parts.timeout.is_some() && resolved.is_configured("timeout") {
        if !site.is_async {
            tell("timeout", PolicyError::TimeoutBlocking.to_string());
        } else if !site.interruptible {
            tell("timeout", uncut("timeout"));
        }
    }
    // A sync call checks its deadline between attempts only, since nothing can end a running one.
    let cuts = site.is_async && parts.deadline.is_some() && resolved.is_configured("deadline");
    if cuts && !site.interruptible {
        tell("deadline", uncut("deadline"));
    }
}

fn uncut(limit: &str) -> String {
    format!(
        "`{limit}` cannot be added: the function was compiled without a way to end an attempt that runs; \
         write `{limit}` in its attribute once, with any value, or remove it here"
    )
}

/// Checks that the configuration declares no idempotency beyond the attribute.
fn idempotency(resolved: &Resolved, site: &SiteInfo, tell: &mut impl FnMut(&str, String)) {
    let loosened = resolved.values.policy.declared_idempotent() == Some(true);
    if loosened && !site.is_idempotent() {
        let key = resolved.highest(&["idempotent", "on"]).unwrap_or("idempotent");
        let what =
            if key == "on" { "retrying `ambiguous` failures" } else { "`idempotent = true`" };
        tell(
            key,
            format!(
                "{what} loosens what the attribute declares, and a configuration can only tighten it; \
                 write `idempotent` in the attribute, or remove it here"
            ),
        );
    }
}

fn breaker(resolved: &Resolved, site: &SiteInfo, tell: &mut impl FnMut(&str, String)) {
    let Some(Named::Name(_)) = &resolved.values.others.breaker else { return };
    match &site.breaker {
        Declared::None => tell(
            "breaker",
            "a breaker cannot be added: the function was compiled without one; write `breaker` in its \
             attribute, or remove it here"
                .to_owned(),
        ),
        Declared::Keyed { .. } => tell(
            "breaker",
            "the function has a breaker for each key, which one for all cannot replace; remove it here, or \
             write `breaker = \"none\"`"
                .to_owned(),
        ),
        _ => {}
    }
}
