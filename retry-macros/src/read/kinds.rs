//! The value of `on`: `any`, kinds with `|` between them, or an expression of type `Kinds`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use retry_text::nearest;
use syn::{BinOp, Expr, ExprLit, ExprPath, Ident, Lit, UnOp};

use crate::errors::{Mistake, combined, quoted};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{described, is_lower_case};

/// The failures that are retried.
pub(crate) enum On {
    Any(Ident),
    Kinds(Vec<Ident>),
    Expr(Expr),
}

impl On {
    /// Reads the value of an argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        if let Form::List(tokens) = form {
            return Err(in_parentheses(key, tokens));
        }
        let expr = form.value(key)?;
        if let Some(kinds) = separated_otherwise(expr) {
            return Err(listed_otherwise(key, expr, &kinds));
        }
        if let Some(error) = no_kinds(key, expr) {
            return Err(error);
        }
        let mut kinds = Vec::new();
        if !collect(expr, &mut kinds) {
            return Ok(On::Expr(expr.clone()));
        }
        match (kinds.iter().find(|kind| *kind == "any"), &kinds[..]) {
            (Some(any), [_]) => return Ok(On::Any(any.clone())),
            (Some(any), _) => {
                return Err(any.mistake(format!(
                    "`any` already means every failure\nhelp: write `{key} = any` alone, or only kinds"
                )));
            }
            _ => {}
        }
        let unknown = kinds.iter().filter_map(|kind| unknown(key, kind));
        let twice = kinds.iter().enumerate().filter(|(at, kind)| kinds[..*at].contains(kind));
        let twice = twice.map(|(_, kind)| {
            kind.mistake(format!("`{kind}` is listed twice\nhelp: remove one of them"))
        });
        combined(unknown.chain(twice)).map_or(Ok(On::Kinds(kinds.clone())), Err)
    }

    /// The kinds, if they are listed by name.
    pub(crate) fn listed(&self) -> &[Ident] {
        match self {
            On::Kinds(kinds) => kinds,
            On::Any(_) | On::Expr(_) => &[],
        }
    }
}

/// The kinds that can be retried.
const RETRIED: [&str; 3] = ["Transient", "Throttled", "Ambiguous"];

/// All kinds. A rule of its own refuses the two that are never retried.
const KINDS: [&str; 5] = ["Transient", "Throttled", "Ambiguous", "Overloaded", "Permanent"];

/// The words that people write for kinds, each with the help.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[
            "all",
            "everything",
            "every",
            "always",
            "errors",
            "error",
            "failure",
            "failures",
            "anything",
        ],
        "any",
    ),
    (
        &["retryable", "temporary", "network", "connection", "connect", "io", "unavailable"],
        "Transient",
    ),
    (&["ratelimit", "ratelimited", "toomanyrequests", "throttle", "throttling"], "Throttled"),
    (
        &["timeout", "timeouts", "timedout", "unknown", "deadline"],
        "Transient | Throttled | Ambiguous",
    ),
];

/// The mistake of a name that is no kind.
fn unknown(key: &Key<'_>, kind: &Ident) -> Option<syn::Error> {
    let word = kind.to_string();
    if KINDS.contains(&&*word) {
        return None;
    }
    let lower = word.to_lowercase().replace('_', "");
    let elsewhere = ELSEWHERE.iter().find(|(words, _)| words.contains(&&*lower));
    let any = (lower == "any").then_some("any");
    if matches!(&*word, "Ok" | "Some") {
        return Some(kind.mistake(format!(
            "`{key}` lists kinds of failure, and `{word}` is a success\n\
             help: write `retry_if = |value| …`, which asks for another attempt after a success"
        )));
    }
    if word == "E" {
        return Some(kind.mistake(format!(
            "`{key}` lists kinds of failure, and `{word}` is a type\nhelp: {TYPE}"
        )));
    }
    let help = match (any.or(elsewhere.map(|(_, kinds)| *kinds)), nearest(&word, &KINDS)) {
        (Some(kinds), _) => format!("write `{key} = {kinds}`"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) if is_lower_case(kind) || word == "Kind" => format!("write `{}`", key.write),
        (None, None) => VARIANT.replace("PATH", &format!("MyError::{word}")),
    };
    Some(kind.mistake(format!(
        "`{word}` is no kind of failure: `{key}` lists {}, or is `any`\nhelp: {help}",
        RETRIED.map(|kind| format!("`{kind}`")).join(", ")
    )))
}

/// The help for a variant of an error.
const VARIANT: &str = "to retry one variant of the error, write `#[classify(transient)]` on the variant, or \
                       `when = |error| matches!(error, PATH { .. })`";

/// The help for the type of an error.
const TYPE: &str = "leave `on` out, as the error says which of its failures are retried; or write `when = |error| …`";

