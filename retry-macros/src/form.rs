//! How one argument is written, `key`, `key = value` or `key(…)`, and what can be read from it.
//!
//! A message that has no better help says how the argument is written.

use std::fmt::{self, Display};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitBool, Path, Token, token};

use crate::args::{self, Backoff, Idents, On, Time};
use crate::value::{self, literal, mistake};

/// One argument as it was written.
pub(crate) struct Written {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

/// What follows the key.
pub(crate) enum Form {
    Bare,
    Value(Expr),
    List(TokenStream),
}

/// The arguments between commas. One that cannot be read does not take the next ones with it.
pub(crate) fn items(tokens: TokenStream) -> Vec<syn::Result<Written>> {
    let mut items = Vec::new();
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            read_item(input, &mut items)?;
        }
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        items.push(Err(error));
    }
    items
}

fn read_item(input: ParseStream<'_>, items: &mut Vec<syn::Result<Written>>) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        items.push(Err(nameless(input)));
        return skip(input);
    }
    let key = Ident::parse_any(input)?;
    let form = match read_form(input, &key, items) {
        Ok(form) => form,
        Err(error) => {
            items.push(Err(error));
            return skip(input);
        }
    };
    let bare = matches!(form, Form::Bare);
    if input.is_empty() || input.peek(Token![,]) {
        items.push(Ok(Written { key, form }));
        return skip(input);
    }
    let stray: TokenTree = input.fork().parse()?;
    let argument = matches!(&stray, TokenTree::Ident(name) if args::is_argument(name));
    if bare && !argument {
        items.push(Err(mistake(
            &stray,
            format!("expected `=` after `{key}`, found `{stray}`\nhelp: write `{key} = …`"),
        )));
        return skip(input);
    }
    items.push(Ok(Written { key, form }));
    items.push(Err(mistake(
        &stray,
        format!(
            "expected a comma, found `{stray}`\n\
             help: arguments are separated by commas: `max = 3, base = \"1s\"`"
        ),
    )));
    // A comma that was only forgotten: the next argument is read all the same.
    if argument { Ok(()) } else { skip(input) }
}

/// Goes on after the next comma.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if matches!(input.parse()?, TokenTree::Punct(punct) if punct.as_char() == ',') {
            break;
        }
    }
    Ok(())
}

/// The mistake of an argument that starts with anything but its name.
fn nameless(input: ParseStream<'_>) -> syn::Error {
    match input.fork().parse() {
        Ok(TokenTree::Punct(comma)) if comma.as_char() == ',' => {
            mistake(&comma, "expected an argument before the comma\nhelp: remove the comma")
        }
        Ok(TokenTree::Punct(equals)) if equals.as_char() == '=' => mistake(
            &equals,
            "the value has no name\nhelp: write the argument's name before the `=`, such as `max = 3`",
        ),
        Ok(TokenTree::Literal(value)) => {
            let name = if value.to_string().starts_with('"') { "base" } else { "max" };
            mistake(
                &value,
                format!(
                    "the value {value} has no name\nhelp: write `{name} = {value}` if that is what you mean"
                ),
            )
        }
        Ok(other) => mistake(
            &other,
            "expected an argument\nhelp: write its name and its value, such as `max = 3`",
        ),
        Err(error) => error,
    }
}

fn read_form(
    input: ParseStream<'_>,
    key: &Ident,
    items: &mut Vec<syn::Result<Written>>,
) -> syn::Result<Form> {
    if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        return Ok(Form::List(content.parse()?));
    }
    let Some(sign) = sign(input)? else { return Ok(Form::Bare) };
    let equals = sign.to_string().replace(' ', "");
    if input.is_empty() || input.peek(Token![,]) {
        return Err(mistake(
            sign,
            format!(
                "`{key}` has no value after the `{equals}`\nhelp: write one, or leave `{key}` out"
            ),
        ));
    }
    let found = input.fork().parse::<TokenTree>()?;
    let value = input.parse().map_err(|_| {
        mistake(&found, format!("expected a value for `{key}` here, an expression"))
    })?;
    if equals != "=" {
        let written = value::source(&value);
        items.push(Err(mistake(
            sign,
            format!("expected `=` after `{key}`, not `{equals}`\nhelp: write `{key} = {written}`"),
        )));
    }
    Ok(Form::Value(value::ungrouped(value)))
}

/// The `=` after a key, or what is written for it by those who come from elsewhere: `:`, `==`, `=>`, `:=`.
fn sign(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    let mut sign = TokenStream::new();
    while let Ok(TokenTree::Punct(punct)) = input.fork().parse() {
        let first = sign.is_empty();
        let belongs = matches!(punct.as_char(), '=' | ':') || (!first && punct.as_char() == '>');
        if !belongs {
            break;
        }
        input.parse::<TokenTree>()?;
        let ends = punct.spacing() == Spacing::Alone;
        sign.extend([TokenTree::Punct(punct)]);
        if ends {
            break;
        }
    }
    Ok((!sign.is_empty()).then_some(sign))
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
