//! Return types, as they are written: whether one is a future, which parts are opaque, which lifetimes it has.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Ident, Path, PathArguments, PathSegment, Token, Type, TypeParamBound,
    parse_quote,
};

use crate::item::tokens::is_punct;

/// Whether a function returns a future in a box.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boxing {
    /// `impl Future<Output = R>`.
    Plain,
    /// `Pin<Box<dyn Future<Output = R>>>`, `BoxFuture<'_, R>`.
    Pinned,
}

/// The output of a type that is written like a future; `None` for any other type.
pub(crate) fn future_output(ty: &Type) -> Option<(Type, Boxing)> {
    match ty {
        Type::Group(group) => future_output(&group.elem),
        Type::Paren(paren) => future_output(&paren.elem),
        Type::ImplTrait(opaque) => Some((bound_output(&opaque.bounds)?, Boxing::Plain)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let inner = type_arguments(last).next_back();
            match (last.ident.to_string().as_str(), inner) {
                ("BoxFuture" | "LocalBoxFuture", Some(inner)) => {
                    Some((inner.clone(), Boxing::Pinned))
                }
                ("Pin", Some(inner)) => Some((boxed_output(inner)?, Boxing::Pinned)),
                _ => named_output(ty, &last.ident),
            }
        }
        _ => None,
    }
}

/// The output of an alias or an associated type whose name ends in `Future` or `Fut`.
fn named_output(ty: &Type, name: &Ident) -> Option<(Type, Boxing)> {
    let name = name.to_string();
    (name.ends_with("Future") || name.ends_with("Fut")).then(|| boxed(ty))
}

/// The output of a boxed future behind another name.
pub(crate) fn boxed(ty: &Type) -> (Type, Boxing) {
    (parse_quote!(<#ty as ::core::future::Future>::Output), Boxing::Pinned)
}

/// Whether a type is a name that may stand for a boxed future.
pub(crate) fn may_be_an_alias(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let known = |last: &PathSegment| last.ident == "Result" || last.ident == "Option";
    path.path.segments.last().is_some_and(|last| !known(last))
}

/// The output of `Box<dyn Future<Output = R>>`.
fn boxed_output(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    type_arguments(last).find_map(|ty| match ty {
        Type::TraitObject(object) => bound_output(&object.bounds),
        _ => None,
    })
}

/// The `R` of a bound `Future<Output = R>`.
fn bound_output(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
        generic_arguments(last).find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
            _ => None,
        })
    })
}

fn generic_arguments(segment: &PathSegment) -> impl DoubleEndedIterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten()
}

/// The types among the generic arguments of a path's segment.
pub(crate) fn type_arguments(segment: &PathSegment) -> impl DoubleEndedIterator<Item = &Type> {
    generic_arguments(segment).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The type with `_` for each `impl Trait`, so that an expression can name it.
pub(crate) fn without_opaque(ty: &Type) -> Type {
    let mut ty = ty.clone();
    erase(&mut ty);
    ty
}

fn erase(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = parse_quote!(_),
        Type::Path(path) => erase_arguments(&mut path.path),
        Type::TraitObject(object) => object.bounds.iter_mut().for_each(|bound| {
            if let TypeParamBound::Trait(bound) = bound {
                erase_arguments(&mut bound.path);
            }
        }),
        Type::Array(array) => erase(&mut array.elem),
        Type::Group(group) => erase(&mut group.elem),
        Type::Paren(paren) => erase(&mut paren.elem),
        Type::Ptr(pointer) => erase(&mut pointer.elem),
        Type::Reference(reference) => erase(&mut reference.elem),
        Type::Slice(slice) => erase(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(erase),
        _ => {}
    }
}

fn erase_arguments(path: &mut Path) {
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
        arguments.args.iter_mut().for_each(|argument| match argument {
            GenericArgument::Type(ty) => erase(ty),
            GenericArgument::AssocType(assoc) => erase(&mut assoc.ty),
            _ => {}
        });
    }
}

/// The lifetimes in a type; `None` stands for an elided lifetime or `'_`.
pub(crate) fn lifetimes(ty: &Type) -> Vec<Option<String>> {
    let mut found = Vec::new();
    // `<F<'a> as Future>::Output` names the lifetimes of the future, which its output need not have.
    if matches!(ty, Type::Path(path) if path.qself.is_some() && path.path.leading_colon.is_some()) {
        return found;
    }
    scan(ty.to_token_stream(), &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<Option<String>>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut function = false;
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' && !is_punct(tokens.peek(), "'") => {
                found.push(None);
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.next() {
                    found.push(Some(name.to_string()).filter(|name| name != "_"));
                }
            }
            // The output does not borrow through the parameters of `Fn(&T)`.
            TokenTree::Group(group) if function && group.delimiter() == Delimiter::Parenthesis => {}
            TokenTree::Group(group) => scan(group.stream(), found),
            _ => {}
        }
        function = matches!(&token, TokenTree::Ident(word) if word.to_string().to_lowercase().starts_with("fn"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn output(ty: TokenStream) -> Option<String> {
        let ty: Type = syn::parse2(ty).expect("a type");
        future_output(&ty).map(|(output, _)| output.to_token_stream().to_string())
    }

    #[test]
    fn futures_are_known_by_how_they_are_written() {
        let expected = Some("Result < u8 , E >".to_owned());
        assert_eq!(output(quote!(impl Future<Output = Result<u8, E>> + Send)), expected);
        assert_eq!(
            output(quote!(impl Send + std::future::Future<Output = Result<u8, E>>)),
            expected
        );
        assert_eq!(
            output(quote!(Pin<Box<dyn Future<Output = Result<u8, E>> + Send + '_>>)),
            expected
        );
        assert_eq!(output(quote!(futures::future::BoxFuture<'_, Result<u8, E>>)), expected);
        let associated = "< CallFuture < '_ > as :: core :: future :: Future > :: Output";
        assert_eq!(output(quote!(CallFuture<'_>)).as_deref(), Some(associated));
        assert_eq!(output(quote!(Result<Pin<Box<u8>>, E>)), None);
        assert_eq!(output(quote!(impl Iterator<Item = u8>)), None);
    }

    #[test]
    fn lifetimes_are_found_where_they_are_written() {
        let of = |ty| lifetimes(&syn::parse2(ty).expect("a type"));
        assert_eq!(of(quote!(Result<&str, E>)), [None]);
        assert_eq!(of(quote!(Result<Ref<'_, T>, &'a E>)), [None, Some("a".to_owned())]);
        assert_eq!(of(quote!(Result<fn(&str), Box<dyn Fn(&u8) -> u8>>)), []);
        assert_eq!(of(quote!(Result<String, E>)), []);
    }
}
