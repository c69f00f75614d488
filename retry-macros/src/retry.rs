//! The pipeline of `#[retryable]`: read, check, expand.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

use crate::check::check;
use crate::check::item::{is_expression, only_functions_are_retried};
use crate::errors::Errors;
use crate::expand::expand;
use crate::expand::fallback::fallback;
use crate::item::function::Function;
use crate::item::tokens::first_of;
use crate::read::table;

// Input:
//     the attribute, and the item below it
// Output:
//     the function with its loop; or every mistake, and the item as written, so that the rest of the program
//     still finds it
pub(crate) fn retry(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = table::read(attribute, &mut errors);
    if !errors.is_empty() && is_key_value() {
        errors.are_told();
    }
    let function = errors.keep(parse(item.clone()));
    if let Some(function) = &function {
        let names = function.names_of_a_call();
        let computed =
            args.computable().filter(|(_, value)| first_of(value.clone(), &names).is_some());
        args.per_call = computed.map(|(name, _)| name).collect();
        check(function, &args, &mut errors);
    }
    let expanded = match &function {
        Some(function) if errors.is_empty() => errors.keep(expand(function, &args)),
        _ => None,
    };
    let reports = errors.finish();
    match (expanded, &function) {
        (Some(expanded), _) => quote!(#reports #expanded),
        (None, Some(function)) => beside(reports, fallback(function, &args)),
        (None, None) => beside(reports, item),
    }
}

/// Whether the attribute is `#[retryable = …]`, which rustc has reported.
fn is_key_value() -> bool {
    let text = Span::call_site().source_text();
    let after = text.as_deref().and_then(|text| text.split_once("retryable"));
    after.is_some_and(|(_, rest)| rest.trim_start().starts_with('='))
}

/// Reads the annotated item; any item but a function is a mistake.
fn parse(item: TokenStream) -> syn::Result<Function> {
    only_functions_are_retried(&item)?;
    syn::parse2(item)
}

/// Writes the mistakes before the item. A closure is an expression, and needs a block around both.
fn beside(reports: TokenStream, item: TokenStream) -> TokenStream {
    const QUALIFIERS: [&str; 3] = ["async", "move", "static"];
    let mut tokens = item.clone().into_iter();
    let first = tokens.find(|token| QUALIFIERS.iter().all(|word| token.to_string() != *word));
    match first {
        Some(TokenTree::Punct(bar)) if bar.as_char() == '|' => quote!({ #reports #item }),
        _ if is_expression(&item) => quote!({ #reports }),
        _ => quote!(#reports #item),
    }
}
