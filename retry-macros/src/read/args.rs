//! The argument table of `#[retryable]`, and how its rows are read.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitBool, Path, Token, token};

use crate::errors::Errors;
use crate::read::form::{Form, Key};
use crate::read::items::{self, Written};
use crate::read::key::Keyed;
use crate::read::protect::Protection;
use crate::read::suggest;
use crate::read::task::Task;

/// One argument: its name, how it is written, and how it is read.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    write: &'static str,
    read: fn(&mut Args, Value<'_>) -> syn::Result<()>,
}

/// The arguments; a new one is a row here.
pub(crate) const TABLE: &[Row] = &[
    Row {
        name: "max",
        write: "max = 3",
        read: |args, value| set(&mut args.max, value, Form::count),
    },
    Row {
        name: "attempts",
        write: "attempts = 4` or `attempts = unlimited",
        read: |args, value| set(&mut args.attempts, value, Form::count),
    },
    Row {
        name: "backoff",
        write: "backoff = exponential",
        read: |args, value| set(&mut args.backoff, value, Form::backoff),
    },
    Row {
        name: "base",
        write: "base = \"1s\"",
        read: |args, value| set(&mut args.base, value, Form::time),
    },
    Row {
        name: "factor",
        write: "factor = 2.0",
        read: |args, value| set(&mut args.factor, value, Form::number),
    },
    Row {
        name: "cap",
        write: "cap = \"30s\"",
        read: |args, value| set(&mut args.cap, value, Form::time),
    },
    Row {
        name: "jitter",
        write: "jitter = full",
        read: |args, value| set(&mut args.jitter, value, Form::word),
    },
    Row {
        name: "deadline",
        write: "deadline = \"30s\"",
        read: |args, value| set(&mut args.deadline, value, Form::time),
    },
    Row {
        name: "timeout",
        write: "timeout = \"5s\"",
        read: |args, value| set(&mut args.timeout, value, Form::time),
    },
    Row {
        name: "on",
        write: "on = Transient | Throttled` or `on = any",
        read: |args, value| set(&mut args.on, value, Form::kinds),
    },
    Row {
        name: "idempotent",
        write: "idempotent` or `idempotent = false",
        read: |args, value| set(&mut args.idempotent, value, Form::flag),
    },
    Row {
        name: "when",
        write: "when = |error| error.is_busy()",
        read: |args, value| set(&mut args.when, value, Form::function),
    },
    Row {
        name: "retry_if",
        write: "retry_if = |value| value.is_empty()",
        read: |args, value| set(&mut args.retry_if, value, Form::function),
    },
    Row {
        name: "budget",
        write: "budget = \"name\"`, `budget(capacity = 20)` or `budget = none",
        read: |args, value| set(&mut args.budget, value, Protection::read),
    },
    Row {
        name: "breaker",
        write: "breaker`, `breaker = \"name\"` or `breaker(rate = 0.5)",
        read: |args, value| set(&mut args.breaker, value, Protection::read),
    },
    Row {
        name: "recover",
        write: "recover = fallback",
        read: |args, value| set(&mut args.recover, value, Form::callee),
    },
    Row {
        name: "cancel",
        write: "cancel = token",
        read: |args, value| set(&mut args.cancel, value, Form::token),
    },
    Row {
        name: "on_retry",
        write: "on_retry = |retry| log(retry)",
        read: |args, value| set(&mut args.on_retry, value, Form::function),
    },
    Row {
        name: "attempt",
        write: "attempt = attempt",
        read: |args, value| set(&mut args.attempt, value, Form::ident),
    },
    Row {
        name: "clone",
        write: "clone(order)",
        read: |args, value| set(&mut args.clone, value, Form::idents),
    },
    Row {
        name: "keep",
        write: "keep(cursor)",
        read: |args, value| set(&mut args.keep, value, Form::idents),
    },
    Row {
        name: "name",
        write: "name = \"billing::charge\"",
        read: |args, value| set(&mut args.name, value, Form::text),
    },
    Row {
        name: "policy",
        write: "policy = PATIENT",
        read: |args, value| set(&mut args.policy, value, Form::constant),
    },
    Row {
        name: "report",
        write: "report",
        read: |args, value| set(&mut args.report, value, Form::bare),
    },
    Row {
        name: "task",
        write: "task` or `task(state(pool), redact(card), concurrency = 4)",
        read: |args, value| set(&mut args.task, value, Task::read),
    },
    Row {
        name: "docs",
        write: "docs = false",
        read: |args, value| set(&mut args.docs, value, Form::boolean),
    },
    Row {
        name: "crate",
        write: "crate = my_reexport",
        read: |args, value| set(&mut args.krate, value, Form::path),
    },
];

