//! Patterns turned back into the values that they took apart, to hand arguments on.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Pat;

/// The expression that builds what the pattern matched; `None` for a pattern that throws a part away.
pub(crate) fn as_expression(pat: &Pat) -> Option<TokenStream> {
    match pat {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => {
            Some(ident.ident.to_token_stream())
        }
        Pat::Tuple(tuple) => {
            let parts = parts(&tuple.elems)?;
            Some(quote!((#(#parts,)*)))
        }
        Pat::TupleStruct(tuple) => {
            let (path, parts) = (&tuple.path, parts(&tuple.elems)?);
            Some(quote!(#path(#(#parts),*)))
        }
        Pat::Struct(fields) if fields.rest.is_none() => {
            let path = &fields.path;
            let parts = fields
                .fields
                .iter()
                .map(|field| {
                    let (member, value) = (&field.member, as_expression(&field.pat)?);
                    Some(quote!(#member: #value))
                })
                .collect::<Option<Vec<_>>>()?;
            Some(quote!(#path { #(#parts),* }))
        }
        Pat::Reference(reference) if reference.mutability.is_none() => {
            let inner = as_expression(&reference.pat)?;
            Some(quote!(&#inner))
        }
        Pat::Paren(paren) => as_expression(&paren.pat),
        Pat::Path(path) => Some(path.to_token_stream()),
        _ => None,
    }
}

fn parts<'a>(pats: impl IntoIterator<Item = &'a Pat>) -> Option<Vec<TokenStream>> {
    pats.into_iter().map(as_expression).collect()
}
