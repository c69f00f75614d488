//! Closures and paths of functions in the attribute: mistakes that are visible without types.

use proc_macro2::TokenTree;
use syn::{Expr, ExprClosure, Ident, Pat, Stmt, Type};

use crate::errors::{Mistake, quoted};
use crate::read::key::Key;
use crate::read::literal::is_camel_case;

/// Checks the function of `when`, `retry_if` or `on_retry`.
pub(crate) fn check(key: &Key<'_>, expr: &Expr) -> syn::Result<()> {
    match expr {
        Expr::Closure(closure) => check_closure(key, closure),
        Expr::Path(path) => match path.path.segments.last() {
            // Any other name in capitals may be a constant.
            Some(last) if is_camel_case(&last.ident) || last.ident == "E" => {
                Err(is_a_value(key, expr))
            }
            _ => Ok(()),
        },
        Expr::Macro(call) if call.mac.path.is_ident("matches") => {
            let body = call.mac.tokens.to_string();
            let (value, pattern) = body.split_once(',').unwrap_or(("error", "…"));
            let (value, pattern) =
                (value.trim().trim_start_matches(['&', '*', ' ']), pattern.trim());
            Err(expr.mistake(format!(
                "`{key}` takes a closure, not its answer\n\
                 help: write `{key} = |{value}| matches!({value}, {})`",
                pattern.replace(" :: ", "::")
            )))
        }
        Expr::Macro(call)
            if call.mac.path.is_ident("println") || call.mac.path.is_ident("eprintln") =>
        {
            Err(expr.mistake(format!(
                "`{key}` takes a closure, not a call\nhelp: write `{key} = |{}| {}`",
                parameter(key),
                quoted(call)
            )))
        }
        Expr::MethodCall(call) => match root(&call.receiver) {
            Some(name) if ERRORS.iter().any(|known| name == known) => Err(expr.mistake(format!(
                "`{key}` takes a closure, not its answer\nhelp: write `{key} = |{name}| {}`",
                quoted(expr)
            ))),
            _ => Ok(()),
        },
        // A function that begins so answers a question; another one may make a closure.
        Expr::Call(call) if call.args.is_empty() && is_question(&call.func) => {
            Err(expr.mistake(format!(
                "`{key}` takes the path of a function, not a call of it\nhelp: write `{key} = {}`",
                quoted(&call.func)
            )))
        }
        Expr::Binary(_)
        | Expr::Unary(_)
        | Expr::Array(_)
        | Expr::Tuple(_)
        | Expr::Range(_)
        | Expr::Async(_) => Err(match names_an_error(expr) {
            Some(name) => expr.mistake(format!(
                "`{key}` takes a closure, not its answer\nhelp: write `{key} = |{name}| {}`",
                quoted(expr)
            )),
            None => key.wrong(expr, format!("`{key}` takes a closure or the path of a function")),
        }),
        _ => Ok(()),
    }
}

fn check_closure(key: &Key<'_>, closure: &ExprClosure) -> syn::Result<()> {
    let body = quoted(&closure.body);
    if closure.asyncness.is_some() || matches!(&*closure.body, Expr::Async(_)) {
        return Err(closure.mistake(format!(
            "`{key}` is asked between attempts and waits for nothing, so its closure is not `async`\n\
             help: write `{key} = |{}| …`, and do what waits in the function itself",
            parameter(key)
        )));
    }
    if closure.inputs.len() != 1 {
        let takes = takes(key);
        // With more parameters, the body may name one that is not there.
        let help = match (closure.inputs.is_empty(), key.name.to_string().as_str()) {
            (true, _) => format!("write `{key} = |{}| {body}`", parameter(key)),
            (_, "when") => {
                "write `when = |error| …`; `max` limits the number of retries".to_owned()
            }
            (_, "retry_if") => "write `retry_if = |value| …`".to_owned(),
            _ => format!(
                "write `{key} = |retry| …`, with `retry.error()`, `retry.attempt()` and `retry.delay()` in it"
            ),
        };
        return Err(closure
            .mistake(format!("the closure of `{key}` takes one argument, {takes}\nhelp: {help}")));
    }
    if key.name == "retry_if" && asks_for_an_error(closure) {
        return Err(closure.body.mistake(
            "the closure of `retry_if` gets the value of a success, and not the outcome\n\
             help: leave `retry_if` out to retry errors, or judge them with `when = |error| …`",
        ));
    }
    match closure.inputs.first() {
        Some(Pat::Type(typed)) if is_value(&typed.ty) => Err(typed.mistake(format!(
            "the closure of `{key}` gets a reference to {}\nhelp: write `|{}: &{}|`",
            takes(key),
            quoted(&typed.pat),
            quoted(&typed.ty)
        ))),
        _ => Ok(()),
    }
}

