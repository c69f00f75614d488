//! How the values of arguments are read: durations, kinds, and what a macro wraps in invisible groups.

use syn::{BinOp, Expr, ExprLit, Ident, Lit};

use crate::args::{On, Time};
use crate::duration;

/// The expression without the invisible groups that `macro_rules!` puts around its fragments.
pub(crate) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

/// A duration: text with a unit, or an expression. A number alone is refused here, where the message can
/// say how to write it.
pub(crate) fn time(expr: Expr) -> syn::Result<Time> {
    let Expr::Lit(ExprLit { lit, .. }) = &expr else {
        return match &expr {
            Expr::Unary(unary) if matches!(*unary.expr, Expr::Lit(_)) => {
                Err(syn::Error::new_spanned(
                    &expr,
                    format!("a duration cannot be negative\nhelp: write {}", duration::FORM),
                ))
            }
            _ => Ok(Time::Expr(expr)),
        };
    };
    match lit {
        Lit::Str(text) => match duration::parse(&text.value()) {
            Ok(duration) => Ok(Time::Text(text.clone(), duration)),
            Err(problem) => Err(syn::Error::new_spanned(
                text,
                format!(
                    "the duration \"{}\" {problem}\nhelp: write {}",
                    text.value(),
                    duration::FORM
                ),
            )),
        },
        Lit::Int(number) => Err(syn::Error::new_spanned(
            number,
            format!("a duration needs a unit\nhelp: write \"{number}s\" or \"{number}ms\""),
        )),
        Lit::Float(number) => Err(syn::Error::new_spanned(
            number,
            format!("a duration needs a unit\nhelp: write \"{number}s\""),
        )),
        other => Err(syn::Error::new_spanned(
            other,
            format!("expected a duration\nhelp: write {}", duration::FORM),
        )),
    }
}

/// What `on` lists: `any`, kinds with `|` between them, or an expression of type `Kinds`.
pub(crate) fn kinds(expr: Expr) -> syn::Result<On> {
    let mut kinds = Vec::new();
    if collect(&expr, &mut kinds) {
        if let [any] = &kinds[..] {
            if any == "any" {
                return Ok(On::Any(any.clone()));
            }
        }
        if let Some(any) = kinds.iter().find(|kind| *kind == "any") {
            return Err(syn::Error::new_spanned(
                any,
                "`any` already means every failure\nhelp: write `on = any` alone, or list kinds",
            ));
        }
        return Ok(On::Kinds(kinds));
    }
    Ok(On::Expr(expr))
}

/// Gathers the names of `A | B | C`; false when there is anything else. A name in capitals is a constant.
fn collect(expr: &Expr, kinds: &mut Vec<Ident>) -> bool {
    match expr {
        Expr::Binary(binary) if matches!(binary.op, BinOp::BitOr(_)) => {
            collect(&binary.left, kinds) && collect(&binary.right, kinds)
        }
        Expr::Group(group) => collect(&group.expr, kinds),
        Expr::Paren(paren) => collect(&paren.expr, kinds),
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) if name.to_string().chars().any(char::is_lowercase) => {
                kinds.push(name.clone());
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// A whole number, when it is written as one.
pub(crate) fn literal_count(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

/// A number, when it is written as one.
pub(crate) fn literal_number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            Some(-literal_number(&unary.expr)?)
        }
        _ => None,
    }
}

/// The bare word, or the word and the number of a bare call: `full`, `proportional(0.2)`.
pub(crate) fn bare_call(expr: &Expr) -> Option<(&Ident, Option<f64>)> {
    match expr {
        Expr::Path(path) => runtime_word(path.path.get_ident()?).map(|word| (word, None)),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let word = runtime_word(path.path.get_ident()?)?;
            Some((word, call.args.first().and_then(literal_number)))
        }
        _ => None,
    }
}

fn runtime_word(word: &Ident) -> Option<&Ident> {
    let lower = word.to_string().chars().all(|c| !c.is_uppercase());
    lower.then_some(word)
}
