//! Reads the arguments `budget` and `breaker`: a name, a static, or settings.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr};

use crate::errors::{Mistake, combined, given_twice, quoted};
use crate::read::constant::is_constant;
use crate::read::form::Form;
use crate::read::items::{Names, Written, items};
use crate::read::key::Key;
use crate::read::literal::bare_call;
use crate::read::settings::{self, Value};
use crate::read::words::BUDGET;

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
    pub(crate) methods: Vec<(Ident, Expr, Value)>,
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
                let settings = settings(key.name, tokens.clone())?;
                Ok(Protection::Settings(Box::new(settings)))
            }
        }
    }

    fn value(key: &Key<'_>, expr: &Expr) -> syn::Result<Self> {
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => {
                named(key.name, name.clone()).map(Protection::Name)
            }
            Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => Err(switched(key, on)),
            Expr::Lit(ExprLit { lit: lit @ Lit::Int(number), .. })
                if number.base10_digits() == "0" =>
            {
                let help = if key.name == "breaker" { "leave it out" } else { "write `budget = none`" };
                Err(lit.mistake(format!(
                    "`{key}` must be a name, a static or settings, not a number\nhelp: {help} for none"
                )))
            }
            Expr::Lit(ExprLit { lit: lit @ Lit::Float(part), .. }) => {
                let setting = if key.name == "breaker" { "rate" } else { "deposit" };
                Err(lit.mistake(format!(
                    "`{key}` must be a name, a static or settings, not a number\n\
                     help: write `{key}({setting} = {part})`"
                )))
            }
            Expr::Lit(ExprLit { lit: lit @ Lit::Int(number), .. }) => {
                let setting = if key.name == "breaker" { "consecutive" } else { "capacity" };
                Err(lit.mistake(format!(
                    "`{key}` must be a name, a static or settings, not a number\n\
                     help: write `{key}({setting} = {number})`"
                )))
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                Err(key.wrong_kind(lit, "must be a name, a static or settings"))
            }
            Expr::Call(call) if matches!(&*call.func, Expr::Lit(_)) => Err(expr.mistake(format!(
                "the name and the settings stand in the same parentheses\nhelp: write `{key}({}, {})`",
                quoted(&call.func),
                quoted(&call.args)
            ))),
            Expr::Call(call) if makes_a_value(&call.func) => Err(expr.mistake(format!(
                "`{key}` takes a name, settings or the name of a static, and `{}` makes a value that has no place\n\
                 help: write settings as in `{}`, or keep the value in a static and write its name: `{key} = SHARED`",
                quoted(&call.func),
                if key.name == "breaker" { "breaker(rate = 0.5)" } else { "budget(capacity = 20)" }
            ))),
            Expr::Closure(_) | Expr::Array(_) | Expr::Tuple(_) | Expr::Struct(_) => {
                Err(key.wrong(expr, format!("`{key}` must be a name, a static or settings")))
            }
            _ if key.name == "breaker" => match bare_call(expr) {
                Some((word, _)) if OFF.iter().any(|off| word == off) => Err(off(key, expr)),
                Some((word, _)) => Err(expr.mistake(format!(
                    "`breaker` takes a name in quotes or a static\n\
                     help: write `breaker = \"{word}\"` to share a breaker by name, or `breaker` to give the function its own"
                ))),
                None => Ok(Protection::Value(expr.clone())),
            },
            _ => {
                BUDGET.check(key, expr)?;
                Ok(Protection::Value(expr.clone()))
            }
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

/// Reads `"name", setting = value, …`. All its mistakes are reported at once.
fn settings(of: &Ident, tokens: TokenStream) -> syn::Result<Settings> {
    let (mut found, mut mistakes) = (Settings::default(), Vec::new());
    let rest = first_name(of, tokens, &mut found, &mut mistakes);
    let names = Names {
        is_name: |word| settings::is_name(word),
        what: "setting",
        example: if of == "breaker" { "rate = 0.5" } else { "capacity = 20" },
        of_text: None,
        write: settings::written,
    };
    for item in items(rest, &names) {
        mistakes.extend(item.and_then(|written| found.add(of, &written)).err());
    }
    if let (Some(keys), None, true) = (&found.keys, &found.key, mistakes.is_empty()) {
        mistakes.push(keys.mistake(format!(
            "`keys` limits the number of {of}s, and without `key` there is only one\n\
             help: add `key = …`, or remove `keys`",
        )));
    }
    combined(mistakes).map_or(Ok(found), Err)
}

/// Takes the name off the tokens, and its comma.
fn first_name(
    of: &Ident,
    tokens: TokenStream,
    found: &mut Settings,
    mistakes: &mut Vec<syn::Error>,
) -> TokenStream {
    let mut rest = tokens.clone().into_iter().peekable();
    // `macro_rules!` puts an invisible group around its fragments, which the parser looks through.
    let first = match rest.next() {
        Some(first @ (TokenTree::Literal(_) | TokenTree::Group(_))) => first.into_token_stream(),
        _ => return tokens,
    };
    let Ok(name) = syn::parse2::<LitStr>(first) else { return tokens };
    match rest.next() {
        None => {}
        Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => {}
        Some(stray) => {
            mistakes.push(stray.mistake(format!(
                "expected a comma, found `{stray}`\n\
                 help: the settings of `{of}` are separated by commas"
            )));
            return TokenStream::new();
        }
    }
    match named(of, name) {
        Ok(name) => found.name = Some(name),
        Err(error) => mistakes.push(error),
    }
    rest.collect()
}

/// Whether a call makes a value: `Breaker::new(…)`, `Some(…)`.
fn makes_a_value(function: &Expr) -> bool {
    let path = quoted(function);
    let last = path.rsplit("::").next().unwrap_or_default();
    last == "new" || last.starts_with(char::is_uppercase)
}

/// The words for no breaker.
const OFF: [&str; 5] = ["none", "off", "disabled", "no", "never"];

/// The mistake of `budget = true` or `breaker = false`.
fn switched(key: &Key<'_>, on: &LitBool) -> syn::Error {
    match (key.name == "breaker", on.value) {
        (_, false) if key.name == "budget" => on.mistake(
            "`budget` must be a name, a static or settings, not `false`\nhelp: write `budget = none`",
        ),
        (true, false) => off(key, on),
        (true, true) => on.mistake(
            "`breaker` must be a name, a static or settings, not `true`\nhelp: write `breaker` alone",
        ),
        _ => on.mistake(
            "`budget` must be a name, a static or settings, not `true`\nhelp: leave `budget` out: it is on by default",
        ),
    }
}

fn off(key: &Key<'_>, value: &dyn ToTokens) -> syn::Error {
    value.to_token_stream().mistake(format!(
        "`{key}` must be a name, a static or settings\n\
         help: leave `{key}` out: a function has none unless it asks for one"
    ))
}

/// A name by which functions share the budget or the breaker; it must not be empty.
fn named(of: &Ident, name: LitStr) -> syn::Result<LitStr> {
    if name.value().is_empty() {
        return Err(name.mistake(format!(
            "the name of a {of} is empty\nhelp: write a name, such as `{of} = \"billing\"`"
        )));
    }
    let text = name.value();
    if of == "budget" && matches!(&*text, "none" | "off") {
        return Err(name.mistake(format!(
            "a name in quotes is a budget that functions share, and \"{text}\" would be one\n\
             help: write `budget = none`, without quotes, to turn it off"
        )));
    }
    let number = text.trim().trim_end_matches(['%', ' ']);
    if number.parse::<f64>().is_ok() {
        let setting = match (of == "breaker", number == text.trim()) {
            (true, true) => format!("consecutive = {number}"),
            (true, false) => "rate = 0.5".to_owned(),
            (false, true) => format!("capacity = {number}"),
            (false, false) => "deposit = 0.1".to_owned(),
        };
        return Err(name.mistake(format!(
            "a text is the name of a {of}, and \"{text}\" is a number\nhelp: write `{of}({setting})`, or a name"
        )));
    }
    Ok(name)
}

impl Settings {
    /// Whether no setting of the budget or the breaker itself is given.
    pub(crate) fn is_default(&self) -> bool {
        self.methods.is_empty() && self.preset.is_none()
    }

    /// Adds a setting, unless it is given twice.
    fn add(&mut self, of: &Ident, written: &Written) -> syn::Result<()> {
        let name = &written.key;
        let value = match &written.form {
            Form::Value(value) => value,
            Form::Bare => return Err(bare(of, name)),
            Form::List(_) => return Err(in_parentheses(of, name)),
        };
        if name == "name" {
            return Err(name.mistake(format!(
                "the name of a {of} has no `name =` before it\n\
                 help: write it first, in quotes: `{of}({}, …)`",
                match value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) =>
                        text.to_token_stream().to_string(),
                    _ => "\"billing\"".to_owned(),
                }
            )));
        }
        let row = settings::row(of, name)?;
        let key = Key { name, write: row.write };
        let slot = match row.name {
            "key" => Some(&mut self.key),
            "keys" => Some(&mut self.keys),
            "preset" => Some(&mut self.preset),
            _ => None,
        };
        let twice = match slot {
            Some(slot) => slot.replace(value.clone()).is_some(),
            None => {
                let twice = self.methods.iter().any(|(known, ..)| known == name);
                self.methods.push((name.clone(), value.clone(), row.value()));
                twice
            }
        };
        if twice {
            return Err(given_twice(name));
        }
        match row.name {
            "key" => picks_one_of_several(of, value),
            "preset" => preset(&key, value),
            _ => row.check(of, &key, value),
        }
    }
}

