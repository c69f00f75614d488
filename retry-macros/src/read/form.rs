//! The three forms of an argument, `key`, `key = value` and `key(…)`, and values that are read as they are:
//! flags, names, paths and expressions.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprLit, Ident, Lit, LitBool, Path, Token};

use crate::errors::{Mistake, quoted};
use crate::read::closure;
use crate::read::constant::is_constant;
use crate::read::key::Key;
use crate::read::literal::{is_camel_case, literal};
use crate::read::refused::has_refused;

/// The tokens that follow the key.
pub(crate) enum Form {
    Bare,
    Value(Expr),
    List(TokenStream),
}

/// Names in parentheses.
pub(crate) type Idents = Punctuated<Ident, Token![,]>;

impl Form {
    /// Whether the value contains a literal that rustc has refused.
    pub(crate) fn is_refused(&self) -> bool {
        match self {
            Form::Bare => false,
            Form::Value(value) => has_refused(value.to_token_stream()),
            Form::List(tokens) => has_refused(tokens.clone()),
        }
    }

    /// The value of `key = value`.
    pub(crate) fn value(&self, key: &Key<'_>) -> syn::Result<&Expr> {
        match self {
            Form::Value(value) => Ok(value),
            Form::Bare => Err(key.wrong(key.name, format!("`{key}` needs a value"))),
            Form::List(_) => {
                Err(key.wrong(key.name, format!("the value of `{key}` is written after `=`")))
            }
        }
    }

    /// Reads `key` as `key = true`; a value is `true`, `false` or an expression.
    pub(crate) fn flag(&self, key: &Key<'_>) -> syn::Result<Expr> {
        if let Form::Bare = self {
            return Ok(syn::parse_quote!(true));
        }
        let value = self.value(key)?;
        match literal(value) {
            None | Some(Lit::Bool(_)) => Ok(value.clone()),
            Some(other) => Err(key.wrong(other, format!("`{key}` must be `true` or `false`"))),
        }
    }

    /// Reads `true` or `false`, written out.
    pub(crate) fn boolean(&self, key: &Key<'_>) -> syn::Result<LitBool> {
        match self.value(key)? {
            Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => Ok(value.clone()),
            other => Err(key.wrong(other, format!("`{key}` must be `true` or `false`"))),
        }
    }

    /// Reads an argument that has no value.
    pub(crate) fn bare(&self, key: &Key<'_>) -> syn::Result<TokenStream> {
        let message = format!("`{key}` takes no value\nhelp: write `{key}` alone, or leave it out");
        match self {
            Form::Bare => Ok(TokenStream::new()),
            Form::Value(value) => Err(value.mistake(message)),
            Form::List(_) => Err(key.name.mistake(message)),
        }
    }

    /// Reads an expression that makes a function.
    pub(crate) fn function(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let function = self.expression(key, "takes a closure or the path of a function")?;
        closure::check(key, &function).map(|()| function)
    }

