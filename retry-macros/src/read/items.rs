//! Splits an attribute into its arguments, each a key and a form.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token, token};

use crate::errors::{Mistake, quoted};
use crate::read::form::Form;
use crate::read::literal::ungrouped;

/// An argument: its key and the tokens after it.
pub(crate) struct Written {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

/// The names that a list may contain: those of arguments, or those of settings.
pub(crate) struct Names {
    /// Whether a word is one of them.
    pub(crate) is_name: fn(&Ident) -> bool,
    /// The noun for one of them in messages: `argument` or `setting`.
    pub(crate) what: &'static str,
    /// An example for messages: a name and its value.
    pub(crate) example: &'static str,
    /// Finds the name that was probably left out before a text; `None` if no value of the list is a text.
    pub(crate) of_text: Option<fn(&str) -> &'static str>,
    /// Finds the example of a name for messages, such as `max = 3`.
    pub(crate) write: fn(&Ident) -> Option<&'static str>,
}

/// Reads the arguments between the commas. A mistake in one does not keep the next from being read.
pub(crate) fn items(tokens: TokenStream, names: &Names) -> Vec<syn::Result<Written>> {
    let mut items = Vec::new();
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = read_item(input, names, &mut items) {
                items.push(Err(error));
                skip(input)?;
            }
        }
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        items.push(Err(error));
    }
    items
}

fn read_item(
    input: ParseStream<'_>,
    names: &Names,
    items: &mut Vec<syn::Result<Written>>,
) -> syn::Result<()> {
    if input.peek(Token![,]) {
        items.push(Err(nameless(input, names)));
        // Several commas in a row are one mistake.
        while input.parse::<Option<Token![,]>>()?.is_some() {}
        return Ok(());
    }
    if !input.peek(Ident::peek_any) {
        return Err(nameless(input, names));
    }
    let key = Ident::parse_any(input)?;
    let form = read_form(input, &key, names, items)?;
    let bare = matches!(form, Form::Bare);
    if input.is_empty() || input.peek(Token![,]) {
        items.push(Ok(Written { key, form }));
        return skip(input);
    }
    let stray: TokenTree = input.fork().parse()?;
    let begins_another = matches!(&stray, TokenTree::Ident(name) if (names.is_name)(name));
    if bare && !begins_another {
        let help = (names.write)(&key).map_or_else(|| format!("{key} = …"), str::to_owned);
        return Err(stray.mistake(format!(
            "expected `=` after `{key}`, found `{stray}`\nhelp: write `{help}`"
        )));
    }
    items.push(Ok(Written { key, form }));
    let no_comma = stray.mistake(format!(
        "expected a comma, found `{stray}`\n\
         help: {}s are separated by commas: `{}, …`",
        names.what, names.example
    ));
    if !begins_another {
        return Err(no_comma);
    }
    // Only the comma is missing: the next argument is read from here.
    items.push(Err(no_comma));
    Ok(())
}

/// Skips the tokens up to the next comma, and the comma.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if matches!(input.parse()?, TokenTree::Punct(punct) if punct.as_char() == ',') {
            break;
        }
    }
    Ok(())
}

/// The mistake of an argument that does not begin with a name.
fn nameless(input: ParseStream<'_>, names: &Names) -> syn::Error {
    let Names { what, example, .. } = names;
    match input.fork().parse() {
        Ok(TokenTree::Punct(comma)) if comma.as_char() == ',' => comma.mistake(format!(
            "expected {} {what} before the comma\nhelp: remove the comma",
            a(what)
        )),
        Ok(TokenTree::Punct(equals)) if equals.as_char() == '=' => equals.mistake(format!(
            "the value has no name\n\
             help: write the {what}'s name before the `=`, such as `{example}`"
        )),
        Ok(TokenTree::Literal(value)) => {
            let text = value.to_string();
            let name = match names.of_text {
                Some(of_text) if text.starts_with('"') => of_text(text.trim_matches('"')),
                _ => example.split(' ').next().unwrap_or(example),
            };
            let such_as = match names.of_text {
                Some(_) => format!("{name} = {value}"),
                None => (*example).to_owned(),
            };
            value.mistake(format!(
                "the value {value} has no name\n\
                 help: write the {what}'s name before it, such as `{such_as}`"
            ))
        }
        Ok(TokenTree::Punct(not)) if not.as_char() == '!' => not.mistake(format!(
            "expected {} {what}, and `!` begins none\n\
             help: what is turned off is written with `= false`, such as `idempotent = false`",
            a(what)
        )),
        Ok(TokenTree::Punct(hash)) if hash.as_char() == '#' => hash.mistake(format!(
            "{} {what} has no attribute and no doc comment\n\
             help: write `//` before a comment, and `#[cfg_attr(…, retryable(…))]` above the function for a condition",
            a(what)
        )),
        Ok(other) => other.mistake(format!(
            "expected {} {what}\nhelp: write its name and its value, such as `{example}`",
            a(what)
        )),
        Err(error) => error,
    }
}