/// A key is a value of the call.
fn picks_one_of_several(of: &Ident, key: &Expr) -> syn::Result<()> {
    if let Expr::Closure(_) = key {
        return Err(key.mistake(
            "`key` takes the key itself, not a closure\nhelp: write a value of the call, such as an argument: `key = host`",
        ));
    }
    if !is_constant(key) {
        return Ok(());
    }
    Err(key.mistake(format!(
        "`key` picks the {of} of a call, and this value is the same for all calls\n\
         help: write a value of the call, such as an argument: `key = host`; a {of} that functions share has a name: \
         `{of}(\"billing\")`"
    )))
}

fn preset(key: &Key<'_>, value: &Expr) -> syn::Result<()> {
    match bare_call(value) {
        Some((word, _)) if matches!(value, Expr::Path(_)) && word != "none" => BUDGET
            .check_word(key, word)
            .map_err(|error| word.mistake(error.to_string().replace("`none`, ", ""))),
        _ => Err(value.mistake(format!(
            "`preset` takes a word: {}\nhelp: write `preset = aws`",
            BUDGET.list().replace("`none`, ", "")
        ))),
    }
}

/// The mistake of a word without a value: a name without quotes, a preset, or a setting.
fn bare(of: &Ident, word: &Ident) -> syn::Error {
    if of == "budget" && BUDGET.has(word) {
        return word
            .mistake(format!("`{word}` is no setting of `budget`\nhelp: write `budget = {word}`"));
    }
    match settings::row(of, word) {
        Ok(row) => word.mistake(format!("`{word}` has no value\nhelp: write `{}`", row.write)),
        Err(error) if error.to_string().contains("help: write `") => error,
        Err(_) => word.mistake(format!(
            "`{word}` is neither a name in quotes nor a setting\n\
             help: write `{of}(\"{word}\")` to share a {of} by name, or settings such as `{of}({})`",
            settings::of(of)[0].write
        )),
    }
}

fn in_parentheses(of: &Ident, name: &Ident) -> syn::Error {
    match settings::row(of, name) {
        Ok(row) => name.mistake(format!(
            "the value of `{name}` is written after `=`\nhelp: write `{}`",
            row.write
        )),
        Err(error) => error,
    }
}
