//! The rule about arguments that an attempt moves, so that the next one would not have them.
//!
//! A macro sees no types, so the rule speaks only where the tokens prove the move: the argument's type is written like one
//! that is not `Copy`, and the body hands the whole argument on. rustc reports the others: E0382, E0507.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{GenericParam, Ident, Type, TypeParamBound, WherePredicate};

use crate::check::arguments::lists_are_known;
use crate::errors::{Errors, Mistake, quoted};
use crate::item::function::{Function, Mode};
use crate::item::moves::{Moving, first_move};
use crate::item::outputs::type_arguments;
use crate::item::tokens::{binds_in_a_pattern, mentions_one};
use crate::read::args::Args;

pub(super) fn attempts_do_not_move_arguments(
    function: &Function,
    args: &Args,
    errors: &mut Errors,
) {
    let body = function.body.stream();
    // An item in the body may use the name for a variable of its own, and a condition may leave code out.
    let is_plain = matches!(function.mode(), Mode::Blocking | Mode::Async)
        && !mentions_one(&body, &["fn", "cfg"]);
    if !is_plain || !lists_are_known(function, args) {
        return;
    }
    let listed = |name: &Ident| {
        let lists = [&args.clone, &args.keep].into_iter().flatten();
        lists.flat_map(|list| &list.value).any(|it| it == name)
    };
    for binding in function.bindings() {
        let (name, Some(ty)) = (&binding.name, binding.ty) else { continue };
        if binding.mutable.is_some() || binding.by_ref.is_some() || listed(name) {
            continue;
        }
        let Some(owned) = owned(ty, function) else { continue };
        if binds_in_a_pattern(&body, name) {
            continue;
        }
        let moving = Moving {
            name,
            is_called_once: owned == Owned::Once,
            is_pointer: mentions_any(ty, &["Arc", "Rc", "Box"]),
            is_option: mentions_any(ty, &["Option"]),
        };
        if let Some(at) = first_move(&body, &moving) {
            errors.push(moved(name, ty, owned, at));
        }
    }
}

fn moved(name: &Ident, ty: &Type, owned: Owned, at: Span) -> syn::Error {
    let at = Ident::new(&name.to_string(), at);
    let help = match owned {
        Owned::Clone => format!(
            "write `clone({name})` in `#[retryable(…)]`, and each attempt owns a clone; or borrow it here: `&{name}`"
        ),
        Owned::Bound => format!(
            "add `Clone` to the bounds of `{name}` and write `clone({name})` in `#[retryable(…)]`; or borrow it here: `&{name}`"
        ),
        Owned::Pointer => format!(
            "borrow it here: `&{name}`; or take an `Arc` and write `clone({name})` in `#[retryable(…)]`"
        ),
        Owned::Once => {
            format!("take `impl Fn…` instead of `{}`, which can be called once", quoted(ty))
        }
        Owned::Future => format!(
            "take a function that makes the future, such as `{name}: impl AsyncFn() -> Result<T, E>`, and await `{name}()`"
        ),
    };
    at.mistake(format!(
        "each attempt moves `{name}`, so the second attempt would be a use of moved value: `{name}`\nhelp: {help}"
    ))
}

/// How another attempt could have a value whose type is not `Copy`.
#[derive(Clone, Copy, PartialEq)]
enum Owned {
    Clone,
    /// A type parameter, perhaps without `Clone`.
    Bound,
    /// A type without `Clone`.
    Pointer,
    /// A function that can be called once.
    Once,
    Future,
}

/// The knowledge about a type that is surely not `Copy`.
fn owned(ty: &Type, function: &Function) -> Option<Owned> {
    const CLONE: [&str; 13] = [
        "String",
        "Vec",
        "Arc",
        "Rc",
        "PathBuf",
        "OsString",
        "CString",
        "HashMap",
        "HashSet",
        "BTreeMap",
        "BTreeSet",
        "VecDeque",
        "BinaryHeap",
    ];
    match ty {
        Type::Group(group) => owned(&group.elem, function),
        Type::Paren(paren) => owned(&paren.elem, function),
        Type::ImplTrait(opaque) => of_bounds(opaque.bounds.iter()),
        Type::Path(path) if path.qself.is_none() => {
            let first = &path.path.segments.first()?.ident;
            let last = path.path.segments.last()?;
            if path.path.segments.len() == 1 && last.arguments.is_none() {
                if let Some(found) = of_parameter(first, function) {
                    return found;
                }
            }
            let of_std =
                path.path.segments.len() == 1 || ["std", "alloc"].iter().any(|root| first == root);
            if !of_std {
                return None;
            }
            match last.ident.to_string().as_str() {
                name if CLONE.contains(&name) => Some(Owned::Clone),
                "Box" => match type_arguments(last).next()? {
                    Type::TraitObject(_) => Some(Owned::Pointer),
                    _ => Some(Owned::Clone),
                },
                "Mutex" | "RwLock" => Some(Owned::Pointer),
                "Option" => owned(type_arguments(last).next()?, function),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The knowledge about a type parameter; `None` if there is no such parameter.
fn of_parameter(name: &Ident, function: &Function) -> Option<Option<Owned>> {
    let generics = &function.sig.generics;
    let parameter = generics.params.iter().find_map(|parameter| match parameter {
        GenericParam::Type(ty) if ty.ident == *name => Some(ty),
        _ => None,
    })?;
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let of_clause = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(ty) if *name == quoted(&ty.bounded_ty) => Some(&ty.bounds),
        _ => None,
    });
    Some(of_bounds(parameter.bounds.iter().chain(of_clause.flatten())))
}

/// The knowledge about a type with these bounds. A trait that is not known here may have `Copy` as a supertrait.
fn of_bounds<'b>(bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Owned> {
    const KNOWN: [&str; 21] = [
        "Send",
        "Sync",
        "Unpin",
        "Sized",
        "Into",
        "AsRef",
        "Display",
        "Debug",
        "Clone",
        "Fn",
        "FnMut",
        "FnOnce",
        "Future",
        "Iterator",
        "IntoIterator",
        "ToString",
        "Error",
        "Read",
        "Write",
        "Serialize",
        "Stream",
    ];
    let mut owned = Owned::Bound;
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        let name = bound.path.segments.last()?.ident.to_string();
        match name.as_str() {
            "FnOnce" => owned = Owned::Once,
            "Future" => owned = Owned::Future,
            "Clone" if owned == Owned::Bound => owned = Owned::Clone,
            name if KNOWN.contains(&name) => {}
            _ => return None,
        }
    }
    Some(owned)
}

fn mentions_any(ty: &Type, names: &[&str]) -> bool {
    mentions_one(&ty.to_token_stream(), names)
}
