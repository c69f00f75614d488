//! How the values of arguments are read: numbers, durations, words, kinds, texts.

use std::fmt::Display;

use quote::ToTokens;
use retry_text::{duration, nearest};
use syn::{BinOp, Expr, ExprArray, ExprLit, ExprPath, Ident, Lit, LitStr};

use crate::read::args::{Backoff, On, Time};
use crate::read::form::Key;

/// A mistake under the tokens that made it.
pub(crate) fn mistake(tokens: impl ToTokens, message: impl Display) -> syn::Error {
    syn::Error::new_spanned(tokens, message)
}

/// The expression without the invisible groups that `macro_rules!` puts around its fragments.
pub(crate) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

/// The literal, when the expression is nothing else.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// What kind of literal it is, with its article.
pub(crate) fn described(lit: &Lit) -> &'static str {
    match lit {
        Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_) => "a text",
        Lit::Int(_) | Lit::Float(_) => "a number",
        Lit::Bool(_) => "`true` or `false`",
        Lit::Char(_) | Lit::Byte(_) => "a character",
        _ => "a literal",
    }
}

/// Tokens on one line, without spaces around what binds tightly.
pub(crate) fn source(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    [(" :: ", "::"), (" < ", "<"), (" >", ">"), (" . ", "."), ("& ", "&"), (" (", "("), (" ,", ",")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// A limit on attempts: a whole number, `unlimited`, or an expression.
pub(crate) fn count(key: &Key<'_>, expr: &Expr) -> syn::Result<Expr> {
    if literal_count(expr).is_some() {
        return Ok(expr.clone());
    }
    let misspelt = lower_case(expr).filter(|word| *word != "unlimited");
    if misspelt.is_some_and(|word| nearest(&word.to_string(), &["unlimited"]).is_some()) {
        return Err(key.mistake(expr, "a limit on attempts is a number or `unlimited`"));
    }
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Err(mistake(
            number,
            format!("`{key}` is too large\nhelp: write `attempts = unlimited` with a `deadline`"),
        )),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            Err(key.mistake(number, format!("`{key}` must be a whole number")))
        }
        Expr::Lit(ExprLit { lit, .. }) => {
            Err(key.mistake(lit, format!("`{key}` must be a whole number, not {}", described(lit))))
        }
        Expr::Unary(unary) if literal(&unary.expr).is_some() => {
            Err(key.mistake(expr, format!("`{key}` cannot be negative")))
        }
        _ => Ok(expr.clone()),
    }
}

/// A duration: text with a unit, or an expression. A number alone is refused here, where the message can
/// say how to write it.
pub(crate) fn time(key: &Key<'_>, expr: &Expr) -> syn::Result<Time> {
    let lit = match expr {
        Expr::Lit(ExprLit { lit, .. }) => lit,
        Expr::Unary(unary) if literal(&unary.expr).is_some() => {
            return Err(key.mistake(expr, format!("`{key}` cannot be negative")));
        }
        _ => return Ok(Time::Expr(expr.clone())),
    };
    let (number, suffix) = match lit {
        Lit::Str(text) => return time_in_words(text),
        Lit::Int(number) => (number.base10_digits(), number.suffix()),
        Lit::Float(number) => (number.base10_digits(), number.suffix()),
        other => {
            let found = described(other);
            return Err(mistake(
                other,
                format!("`{key}` is a duration, not {found}\nhelp: write {}", duration::FORM),
            ));
        }
    };
    Err(mistake(
        lit,
        if duration::parse(&format!("{number}{suffix}")).is_ok() {
            format!("a duration is written as a text\nhelp: write `{key} = \"{number}{suffix}\"`")
        } else {
            let (seconds, millis) = (format!("\"{number}s\""), format!("\"{number}ms\""));
            format!(
                "a duration needs a unit\nhelp: write `{key} = {seconds}` or `{key} = {millis}`"
            )
        },
    ))
}

/// A duration that is written as a text.
pub(crate) fn time_in_words(text: &LitStr) -> syn::Result<Time> {
    let words = text.value();
    match duration::parse(&words) {
        Ok(duration) => Ok(Time::Text(text.clone(), duration)),
        Err(problem) => Err(mistake(
            text,
            format!("the duration \"{words}\" {problem}\nhelp: write {}", duration::FORM),
        )),
    }
}

/// A list of delays.
pub(crate) fn delays(key: &Key<'_>, list: &ExprArray) -> syn::Result<Backoff> {
    if list.elems.is_empty() {
        return Err(mistake(
            list,
            format!(
                "`{key} = []` has no delay\nhelp: write at least one: `{key} = [\"100ms\", \"1s\"]`"
            ),
        ));
    }
    let entry = Ident::new("entry", key.name.span());
    let entry = Key { name: &entry, write: key.write };
    let entries = list.elems.iter().map(|expr| match ungrouped(expr.clone()) {
        // The help names an argument, and an entry has none.
        Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. }) => Err(mistake(
            &lit,
            format!("a duration needs a unit\nhelp: write \"{}s\" or \"{0}ms\"", digits(&lit)),
        )),
        expr => time(&entry, &expr),
    });
    Ok(Backoff::List(entries.collect::<syn::Result<_>>()?, list.bracket_token))
}

fn digits(lit: &Lit) -> &str {
    match lit {
        Lit::Int(number) => number.base10_digits(),
        Lit::Float(number) => number.base10_digits(),
        _ => "1",
    }
}

