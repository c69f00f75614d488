//! Durations, and backoffs with their lists of delays.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use retry_text::duration::{self, FORM};
use retry_text::nearest;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprArray, ExprLit, Ident, Lit, LitStr, Token, token};

use crate::errors::{Mistake, combined, quoted};
use crate::read::form::Form;
use crate::read::key::Key;
use crate::read::literal::{bare_call, described, is_signed, literal, ungrouped};
use crate::read::values;
use crate::read::words::BACKOFF;

/// A duration: a string that the macro reads, or any `const` expression of type `Duration`.
pub(crate) enum Time {
    Text(LitStr, Duration),
    Expr(Expr),
}

/// A backoff: one of the runtime's words, or a list of delays.
pub(crate) enum Backoff {
    Named(Expr),
    List(Vec<Time>, token::Bracket),
}

/// The longest delay that a server may ask for: a longer one ends the call, or is cut by `clamp`.
pub(crate) enum HintCap {
    Stop(Time),
    Clamp(Ident, Time),
}

impl HintCap {
    /// Reads the value of an argument: a duration, or `clamp` of one.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        let value = form.value(key)?;
        let Expr::Call(call) = value else {
            return match bare_call(value) {
                Some((word, _)) if word == "clamp" => Err(value.mistake(format!(
                    "`clamp` takes the longest delay\nhelp: write `{key} = clamp(\"10s\")`"
                ))),
                _ => Time::of(key, value).map(HintCap::Stop),
            };
        };
        let Some((word, _)) = bare_call(value) else {
            return Time::of(key, value).map(HintCap::Stop);
        };
        match call.args.first() {
            Some(longest) if word == "clamp" && call.args.len() == 1 => {
                let longest = ungrouped(longest.clone());
                let key = Key { name: word, write: "hint_cap = clamp(\"10s\")" };
                match literal(&longest) {
                    Some(Lit::Int(number)) => Err(longest.mistake(format!(
                        "a duration needs a unit\nhelp: write `hint_cap = clamp(\"{number}s\")`"
                    ))),
                    _ => Ok(HintCap::Clamp(word.clone(), Time::of(&key, &longest)?)),
                }
            }
            _ if word == "clamp" || nearest(&word.to_string(), &["clamp"]).is_some() => {
                Err(value.mistake(format!(
                    "`{key}` is a duration, or `clamp` of one\n\
                     help: write `{key} = clamp(\"10s\")` to cut a longer hint, or `{key} = \"60s\"` to stop at one"
                )))
            }
            // A function of the user's that makes a duration.
            _ => Time::of(key, value).map(HintCap::Stop),
        }
    }
}

impl ToTokens for HintCap {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            HintCap::Stop(longest) => longest.to_tokens(tokens),
            HintCap::Clamp(word, longest) => tokens.extend(quote!(#word(#longest))),
        }
    }
}

impl Time {
    /// Reads the value of an argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        Time::of(key, form.value(key)?)
    }

    /// Reads a string such as `"1m 30s"`.
    pub(crate) fn parse(text: &LitStr) -> syn::Result<Self> {
        let words = text.value();
        match duration::parse(&words) {
            Ok(duration) => Ok(Time::Text(text.clone(), duration)),
            Err(problem) => {
                Err(text.mistake(format!("the duration \"{words}\" {problem}\nhelp: write {FORM}")))
            }
        }
    }

    /// The duration, if it is written out.
    pub(crate) fn literal(&self) -> Option<Duration> {
        match self {
            Time::Text(_, duration) => Some(*duration),
            Time::Expr(_) => None,
        }
    }

    /// Reads an expression. A number alone is a mistake here, where the message can show how to write it.
    pub(crate) fn of(key: &Key<'_>, expr: &Expr) -> syn::Result<Self> {
        let Some(lit) = literal(expr) else {
            return match expr {
                _ if is_signed(expr) => {
                    Err(key.wrong(expr, format!("`{key}` must not be negative")))
                }
                Expr::Binary(sum)
                    if literal(&sum.left).is_some() && literal(&sum.right).is_some() =>
                {
                    Err(key.wrong(expr, format!("`{key}` must be a duration")))
                }
                Expr::Range(_) | Expr::Array(_) | Expr::Tuple(_) | Expr::Closure(_) => {
                    Err(key.wrong(expr, format!("`{key}` must be a duration")))
                }
                _ => Ok(Time::Expr(expr.clone())),
            };
        };
        let (number, suffix) = match lit {
            Lit::Str(text) => return Time::parse(text),
            Lit::Int(number) => (number.base10_digits(), number.suffix()),
            Lit::Float(number) => (number.base10_digits(), number.suffix()),
            other => {
                let found = described(other);
                return Err(other.mistake(format!(
                    "`{key}` must be a duration, not {found}\nhelp: write {FORM}"
                )));
            }
        };
        let message = match duration::parse(&format!("{number}{suffix}")) {
            Ok(_) => format!(
                "a duration is written in quotes\nhelp: write `{key} = \"{number}{suffix}\"`"
            ),
            Err(_) => format!(
                "a duration needs a unit\nhelp: write `{key} = \"{number}s\"` or `{key} = \"{number}ms\"`"
            ),
        };
        Err(lit.mistake(message))
    }
}

