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
    each_binding(pat, Place::Whole, &mut |ident, place| {
        // `ref mut` behind a reference borrows the caller's value mutably, and must go on doing so.
        if !(ident.by_ref.is_some() && place == Place::Behind) && chosen(&ident.ident) {
            ident.mutability = None;
        }
    });
}

/// Which part of the matched value a name binds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The whole value.
    Whole,
    /// A part of the value.
    Part,
    /// Something behind a reference in the value.
    Behind,
}

/// Visits each name that the pattern binds, with the part of the value that the name binds.
pub(crate) fn each_binding(
    pat: &mut Pat,
    place: Place,
    visit: &mut impl FnMut(&mut PatIdent, Place),
) {
    let inside = if place == Place::Whole { Place::Part } else { place };
    let mut parts: Vec<&mut Pat> = match pat {
        Pat::Ident(ident) => {
            visit(ident, place);
            ident.subpat.iter_mut().map(|(_, inner)| &mut **inner).collect()
        }
        Pat::Paren(paren) => return each_binding(&mut paren.pat, place, visit),
        Pat::Type(typed) => return each_binding(&mut typed.pat, place, visit),
        Pat::Reference(reference) => {
            return each_binding(&mut reference.pat, Place::Behind, visit);
        }
        Pat::Struct(fields) => fields.fields.iter_mut().map(|field| &mut *field.pat).collect(),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().collect(),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().collect(),
        Pat::Slice(slice) => slice.elems.iter_mut().collect(),
        _ => Vec::new(),
    };
    parts.iter_mut().for_each(|part| each_binding(part, inside, visit));
}
