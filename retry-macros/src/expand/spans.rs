//! The spans of generated code, at which rustc reports the errors in that code.
//!
//! rustc joins the spans of the first and the last token of an expression if both have the same hygiene, and
//! points at the whole attribute otherwise.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;
use syn::spanned::Spanned;

use crate::item::outputs::type_arguments;

/// The spans of the first and the last token, with the hygiene of another span.
pub(crate) fn ends(tokens: &impl ToTokens, hygiene: Span) -> (Span, Span) {
    let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next();
    let place = |span: Option<Span>| span.map_or(hygiene, |span| hygiene.located_at(span));
    (place(first), place(spans.last().or(first)))
}

/// The name of a method, with the span of the argument's key.
pub(crate) fn step(name: &str, key: &Ident) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(key.span()))
}

/// The span of the error type: the `E` of `Result<T, E>`, else the name of the alias.
pub(crate) fn failure(output: &Type) -> Span {
    let Type::Path(path) = output else { return output.span() };
    let Some(last) = path.path.segments.last() else { return output.span() };
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) if arguments.args.len() > 1 => {
            match arguments.args.last() {
                Some(syn::GenericArgument::Type(error)) => reported(error).span(),
                argument => argument.map_or_else(|| last.ident.span(), Spanned::span),
            }
        }
        _ => last.ident.span(),
    }
}

/// The `E` of `RetryError<E>`; any other error unchanged.
fn reported(error: &Type) -> &Type {
    let Type::Path(path) = error else { return error };
    let last = path.path.segments.last().filter(|last| last.ident == "RetryError");
    last.and_then(|last| type_arguments(last).next()).unwrap_or(error)
}

/// The tokens with the location of another span.
pub(crate) fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}

/// A call with the span of a type: its path at the first token of the type, its parentheses at the last.
pub(crate) fn spread(call: &TokenStream, over: &Type) -> TokenStream {
    let (first, last) = ends(over, over.span());
    let spread = call.clone().into_iter().map(|mut token| {
        token.set_span(if let TokenTree::Group(_) = &token { last } else { first });
        token
    });
    spread.collect()
}

/// The tokens with another span, of which they take the hygiene too.
pub(crate) fn replaced(tokens: &TokenStream, span: Span) -> TokenStream {
    let replaced = tokens.clone().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    replaced.collect()
}

/// The arguments of a call, whose parentheses have this span.
pub(crate) fn parenthesized(arguments: &TokenStream, span: Span) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, arguments.clone());
    group.set_span(span);
    group
}