/// One of the runtime's words, or an expression; a text with a word in it is the commonest slip.
pub(crate) fn word(key: &Key<'_>, expr: &Expr) -> syn::Result<Expr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let word = text.value();
            let help = match syn::parse_str::<Expr>(&word) {
                Ok(expr) if bare_call(&expr).is_some() => format!("\nhelp: write `{key} = {word}`"),
                _ => String::new(),
            };
            Err(key.mistake(text, format!("`{key}` takes a word without quotes{help}")))
        }
        Expr::Lit(ExprLit { lit, .. }) => {
            Err(key.mistake(lit, format!("`{key}` takes a word, not {}", described(lit))))
        }
        Expr::Path(path) if path.path.get_ident().is_some_and(is_camel_case) => {
            let word = source(path);
            let lower = word.to_lowercase();
            Err(mistake(
                path,
                format!("the words of `{key}` are in lower case\nhelp: write `{key} = {lower}`"),
            ))
        }
        _ => Ok(expr.clone()),
    }
}

/// What `on` lists: `any`, kinds with `|` between them, or an expression of type `Kinds`.
pub(crate) fn kinds(key: &Key<'_>, expr: &Expr) -> syn::Result<On> {
    let separated = match expr {
        Expr::Binary(or) if matches!(or.op, BinOp::Or(_)) => Some(vec![&*or.left, &*or.right]),
        Expr::Array(list) => Some(list.elems.iter().collect()),
        Expr::Tuple(list) => Some(list.elems.iter().collect()),
        _ => None,
    };
    if let Some(kinds) = separated {
        let kinds: Vec<String> = kinds.into_iter().map(source).collect();
        let help = match kinds.join(" | ").replace("||", "|") {
            none if none.is_empty() => String::new(),
            kinds => format!("\nhelp: write `{key} = {kinds}`"),
        };
        return Err(key.mistake(expr, format!("`{key}` lists kinds with `|` between them{help}")));
    }
    if let Some(lit) = literal(expr) {
        let help = match lit {
            Lit::Str(text) if !text.value().is_empty() => {
                format!("\nhelp: write `{key} = {}`", text.value())
            }
            _ => String::new(),
        };
        let found = described(lit);
        return Err(key.mistake(lit, format!("`{key}` lists kinds or is `any`, not {found}{help}")));
    }
    let mut kinds = Vec::new();
    if !collect(expr, &mut kinds) {
        return Ok(On::Expr(expr.clone()));
    }
    match (kinds.iter().find(|kind| *kind == "any"), &kinds[..]) {
        (Some(any), [_]) => Ok(On::Any(any.clone())),
        (Some(any), _) => Err(mistake(
            any,
            format!(
                "`any` already means every failure\nhelp: write `{key} = any` alone, or only kinds"
            ),
        )),
        (None, _) => Ok(On::Kinds(kinds)),
    }
}

/// Gathers the names of `A | B | C`, each alone or after `Kind::`; false when there is anything else. A
/// name in capitals is a constant.
fn collect(expr: &Expr, kinds: &mut Vec<Ident>) -> bool {
    match expr {
        Expr::Binary(binary) if matches!(binary.op, BinOp::BitOr(_)) => {
            collect(&binary.left, kinds) && collect(&binary.right, kinds)
        }
        Expr::Group(group) => collect(&group.expr, kinds),
        Expr::Paren(paren) => collect(&paren.expr, kinds),
        Expr::Path(path) => match kind(path) {
            Some(name) if name.to_string().chars().any(char::is_lowercase) => {
                kinds.push(name.clone());
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn kind(path: &ExprPath) -> Option<&Ident> {
    let mut names = path.path.segments.iter().rev();
    let name = &names.next()?.ident;
    names.next().is_none_or(|parent| parent.ident == "Kind").then_some(name)
}

/// A text, or a constant.
pub(crate) fn text(key: &Key<'_>, expr: &Expr) -> syn::Result<Expr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
            Err(key.mistake(text, format!("`{key}` is empty")))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Ok(expr.clone()),
        Expr::Lit(ExprLit { lit, .. }) => {
            Err(key.mistake(lit, format!("`{key}` is a text, not {}", described(lit))))
        }
        Expr::Path(path) if path.path.segments.last().is_some_and(|last| is_word(&last.ident)) => {
            let text = source(path);
            Err(mistake(expr, format!("`{key}` is a text\nhelp: write `{key} = \"{text}\"`")))
        }
        _ => Ok(expr.clone()),
    }
}

/// A whole number, when it is written as one.
pub(crate) fn literal_count(expr: &Expr) -> Option<u64> {
    match literal(expr)? {
        Lit::Int(number) => number.base10_parse().ok(),
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
        Expr::Path(_) => lower_case(expr).map(|word| (word, None)),
        Expr::Call(call) => {
            Some((lower_case(&call.func)?, call.args.first().and_then(literal_number)))
        }
        _ => None,
    }
}

fn lower_case(expr: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = expr else { return None };
    path.path.get_ident().filter(|word| is_word(word))
}

fn is_word(ident: &Ident) -> bool {
    ident.to_string().chars().all(|c| !c.is_uppercase())
}

/// `Full` and not `FULL`, which is a constant.
fn is_camel_case(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}