/// The article of a noun.
fn a(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn read_form(
    input: ParseStream<'_>,
    key: &Ident,
    names: &Names,
    items: &mut Vec<syn::Result<Written>>,
) -> syn::Result<Form> {
    if let Ok(colons) = input.fork().parse::<Token![::]>() {
        let help = match (names.write)(key) {
            Some(write) => format!("write `{write}`"),
            None => format!("write its name and its value, such as `{}`", names.example),
        };
        return Err(colons.mistake(format!("expected `=` after `{key}`, not `::`\nhelp: {help}")));
    }
    if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        return Ok(Form::List(content.parse()?));
    }
    let Some(sign) = sign(input)? else { return Ok(Form::Bare) };
    let equals = sign.to_string().replace(' ', "");
    if input.is_empty() || input.peek(Token![,]) {
        return Err(sign.mistake(format!(
            "`{key}` has no value after the `{equals}`\nhelp: write one, or leave `{key}` out"
        )));
    }
    let value = value(input, key, names)?;
    if equals != "=" {
        let written = quoted(&value);
        items.push(Err(sign.mistake(format!(
            "expected `=` after `{key}`, not `{equals}`\nhelp: write `{key} = {written}`"
        ))));
    }
    Ok(Form::Value(ungrouped(value)))
}

/// Reads the value after the `=`. A fork reads it, since the parser reports the rest of a list that it could not read.
fn value(input: ParseStream<'_>, key: &Ident, names: &Names) -> syn::Result<Expr> {
    let found = input.fork().parse::<TokenTree>()?;
    let ahead = input.fork();
    let Ok(value) = ahead.parse::<Expr>() else {
        let help = match (&found, (names.write)(key)) {
            (TokenTree::Group(list), _) if list.delimiter() == Delimiter::Bracket => {
                "the entries of a list have commas between them".to_owned()
            }
            (_, Some(write)) => format!("write `{write}`"),
            (_, None) => "write a literal or a constant expression".to_owned(),
        };
        return Err(found.mistake(format!("expected a value for `{key}`\nhelp: {help}")));
    };
    input.advance_to(&ahead);
    match &value {
        // `max = 3 | base = "1s"`
        Expr::Assign(both) => Err(both.eq_token.mistake(format!(
            "expected a comma after the value of `{key}`, and found another `=`\n\
             help: {}s are separated by commas: `{}, …`",
            names.what, names.example
        ))),
        _ => Ok(value),
    }
}

/// Reads the `=` after a key, or the sign that another language has for it: `:`, `==`, `=>`, `:=`.
fn sign(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    let punct = |input: ParseStream<'_>| input.fork().parse::<Punct>().ok();
    let Some(first) = punct(input).filter(|first| matches!(first.as_char(), '=' | ':')) else {
        return Ok(None);
    };
    input.parse::<Punct>()?;
    let second = punct(input).filter(|second| match first.as_char() {
        ':' => second.as_char() == '=',
        _ => first.spacing() == Spacing::Joint && matches!(second.as_char(), '=' | '>'),
    });
    if second.is_some() {
        input.parse::<Punct>()?;
    }
    let sign = [Some(first), second].into_iter().flatten();
    Ok(Some(sign.map(TokenTree::Punct).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    /// Returns the keys that are read, and the first line of each mistake.
    fn read(tokens: TokenStream) -> (Vec<String>, Vec<String>) {
        let (mut keys, mut mistakes) = (Vec::new(), Vec::new());
        let names = Names {
            is_name: |name| name == "base",
            what: "argument",
            example: "max = 3",
            of_text: Some(|_| "base"),
            write: |_| Some("max = 3"),
        };
        for item in items(tokens, &names) {
            match item {
                Ok(written) => keys.push(written.key.to_string()),
                Err(error) => {
                    mistakes.push(error.to_string().lines().next().unwrap_or_default().to_owned());
                }
            }
        }
        (keys, mistakes)
    }

    fn check(tokens: TokenStream, keys: &[&str], mistakes: &[&str]) {
        let text = tokens.to_string();
        let (read_keys, found) = read(tokens);
        assert_eq!(read_keys, keys, "{text}");
        assert_eq!(found, mistakes, "{text}");
    }

    #[test]
    fn each_form_is_read() {
        check(
            quote!(max = 3, report, clone(a, b), crate = x,),
            &["max", "report", "clone", "crate"],
            &[],
        );
        check(quote!(), &[], &[]);
    }

    #[test]
    fn a_mistake_does_not_take_the_next_argument_with_it() {
        check(quote!(3, max = 4), &["max"], &["the value 3 has no name"]);
        check(quote!(max = , base = "1s"), &["base"], &["`max` has no value after the `=`"]);
        check(quote!(max = 3 base = "1s"), &["max", "base"], &["expected a comma, found `base`"]);
        check(
            quote!(max = 3; base = "1s", cap = "2s"),
            &["max", "cap"],
            &["expected a comma, found `;`"],
        );
        check(quote!(, max = 3), &["max"], &["expected an argument before the comma"]);
        check(quote!(,,, max = 3,,), &["max"], &["expected an argument before the comma"; 2]);
        check(quote!(max::x = 3, base = "1s"), &["base"], &["expected `=` after `max`, not `::`"]);
    }

    #[test]
    fn a_list_without_its_commas_is_reported_once() {
        check(
            quote!(backoff = ["1s" "2s"], max = 3),
            &["max"],
            &["expected a value for `backoff`"],
        );
        check(
            quote!(max = 3 | base = "1s", cap = "2s"),
            &["cap"],
            &["expected a comma after the value of `max`, and found another `=`"],
        );
    }

    #[test]
    fn the_equals_sign_of_another_language_is_named_and_the_value_read() {
        for (tokens, sign) in [
            (quote!(max: 3), ":"),
            (quote!(max == 3), "=="),
            (quote!(max => 3), "=>"),
            (quote!(max := 3), ":="),
        ] {
            check(tokens, &["max"], &[&format!("expected `=` after `max`, not `{sign}`")]);
        }
    }
}
