//! The rule about values that are evaluated once for the function, before any call.

use proc_macro2::{TokenStream, TokenTree};
use syn::Ident;

use crate::errors::{Errors, Mistake};
use crate::item::function::Function;
use crate::item::tokens::is_punct;
use crate::read::args::Args;

pub(super) fn site_values_name_no_arguments(function: &Function, args: &Args, errors: &mut Errors) {
    let names: Vec<String> = function
        .bindings()
        .iter()
        .map(|binding| binding.name.to_string())
        .chain(["self".to_owned(), "Self".to_owned()])
        .chain(function.sig.generics.type_params().map(|param| param.ident.to_string()))
        .chain(function.sig.generics.const_params().map(|param| param.ident.to_string()))
        .collect();
    for (key, tokens) in args.constants() {
        if let Some(word) = first_of(tokens, &names) {
            let (why, help) = match word.to_string().as_str() {
                "Self" => ("a static cannot name `Self`".to_owned(), "write the type's name"),
                name => (
                    format!("`{name}` is known only in a call"),
                    "use a constant, or settings from configuration",
                ),
            };
            errors.push(
                word.mistake(format!(
                    "`{key}` is set once for the function, and {why}\nhelp: {help}"
                )),
            );
        }
    }
}

/// Finds the first of the words that is no field, no method and no later segment of a path.
fn first_of(tokens: TokenStream, words: &[String]) -> Option<Ident> {
    let mut qualified = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(ident) => {
                // `self::PATH` starts at a module.
                let module = ident == "self" && is_punct(tokens.peek(), ":");
                let named = !qualified && !module && words.iter().any(|word| ident == word);
                named.then(|| ident.clone())
            }
            TokenTree::Group(group) => first_of(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        if found.is_some() {
            return found;
        }
        qualified = is_punct(Some(&token), ".:");
    }
    None
}
