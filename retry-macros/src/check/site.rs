//! What is evaluated once for the function, before there is any call.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Ident;

use crate::errors::Errors;
use crate::item::function::Function;
use crate::read::args::Args;
use crate::read::key::Keyed;

pub(super) fn the_site_knows_no_arguments(function: &Function, args: &Args, errors: &mut Errors) {
    let names: Vec<String> = function
        .bindings()
        .iter()
        .map(|binding| binding.name.to_string())
        .chain(["self".to_owned(), "Self".to_owned()])
        .chain(function.sig.generics.type_params().map(|param| param.ident.to_string()))
        .chain(function.sig.generics.const_params().map(|param| param.ident.to_string()))
        .collect();
    for (key, tokens) in site_values(args) {
        if let Some(word) = first_of(tokens, &names) {
            let (why, help) = match word.to_string().as_str() {
                "Self" => {
                    ("a static cannot name `Self`".to_owned(), "write the type's name".to_owned())
                }
                name => (
                    format!("`{name}` is known only in a call"),
                    "use a constant, or settings from configuration".to_owned(),
                ),
            };
            errors
                .at(word, format!("`{key}` is set once for the function, and {why}\nhelp: {help}"));
        }
    }
}

fn site_values(args: &Args) -> Vec<(String, TokenStream)> {
    fn of<T: ToTokens>(value: &Option<Keyed<T>>) -> Option<(String, TokenStream)> {
        value.as_ref().map(|value| (value.key.to_string(), value.value.to_token_stream()))
    }
    let values = [
        of(&args.max),
        of(&args.attempts),
        of(&args.backoff),
        of(&args.base),
        of(&args.factor),
        of(&args.cap),
        of(&args.jitter),
        of(&args.deadline),
        of(&args.timeout),
        of(&args.on),
        of(&args.idempotent),
        of(&args.name),
        of(&args.policy),
    ];
    values.into_iter().flatten().collect()
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// The first of the words in the tokens that is not a field, a method or a path's later segment.
fn first_of(tokens: TokenStream, words: &[String]) -> Option<Ident> {
    let mut qualified = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => {
                // `self::PATH` names a module.
                let module = ident == "self" && is_colon(tokens.peek());
                if !qualified && !module && words.iter().any(|word| ident == word) {
                    return Some(ident);
                }
                qualified = false;
            }
            TokenTree::Group(group) => {
                if let Some(found) = first_of(group.stream(), words) {
                    return Some(found);
                }
                qualified = false;
            }
            TokenTree::Punct(punct) => qualified = matches!(punct.as_char(), '.' | ':'),
            TokenTree::Literal(_) => qualified = false,
        }
    }
    None
}
