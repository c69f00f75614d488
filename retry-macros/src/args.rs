//! The argument table of `#[retryable]`, and how its rows are read.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, LitBool, Path, Token, token};

use crate::errors::Errors;
use crate::keyed::Keyed;
use crate::protect::Protection;
use crate::suggest::nearest;
use crate::value;

/// One argument: its name, how it is written, and how it is read.
pub(crate) struct Row {
    name: &'static str,
    write: &'static str,
    read: fn(&mut Args, Ident, Form) -> syn::Result<()>,
}

/// The arguments; a new one is a row here.
pub(crate) const TABLE: &[Row] = &[
    Row {
        name: "max",
        write: "max = 3",
        read: |args, key, form| set(&mut args.max, key, form.number()?),
    },
    Row {
        name: "attempts",
        write: "attempts = 4` or `attempts = unlimited",
        read: |args, key, form| set(&mut args.attempts, key, form.number()?),
    },
    Row {
        name: "backoff",
        write: "backoff = exponential",
        read: |args, key, form| set(&mut args.backoff, key, form.backoff()?),
    },
    Row {
        name: "base",
        write: "base = \"1s\"",
        read: |args, key, form| set(&mut args.base, key, form.time()?),
    },
    Row {
        name: "factor",
        write: "factor = 2.0",
        read: |args, key, form| set(&mut args.factor, key, form.number()?),
    },
    Row {
        name: "cap",
        write: "cap = \"30s\"",
        read: |args, key, form| set(&mut args.cap, key, form.time()?),
    },
    Row {
        name: "jitter",
        write: "jitter = full",
        read: |args, key, form| set(&mut args.jitter, key, form.named()?),
    },
    Row {
        name: "deadline",
        write: "deadline = \"30s\"",
        read: |args, key, form| set(&mut args.deadline, key, form.time()?),
    },
    Row {
        name: "timeout",
        write: "timeout = \"5s\"",
        read: |args, key, form| set(&mut args.timeout, key, form.time()?),
    },
    Row {
        name: "on",
        write: "on = Transient | Throttled",
        read: |args, key, form| set(&mut args.on, key, form.on()?),
    },
    Row {
        name: "idempotent",
        write: "idempotent` or `idempotent = false",
        read: |args, key, form| set(&mut args.idempotent, key, form.flag()?),
    },
    Row {
        name: "when",
        write: "when = |error| error.is_busy()",
        read: |args, key, form| set(&mut args.when, key, form.value()?),
    },
    Row {
        name: "retry_if",
        write: "retry_if = |value| value.is_empty()",
        read: |args, key, form| set(&mut args.retry_if, key, form.value()?),
    },
    Row {
        name: "budget",
        write: "budget = \"name\"`, `budget(capacity = 20)` or `budget = none",
        read: |args, key, form| {
            let value = Protection::read(&key, form).unwrap_or_else(wrong_form)?;
            set(&mut args.budget, key, value)
        },
    },
    Row {
        name: "breaker",
        write: "breaker`, `breaker = \"name\"` or `breaker(rate = 0.5)",
        read: |args, key, form| {
            let value = Protection::read(&key, form).unwrap_or_else(wrong_form)?;
            set(&mut args.breaker, key, value)
        },
    },
    Row {
        name: "recover",
        write: "recover = fallback",
        read: |args, key, form| set(&mut args.recover, key, form.function()?),
    },
    Row {
        name: "cancel",
        write: "cancel = token",
        read: |args, key, form| set(&mut args.cancel, key, form.value()?),
    },
    Row {
        name: "on_retry",
        write: "on_retry = |retry| log(retry)",
        read: |args, key, form| set(&mut args.on_retry, key, form.value()?),
    },
    Row {
        name: "attempt",
        write: "attempt = attempt",
        read: |args, key, form| set(&mut args.attempt, key, form.ident()?),
    },
    Row {
        name: "clone",
        write: "clone(order)",
        read: |args, key, form| set(&mut args.clone, key, form.idents()?),
    },
    Row {
        name: "keep",
        write: "keep(cursor)",
        read: |args, key, form| set(&mut args.keep, key, form.idents()?),
    },
    Row {
        name: "name",
        write: "name = \"billing::charge\"",
        read: |args, key, form| set(&mut args.name, key, form.text()?),
    },
    Row {
        name: "policy",
        write: "policy = PATIENT",
        read: |args, key, form| set(&mut args.policy, key, form.value()?),
    },
    Row {
        name: "report",
        write: "report",
        read: |args, key, form| set(&mut args.report, key, form.bare()?),
    },
    Row {
        name: "docs",
        write: "docs = false",
        read: |args, key, form| set(&mut args.docs, key, form.boolean()?),
    },
    Row {
        name: "crate",
        write: "crate = my_reexport",
        read: |args, key, form| set(&mut args.krate, key, form.path()?),
    },
];

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
    pub(crate) docs: Option<Keyed<LitBool>>,
    pub(crate) krate: Option<Keyed<Path>>,
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
        let items = errors.keep((|input: ParseStream<'_>| read_items(input)).parse2(tokens));
        for item in items.unwrap_or_default() {
            match item {
                Err(error) => errors.push(error),
                Ok((key, form)) => {
                    if let Err(error) = args.read(key, form) {
                        errors.push(error);
                    }
                }
            }
        }
        args
    }

    fn read(&mut self, key: Ident, form: Form) -> syn::Result<()> {
        let word = key.to_string();
        let Some(row) = TABLE.iter().find(|row| row.name == word) else {
            return Err(syn::Error::new_spanned(&key, unknown(&word)));
        };
        let span = key.span();
        (row.read)(self, key, form).map_err(|mut error| {
            if error.to_string() == WRONG_FORM {
                error = syn::Error::new(
                    span,
                    format!("`{word}` is not written like this\nhelp: write `{}`", row.write),
                );
            }
            error
        })
    }
}