/// The mistake of an expression that surely has no value of type `Kinds`.
fn no_kinds(key: &Key<'_>, expr: &Expr) -> Option<syn::Error> {
    let form = format!("write `{}`", key.write);
    let (message, help) = match expr {
        Expr::Lit(ExprLit { lit, .. }) => {
            let help = match lit {
                Lit::Str(text) if is_list(&text.value()) => format!("write `{key} = {}`", text.value()),
                Lit::Int(_) => {
                    "write `#[classify(status = field)]` on the variant that holds the status, or `when = |error| …`".to_owned()
                }
                Lit::Bool(on) if on.value => format!("write `{key} = any`"),
                _ => form,
            };
            (format!("`{key}` lists kinds or is `any`, not {}", described(lit)), help)
        }
        Expr::Closure(_) => (
            format!("`{key}` lists kinds of failure, and a closure judges the error"),
            "write `when` in place of `on`".to_owned(),
        ),
        Expr::Call(call) if quoted(&call.func) == "any" || quoted(&call.func) == "all" => {
            (format!("`{key}` lists kinds or is `any`"), format!("write `{key} = any`"))
        }
        Expr::Unary(_) | Expr::Call(_) if negates(expr) => (
            format!("`{key}` lists the kinds that are retried"),
            format!(
                "write `{key} = Transient | Throttled`: `Permanent` and `Overloaded` failures are never retried"
            ),
        ),
        Expr::Path(path) => return no_kinds_path(key, path),
        Expr::Macro(list) if list.mac.path.is_ident("vec") => {
            let kinds = quoted(&list.mac.tokens).replace(',', " |");
            let help = if is_list(&kinds) { format!("write `{key} = {kinds}`") } else { form };
            (format!("`{key}` lists kinds with `|` between them"), help)
        }
        Expr::Range(_) => (format!("`{key}` lists kinds or is `any`"), form),
        _ => return None,
    };
    Some(expr.mistake(format!("{message}\nhelp: {help}")))
}

/// The mistake of a path that leads to a variant, a type or a function. A name in capitals is a constant.
fn no_kinds_path(key: &Key<'_>, path: &ExprPath) -> Option<syn::Error> {
    let last = &path.path.segments.last()?.ident;
    if path.path.segments.len() < 2
        || kind(path).is_some()
        || !last.to_string().contains(char::is_lowercase)
    {
        return None;
    }
    let text = quoted(path);
    let (what, help) = match is_lower_case(last) {
        true => ("a function", format!("write `when = {text}`")),
        false if text.contains("ErrorKind::") => {
            ("not one", format!("write `when = |error| error.kind() == {text}`"))
        }
        false if text.ends_with("Error") => ("a type", TYPE.to_owned()),
        false => ("not one", VARIANT.replace("PATH", &text)),
    };
    Some(
        path.mistake(format!(
            "`{key}` lists kinds of failure, and `{text}` is {what}\nhelp: {help}"
        )),
    )
}

/// Whether the text is a list of kinds, or `any`.
fn is_list(text: &str) -> bool {
    text == "any" || text.split('|').all(|kind| KINDS.contains(&kind.trim()))
}

/// `!Permanent`, `not(Permanent)`.
fn negates(expr: &Expr) -> bool {
    match expr {
        Expr::Unary(unary) => matches!(unary.op, UnOp::Not(_)),
        Expr::Call(call) => quoted(&call.func) == "not" || quoted(&call.func) == "except",
        _ => false,
    }
}

/// The mistake of kinds in an array, a tuple, or with another operator between them.
fn listed_otherwise(key: &Key<'_>, expr: &Expr, kinds: &[&Expr]) -> syn::Error {
    let kinds: Vec<String> = kinds.iter().map(quoted).collect();
    let list = kinds.join(" | ").replace("||", "|");
    if is_list(&list) {
        return expr.mistake(format!(
            "`{key}` lists kinds with `|` between them\nhelp: write `{key} = {list}`"
        ));
    }
    let help = match kinds.is_empty() || kinds.iter().any(|kind| kind.parse::<f64>().is_ok()) {
        true => format!("write `{}`", key.write),
        false => VARIANT.replace("PATH", &list),
    };
    expr.mistake(format!(
        "`{key}` lists kinds with `|` between them, and these are none\nhelp: {help}"
    ))
}

/// The mistake of `on(Transient, Throttled)`.
fn in_parentheses(key: &Key<'_>, tokens: &TokenStream) -> syn::Error {
    let list = quoted(tokens).replace(',', " |");
    let help = match is_list(&list) {
        true => format!("write `{key} = {list}`"),
        false => format!("write `{}`", key.write),
    };
    key.name.mistake(format!("the value of `{key}` is written after `=`\nhelp: {help}"))
}

/// The kinds of a list that is written with another operator, as an array or as a tuple.
fn separated_otherwise(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Binary(or)
            if matches!(or.op, BinOp::Or(_) | BinOp::Add(_) | BinOp::BitAnd(_) | BinOp::And(_)) =>
        {
            Some(vec![&*or.left, &*or.right])
        }
        Expr::Array(list) => Some(list.elems.iter().collect()),
        Expr::Tuple(list) => Some(list.elems.iter().collect()),
        Expr::Reference(reference) if matches!(&*reference.expr, Expr::Array(_)) => {
            separated_otherwise(&reference.expr)
        }
        _ => None,
    }
}

/// Gathers the names of `A | B | C`, each alone or after `Kind::`, and returns `false` if the expression
/// is anything else.
fn collect(expr: &Expr, kinds: &mut Vec<Ident>) -> bool {
    match expr {
        Expr::Binary(binary) if matches!(binary.op, BinOp::BitOr(_)) => {
            collect(&binary.left, kinds) && collect(&binary.right, kinds)
        }
        Expr::Group(group) => collect(&group.expr, kinds),
        Expr::Paren(paren) => collect(&paren.expr, kinds),
        Expr::Path(path) => match kind(path) {
            // A name in capitals is a constant, but for the `E` of a type.
            Some(name)
                if name.to_string().chars().any(char::is_lowercase)
                    || name == "E" && path.path.segments.len() == 1 =>
            {
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

impl ToTokens for On {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            On::Any(any) => any.to_tokens(tokens),
            On::Kinds(kinds) => tokens.extend(quote!(#(#kinds)|*)),
            On::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}
