//! Patterns: turned back into the values that they took apart, and without a `mut`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, Pat};

/// The expression that builds what the pattern matched; `None` for a pattern that throws a part away.
pub(crate) fn as_expression(pat: &Pat) -> Option<TokenStream> {
    match pat {
        Pat::Ident(ident) if ident.by_ref.is_none() => Some(ident.ident.to_token_stream()),
        Pat::Tuple(tuple) => {
            let parts = parts(&tuple.elems)?;
            Some(quote!((#(#parts,)*)))
        }
        Pat::Slice(array) => {
            let parts = parts(&array.elems)?;
            Some(quote!([#(#parts),*]))
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

/// Takes the `mut` from the bindings of these names.
pub(crate) fn without_mut(pat: &mut Pat, named: &impl Fn(&Ident) -> bool) {
    match pat {
        Pat::Ident(ident) => {
            if ident.by_ref.is_none() && named(&ident.ident) {
                ident.mutability = None;
            }
            if let Some((_, inner)) = &mut ident.subpat {
                without_mut(inner, named);
            }
        }
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(|pat| without_mut(pat, named)),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(|pat| without_mut(pat, named)),
        Pat::Struct(fields) => {
            fields.fields.iter_mut().for_each(|field| without_mut(&mut field.pat, named));
        }
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(|pat| without_mut(pat, named)),
        Pat::Reference(reference) => without_mut(&mut reference.pat, named),
        Pat::Paren(paren) => without_mut(&mut paren.pat, named),
        Pat::Type(typed) => without_mut(&mut typed.pat, named),
        _ => {}
    }
}
