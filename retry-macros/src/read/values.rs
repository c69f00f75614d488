//! Values that are counts, numbers, words of the runtime or strings. Any other expression is taken as
//! written, and rustc checks its type.

use proc_macro2::TokenStream;
use retry_text::duration;
use syn::{Expr, ExprLit, Lit};

use crate::errors::{Mistake, quoted};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{
    bare_call, is_answer, is_lower_case, is_nearly_endless, is_signed, literal, literal_count,
    literal_number,
};
use crate::read::words::{Words, percent};

/// Reads a limit on attempts: a whole number, `unlimited`, `forever`, or an expression.
pub(crate) fn count(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let expr = form.value(key)?;
    if let Some((word, _)) = bare_call(expr).filter(|_| matches!(expr, Expr::Call(_))) {
        if matches!(&*word.to_string(), "unlimited" | "forever") {
            return Err(expr.mistake(format!(
                "`{word}` takes no value in parentheses\nhelp: write `attempts = {word}`, or a number for a limit"
            )));
        }
    }
    if is_nearly_endless(expr) {
        let message = "a limit on attempts is a number, `unlimited` or `forever`";
        return Err(key.wrong(expr, message));
    }
    match literal(expr) {
        Some(Lit::Int(number)) if literal_count(expr).is_none() => Err(number.mistake(format!(
            "`{key}` is too large\nhelp: write `attempts = unlimited` with a `deadline`"
        ))),
        Some(Lit::Int(_)) => Ok(expr.clone()),
        Some(Lit::Float(number)) => {
            Err(key.wrong(number, format!("`{key}` must be a whole number")))
        }
        Some(lit) => Err(key.wrong_kind(lit, "must be a whole number")),
        None if is_signed(expr) => Err(key.wrong(expr, format!("`{key}` must not be negative"))),
        None if is_answer(expr) => Err(key.wrong(expr, format!("`{key}` must be a whole number"))),
        None => Ok(expr.clone()),
    }
}

/// Reads a number, or an expression.
pub(crate) fn number(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let value = form.value(key)?;
    match literal(value) {
        Some(lit) if literal_number(value).is_none() => {
            Err(key.wrong(lit, format!("`{key}` must be a number")))
        }
        _ if is_answer(value) => Err(key.wrong(value, format!("`{key}` must be a number"))),
        _ => Ok(value.clone()),
    }
}

/// Reads one of the runtime's words, such as `full`, or an expression.
pub(crate) fn word(words: &Words, form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    if let Form::List(tokens) = form {
        return Err(in_parentheses(words, key, tokens));
    }
    let expr = form.value(key)?;
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            Err(text.mistake(text_for_a_word(words, key, &text.value())))
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) if key.name == "jitter" => {
            let help = if on.value { "full" } else { "none" };
            Err(on.mistake(format!("`{key}` takes a word\nhelp: write `{key} = {help}`")))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) if key.name == "jitter" => {
            let part = literal_number(expr).filter(|part| *part <= 1.0).unwrap_or(0.2);
            Err(expr.mistake(format!(
                "`{key}` takes a word, not a number\nhelp: write `{key} = proportional({part})` for {} % more or less",
                part * 100.0
            )))
        }
        Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. })
            if key.name == "backoff" =>
        {
            Err(lit.mistake(format!(
                "`{key}` takes a word, not a number\n\
                 help: write `factor = {}` for the growth of the delays, or `base = …` for the first one",
                quoted(lit)
            )))
        }
        Expr::Lit(ExprLit { lit, .. }) => Err(key.wrong_kind(lit, "takes a word")),
        Expr::Closure(_) if key.name != "backoff" => {
            Err(key.wrong(expr, format!("`{key}` takes a word, not a closure")))
        }
        Expr::Range(_) | Expr::Array(_) | Expr::Tuple(_) | Expr::Binary(_) | Expr::Unary(_) => {
            Err(key.wrong(expr, format!("`{key}` takes a word")))
        }
        Expr::Call(_) if key.name == "backoff" && quoted(expr).contains("Duration::") => Err(expr.mistake(
            "`backoff` takes a word, not a duration\nhelp: write `backoff = fixed` and the duration after `base = `",
        )),
        _ => words.check(key, expr).map(|()| expr.clone()),
    }
}

/// The message for a text where a word belongs.
fn text_for_a_word(words: &Words, key: &Key<'_>, text: &str) -> String {
    let help = match syn::parse_str::<Expr>(text) {
        Ok(expr) if bare_call(&expr).is_some_and(|(word, _)| words.has(word)) => {
            format!("write `{key} = {text}`")
        }
        _ if key.name == "backoff" && duration::parse(text).is_ok() => {
            format!(
                "write `base = \"{text}\"` for the first delay, or `{key} = [\"{text}\"]` for all"
            )
        }
        _ => match percent(text).filter(|part| key.name == "jitter" && *part <= 1.0) {
            Some(part) => format!("write `{key} = proportional({part})`"),
            None => format!("write `{}`; the words are {}", key.write, words.list()),
        },
    };
    format!("`{key}` takes a word without quotes\nhelp: {help}")
}

/// The mistake of `jitter(0.2)` or `backoff(base = "1s")`.
fn in_parentheses(words: &Words, key: &Key<'_>, tokens: &TokenStream) -> syn::Error {
    let help = match syn::parse2::<Expr>(tokens.clone()) {
        Ok(expr) if bare_call(&expr).is_some_and(|(word, _)| words.has(word)) => {
            format!("write `{key} = {}`", quoted(&expr))
        }
        _ if key.name == "backoff" => {
            format!(
                "write `{}, base = \"1s\", factor = 2.0, cap = \"30s\"`: each is an argument of its own",
                key.write
            )
        }
        _ => format!("write `{}`", key.write),
    };
    key.name.mistake(format!("the value of `{key}` is written after `=`\nhelp: {help}"))
}

/// Reads a string, or a constant.
pub(crate) fn text(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let expr = form.value(key)?;
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
            Err(key.wrong(text, format!("`{key}` is empty")))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().contains('*') => Err(key
            .wrong(
                text,
                format!(
                    "`{key}` contains `*`, which stands for several names in configuration files"
                ),
            )),
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Ok(expr.clone()),
        Expr::Lit(ExprLit { lit, .. }) => Err(key.wrong_kind(lit, "must be a string")),
        Expr::Macro(call) if call.mac.path.is_ident("format") => Err(expr.mistake(format!(
            "`{key}` is set once for the function, and `format!` makes its text in a call\n\
             help: write a text, such as `{}`; `label = …` tells the calls of a function apart",
            key.write
        ))),
        Expr::Path(path)
            if path.path.segments.last().is_some_and(|last| is_lower_case(&last.ident)) =>
        {
            let text = quoted(path);
            Err(expr.mistake(format!("`{key}` must be a string\nhelp: write `{key} = \"{text}\"`")))
        }
        _ => Ok(expr.clone()),
    }
}
