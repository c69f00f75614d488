//! The words that values consist of, for messages about a word that is none of them.
//!
//! A word is a function of the runtime's module `private::words`, which gives it its meaning. A test in
//! `tests/it/tidy.rs` compares the lists here with those functions.

use quote::ToTokens;
use retry_text::nearest;
use syn::{Expr, ExprCall, Ident, Lit};

use crate::errors::{Mistake, quoted};
use crate::read::key::Key;
use crate::read::literal::{bare_call, is_camel_case, literal, literal_number};

/// The words of an argument.
pub(crate) struct Words {
    /// The words, each as it is written.
    known: &'static [&'static str],
    /// The words that people write for them, each with the help.
    elsewhere: &'static [(&'static [&'static str], &'static str)],
    /// Whether any other word may be a function of the user's.
    open: bool,
}

/// The values of `backoff`.
pub(crate) const BACKOFF: Words = Words {
    known: &["exponential", "fixed", "linear", "fibonacci"],
    elsewhere: &[
        (
            &["exp", "expo", "exponent", "exponential_backoff", "geometric"],
            "write `backoff = exponential`",
        ),
        (&["constant", "none", "off"], "write `backoff = fixed`: every delay is `base`"),
        (&["exponential_jitter", "full_jitter"], "write `backoff = exponential, jitter = full`"),
        (&["random"], "the randomness is a setting of its own: write `jitter = full`"),
    ],
    open: true,
};

/// The values of `jitter`.
pub(crate) const JITTER: Words = Words {
    known: &[
        "full",
        "equal",
        "decorrelated",
        "proportional(0.2)",
        "additive(0.2)",
        "first(0.2)",
        "none",
    ],
    elsewhere: &[
        (&["random", "on", "yes", "default", "uniform", "enabled"], "write `jitter = full`"),
        (&["off", "no", "disabled", "never", "zero"], "write `jitter = none`"),
        (&["half"], "write `jitter = equal`: from half of the delay to the whole delay"),
        (
            &["percent", "percentage", "relative", "factor", "gaussian", "normal", "plus_minus"],
            "write `jitter = proportional(0.2)`: 20 % more or less",
        ),
    ],
    open: false,
};

/// The values of `hint`.
pub(crate) const HINT: Words = Words {
    known: &["at_least", "instead", "exact"],
    elsewhere: &[
        (&["replace", "override", "prefer"], "write `hint = instead`"),
        (&["exactly", "unspread"], "write `hint = exact`"),
        (&["min", "minimum", "respect", "honor", "on"], "write `hint = at_least`"),
        (
            &["at_most", "max", "cap", "clamp"],
            "write `hint_cap = clamp(\"10s\")` to cut a longer hint",
        ),
    ],
    open: false,
};

/// The values of `budget`.
pub(crate) const BUDGET: Words = Words {
    known: &["none", "finagle", "grpc", "aws", "aws_2_0", "sre", "unlimited"],
    elsewhere: &[
        (&["off", "no", "disabled", "disable", "without"], "write `budget = none`"),
        (&["infinite", "infinity", "endless"], "write `budget = unlimited`"),
        (
            &["default", "on", "yes", "enabled", "own", "auto"],
            "leave `budget` out: it is on by default",
        ),
        (&["google"], "write `budget = sre`"),
        (&["twitter"], "write `budget = finagle`"),
    ],
    open: false,
};

impl Words {
    /// Checks a value that may be a word.
    pub(crate) fn check(&self, key: &Key<'_>, expr: &Expr) -> syn::Result<()> {
        match bare_call(expr) {
            Some((word, _)) => match (self.known(&word.to_string()), expr) {
                (Some(known), _) => takes_its_number(key, expr, known),
                (None, Expr::Call(call)) if self.open => Err(key.wrong(
                    expr,
                    format!(
                        "`{key}` takes the path of a function, not a call of it\nhelp: write `{key} = {}`",
                        quoted(&call.func)
                    ),
                )),
                (None, _) => self.unknown(key, word),
            },
            None => match camel_case(expr).and_then(|word| self.known(&word.to_lowercase())) {
                Some(known) => Err(expr.mistake(format!(
                    "the words of `{key}` are in lower case\nhelp: write `{key} = {known}`"
                ))),
                None => Ok(()),
            },
        }
    }

