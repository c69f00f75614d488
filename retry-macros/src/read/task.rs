//! Reads the argument `task`, with which calls of the function can be submitted to `retry-tasks`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use retry_text::{elsewhere, nearest};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path};

use crate::errors::{Mistake, combined, given_twice};
use crate::read::form::Form;
use crate::read::items::{Names, Written, items};
use crate::read::key::Key;
use crate::read::values;

/// The settings of `task(…)`.
#[derive(Default)]
pub(crate) struct Task {
    /// The parameters whose values the worker supplies.
    pub(crate) state: Vec<Ident>,
    /// The parameters whose values are stored and never shown.
    pub(crate) redact: Vec<Ident>,
    /// The names that parameters had before.
    pub(crate) was: Vec<(Ident, LitStr)>,
    /// The most attempts that a worker runs at a time.
    pub(crate) concurrency: Option<Expr>,
    /// The path under which `retry_tasks` is re-exported.
    pub(crate) krate: Option<Path>,
}

/// The settings, each with an example.
const SETTINGS: [(&str, &str); 5] = [
    ("state", "state(pool)"),
    ("redact", "redact(card)"),
    ("was", "was(recipient = \"to\")"),
    ("concurrency", "concurrency = 4"),
    ("crate", "crate = my_reexport"),
];

/// The names of the settings.
const NAMES: Names = Names {
    is_name: |word| SETTINGS.iter().any(|(name, _)| word == name),
    what: "setting",
    example: "concurrency = 4",
    of_text: None,
    write: |_| None,
};

/// The names of parameters in `was(…)`.
const PARAMETERS: Names = Names {
    is_name: |_| false,
    what: "parameter",
    example: "recipient = \"to\"",
    of_text: None,
    write: |_| None,
};

/// The text, if there is nothing else.
fn only_text(tokens: &TokenStream) -> Option<LitStr> {
    syn::parse2(tokens.clone()).ok()
}

impl Task {
    /// Reads the argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        let tokens = match form {
            Form::Bare => return Ok(Task::default()),
            Form::List(tokens) => tokens,
            Form::Value(value) => {
                return Err(key.wrong(value, "`task` takes its settings in parentheses"));
            }
        };
        let (mut task, mut seen) = (Task::default(), Vec::new());
        if let Some(name) = only_text(tokens) {
            return Err(name.mistake(format!(
                "`task` takes no name: a task has the name of its function\n\
                 help: write `task, name = {}`",
                name.to_token_stream()
            )));
        }
        let read = items(tokens.clone(), &NAMES).into_iter();
        let read = read.map(|item| item.and_then(|written| task.set(&written, &mut seen)));
        combined(read.filter_map(Result::err)).map_or(Ok(task), Err)
    }

    fn set(&mut self, written: &Written, seen: &mut Vec<String>) -> syn::Result<()> {
        let word = written.key.to_string();
        let Some((_, write)) = SETTINGS.iter().find(|(name, _)| *name == word) else {
            return Err(unknown(&written.key));
        };
        if seen.contains(&word) {
            return Err(given_twice(&written.key));
        }
        let key = Key { name: &written.key, write };
        match word.as_str() {
            "state" => self.state = written.form.idents(&key)?.into_iter().collect(),
            "redact" => self.redact = written.form.idents(&key)?.into_iter().collect(),
            "was" => self.was = names_before(&written.form, &key)?,
            "concurrency" => self.concurrency = Some(values::count(&written.form, &key)?),
            _ => self.krate = Some(written.form.path(&key)?),
        }
        seen.push(word);
        Ok(())
    }

    /// Whether the worker supplies the parameter.
    pub(crate) fn is_state(&self, name: &Ident) -> bool {
        self.state.iter().any(|state| state == name)
    }
}

/// Reads `was(name = "name before", …)`.
fn names_before(form: &Form, key: &Key<'_>) -> syn::Result<Vec<(Ident, LitStr)>> {
    let wrong = |at: &dyn ToTokens| {
        key.wrong(
            at.to_token_stream(),
            format!("`{key}` takes the name that each parameter had before, as a text"),
        )
    };
    let Form::List(tokens) = form else { return Err(wrong(key.name)) };
    let mut names = Vec::new();
    for written in items(tokens.clone(), &PARAMETERS) {
        let Written { key: name, form } = written?;
        match &form {
            Form::Value(Expr::Lit(ExprLit { lit: Lit::Str(before), .. })) => {
                names.push((name, before.clone()));
            }
            Form::Value(other) => return Err(wrong(other)),
            _ => return Err(wrong(&name)),
        }
    }
    if names.is_empty() { Err(wrong(key.name)) } else { Ok(names) }
}

/// The arguments of the attribute that people write as settings of the task.
const OUTSIDE: [&str; 14] = [
    "name",
    "max",
    "attempts",
    "base",
    "cap",
    "factor",
    "backoff",
    "jitter",
    "deadline",
    "timeout",
    "idempotent",
    "on",
    "when",
    "budget",
];

/// Settings of a call that is submitted, by the names of other libraries.
const AT_SUBMIT: [&str; 11] = [
    "queue",
    "priority",
    "delay",
    "schedule",
    "at",
    "retention",
    "unique",
    "key",
    "ttl",
    "tags",
    "eta",
];

fn unknown(key: &Ident) -> syn::Error {
    let (word, names) = (key.to_string(), SETTINGS.map(|(name, _)| name));
    let meant = elsewhere::ours(&word).unwrap_or(&word);
    let help = match nearest(&word, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if OUTSIDE.contains(&meant) => format!(
            "write `{meant} = …` beside `task`: it is an argument of the attribute, and holds for the task too"
        ),
        None if AT_SUBMIT.contains(&&*word) => format!(
            "each submitted call decides about that: see the methods of `retry_tasks::Task`; the settings here are {}",
            names.join(", ")
        ),
        None => format!("the settings are {}", names.join(", ")),
    };
    key.mistake(format!("`task` has no setting `{key}`\nhelp: {help}"))
}
