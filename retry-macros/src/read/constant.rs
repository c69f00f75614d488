//! Expressions that have the same value in every call.

use syn::{Expr, Lit, Macro};

use crate::read::literal::is_lower_case;

/// Whether the expression is surely the same for all calls: a literal, a constant, or the text of one.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.len() > 1 && !is_lower_case(&last.ident) && !name.contains(char::is_lowercase)
        }),
        Expr::Reference(reference) => is_constant(&reference.expr),
        Expr::Paren(paren) => is_constant(&paren.expr),
        Expr::Group(group) => is_constant(&group.expr),
        Expr::Unary(unary) => is_constant(&unary.expr),
        Expr::Cast(cast) => is_constant(&cast.expr),
        Expr::Binary(binary) => is_constant(&binary.left) && is_constant(&binary.right),
        // A method of a literal has no other input.
        Expr::MethodCall(call) => {
            matches!(&*call.receiver, Expr::Lit(_)) && call.args.iter().all(is_constant)
        }
        Expr::Macro(call) => is_constant_text(&call.mac),
        _ => false,
    }
}

/// `format!("text")` without a value, `concat!(…)`, `stringify!(…)` or `env!(…)`.
fn is_constant_text(mac: &Macro) -> bool {
    let named = |names: &[&str]| {
        mac.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
    };
    let plain = || match mac.parse_body::<Lit>() {
        Ok(Lit::Str(text)) => !text.value().contains('{'),
        _ => false,
    };
    named(&["concat", "stringify", "env", "module_path", "line", "file"])
        || named(&["format"]) && plain()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_the_same_in_every_call_is_told_from_one_of_the_call() {
        let constant = |text: &str| is_constant(&syn::parse_str(text).expect("an expression"));
        for text in [
            "\"host\"",
            "5",
            "-1",
            "&\"host\"",
            "MAX",
            "config::HOST",
            "\"a\".to_owned()",
            "format!(\"host\")",
            "concat!(\"a\", 1)",
            "String::MAX",
            "1 + 2",
        ] {
            assert!(constant(text), "{text}");
        }
        for text in [
            "host",
            "self.host",
            "url.host()",
            "format!(\"{host}\")",
            "current()",
            "HOST.get()",
            "T::host()",
        ] {
            assert!(!constant(text), "{text}");
        }
    }
}