pub(crate) fn is_argument(word: &Ident) -> bool {
    TABLE.iter().any(|row| word == row.name)
}

type Value<'a> = (Key<'a>, &'a Form);

impl Row {
    fn read(&self, args: &mut Args, written: &Written) -> syn::Result<()> {
        (self.read)(args, (Key { name: &written.key, write: self.write }, &written.form))
    }
}

/// What was written in the attribute.
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
    pub(crate) on: Option<Keyed<On>>,
    pub(crate) idempotent: Option<Keyed<Expr>>,
    pub(crate) when: Option<Keyed<Expr>>,
    pub(crate) retry_if: Option<Keyed<Expr>>,
    pub(crate) budget: Option<Keyed<Protection>>,
    pub(crate) breaker: Option<Keyed<Protection>>,
    pub(crate) recover: Option<Keyed<Path>>,
    pub(crate) cancel: Option<Keyed<Expr>>,
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
    /// Arguments that were written in a way that could not be read.
    unread: Vec<&'static str>,
    /// Arguments that were written, in their order.
    written: Vec<&'static str>,
}

/// A duration: a text that the macro reads, or any `const` expression of type `Duration`.
pub(crate) enum Time {
    Text(syn::LitStr, Duration),
    Expr(Expr),
}

/// A backoff: a name, or a list of delays.
pub(crate) enum Backoff {
    Named(Expr),
    List(Vec<Time>, token::Bracket),
}

/// What is retried: any failure, or some kinds.
pub(crate) enum On {
    Any(Ident),
    Kinds(Vec<Ident>),
    Expr(Expr),
}

/// Names in brackets.
pub(crate) type Idents = Punctuated<Ident, Token![,]>;

impl Args {
    /// Reads the whole attribute; what cannot be read is reported, and the rest still read.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
        let mut args = Args::default();
        for item in items::items(tokens) {
            match item {
                Ok(written) => args.read(&written, errors),
                Err(error) => errors.push(error),
            }
        }
        args
    }

    /// Whether the argument was written, and could not be read. What is missing for that reason alone is
    /// not reported once more.
    pub(crate) fn misread(&self, name: &str) -> bool {
        self.unread.contains(&name)
    }

    /// The names of the arguments that were written, with spaces between them; `on=any` where that is what
    /// was written, since no policy says it.
    pub(crate) fn written(&self) -> String {
        let any = matches!(&self.on, Some(Keyed { value: On::Any(_), .. }));
        let word = |name: &&'static str| if any && *name == "on" { "on=any" } else { *name };
        self.written.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn read(&mut self, written: &Written, errors: &mut Errors) {
        let word = written.key.to_string();
        let Some(row) = TABLE.iter().find(|row| row.name == word) else {
            let (meant, message) = suggest::argument(written);
            errors.at(&written.key, message);
            self.guess(meant, written);
            return;
        };
        self.written.push(row.name);
        if let Err(error) = row.read(self, written) {
            self.unread.push(row.name);
            errors.push(error);
        }
    }

    /// Reads a misspelt argument as the one that is probably meant, as far as the body depends on it.
    fn guess(&mut self, meant: Option<&'static str>, written: &Written) {
        self.unread.extend(meant);
        let row = TABLE.iter().find(|row| Some(row.name) == meant);
        if let Some(row) = row.filter(|row| matches!(row.name, "attempt" | "report")) {
            // The mistake is reported already; a second one in the value can wait.
            let _ = row.read(self, written);
        }
    }
}

fn set<T>(
    slot: &mut Option<Keyed<T>>,
    (key, form): Value<'_>,
    read: fn(&Form, &Key<'_>) -> syn::Result<T>,
) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new_spanned(
            &key,
            format!("`{key}` is given twice\nhelp: remove one of them"),
        ));
    }
    *slot = Some(Keyed::new(key.name.clone(), read(form, &key)?));
    Ok(())
}

impl ToTokens for Time {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Time::Text(text, _) => text.to_tokens(tokens),
            Time::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

impl ToTokens for Backoff {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Backoff::Named(expr) => expr.to_tokens(tokens),
            Backoff::List(entries, bracket) => {
                bracket.surround(tokens, |inner| inner.extend(quote!(#(#entries),*)));
            }
        }
    }
}

impl ToTokens for On {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            On::Any(any) => any.to_tokens(tokens),
            On::Kinds(kinds) => tokens.extend(quote!(#(#kinds)|*)),
            On::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}
