//! Reads the arguments `budget` and `breaker`: a name, a static, or settings.

use proc_macro2::TokenTree;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Token};

use crate::errors::{Mistake, given_twice};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{bare_call, ungrouped};

/// The value of `budget` or `breaker`.
pub(crate) enum Protection {
    /// `breaker`.
    Bare,
    /// `budget = "name"`.
    Name(LitStr),
    /// `budget = none`, `budget = grpc`, `breaker = PAYMENTS`.
    Value(Expr),
    /// `breaker("name", rate = 0.5, key = host)`.
    Settings(Box<Settings>),
}

/// Settings in parentheses.
#[derive(Default)]
pub(crate) struct Settings {
    /// The name under which functions share the budget or the breaker.
    pub(crate) name: Option<LitStr>,
    /// The other settings, in order. Each is a builder method of its name.
    pub(crate) methods: Vec<(Ident, Expr)>,
    /// The expression that picks the budget or the breaker of a call.
    pub(crate) key: Option<Expr>,
    /// The largest number of keys.
    pub(crate) keys: Option<Expr>,
    /// The preset to start from.
    pub(crate) preset: Option<Expr>,
}

impl Protection {
    /// Reads the argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        match form {
            Form::Bare if key.name == "breaker" => Ok(Protection::Bare),
            Form::Bare | Form::Value(_) => Self::value(key, form.value(key)?),
            Form::List(tokens) => {
                let read = |input: ParseStream<'_>| settings(key.name, input);
                read.parse2(tokens.clone()).map(|settings| Protection::Settings(Box::new(settings)))
            }
        }
    }

    fn value(key: &Key<'_>, expr: &Expr) -> syn::Result<Self> {
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => {
                named(key.name, name.clone()).map(Protection::Name)
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                Err(key.wrong_kind(lit, "must be a name, a static or settings"))
            }
            _ if key.name == "breaker" && bare_call(expr).is_some() => Err(expr.mistake(
                "`breaker` takes a name in quotes or a static\n\
                 help: write `breaker = \"name\"` to share a breaker by name, or `breaker` to give the function its own",
            )),
            _ => Ok(Protection::Value(expr.clone())),
        }
    }

    /// The expression that picks the budget or the breaker of a call. Unlike the settings it is evaluated in each call.
    pub(crate) fn key(&self) -> Option<&Expr> {
        match self {
            Protection::Settings(settings) => settings.key.as_ref(),
            _ => None,
        }
    }
}

/// Reads `"name", setting = value, …`.
fn settings(of: &Ident, input: ParseStream<'_>) -> syn::Result<Settings> {
    let mut found = Settings::default();
    if input.peek(LitStr) {
        found.name = Some(named(of, input.parse()?)?);
        comma(of, input)?;
    }
    while !input.is_empty() {
        let stray: TokenTree = input.fork().parse()?;
        let name: Ident = input.parse().map_err(|_| {
            stray.mistake(format!(
                "expected a setting of `{of}`, found `{stray}`\n\
                 help: settings are written `name = value`"
            ))
        })?;
        if !input.peek(Token![=]) {
            return Err(name.mistake(format!(
                "`{name}` has no value\nhelp: settings are written `{name} = …`"
            )));
        }
        input.parse::<Token![=]>()?;
        let value: Expr = input.parse()?;
        found.add(of, name, ungrouped(value))?;
        comma(of, input)?;
    }
    if let (Some(keys), None) = (&found.keys, &found.key) {
        return Err(keys.mistake(format!(
            "`keys` limits the number of {of}s, and without `key` there is only one\n\
             help: add `key = …`, or remove `keys`",
        )));
    }
    Ok(found)
}

/// A name by which functions share the budget or the breaker; it must not be empty.
fn named(of: &Ident, name: LitStr) -> syn::Result<LitStr> {
    if name.value().is_empty() {
        return Err(name.mistake(format!(
            "the name of a {of} is empty\nhelp: write a name, such as `{of} = \"billing\"`"
        )));
    }
    Ok(name)
}

/// Reads the comma after a setting, which the last one needs not have.
fn comma(of: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match input.fork().parse::<TokenTree>() {
        Ok(stray) if !input.peek(Token![,]) => Err(stray.mistake(format!(
            "expected a comma, found `{stray}`\n\
             help: the settings of `{of}` are separated by commas"
        ))),
        Ok(_) => input.parse::<Token![,]>().map(|_| ()),
        Err(_) => Ok(()),
    }
}

impl Settings {
    /// Whether no setting of the budget or the breaker itself is given.
    pub(crate) fn is_default(&self) -> bool {
        self.methods.is_empty() && self.preset.is_none()
    }

    /// Adds a setting, unless it is given twice.
    fn add(&mut self, of: &Ident, name: Ident, value: Expr) -> syn::Result<()> {
        let twice = match name.to_string().as_str() {
            "key" => self.key.replace(value).is_some(),
            "keys" => self.keys.replace(value).is_some(),
            "preset" if of == "budget" => self.preset.replace(value).is_some(),
            _ => {
                let twice = self.methods.iter().any(|(known, _)| *known == name);
                self.methods.push((name.clone(), value));
                twice
            }
        };
        if twice { Err(given_twice(&name)) } else { Ok(()) }
    }
}
