//! The argument `task`: the function's calls can be submitted to `retry-tasks`.

use quote::ToTokens;
use syn::{Expr, Ident, Path};

use crate::read::form::{Form, Key};
use crate::read::items::{self, Written};
use crate::read::values::mistake;
use retry_text::nearest;

/// What was written in `task(…)`.
#[derive(Default)]
pub(crate) struct Task {
    /// Parameters whose values come from the worker.
    pub(crate) state: Vec<Ident>,
    /// Parameters whose values are not shown.
    pub(crate) redact: Vec<Ident>,
    /// How many attempts a worker runs at a time.
    pub(crate) concurrency: Option<Expr>,
    /// Where `retry_tasks` is re-exported.
    pub(crate) krate: Option<Path>,
}

/// The settings, and how each is written.
const SETTINGS: [(&str, &str); 4] = [
    ("state", "state(pool)"),
    ("redact", "redact(card)"),
    ("concurrency", "concurrency = 4"),
    ("crate", "crate = my_reexport"),
];

impl Task {
    /// Reads the argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        let tokens = match form {
            Form::Bare => return Ok(Task::default()),
            Form::List(tokens) => tokens,
            Form::Value(value) => {
                return Err(key.mistake(value, "`task` takes its settings in brackets"));
            }
        };
        let (mut task, mut mistakes, mut seen) = (Task::default(), None::<syn::Error>, Vec::new());
        for item in items::items(tokens.clone()) {
            let read = item.and_then(|written| task.set(&written, &mut seen));
            if let Err(error) = read {
                match &mut mistakes {
                    Some(mistakes) => mistakes.combine(error),
                    None => mistakes = Some(error),
                }
            }
        }
        mistakes.map_or(Ok(task), Err)
    }

    fn set(&mut self, written: &Written, seen: &mut Vec<String>) -> syn::Result<()> {
        let word = written.key.to_string();
        let Some((_, write)) = SETTINGS.iter().find(|(name, _)| *name == word) else {
            return Err(unknown(&written.key));
        };
        if seen.contains(&word) {
            let message = format!("`{word}` is given twice\nhelp: remove one of them");
            return Err(mistake(&written.key, message));
        }
        let key = Key { name: &written.key, write };
        match word.as_str() {
            "state" => self.state = written.form.idents(&key)?.into_iter().collect(),
            "redact" => self.redact = written.form.idents(&key)?.into_iter().collect(),
            "concurrency" => self.concurrency = Some(written.form.count(&key)?),
            _ => self.krate = Some(written.form.path(&key)?),
        }
        seen.push(word);
        Ok(())
    }

    pub(crate) fn is_state(&self, name: &Ident) -> bool {
        self.state.iter().any(|state| state == name)
    }
}

fn unknown(key: &Ident) -> syn::Error {
    let names = SETTINGS.map(|(name, _)| name);
    let help = match nearest(&key.to_string(), &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its settings are {}", names.join(", ")),
    };
    mistake(key.to_token_stream(), format!("`task` has no setting `{key}`\nhelp: {help}"))
}
