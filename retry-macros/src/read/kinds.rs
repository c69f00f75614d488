//! The value of `on`: `any`, kinds with `|` between them, or an expression of type `Kinds`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, ExprPath, Ident, Lit};

use crate::errors::{Mistake, quoted};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{described, literal};

/// The failures that are retried.
pub(crate) enum On {
    Any(Ident),
    Kinds(Vec<Ident>),
    Expr(Expr),
}

impl On {
    /// Reads the value of an argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        let expr = form.value(key)?;
        if let Some(kinds) = separated_otherwise(expr) {
            let kinds: Vec<String> = kinds.into_iter().map(quoted).collect();
            let help = match kinds.join(" | ").replace("||", "|") {
                none if none.is_empty() => String::new(),
                kinds => format!("\nhelp: write `{key} = {kinds}`"),
            };
            return Err(key.wrong(expr, format!("`{key}` lists kinds with `|` between them{help}")));
        }
        if let Some(lit) = literal(expr) {
            let help = match lit {
                Lit::Str(text) if !text.value().is_empty() => {
                    format!("\nhelp: write `{key} = {}`", text.value())
                }
                _ => String::new(),
            };
            let message = format!("`{key}` lists kinds or is `any`, not {}{help}", described(lit));
            return Err(key.wrong(lit, message));
        }
        let mut kinds = Vec::new();
        if !collect(expr, &mut kinds) {
            return Ok(On::Expr(expr.clone()));
        }
        match (kinds.iter().find(|kind| *kind == "any"), &kinds[..]) {
            (Some(any), [_]) => Ok(On::Any(any.clone())),
            (Some(any), _) => Err(any.mistake(format!(
                "`any` already means every failure\nhelp: write `{key} = any` alone, or only kinds"
            ))),
            (None, _) => Ok(On::Kinds(kinds)),
        }
    }

    /// The kinds, if they are listed by name.
    pub(crate) fn listed(&self) -> &[Ident] {
        match self {
            On::Kinds(kinds) => kinds,
            On::Any(_) | On::Expr(_) => &[],
        }
    }
}

/// The kinds of a list that is written with `||`, as an array or as a tuple.
fn separated_otherwise(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Binary(or) if matches!(or.op, BinOp::Or(_)) => Some(vec![&*or.left, &*or.right]),
        Expr::Array(list) => Some(list.elems.iter().collect()),
        Expr::Tuple(list) => Some(list.elems.iter().collect()),
        _ => None,
    }
}

/// Gathers the names of `A | B | C`, each alone or after `Kind::`, and returns `false` if the expression
/// is anything else. A name in capitals is a constant.
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

impl ToTokens for On {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            On::Any(any) => any.to_tokens(tokens),
            On::Kinds(kinds) => tokens.extend(quote!(#(#kinds)|*)),
            On::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}
