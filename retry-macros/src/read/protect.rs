//! The arguments `budget` and `breaker`: a name, a static, or settings written out.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitStr, Token};

use crate::expand::policy;
use crate::expand::spans::respanned;
use crate::read::args::Args;
use crate::read::form::{Form, Key};
use crate::read::values as value;

/// What was written for `budget` or `breaker`.
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

/// Settings in brackets.
pub(crate) struct Settings {
    name: Option<LitStr>,
    /// In order, each the builder method of its name.
    methods: Vec<(Ident, Expr)>,
    /// Evaluated in each call.
    key: Option<Expr>,
    /// How many keys are kept.
    keys: Option<Expr>,
    /// The preset to start from.
    preset: Option<Expr>,
}

impl Protection {
    /// Reads the argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        match form {
            Form::Bare if key.name == "breaker" => Ok(Protection::Bare),
            Form::Bare => Err(key.mistake(key, format!("`{key}` needs a value"))),
            Form::Value(expr) => Self::value(key, expr),
            Form::List(tokens) => {
                let read = |input: ParseStream<'_>| settings(key.name, input);
                read.parse2(tokens.clone()).map(|settings| Protection::Settings(Box::new(settings)))
            }
        }
    }

    fn value(key: &Key<'_>, expr: &Expr) -> syn::Result<Self> {
        match expr {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) if name.value().is_empty() => {
                Err(nameless(&key.to_string(), name))
            }
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) => {
                Ok(Protection::Name(name.clone()))
            }
            Expr::Lit(syn::ExprLit { lit, .. }) => {
                let found = value::described(lit);
                Err(key
                    .mistake(lit, format!("`{key}` is a name, a static or settings, not {found}")))
            }
            _ if key.name == "breaker" && value::bare_call(expr).is_some() => Err(value::mistake(
                expr,
                "a breaker is named by a text or by a static\n\
                 help: write `breaker = \"name\"` to share one by name, `breaker` for one of the function's own",
            )),
            _ => Ok(Protection::Value(expr.clone())),
        }
    }

    /// What the documentation calls it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Protection::Bare => "of the function's own".to_owned(),
            Protection::Name(name) => format!("`{}`", name.value()),
            Protection::Value(expr) => format!("`{}`", expr.to_token_stream()),
            Protection::Settings(settings) => {
                let per_key = if settings.key.is_some() { ", one for each key" } else { "" };
                match &settings.name {
                    Some(name) => format!("`{}`{per_key}", name.value()),
                    None => format!("of the function's own{per_key}"),
                }
            }
        }
    }

    /// The value whose evaluation belongs to a call, not to the site.
    pub(crate) fn key(&self) -> Option<&Expr> {
        match self {
            Protection::Settings(settings) => settings.key.as_ref(),
            _ => None,
        }
    }
}

/// `"name", setting = value, …`.
fn settings(of: &Ident, input: ParseStream<'_>) -> syn::Result<Settings> {
    let mut found =
        Settings { name: None, methods: Vec::new(), key: None, keys: None, preset: None };
    if input.peek(LitStr) {
        found.name = Some(input.parse()?);
        comma(of, input)?;
    }
    while !input.is_empty() {
        let stray: TokenTree = input.fork().parse()?;
        let name: Ident = input.parse().map_err(|_| {
            value::mistake(
                &stray,
                format!("expected a setting of `{of}`, found `{stray}`\nhelp: settings are written `name = value`"),
            )
        })?;
        if !input.peek(Token![=]) {
            return Err(syn::Error::new_spanned(
                &name,
                format!("`{name}` has no value\nhelp: settings are written `{name} = …`"),
            ));
        }
        input.parse::<Token![=]>()?;
        let value: Expr = input.parse()?;
        found.add(of, name, value::ungrouped(value))?;
        comma(of, input)?;
    }
    if let (Some(keys), None) = (&found.keys, &found.key) {
        return Err(syn::Error::new_spanned(
            keys,
            "`keys` bounds a table of breakers, and without `key` there is none\nhelp: add `key = …`, or remove `keys`",
        ));
    }
    if let Some(name) = found.name.as_ref().filter(|name| name.value().is_empty()) {
        return Err(nameless(&of.to_string(), name));
    }
    Ok(found)
}

fn nameless(of: &str, name: &LitStr) -> syn::Error {
    syn::Error::new_spanned(
        name,
        format!("the name of a {of} is empty\nhelp: write `{of} = \"billing\"`"),
    )
}

/// Nothing more, or a comma.
fn comma(of: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match input.fork().parse::<TokenTree>() {
        Ok(stray) if !input.peek(Token![,]) => Err(value::mistake(
            &stray,
            format!(
                "expected a comma, found `{stray}`\nhelp: the settings of `{of}` are separated by commas"
            ),
        )),
        Ok(_) => input.parse::<Token![,]>().map(|_| ()),
        Err(_) => Ok(()),
    }
}

