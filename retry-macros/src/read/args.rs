//! The arguments of one attribute, as values.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Ident, LitBool, Path};

use crate::read::form::Idents;
use crate::read::key::Keyed;
use crate::read::kinds::On;
use crate::read::protect::Protection;
use crate::read::task::Task;
use crate::read::time::{Backoff, HintCap, Time};

/// The values of an attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) max: Option<Keyed<Expr>>,
    pub(crate) attempts: Option<Keyed<Expr>>,
    pub(crate) backoff: Option<Keyed<Backoff>>,
    pub(crate) base: Option<Keyed<Time>>,
    pub(crate) factor: Option<Keyed<Expr>>,
    pub(crate) cap: Option<Keyed<Time>>,
    pub(crate) jitter: Option<Keyed<Expr>>,
    pub(crate) deadline: Option<Keyed<Time>>,
    pub(crate) timeout: Option<Keyed<Time>>,
    pub(crate) no_retry_after: Option<Keyed<Time>>,
    pub(crate) reset_after: Option<Keyed<Time>>,
    pub(crate) on: Option<Keyed<On>>,
    pub(crate) idempotent: Option<Keyed<Expr>>,
    pub(crate) hint: Option<Keyed<Expr>>,
    pub(crate) hint_cap: Option<Keyed<HintCap>>,
    pub(crate) inherit: Option<Keyed<Expr>>,
    pub(crate) measure: Option<Keyed<Expr>>,
    pub(crate) when: Option<Keyed<Expr>>,
    pub(crate) retry_if: Option<Keyed<Expr>>,
    pub(crate) budget: Option<Keyed<Protection>>,
    pub(crate) breaker: Option<Keyed<Protection>>,
    pub(crate) recover: Option<Keyed<Path>>,
    pub(crate) cancel: Option<Keyed<Expr>>,
    pub(crate) label: Option<Keyed<Expr>>,
    pub(crate) on_retry: Option<Keyed<Expr>>,
    pub(crate) attempt: Option<Keyed<Ident>>,
    pub(crate) clone: Option<Keyed<Idents>>,
    pub(crate) keep: Option<Keyed<Idents>>,
    pub(crate) name: Option<Keyed<Expr>>,
    pub(crate) policy: Option<Keyed<Expr>>,
    pub(crate) report: Option<Keyed<TokenStream>>,
    pub(crate) task: Option<Keyed<Task>>,
    pub(crate) docs: Option<Keyed<LitBool>>,
    pub(crate) krate: Option<Keyed<Path>>,
    /// The arguments whose values each call computes: those that name its parameters.
    pub(crate) per_call: Vec<&'static str>,
    /// The arguments that are written and could not be read.
    pub(super) unread: Vec<&'static str>,
    /// The arguments that are written, in their order.
    pub(super) written: Vec<&'static str>,
}

/// The arguments that a call may compute.
const COMPUTABLE: [&str; 12] = [
    "policy",
    "max",
    "attempts",
    "base",
    "factor",
    "cap",
    "deadline",
    "timeout",
    "no_retry_after",
    "reset_after",
    "hint_cap",
    "idempotent",
];

/// The name of an argument, and its value.
type Constant = (&'static str, TokenStream);

impl Args {
    /// Whether one of the arguments is written and could not be read. A rule about an argument that is
    /// missing for that reason must not report a second mistake.
    pub(crate) fn misread(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.unread.contains(name))
    }

    /// Whether the attribute retries every failure: `on = any`.
    pub(crate) fn retries_any(&self) -> bool {
        matches!(&self.on, Some(Keyed { value: On::Any(_), .. }))
    }

    /// The kinds that `on` lists by name.
    pub(crate) fn listed_kinds(&self) -> &[Ident] {
        self.on.as_ref().map_or(&[], |on| on.value.listed())
    }

    /// The delays, if `backoff` is a list of them.
    pub(crate) fn listed_delays(&self) -> Option<&[Time]> {
        self.backoff.as_ref().and_then(|backoff| backoff.value.list())
    }

    /// The values that are evaluated once for the function, each with the name of its argument, in the order
    /// in which the policy checks them.
    pub(crate) fn constants(&self) -> impl Iterator<Item = Constant> {
        fn of<T: ToTokens>(name: &'static str, argument: &Option<Keyed<T>>) -> Option<Constant> {
            argument.as_ref().map(|argument| (name, argument.value.to_token_stream()))
        }
        let constants = [
            of("max", &self.max),
            of("attempts", &self.attempts),
            of("backoff", &self.backoff),
            of("factor", &self.factor),
            of("base", &self.base),
            of("cap", &self.cap),
            of("timeout", &self.timeout),
            of("deadline", &self.deadline),
            of("no_retry_after", &self.no_retry_after),
            of("reset_after", &self.reset_after),
            of("jitter", &self.jitter),
            of("on", &self.on),
            of("idempotent", &self.idempotent),
            of("hint", &self.hint),
            of("hint_cap", &self.hint_cap),
            of("inherit", &self.inherit),
            of("measure", &self.measure),
            of("name", &self.name),
            of("policy", &self.policy),
        ];
        constants.into_iter().flatten()
    }

    /// The arguments that a call may compute, if they name something that only a call has.
    pub(crate) fn computable(&self) -> impl Iterator<Item = Constant> {
        self.constants().filter(|(name, _)| COMPUTABLE.contains(name))
    }

    /// Whether each call computes the value of this argument.
    pub(crate) fn is_per_call(&self, name: &str) -> bool {
        self.per_call.contains(&name)
    }

    /// The names of the arguments that are written, with spaces between them. `on = any` is written
    /// `on=any`, since the policy does not contain it.
    pub(crate) fn written(&self) -> String {
        let any = self.retries_any();
        let word = |name: &&'static str| if any && *name == "on" { "on=any" } else { *name };
        self.written.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}
