//! Patterns: the names that they bind, and the expression that rebuilds the matched value.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, Pat, PatIdent};

/// The expression that rebuilds the matched value; `None` if the pattern does not keep the whole value.
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
            let parts = fields.fields.iter().map(|field| {
                let (member, value) = (&field.member, as_expression(&field.pat)?);
                Some(quote!(#member: #value))
            });
            let parts = parts.collect::<Option<Vec<_>>>()?;
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

/// Removes the `mut` from the bindings whose names are chosen.
pub(crate) fn without_mut(pat: &mut Pat, chosen: impl Fn(&Ident) -> bool) {
    each_binding(pat, true, &mut |ident, _| {
        if ident.by_ref.is_none() && chosen(&ident.ident) {
            ident.mutability = None;
        }
    });
}

/// Visits each name that the pattern binds, and says whether the name binds the whole value.
pub(crate) fn each_binding(
    pat: &mut Pat,
    whole: bool,
    visit: &mut impl FnMut(&mut PatIdent, bool),
) {
    let mut parts: Vec<&mut Pat> = match pat {
        Pat::Ident(ident) => {
            visit(ident, whole);
            ident.subpat.iter_mut().map(|(_, inner)| &mut **inner).collect()
        }
        Pat::Paren(paren) => return each_binding(&mut paren.pat, whole, visit),
        Pat::Type(typed) => return each_binding(&mut typed.pat, whole, visit),
        Pat::Reference(reference) => vec![&mut *reference.pat],
        Pat::Struct(fields) => fields.fields.iter_mut().map(|field| &mut *field.pat).collect(),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().collect(),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().collect(),
        Pat::Slice(slice) => slice.elems.iter_mut().collect(),
        _ => Vec::new(),
    };
    parts.iter_mut().for_each(|part| each_binding(part, false, visit));
}
