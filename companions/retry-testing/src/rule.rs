//! The faults of a scope: which attempts they hit, and what they do.

use std::panic::Location;

use super::base::mixed;
use super::make::Maker;
use retry_runtime::Site;
use retry_runtime::control::Rng;
use retry_runtime::control::intercept::{Act, Can, Fault};

/// One fault.
#[derive(Debug)]
pub(super) struct Rule {
    /// The name of the functions that the fault applies to.
    pub(super) name: &'static str,
    pub(super) at: &'static Location<'static>,
    pub(super) first: Option<u64>,
    pub(super) every: Option<u64>,
    pub(super) rate: Option<f64>,
    /// Whether attempts are counted from 1 in each call.
    pub(super) each_call: bool,
    pub(super) fault: Fault,
    /// The maker of the error with which the attempt fails.
    pub(super) maker: Option<Maker>,
    /// Whether a success of a later call is required.
    pub(super) then_ok: bool,
    seen: u64,
    fired: u64,
    succeeded: bool,
}

impl Rule {
    pub(super) fn new(name: &'static str, at: &'static Location<'static>) -> Self {
        Rule {
            name,
            at,
            first: None,
            every: None,
            rate: None,
            each_call: false,
            fault: Fault { latency: None, act: Act::Body, after_body: false },
            maker: None,
            then_ok: false,
            seen: 0,
            fired: 0,
            succeeded: false,
        }
    }

    /// Whether the fault says what happens.
    pub(super) fn is_complete(&self) -> bool {
        let acts = !matches!(self.fault.act, Act::Body);
        acts || (self.fault.latency.is_some() && !self.fault.after_body)
    }

    /// Counts an attempt, and returns whether the fault hits it.
    fn hits(&mut self, attempt: u32, seed: u64, index: usize) -> bool {
        self.seen += 1;
        let number = if self.each_call { u64::from(attempt) } else { self.seen };
        let number_of_all = self.seen ^ (index as u64) << 48;
        let drawn = || Rng::seeded(mixed(seed, self.name, number_of_all)).draw_unit();
        self.first.is_none_or(|first| number <= first)
            && self.every.is_none_or(|every| number % every == 0)
            && self.rate.is_none_or(|rate| drawn() < rate)
    }

    /// A description of the fault for the log.
    fn describe(&self) -> &'static str {
        match &self.fault.act {
            Act::Body => "latency",
            Act::Fail(_) if self.fault.after_body => "injected after the body",
            Act::Fail(_) | Act::Interrupt(_) => "injected",
            Act::Hang => "made to hang",
            Act::Panic => "made to panic",
        }
    }

    /// The message if this fault is impossible for the function.
    fn mistake(&self, can: &Can) -> Option<String> {
        let (name, at) = (self.name, self.at);
        match (&self.maker, &self.fault.act) {
            (Some(maker), Act::Fail(_)) if can.error.is_none() => Some(format!(
                "the fault on `{name}` ({at}) makes a `{}`, but errors of `{name}` cannot be injected: implement \
                 `retry_runtime::Inject` for `{}`, which the derive of `Classify` does for types that borrow nothing",
                maker.name, can.error_name
            )),
            (Some(maker), Act::Fail(_)) if !maker.fits(can) => Some(format!(
                "the fault on `{name}` ({at}) makes a `{}`, but `{name}` fails with `{}`",
                maker.name, can.error_name
            )),
            (_, Act::Hang) if !can.hang => Some(cannot_hang(name)),
            _ => None,
        }
    }

    /// The message if the fault never happened, or no success followed it.
    fn leftover(&self) -> Option<String> {
        let Rule { name, at, seen, .. } = self;
        if self.fired == 0 && self.rate.is_none() {
            let made = match seen {
                0 => format!(
                    "`{name}` made no attempt in this scope (one in another task or thread needs `t.wrap`)"
                ),
                1 => format!("`{name}` made one attempt"),
                _ => format!("`{name}` made {seen} attempts"),
            };
            return Some(format!("the fault on `{name}` ({at}) never happened: {made}"));
        }
        if self.then_ok && !self.succeeded {
            return Some(format!(
                "the fault on `{name}` ({at}) says `then_ok`, but no call of `{name}` has succeeded after it"
            ));
        }
        None
    }
}

pub(super) fn cannot_hang(name: &str) -> String {
    format!(
        "`{name}` is not `async`: nothing could end an attempt that hangs; use `latency` instead"
    )
}

/// All faults in the order in which they were set. If several faults hit an attempt, the first one happens.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    /// Adds a fault, and returns its index.
    pub(super) fn add(&mut self, rule: Rule) -> usize {
        self.0.push(rule);
        self.0.len() - 1
    }

    pub(super) fn change(&mut self, index: usize) -> &mut Rule {
        &mut self.0[index]
    }

    pub(super) fn plan(
        &mut self,
        site: &'static Site,
        attempt: u32,
        can: &Can,
        seed: u64,
    ) -> Result<Option<(Fault, &'static str)>, String> {
        let mut plan = None;
        for (index, rule) in self.0.iter_mut().enumerate() {
            // Every fault counts every attempt of its function.
            if rule.name != site.name() || !rule.hits(attempt, seed, index) || plan.is_some() {
                continue;
            }
            if let Some(mistake) = rule.mistake(can) {
                return Err(mistake);
            }
            rule.fired += 1;
            plan = Some((rule.fault.clone(), rule.describe()));
        }
        Ok(plan)
    }

    /// Notes that a call of this function succeeded.
    pub(super) fn succeeded(&mut self, name: &str) {
        let fired = self.0.iter_mut().filter(|rule| rule.name == name && rule.fired > 0);
        fired.for_each(|rule| rule.succeeded = true);
    }

    /// The messages at the end of the scope.
    pub(super) fn leftovers(&self) -> Vec<String> {
        self.0.iter().filter_map(Rule::leftover).collect()
    }
}
