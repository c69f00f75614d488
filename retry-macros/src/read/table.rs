//! The arguments of `#[retryable]`, a row for each, and how an attribute is read with them.

use proc_macro2::TokenStream;
use retry_text::{duration, elsewhere, nearest};

use syn::{Expr, ExprLit, Lit};

use crate::errors::{Errors, Mistake, given_twice};
use crate::read::aliases;
use crate::read::args::Args;
use crate::read::form::Form;
use crate::read::items::{Names, Written, items};
use crate::read::key::{Key, Keyed};
use crate::read::kinds::On;
use crate::read::protect::Protection;
use crate::read::task::Task;
use crate::read::time::{Backoff, HintCap, Time};
use crate::read::values::{count, number, text, word};
use crate::read::words::{HINT, JITTER};

/// One argument: its name, an example for messages, and how its value is read.
struct Row {
    name: &'static str,
    write: &'static str,
    read: Read,
}

type Read = fn(&mut Args, Value<'_>) -> syn::Result<()>;
type Value<'a> = (Key<'a>, &'a Form);

/// The arguments. To add one, add its row and its field of [`Args`].
const TABLE: &[Row] = &[
    row("max", "max = 3", |args, value| set(&mut args.max, value, count)),
    row(
        "attempts",
        "attempts = 4`, `attempts = unlimited` or `attempts = forever",
        |args, value| set(&mut args.attempts, value, count),
    ),
    row("backoff", "backoff = exponential", |args, value| {
        set(&mut args.backoff, value, Backoff::read)
    }),
    row("base", "base = \"1s\"", |args, value| set(&mut args.base, value, Time::read)),
    row("factor", "factor = 2.0", |args, value| set(&mut args.factor, value, number)),
    row("cap", "cap = \"30s\"", |args, value| set(&mut args.cap, value, Time::read)),
    row("jitter", "jitter = full", |args, value| {
        set(&mut args.jitter, value, |form, key| word(&JITTER, form, key))
    }),
    row("deadline", "deadline = \"30s\"", |args, value| set(&mut args.deadline, value, Time::read)),
    row("timeout", "timeout = \"5s\"", |args, value| set(&mut args.timeout, value, Time::read)),
    row("no_retry_after", "no_retry_after = \"3m\"", |args, value| {
        set(&mut args.no_retry_after, value, Time::read)
    }),
    row("reset_after", "reset_after = \"1m\"", |args, value| {
        set(&mut args.reset_after, value, Time::read)
    }),
    row("on", "on = Transient | Throttled` or `on = any", |args, value| {
        set(&mut args.on, value, On::read)
    }),
    row("idempotent", "idempotent` or `idempotent = false", |args, value| {
        set(&mut args.idempotent, value, Form::flag)
    }),
    row("hint", "hint = at_least`, `hint = instead` or `hint = exact", |args, value| {
        set(&mut args.hint, value, |form, key| word(&HINT, form, key))
    }),
    row("hint_cap", "hint_cap = \"60s\"` or `hint_cap = clamp(\"10s\")", |args, value| {
        set(&mut args.hint_cap, value, HintCap::read)
    }),
    row("inherit", "inherit = false", |args, value| set(&mut args.inherit, value, Form::flag)),
    row("measure", "measure` or `measure = false", |args, value| {
        set(&mut args.measure, value, Form::flag)
    }),
    row("when", "when = |error| error.is_busy()", |args, value| {
        set(&mut args.when, value, Form::function)
    }),
    row("retry_if", "retry_if = |value| value.is_empty()", |args, value| {
        set(&mut args.retry_if, value, Form::function)
    }),
    row(
        "budget",
        "budget = \"name\"`, `budget(capacity = 20)` or `budget = none",
        |args, value| set(&mut args.budget, value, Protection::read),
    ),
    row("breaker", "breaker`, `breaker = \"name\"` or `breaker(rate = 0.5)", |args, value| {
        set(&mut args.breaker, value, Protection::read)
    }),
    row("recover", "recover = fallback", |args, value| set(&mut args.recover, value, Form::callee)),
    row("label", "label = operation", |args, value| set(&mut args.label, value, Form::label)),
    row("cancel", "cancel = token", |args, value| set(&mut args.cancel, value, Form::token)),
    row("on_retry", "on_retry = |retry| log(retry)", |args, value| {
        set(&mut args.on_retry, value, Form::function)
    }),
    row("attempt", "attempt = attempt", |args, value| set(&mut args.attempt, value, Form::ident)),
    row("clone", "clone(order)", |args, value| set(&mut args.clone, value, Form::idents)),
    row("keep", "keep(cursor)", |args, value| set(&mut args.keep, value, Form::idents)),
    row("name", "name = \"billing::charge\"", |args, value| set(&mut args.name, value, text)),
    row("policy", "policy = PATIENT", |args, value| set(&mut args.policy, value, Form::policy)),
    row("report", "report", |args, value| set(&mut args.report, value, Form::bare)),
    row("task", "task` or `task(state(pool), redact(card), concurrency = 4)", |args, value| {
        set(&mut args.task, value, Task::read)
    }),
    row("docs", "docs = false", |args, value| set(&mut args.docs, value, Form::boolean)),
    row("crate", "crate = my_reexport", |args, value| set(&mut args.krate, value, Form::path)),
];

const fn row(name: &'static str, write: &'static str, read: Read) -> Row {
    Row { name, write, read }
}

/// Reads the value of an argument into its field, unless it is given twice.
fn set<T>(
    slot: &mut Option<Keyed<T>>,
    (key, form): Value<'_>,
    read: fn(&Form, &Key<'_>) -> syn::Result<T>,
) -> syn::Result<()> {
    if slot.is_some() {
        return Err(given_twice(key.name));
    }
    *slot = Some(Keyed { key: key.name.clone(), value: read(form, &key)? });
    Ok(())
}

impl Row {
    fn read(&self, args: &mut Args, written: &Written) -> syn::Result<()> {
        (self.read)(args, (Key { name: &written.key, write: self.write }, &written.form))
    }
}

/// Reads a whole attribute. A mistake in one argument is added to the errors, and the others are still read.
pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    for item in items(tokens, &NAMES) {
        match item {
            Ok(written) => argument(&mut args, &written, errors),
            Err(error) => errors.push(error),
        }
    }
    args
}

/// The names of the arguments.
const NAMES: Names = Names {
    is_name: |word| TABLE.iter().any(|row| word == row.name),
    what: "argument",
    example: "max = 3",
    of_text: Some(|text| if duration::parse(text).is_ok() { "base" } else { "name" }),
    write: |word| TABLE.iter().find(|row| word == row.name).map(|row| row.write),
};

fn argument(args: &mut Args, written: &Written, errors: &mut Errors) {
    let word = written.key.to_string();
    let Some(row) = TABLE.iter().find(|row| row.name == word) else {
        return unknown(args, written, errors);
    };
    args.written.push(row.name);
    if written.form.is_refused() {
        args.unread.push(row.name);
        return errors.is_told();
    }
    if let Err(error) = row.read(args, written) {
        args.unread.push(row.name);
        errors.push(error);
    }
}

/// Reports an argument that has no row. The body may depend on `attempt` and `report`, so these two are read
/// under a wrong name, too.
fn unknown(args: &mut Args, written: &Written, errors: &mut Errors) {
    let word = written.key.to_string();
    // The second kind of `on = Transient, Throttled`.
    let is_kind = matches!(written.form, Form::Bare) && word.starts_with(char::is_uppercase);
    if is_kind {
        errors.push(written.key.mistake(format!(
            "unknown argument `{word}`\nhelp: kinds are listed in one argument: `on = Transient | Throttled`"
        )));
        return;
    }
    let lower = snake_case(word.trim_start_matches("r#"));
    if let Some(help) = aliases::help(&lower) {
        errors.push(written.key.mistake(format!("unknown argument `{word}`\nhelp: {help}")));
        return;
    }
    let is_number = |value: &Expr| matches!(value, Expr::Lit(ExprLit { lit: Lit::Int(_), .. }));
    if lower == "retry" && matches!(&written.form, Form::Value(value) if !is_number(value)) {
        errors.push(written.key.mistake(format!(
            "unknown argument `{word}`\nhelp: write `when = |error| …`, which returns `true` for the failures that are retried"
        )));
        return;
    }
    let (meant, help) = match (in_a_unit(&lower, &written.form), meant(&lower)) {
        (Some((row, help)), _) => (Some(row), help),
        (None, Some(row)) => (Some(row), format!("did you mean `{}`?", row.name)),
        (None, None) => (None, format!("the arguments are {}", names().join(", "))),
    };
    errors.push(written.key.mistake(format!("unknown argument `{word}`\nhelp: {help}")));
    let Some(row) = meant else { return };
    args.unread.push(row.name);
    if matches!(row.name, "attempt" | "report") {
        // One mistake is reported already; a second one in the value can wait.
        let _ = row.read(args, written);
    }
}

/// The word as Rust writes names: `max_attempts` for `maxAttempts`.
fn snake_case(word: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in word.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        before = c;
    }
    snake
}

/// The argument of `delay_ms = 100`, and the help.
fn in_a_unit(word: &str, form: &Form) -> Option<(&'static Row, String)> {
    let (name, unit) = aliases::with_unit(word)?;
    let name = if name == "backoff" { "base" } else { name };
    let row = meant(name).filter(|row| row.write.contains("= \""))?;
    let number = match form {
        Form::Value(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => number.base10_digits(),
        _ => "100",
    };
    Some((row, format!("write `{} = \"{number}{unit}\"`", row.name)))
}

/// The argument that a wrong name probably means: it is the name in another library, else nearest to a name here,
/// else nearest to a name in another library.
fn meant(word: &str) -> Option<&'static Row> {
    let name = elsewhere::ours(word)
        .or_else(|| nearest(word, &names()))
        .or_else(|| elsewhere::nearly(word))?;
    TABLE.iter().find(|row| row.name == name)
}

fn names() -> Vec<&'static str> {
    TABLE.iter().map(|row| row.name).collect()
}
