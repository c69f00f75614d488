//! How one argument is written, `key`, `key = value` or `key(…)`, and what can be read from it.
//!
//! A message that has no better help says how the argument is written.

use std::fmt::{self, Display};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitBool, Path};

use crate::read::args::{Backoff, Idents, On, Time};
use crate::read::values::{self as value, literal, mistake};

/// What follows the key.
pub(crate) enum Form {
    Bare,
    Value(Expr),
    List(TokenStream),
}

impl Form {
    fn value(&self, key: &Key<'_>) -> syn::Result<&Expr> {
        match self {
            Form::Value(value) => Ok(value),
            Form::Bare => Err(key.mistake(key, format!("`{key}` needs a value"))),
            Form::List(_) => {
                Err(key.mistake(key, format!("the value of `{key}` is written after `=`")))
            }
        }
    }

    /// A whole number, or an expression.
    pub(crate) fn count(&self, key: &Key<'_>) -> syn::Result<Expr> {
        value::count(key, self.value(key)?)
    }

    /// A number, or an expression.
    pub(crate) fn number(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let value = self.value(key)?;
        match literal(value) {
            Some(lit) if value::literal_number(value).is_none() => {
                Err(key.mistake(lit, format!("`{key}` must be a number")))
            }
            _ => Ok(value.clone()),
        }
    }

    pub(crate) fn time(&self, key: &Key<'_>) -> syn::Result<Time> {
        value::time(key, self.value(key)?)
    }

    /// One of the runtime's words, in lower case, or an expression.
    pub(crate) fn word(&self, key: &Key<'_>) -> syn::Result<Expr> {
        value::word(key, self.value(key)?)
    }

    pub(crate) fn backoff(&self, key: &Key<'_>) -> syn::Result<Backoff> {
        match self.value(key)? {
            Expr::Array(list) => value::delays(key, list),
            named => Ok(Backoff::Named(value::word(key, named)?)),
        }
    }

    pub(crate) fn kinds(&self, key: &Key<'_>) -> syn::Result<On> {
        value::kinds(key, self.value(key)?)
    }

    /// `key` is `key = true`.
    pub(crate) fn flag(&self, key: &Key<'_>) -> syn::Result<Expr> {
        let Form::Value(value) = self else {
            return match self {
                Form::Bare => Ok(syn::parse_quote!(true)),
                _ => self.value(key).cloned(),
            };
        };
        match literal(value) {
            None | Some(Lit::Bool(_)) => Ok(value.clone()),
            Some(other) => Err(key.mistake(other, format!("`{key}` is `true` or `false`"))),
        }
    }

    pub(crate) fn boolean(&self, key: &Key<'_>) -> syn::Result<LitBool> {
        match self.value(key)? {
            Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => Ok(value.clone()),
            other => Err(key.mistake(other, format!("`{key}` is `true` or `false`"))),
        }
    }

    pub(crate) fn bare(&self, key: &Key<'_>) -> syn::Result<TokenStream> {
        match self {
            Form::Bare => Ok(TokenStream::new()),
            Form::Value(value) => Err(mistake(value, Self::no_value(key))),
            Form::List(_) => Err(mistake(key, Self::no_value(key))),
        }
    }

    fn no_value(key: &Key<'_>) -> String {
        format!("`{key}` takes no value\nhelp: write `{key}` alone, or leave it out")
    }

    /// A path or a closure, or what makes one.
    pub(crate) fn function(&self, key: &Key<'_>) -> syn::Result<Expr> {
        self.expression(key, "takes a closure or the path of a function")
    }

    pub(crate) fn token(&self, key: &Key<'_>) -> syn::Result<Expr> {
        self.expression(key, "takes a cancellation token")
    }

    pub(crate) fn constant(&self, key: &Key<'_>) -> syn::Result<Expr> {
        self.expression(key, "takes a constant of type `Policy`")
    }

    /// Anything but a literal.
    fn expression(&self, key: &Key<'_>, takes: &str) -> syn::Result<Expr> {
        let value = self.value(key)?;
        match literal(value) {
            Some(lit) => {
                Err(key.mistake(lit, format!("`{key}` {takes}, not {}", value::described(lit))))
            }
            None => Ok(value.clone()),
        }
    }

    pub(crate) fn text(&self, key: &Key<'_>) -> syn::Result<Expr> {
        value::text(key, self.value(key)?)
    }

    pub(crate) fn ident(&self, key: &Key<'_>) -> syn::Result<Ident> {
        let value = self.value(key)?;
        match value {
            Expr::Path(path) if path.path.get_ident().is_some_and(|name| name != "self") => {
                Ok(path.path.require_ident()?.clone())
            }
            _ => Err(key.mistake(value, format!("`{key}` takes a new name for use in the body"))),
        }
    }

    pub(crate) fn path(&self, key: &Key<'_>) -> syn::Result<Path> {
        let value = self.value(key)?;
        let path = match value {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse().ok(),
            _ => None,
        };
        path.ok_or_else(|| key.mistake(value, format!("`{key}` takes a path")))
    }

    /// The path of a function that is called by its name.
    pub(crate) fn callee(&self, key: &Key<'_>) -> syn::Result<Path> {
        let value = self.value(key)?;
        let message = match value {
            Expr::Path(path) if path.qself.is_none() => return Ok(path.path.clone()),
            Expr::Closure(_) => format!(
                "`{key}` takes the path of a function, not a closure\n\
                 help: it is called with the failure and all arguments; write a function with that signature"
            ),
            Expr::Call(call) => format!(
                "`{key}` takes the path of a function, not a call of it\nhelp: write `{key} = {}`",
                value::source(&call.func)
            ),
            Expr::Field(field) if value::source(&field.base) == "self" => format!(
                "`{key}` takes the path of a function\nhelp: write `{key} = Self::{}`",
                value::source(&field.member)
            ),
            _ => format!("`{key}` takes the path of a function"),
        };
        Err(key.mistake(value, message))
    }

    pub(crate) fn idents(&self, key: &Key<'_>) -> syn::Result<Idents> {
        let tokens = match self {
            Form::List(tokens) if tokens.is_empty() => {
                return Err(key.mistake(key, format!("`{key}()` names no argument")));
            }
            Form::List(tokens) => tokens,
            Form::Bare => {
                return Err(key.mistake(key, format!("`{key}` needs the names of arguments")));
            }
            Form::Value(value) => {
                let help = format!("help: write `{key}({})`", value::source(value));
                return Err(mistake(value, format!("`{key}` takes names in brackets\n{help}")));
            }
        };
        // `self` is a name as well.
        let read = |input: ParseStream<'_>| Idents::parse_terminated_with(input, Ident::parse_any);
        let names = read.parse2(tokens.clone());
        names.map_err(|_| {
            key.mistake(tokens, format!("`{key}` takes the names of arguments and nothing else"))
        })
    }
}

/// The name of an argument, and how its row says that it is written.
pub(crate) struct Key<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) write: &'static str,
}

impl Key<'_> {
    /// A mistake in the argument's value, with how it is written.
    pub(crate) fn mistake(&self, tokens: impl ToTokens, message: impl Display) -> syn::Error {
        let message = message.to_string();
        if message.contains("help: ") {
            return mistake(tokens, message);
        }
        mistake(tokens, format!("{message}\nhelp: write `{}`", self.write))
    }
}

impl Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl ToTokens for Key<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
    }
}