impl Settings {
    fn add(&mut self, of: &Ident, name: Ident, value: Expr) -> syn::Result<()> {
        let slot = match name.to_string().as_str() {
            "key" if of == "breaker" => &mut self.key,
            "keys" if of == "breaker" => &mut self.keys,
            "preset" if of == "budget" => &mut self.preset,
            _ => {
                if self.methods.iter().any(|(known, _)| *known == name) {
                    return Err(twice(&name));
                }
                self.methods.push((name, value));
                return Ok(());
            }
        };
        match slot.replace(value) {
            Some(_) => Err(twice(&name)),
            None => Ok(()),
        }
    }
}

fn twice(name: &Ident) -> syn::Error {
    syn::Error::new_spanned(name, format!("`{name}` is given twice\nhelp: remove one of them"))
}

/// The site's budget.
///
/// Input:
/// ```text
/// budget(capacity = 20, refill = "10s")
/// ```
/// Output:
/// ```text
/// SiteBudget::own(BudgetSettings::new().capacity(20).refill(Duration::new(10, 0)))
/// ```
pub(crate) fn budget(args: &Args, private: &TokenStream) -> TokenStream {
    let Some(budget) = &args.budget else {
        return quote!(#private::SiteBudget::OWN);
    };
    match &budget.value {
        Protection::Bare => quote!(#private::SiteBudget::OWN),
        Protection::Name(name) => quote!(#private::SiteBudget::named(#name, #private::None)),
        Protection::Value(expr) => match value::bare_call(expr) {
            Some((word, _)) => quote_spanned!(expr.span()=> #private::budget::#word()),
            None => quote_spanned!(expr.span()=> #private::By(&#expr).budget()),
        },
        Protection::Settings(settings) => {
            let built = built(settings, &quote!(#private::BudgetSettings), private);
            // A setting that is out of range is found by the constructor: the message points at its call.
            let made = match &settings.name {
                Some(name) => quote!(#private::SiteBudget::named(#name, #private::Some(#built))),
                None => quote!(#private::SiteBudget::own(#built)),
            };
            respanned(&made, budget.key.span())
        }
    }
}

/// The site's breaker, if it has one; `name` is the site's.
pub(crate) fn breaker(
    args: &Args,
    name: &TokenStream,
    private: &TokenStream,
) -> Option<TokenStream> {
    let breaker = args.breaker.as_ref()?;
    let settings = match &breaker.value {
        Protection::Bare => {
            return Some(
                quote!(#private::SiteBreaker::own(#name, #private::BreakerSettings::new())),
            );
        }
        Protection::Name(shared) => {
            return Some(quote!(#private::SiteBreaker::named(#shared, #private::None)));
        }
        Protection::Value(expr) => {
            return Some(quote_spanned!(expr.span()=> #private::By(&#expr).breaker()));
        }
        Protection::Settings(settings) => settings,
    };
    let built = built(settings, &quote!(#private::BreakerSettings), private);
    let own_name = settings.name.as_ref().map_or_else(|| name.clone(), ToTokens::to_token_stream);
    let optional = match settings.methods.is_empty() {
        true => quote!(#private::None),
        false => quote!(#private::Some(#built)),
    };
    let made = match (&settings.key, &settings.name) {
        (Some(_), _) => {
            let keys = match &settings.keys {
                Some(keys) => quote!(#private::Some(#keys)),
                None => quote!(#private::None),
            };
            let shared = settings.name.is_some();
            quote!(#private::SiteBreaker::keyed(#own_name, #shared, #optional, #keys))
        }
        (None, Some(shared)) => quote!(#private::SiteBreaker::named(#shared, #optional)),
        (None, None) => quote!(#private::SiteBreaker::own(#own_name, #built)),
    };
    Some(respanned(&made, breaker.key.span()))
}

/// The settings as a chain of builder calls.
fn built(settings: &Settings, builder: &TokenStream, private: &TokenStream) -> TokenStream {
    let start = match &settings.preset {
        Some(preset) => quote_spanned!(preset.span()=> #builder::#preset()),
        None => quote!(#builder::new()),
    };
    let calls = settings.methods.iter().map(|(method, value)| {
        // `refill = none` is the builder's `no_refill()`.
        if value::bare_call(value).is_some_and(|(word, _)| word == "none") {
            let without = format_ident!("no_{}", method, span = method.span());
            return quote!(.#without());
        }
        let value = policy::setting(value, private);
        quote!(.#method(#value))
    });
    quote!(#start #(#calls)*)
}

impl ToTokens for Protection {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Protection::Bare => {}
            Protection::Name(name) => name.to_tokens(tokens),
            Protection::Value(expr) => expr.to_tokens(tokens),
            Protection::Settings(settings) => {
                settings.name.to_tokens(tokens);
                for (method, value) in &settings.methods {
                    tokens.extend(quote!(#method = #value));
                }
            }
        }
    }
}