impl Backoff {
    /// Reads the value of an argument.
    pub(crate) fn read(form: &Form, key: &Key<'_>) -> syn::Result<Self> {
        if let Form::List(_) = form {
            return values::word(&BACKOFF, form, key).map(Backoff::Named);
        }
        match form.value(key)? {
            Expr::Array(list) => Backoff::delays(key, list),
            Expr::Tuple(list) => Err(other_list(key, form.value(key)?, &list.elems)),
            Expr::Reference(reference) => match &*reference.expr {
                Expr::Array(list) => Err(other_list(key, form.value(key)?, &list.elems)),
                _ => Ok(Backoff::Named(form.value(key)?.clone())),
            },
            Expr::Macro(call) if call.mac.path.is_ident("vec") => {
                Err(form.value(key)?.mistake(format!(
                    "`{key}` takes a list of delays without `vec!`\nhelp: write `{key} = [{}]`",
                    call.mac.tokens
                )))
            }
            _ => Ok(Backoff::Named(values::word(&BACKOFF, form, key)?)),
        }
    }

    /// The delays, if the backoff is a list of them.
    pub(crate) fn list(&self) -> Option<&[Time]> {
        match self {
            Backoff::List(entries, _) => Some(entries),
            Backoff::Named(_) => None,
        }
    }

    fn delays(key: &Key<'_>, list: &ExprArray) -> syn::Result<Self> {
        if list.elems.is_empty() {
            return Err(list.mistake(format!(
                "`{key} = []` has no delay\nhelp: write at least one: `{key} = [\"100ms\", \"1s\"]`"
            )));
        }
        let entry = Ident::new("entry", key.name.span());
        let entry = Key { name: &entry, write: key.write };
        let entries = list.elems.iter().map(|expr| match ungrouped(expr.clone()) {
            // The usual help names an argument, and an entry of a list has no name.
            Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. }) => {
                let number = digits(&lit);
                Err(lit.mistake(format!(
                    "a duration needs a unit\nhelp: write \"{number}s\" or \"{number}ms\""
                )))
            }
            expr => Time::of(&entry, &expr),
        });
        let (mut delays, mut mistakes) = (Vec::new(), Vec::new());
        entries.for_each(|entry| match entry {
            Ok(delay) => delays.push(delay),
            Err(error) => mistakes.push(error),
        });
        combined(mistakes).map_or(Ok(Backoff::List(delays, list.bracket_token)), Err)
    }
}

/// The mistake of delays in parentheses or behind a reference.
fn other_list(key: &Key<'_>, value: &Expr, entries: &Punctuated<Expr, Token![,]>) -> syn::Error {
    let list = entries.to_token_stream();
    if entries.first().and_then(bare_call).is_some_and(|(word, _)| BACKOFF.has(word)) {
        return value.mistake(format!(
            "`{key}` takes a word, and the delays are arguments beside it\n\
             help: write `{}, base = \"1s\", cap = \"30s\"`",
            key.write
        ));
    }
    value.mistake(format!(
        "`{key}` lists delays in brackets\nhelp: write `{key} = [{}]`",
        quoted(list)
    ))
}

fn digits(lit: &Lit) -> &str {
    match lit {
        Lit::Int(number) => number.base10_digits(),
        Lit::Float(number) => number.base10_digits(),
        _ => "1",
    }
}

impl ToTokens for Time {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Time::Text(text, _) => text.to_tokens(tokens),
            Time::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

impl ToTokens for Backoff {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Backoff::Named(expr) => expr.to_tokens(tokens),
            Backoff::List(entries, bracket) => {
                bracket.surround(tokens, |inner| inner.extend(quote!(#(#entries),*)));
            }
        }
    }
}