    /// Reads an expression that makes a cancellation token.
    pub(crate) fn token(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let token = self.expression(key, "takes a cancellation token")?;
        match &token {
            Expr::Path(path)
                if path
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| TOKENS.iter().any(|name| last.ident == name)) =>
            {
                Err(token.mistake(format!(
                    "`{key}` takes a cancellation token, and `{0}` is a type\n\
                     help: write the name of an argument, such as `{key} = stop` with `stop: &{0}`",
                    quoted(path)
                )))
            }
            Expr::Closure(_) => {
                Err(key.wrong(&token, format!("`{key}` takes a cancellation token, not a closure")))
            }
            _ => Ok(token),
        }
    }

    /// Reads an expression that tells one call from another.
    pub(crate) fn label(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let value = self.value(key)?;
        match is_constant(value) {
            true => Err(key.wrong(
                value,
                format!("`{key}` is a value of the call, such as an argument, and not the same for all calls"),
            )),
            false => Ok(value.clone()),
        }
    }

    /// Reads an expression that makes a policy.
    pub(crate) fn policy(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let policy = self.expression(
            key,
            "takes a `Policy`: a constant, or one that names the call's arguments",
        )?;
        match &policy {
            Expr::Path(path) if path.path.segments.last().is_some_and(|last| is_camel_case(&last.ident)) => {
                Err(policy.mistake(format!(
                    "`{key}` takes a `Policy`, and `{}` is a type\n\
                     help: write `{key} = PATIENT` with `const PATIENT: Policy = Policy::new().max(5);`",
                    quoted(path)
                )))
            }
            Expr::Call(call) if quoted(call).ends_with("Policy::default()") => Err(policy.mistake(format!(
                "`{key}` takes a constant, and `default` is no `const fn`\nhelp: write `{key} = Policy::new()`, or leave it out"
            ))),
            _ => Ok(policy),
        }
    }

    /// Reads any expression but a literal.
    fn expression(&self, key: &Key<'_>, takes: &str) -> syn::Result<Expr> {
        let value = self.value(key)?;
        match literal(value) {
            Some(lit) => Err(key.wrong_kind(lit, takes)),
            None => Ok(value.clone()),
        }
    }

    /// Reads a name that the argument introduces.
    pub(crate) fn ident(&self, key: &Key<'_>) -> syn::Result<Ident> {
        let value = self.value(key)?;
        match value {
            Expr::Path(path) if path.path.get_ident().is_some_and(|name| name != "self") => {
                Ok(path.path.require_ident()?.clone())
            }
            _ => Err(key.wrong(value, format!("`{key}` takes a new name for use in the body"))),
        }
    }

    /// Reads a path, with or without quotes.
    pub(crate) fn path(&self, key: &Key<'_>) -> syn::Result<Path> {
        let value = self.value(key)?;
        let path = match value {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse().ok(),
            _ => None,
        };
        path.ok_or_else(|| key.wrong(value, format!("`{key}` takes a path")))
    }

    /// Reads the path of a function that generated code calls.
    pub(crate) fn callee(&self, key: &Key<'_>) -> syn::Result<Path> {
        let value = self.value(key)?;
        let message = match value {
            Expr::Path(path) if is_value_of_std(&path.path) => not_a_value(key, value),
            Expr::Path(path) if path.qself.is_none() => return Ok(path.path.clone()),
            Expr::Closure(_) => format!(
                "`{key}` takes the path of a function, not a closure\n\
                 help: write a function that takes the failure and then every argument"
            ),
            Expr::Call(ExprCall { func, .. }) if is_camel_case_path(func) => {
                not_a_value(key, value)
            }
            Expr::Block(_) | Expr::Lit(_) | Expr::Macro(_)
                if !matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) =>
            {
                not_a_value(key, value)
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. })
                if syn::parse_str::<Path>(&text.value()).is_ok() =>
            {
                format!(
                    "`{key}` takes the path of a function without quotes\nhelp: write `{key} = {}`",
                    text.value()
                )
            }
            Expr::Call(call) => format!(
                "`{key}` takes the path of a function, not a call of it\nhelp: write `{key} = {}`",
                quoted(&call.func)
            ),
            Expr::Field(field) if quoted(&field.base) == "self" => format!(
                "`{key}` takes the path of a function\nhelp: write `{key} = Self::{}`",
                quoted(&field.member)
            ),
            _ => format!("`{key}` takes the path of a function"),
        };
        Err(key.wrong(value, message))
    }

    /// Reads the names of parameters, among them `self`.
    pub(crate) fn idents(&self, key: &Key<'_>) -> syn::Result<Idents> {
        let tokens = match self {
            Form::List(tokens) if tokens.is_empty() => {
                return Err(key.wrong(key.name, format!("`{key}()` lists no argument")));
            }
            Form::List(tokens) => tokens,
            Form::Bare => {
                return Err(key.wrong(key.name, format!("`{key}` needs the names of arguments")));
            }
            Form::Value(Expr::Lit(value)) => {
                return Err(key.wrong(value, format!("`{key}` takes names in parentheses")));
            }
            Form::Value(value) => {
                let help = format!("help: write `{key}({})`", quoted(value));
                return Err(value.mistake(format!("`{key}` takes names in parentheses\n{help}")));
            }
        };
        if tokens.to_string() == "true" || tokens.to_string() == "false" {
            return Err(key.wrong(tokens, format!("`{key}` takes the names of arguments")));
        }
        let read = |input: ParseStream<'_>| Idents::parse_terminated_with(input, Ident::parse_any);
        read.parse2(tokens.clone()).map_err(|_| {
            let wrong = format!("`{key}` takes the names of arguments and nothing else");
            let first = tokens.clone().into_iter().next().map(TokenStream::from);
            // A keyword such as `mut` is no name.
            match first.and_then(|first| syn::parse2::<Ident>(first).ok()) {
                Some(first) => tokens.mistake(format!("{wrong}\nhelp: write `{key}({first})`")),
                None => key.wrong(tokens, wrong),
            }
        })
    }
}

/// The types of tokens, none of which is a value.
const TOKENS: [&str; 2] = ["CancelToken", "CancellationToken"];

/// The message for a value where `recover` needs a function.
fn not_a_value(key: &Key<'_>, value: &Expr) -> String {
    format!(
        "`{key}` takes the path of a function, not the value `{}`\n\
         help: write `{key} = fallback`, and a function `fallback` that takes the failure and then every argument, and \
         returns the value",
        quoted(value)
    )
}

/// `Ok`, `Some`, `None`, `Default::default`: paths that take no failure and arguments.
fn is_value_of_std(path: &Path) -> bool {
    let last = path.segments.last().map(|last| last.ident.to_string());
    match (path.segments.len(), last.as_deref()) {
        (1, Some("Ok" | "Err" | "Some" | "None")) => true,
        (2, Some("default")) => path.segments[0].ident == "Default",
        _ => false,
    }
}

/// A call of `Ok`, `Some` or another constructor.
fn is_camel_case_path(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.segments.last().is_some_and(|last| is_camel_case(&last.ident)))
}
