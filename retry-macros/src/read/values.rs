//! Values that are counts, numbers, words of the runtime or strings. Any other expression is taken as
//! written, and rustc checks its type.

use syn::{Expr, ExprLit, Lit};

use crate::errors::{Mistake, quoted};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{
    bare_call, is_camel_case, is_lower_case, is_nearly_endless, is_signed, literal, literal_count,
    literal_number,
};

/// Reads a limit on attempts: a whole number, `unlimited`, `forever`, or an expression.
pub(crate) fn count(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let expr = form.value(key)?;
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
        _ => Ok(value.clone()),
    }
}

/// Reads one of the runtime's words, such as `full`, or an expression.
pub(crate) fn word(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let expr = form.value(key)?;
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let word = text.value();
            let help = match syn::parse_str::<Expr>(&word) {
                Ok(expr) if bare_call(&expr).is_some() => format!("\nhelp: write `{key} = {word}`"),
                _ => String::new(),
            };
            Err(key.wrong(text, format!("`{key}` takes a word without quotes{help}")))
        }
        Expr::Lit(ExprLit { lit, .. }) => Err(key.wrong_kind(lit, "takes a word")),
        Expr::Path(path) if path.path.get_ident().is_some_and(is_camel_case) => {
            let lower = quoted(path).to_lowercase();
            Err(path.mistake(format!(
                "the words of `{key}` are in lower case\nhelp: write `{key} = {lower}`"
            )))
        }
        _ => Ok(expr.clone()),
    }
}

/// Reads a string, or a constant.
pub(crate) fn text(form: &Form, key: &Key<'_>) -> syn::Result<Expr> {
    let expr = form.value(key)?;
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
            Err(key.wrong(text, format!("`{key}` is empty")))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Ok(expr.clone()),
        Expr::Lit(ExprLit { lit, .. }) => Err(key.wrong_kind(lit, "must be a string")),
        Expr::Path(path)
            if path.path.segments.last().is_some_and(|last| is_lower_case(&last.ident)) =>
        {
            let text = quoted(path);
            Err(expr.mistake(format!("`{key}` must be a string\nhelp: write `{key} = \"{text}\"`")))
        }
        _ => Ok(expr.clone()),
    }
}