fn unknown(word: &str) -> String {
    let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
    let alias = match word {
        "max_retries" | "retries" | "max_attempts" | "times" => Some("max"),
        "delay" | "base_delay" | "wait" | "initial" | "min_delay" => Some("base"),
        "max_delay" | "max_interval" => Some("cap"),
        "multiplier" => Some("factor"),
        "total_timeout" | "max_elapsed" => Some("deadline"),
        "retry_on" | "kinds" => Some("on"),
        "fallback" => Some("recover"),
        "notify" => Some("on_retry"),
        "context" | "ctx" => Some("attempt"),
        _ => nearest(word, &names),
    };
    match alias {
        Some(name) => format!("unknown argument `{word}`\nhelp: did you mean `{name}`?"),
        None => format!("unknown argument `{word}`\nhelp: the arguments are {}", names.join(", ")),
    }
}

fn set<T>(slot: &mut Option<Keyed<T>>, key: Ident, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new_spanned(
            &key,
            format!("`{key}` is given twice\nhelp: remove one of them"),
        ));
    }
    *slot = Some(Keyed::new(key, value));
    Ok(())
}

/// How an argument was written: `key`, `key = value` or `key(…)`.
pub(crate) enum Form {
    Bare,
    Value(Expr),
    List(TokenStream),
}

/// Marks the error of an argument that was written in a form that it does not have.
const WRONG_FORM: &str = "wrong form";

fn wrong_form<T>() -> syn::Result<T> {
    Err(syn::Error::new(proc_macro2::Span::call_site(), WRONG_FORM))
}

impl Form {
    fn value(self) -> syn::Result<Expr> {
        match self {
            Form::Value(value) => Ok(value::ungrouped(value)),
            _ => wrong_form(),
        }
    }

    fn number(self) -> syn::Result<Expr> {
        self.value()
    }

    fn bare(self) -> syn::Result<TokenStream> {
        match self {
            Form::Bare => Ok(TokenStream::new()),
            _ => wrong_form(),
        }
    }

    /// `key` is `key = true`.
    fn flag(self) -> syn::Result<Expr> {
        match self {
            Form::Bare => Ok(syn::parse_quote!(true)),
            form => form.value(),
        }
    }

    fn boolean(self) -> syn::Result<LitBool> {
        match self.value()? {
            Expr::Lit(syn::ExprLit { lit: Lit::Bool(value), .. }) => Ok(value),
            _ => wrong_form(),
        }
    }

    fn time(self) -> syn::Result<Time> {
        value::time(self.value()?)
    }

    /// A bare word or call in lower case is one of the runtime's; anything else is an expression.
    fn named(self) -> syn::Result<Expr> {
        self.value()
    }

    fn backoff(self) -> syn::Result<Backoff> {
        match self.value()? {
            Expr::Array(list) => {
                let entries =
                    list.elems.into_iter().map(|entry| value::time(value::ungrouped(entry)));
                Ok(Backoff::List(entries.collect::<syn::Result<_>>()?, list.bracket_token))
            }
            named => Ok(Backoff::Named(named)),
        }
    }

    fn on(self) -> syn::Result<On> {
        value::kinds(self.value()?)
    }

    fn text(self) -> syn::Result<Expr> {
        self.value()
    }

    fn ident(self) -> syn::Result<Ident> {
        match self.value()? {
            Expr::Path(path) if path.path.get_ident().is_some() => {
                Ok(path.path.require_ident()?.clone())
            }
            _ => wrong_form(),
        }
    }

    fn path(self) -> syn::Result<Path> {
        match self.value()? {
            Expr::Path(path) if path.qself.is_none() => Ok(path.path),
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => text.parse(),
            _ => wrong_form(),
        }
    }

    fn function(self) -> syn::Result<Path> {
        match self.value()? {
            Expr::Path(path) if path.qself.is_none() => Ok(path.path),
            Expr::Closure(closure) => Err(syn::Error::new_spanned(
                closure,
                "`recover` takes the path of a function, not a closure\n\
                 help: it is called with the failure and all arguments; write a function with that signature",
            )),
            _ => wrong_form(),
        }
    }

    fn idents(self) -> syn::Result<Idents> {
        let Form::List(tokens) = self else { return wrong_form() };
        let idents = Idents::parse_terminated.parse2(tokens).or_else(|_| wrong_form())?;
        if idents.is_empty() { wrong_form() } else { Ok(idents) }
    }
}

type Item = syn::Result<(Ident, Form)>;

/// The items between commas. One that cannot be read does not take the next ones with it.
fn read_items(input: ParseStream<'_>) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        let item = read_item(input);
        let failed = item.is_err();
        items.push(item);
        if failed || !(input.is_empty() || input.peek(Token![,])) {
            if !failed {
                items.push(Err(input.error("expected a comma between two arguments")));
            }
            while !(input.is_empty() || input.peek(Token![,])) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(items)
}

fn read_item(input: ParseStream<'_>) -> Item {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected an argument such as `max = 3`"));
    }
    let key = Ident::parse_any(input)?;
    let form = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new_spanned(
                &key,
                format!("`{key}` has no value after the `=`"),
            ));
        }
        Form::Value(input.parse()?)
    } else if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        Form::List(content.parse()?)
    } else {
        Form::Bare
    };
    Ok((key, form))
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
