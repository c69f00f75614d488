//! Expressions that are literals, single words or calls of a single word.

use retry_text::nearest;
use syn::{Expr, ExprLit, Ident, Lit};

/// The expression without the invisible groups that `macro_rules!` puts around its fragments.
pub(crate) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

/// The literal, if the expression is one.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The kind of a literal, with its article, for messages.
pub(crate) fn described(lit: &Lit) -> &'static str {
    match lit {
        Lit::Str(_) => "a string",
        Lit::ByteStr(_) => "a byte string",
        Lit::CStr(_) => "a C string",
        Lit::Int(_) | Lit::Float(_) => "a number",
        Lit::Bool(_) => "`true` or `false`",
        Lit::Char(_) | Lit::Byte(_) => "a character",
        _ => "a literal",
    }
}

/// The value of a whole number that is written out.
pub(crate) fn literal_count(expr: &Expr) -> Option<u64> {
    match literal(expr)? {
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    }
}

/// The value of a number that is written out.
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

/// Whether the expression is a literal with a sign, such as `-1`.
pub(crate) fn is_signed(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(unary) if literal(&unary.expr).is_some())
}

/// Whether the expression surely is `true` or `false`: a comparison, `a && b`, `!a`.
pub(crate) fn is_answer(expr: &Expr) -> bool {
    use syn::BinOp::{And, Eq, Ge, Gt, Le, Lt, Ne, Or};
    match expr {
        Expr::Binary(both) => {
            matches!(both.op, And(_) | Or(_) | Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_))
        }
        _ => false,
    }
}

/// The words for no limit on attempts. The first needs something else that ends the call.
const ENDLESS: [&str; 2] = ["unlimited", "forever"];

/// The word, if the expression is one for no limit on attempts.
pub(crate) fn endless(expr: &Expr) -> Option<&Ident> {
    lower_case(expr).filter(|word| ENDLESS.iter().any(|known| word == known))
}

/// Whether the expression is the word `unlimited`.
pub(crate) fn is_unlimited(expr: &Expr) -> bool {
    endless(expr).is_some_and(|word| word == "unlimited")
}

/// Whether the expression is a misspelt word for no limit on attempts.
pub(crate) fn is_nearly_endless(expr: &Expr) -> bool {
    const ELSEWHERE: [&str; 5] = ["infinite", "infinity", "inf", "endless", "always"];
    if lower_case(expr).is_some_and(|word| ELSEWHERE.iter().any(|known| word == known)) {
        return true;
    }
    lower_case(expr).is_some_and(|word| nearest(&word.to_string(), &ENDLESS).is_some())
        && endless(expr).is_none()
}

/// The word of `full`, or the word and the number of `proportional(0.2)`.
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
    path.path.get_ident().filter(|word| is_lower_case(word))
}

/// Whether an identifier has no capitals, unlike types and constants.
pub(crate) fn is_lower_case(ident: &Ident) -> bool {
    ident.to_string().chars().all(|c| !c.is_uppercase())
}

/// Whether an identifier is written like `Full`, a type, and not like `FULL`, a constant.
pub(crate) fn is_camel_case(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}