/// Whether the closure asks its parameter whether it is an error: `|result| result.is_err()`, `|result| matches!(result, Err(_))`.
fn asks_for_an_error(closure: &ExprClosure) -> bool {
    let Some(Pat::Ident(parameter)) = closure.inputs.first() else { return false };
    let is_parameter =
        |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.is_ident(&parameter.ident));
    let body = match &*closure.body {
        Expr::Block(block) => match &*block.block.stmts {
            [Stmt::Expr(only, None)] => only,
            _ => return false,
        },
        body => body,
    };
    let body = match body {
        Expr::Unary(unary) => &*unary.expr,
        body => body,
    };
    match body {
        Expr::MethodCall(call) => {
            (call.method == "is_err" || call.method == "is_ok") && is_parameter(&call.receiver)
        }
        Expr::Match(by) => {
            is_parameter(&by.expr) && by.arms.iter().any(|arm| of_a_result(&arm.pat))
        }
        Expr::If(branch) => match &*branch.cond {
            Expr::Let(condition) => is_parameter(&condition.expr) && of_a_result(&condition.pat),
            _ => false,
        },
        Expr::Macro(call) if call.mac.path.is_ident("matches") => {
            let mut tokens = call.mac.tokens.clone().into_iter();
            let value = tokens.next();
            let pattern = tokens.nth(1);
            let is = |token: Option<TokenTree>, words: &[&str]| matches!(token, Some(TokenTree::Ident(name)) if words.iter().any(|word| name == *word));
            is(value, &[&parameter.ident.to_string()]) && is(pattern, &["Ok", "Err"])
        }
        _ => false,
    }
}

/// Whether the pattern is `Ok(…)` or `Err(…)`.
fn of_a_result(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(of) if of.path.is_ident("Ok") || of.path.is_ident("Err"))
}

/// The name of an error that the expression uses: `error` in `error.kind() == ErrorKind::NotFound`.
fn names_an_error(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Binary(both) => names_an_error(&both.left).or_else(|| names_an_error(&both.right)),
        Expr::Unary(unary) => names_an_error(&unary.expr),
        Expr::Paren(inner) => names_an_error(&inner.expr),
        expr => root(expr).filter(|name| ERRORS.iter().any(|known| name == known)),
    }
}

/// The names that people give to an error.
const ERRORS: [&str; 4] = ["e", "err", "error", "failure"];

/// The variable at the start of a chain of methods.
fn root(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Field(field) => root(&field.base),
        _ => None,
    }
}

fn is_question(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path.segments.last().is_some_and(|last| {
        ["is_", "has_", "can_", "should_"]
            .iter()
            .any(|start| last.ident.to_string().starts_with(start))
    })
}

/// Whether the type is written like one that is no reference. A name may be an alias of a reference only with a lifetime.
fn is_value(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.arguments.is_none()),
        Type::Tuple(_) | Type::Array(_) => true,
        _ => false,
    }
}

fn is_a_value(key: &Key<'_>, expr: &Expr) -> syn::Error {
    let path = quoted(expr);
    let help = match key.name.to_string().as_str() {
        "on_retry" => key.write.to_owned(),
        _ if path == "None" => format!("{key} = |{0}| {0}.is_none()", parameter(key)),
        _ => format!("{key} = |{0}| matches!({0}, {path} {{ .. }})", parameter(key)),
    };
    expr.mistake(format!(
        "`{key}` takes a closure or the path of a function, and `{path}` is a value or a type\nhelp: write `{help}`"
    ))
}

/// The name of the closure's parameter, for messages.
fn parameter(key: &Key<'_>) -> &'static str {
    match key.name.to_string().as_str() {
        "when" => "error",
        "retry_if" => "value",
        _ => "retry",
    }
}

fn takes(key: &Key<'_>) -> &'static str {
    match key.name.to_string().as_str() {
        "when" => "the error",
        "retry_if" => "the value of a success",
        _ => "the `Retry` that comes",
    }
}
