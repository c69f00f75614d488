//! Reads the values of words in `#[classify(…)]`: fields, kinds, paths and expressions.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Lit, LitStr, Member, Path, Result, Token};

use super::words::{self, Kind};
use crate::errors::Mistake;

/// Reads `= field`: the name of a field, or its position in a tuple.
pub(super) fn field(key: &Ident, input: ParseStream<'_>) -> Result<Member> {
    let eq: Option<Token![=]> = input.parse()?;
    let value = until_comma(input);
    let member = syn::parse2::<Member>(value.clone());
    if let (Some(_), Ok(member)) = (eq, member) {
        return Ok(member);
    }
    let meant = match words::last_word(&value) {
        word if is_one_word(&value) && syn::parse_str::<Member>(&word).is_ok() => {
            format!("write `{key} = {word}`")
        }
        _ => format!(
            "write `{key} = name_of_the_field`, or `{key} = 0` for the first field of a tuple"
        ),
    };
    if value.is_empty() {
        return Err(key.mistake(format!("`{key}` needs the name of a field\nhelp: {meant}")));
    }
    Err(value.mistake(format!(
        "`{key}` takes the bare name of a field\n\
         help: {meant}; to compute the value, write `kind = expr`"
    )))
}

/// Whether the value is a name with something around it: `(code)`, `: code`, `"code"`, `&code`, `self.code`.
fn is_one_word(value: &TokenStream) -> bool {
    let text = value.to_string().replace(' ', "");
    let text = text.trim_start_matches(['(', ':', '&', '"']).trim_start_matches("self.");
    text.trim_end_matches([')', '"']).chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Reads `= permanent`, or another kind.
pub(super) fn kind(key: &Ident, input: ParseStream<'_>) -> Result<Kind> {
    let kinds = words::list(&Kind::ALL.map(|kind| kind.word));
    let help = format!("help: write `{key} = permanent`; the kinds are {kinds}");
    let value = value(key, input, &format!("`{key}` needs a kind\n{help}"))?;
    let name = syn::parse2::<Ident>(value.clone()).map(|word| word.to_string());
    let kind = name.as_deref().ok().and_then(Kind::named);
    kind.ok_or_else(|| {
        let written = words::last_word(&value);
        let help = match retry_text::nearest(&written, &Kind::ALL.map(|kind| kind.word)) {
            Some(near) => format!("help: did you mean `{key} = {near}`?"),
            None => help,
        };
        value.mistake(format!("`{key}` takes one of the kinds\n{help}"))
    })
}

/// Reads `= my_crate::reexport`, with or without quotes.
pub(super) fn path(key: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let help = "help: write `crate = my_crate::retry_runtime`";
    let missing = format!("`{key}` needs the path of `retry_runtime`\n{help}");
    let value = value(key, input, &missing)?;
    let quoted = syn::parse2::<LitStr>(value.clone());
    quoted
        .and_then(|path| path.parse_with(Path::parse_mod_style))
        .or_else(|_| Path::parse_mod_style.parse2(value.clone()))
        .map_err(|_| value.mistake(format!("`{key}` takes a path\n{help}")))
}

/// Reads `= expr`, the only value that can contain commas.
pub(super) fn expr(key: &Ident, input: ParseStream<'_>) -> Result<Expr> {
    let help = "help: write an expression of type `Kind` or `Class`, as in \
                `kind = if *code == 7 { Kind::Transient } else { Kind::Permanent }`";
    let eq: Option<Token![=]> = input.parse()?;
    if eq.is_none() || input.is_empty() {
        return Err(key.mistake(format!("`{key}` needs an expression\n{help}")));
    }
    let start = input.fork();
    let expr = input.parse().map_err(|_| {
        let found = until_comma(&start);
        let found = if found.is_empty() { key.to_token_stream() } else { found };
        found.mistake(format!("`{key}` needs an expression\n{help}"))
    })?;
    match &expr {
        Expr::Lit(literal) => Err(literal.mistake(not_a_literal(key, &literal.lit))),
        _ => Ok(expr),
    }
}

/// The mistake of `kind = "transient"` or `kind = 5`.
fn not_a_literal(key: &Ident, literal: &Lit) -> String {
    let text = match literal {
        Lit::Str(text) => text.value(),
        _ => String::new(),
    };
    let help = match Kind::named(&text) {
        Some(_) => format!("write `#[classify({text})]`"),
        None => "write `#[classify(transient)]`, or another kind".to_owned(),
    };
    format!(
        "`{key}` takes an expression of type `Kind` or `Class`, not a literal\n\
         help: {help}; to compute the kind, write \
         `kind = if *code == 7 {{ Kind::Transient }} else {{ Kind::Permanent }}`"
    )
}

/// Reads the tokens after `=`; a value that is missing is a mistake.
fn value(key: &Ident, input: ParseStream<'_>, missing: &str) -> Result<TokenStream> {
    let eq: Option<Token![=]> = input.parse()?;
    let value = until_comma(input);
    if eq.is_none() || value.is_empty() {
        return Err(key.mistake(missing));
    }
    Ok(value)
}

/// Reads the tokens up to the next comma, or to the end.
pub(super) fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}