    /// Checks a word without a value of its own, such as a preset.
    pub(crate) fn check_word(&self, key: &Key<'_>, word: &Ident) -> syn::Result<()> {
        match self.known(&word.to_string()) {
            Some(_) => Ok(()),
            None => self.unknown(key, word),
        }
    }

    /// The words, for messages.
    pub(crate) fn list(&self) -> String {
        let words: Vec<String> = self.known.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    }

    /// Whether the word is one of these.
    pub(crate) fn has(&self, word: &Ident) -> bool {
        self.known(&word.to_string()).is_some()
    }

    fn known(&self, word: &str) -> Option<&'static str> {
        self.known.iter().copied().find(|known| name(known) == word)
    }

    fn unknown(&self, key: &Key<'_>, word: &Ident) -> syn::Result<()> {
        let text = word.to_string();
        let elsewhere = self.elsewhere.iter().find(|(words, _)| words.contains(&&*text));
        let names: Vec<&str> = self.known.iter().map(|known| name(known)).collect();
        let help = match (elsewhere, nearest(&text, &names)) {
            (Some((_, help)), _) => (*help).to_owned(),
            // A word of the user's may be similar, and rustc proposes ours.
            (None, _) if self.open => return Ok(()),
            (None, Some(near)) => {
                format!("did you mean `{key} = {}`?", self.known(near).unwrap_or(near))
            }
            (None, None) => format!("the words are {}", self.list()),
        };
        Err(word.mistake(format!("`{key}` has no word `{word}`\nhelp: {help}")))
    }
}

/// The word of `proportional(0.2)`.
fn name(known: &'static str) -> &'static str {
    known.split('(').next().unwrap_or(known)
}

fn camel_case(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else { return None };
    path.path.get_ident().filter(|word| is_camel_case(word)).map(Ident::to_string)
}

/// A word that is written with a number has one, within its range, and any other word has none.
fn takes_its_number(key: &Key<'_>, expr: &Expr, known: &str) -> syn::Result<()> {
    let Some((word, example)) = known.split_once('(') else {
        return match expr {
            Expr::Call(call) => Err(has_no_value(key, call, known)),
            _ => Ok(()),
        };
    };
    let wrong = |at: &dyn ToTokens, message: String| {
        Err(at.to_token_stream().mistake(format!("{message}\nhelp: write `{key} = {known}`")))
    };
    let takes_one = format!("`{word}` takes one number, a part of the delay");
    let Expr::Call(call) = expr else { return wrong(expr, takes_one) };
    let (Some(number), 1) = (call.args.first(), call.args.len()) else {
        return wrong(call, takes_one);
    };
    if let Some(Lit::Str(text)) = literal(number) {
        let help = percent(&text.value()).map_or(example.to_owned(), |part| format!("{part})"));
        return Err(text.mistake(format!(
            "`{word}` takes a number, not a string\nhelp: write `{key} = {word}({help}`"
        )));
    }
    match literal_number(number) {
        // Only this word can take away from the delay.
        Some(part) if word.starts_with("prop") && !(0.0..=1.0).contains(&part) => {
            wrong(number, format!("the number in `{word}(r)` is {part}, and must be from 0 to 1"))
        }
        Some(part) if part < 0.0 => {
            wrong(number, format!("the number in `{word}(r)` is {part}, and must not be negative"))
        }
        None if literal(number).is_some() || matches!(number, Expr::Assign(_)) => {
            wrong(number, takes_one)
        }
        _ => Ok(()),
    }
}

fn has_no_value(key: &Key<'_>, call: &ExprCall, known: &str) -> syn::Error {
    let value = call.args.first().and_then(literal);
    let help = match value {
        Some(Lit::Str(text)) if key.name == "backoff" => {
            format!("write `{key} = {known}, base = \"{}\"`", text.value())
        }
        Some(Lit::Int(_) | Lit::Float(_)) if key.name == "backoff" => {
            format!(
                "write `{key} = {known}`, and `base`, `factor` and `cap` as arguments beside it"
            )
        }
        _ => format!("write `{key} = {known}`"),
    };
    call.mistake(format!("`{known}` takes no value in parentheses\nhelp: {help}"))
}

/// The part that `"20%"` or `"0.2"` stands for.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(number) => number.trim().parse::<f64>().ok().map(|number| number / 100.0),
        None => text.parse().ok(),
    }
    .filter(|part: &f64| part.is_finite() && *part >= 0.0)
}
