//! The bounds of a generic `impl Classify`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{DeriveInput, Generics, Ident, WherePredicate, parse_quote};

use super::item::Field;
use super::plan::{Plan, Verdict};

// Input:
//     enum E<T> { #[classify(inherit)] A(Box<T>), #[classify(messages)] B(T) }
// Output:
//     <T> where Box<T>: Classify, Self: Display
pub(super) fn with_bounds(plan: &Plan<'_>, rt: &TokenStream) -> Generics {
    let mut bounds = Vec::new();
    for arm in &plan.arms {
        if let Some(after) = arm.after {
            bounds.extend(bound(plan, after.field, &quote!(#rt::RetryAfterHint)));
        }
        bounds.extend(match &arm.verdict {
            Verdict::Inherit(used) => bound(plan, used.field, &quote!(#rt::Classify)),
            Verdict::Status(used) => bound(plan, used.field, &quote!(#rt::HttpStatus)),
            Verdict::Messages(_) if plan.input.node.generics.type_params().next().is_some() => {
                Some(parse_quote!(Self: #rt::Display))
            }
            Verdict::Messages(_) | Verdict::Kind(..) | Verdict::Expr(_) => None,
        });
    }
    let mut generics = plan.input.node.generics.clone();
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

/// The bound on a field whose type depends on a type parameter. A type that contains itself gets no bound: the
/// bound would require the impl that it belongs to.
fn bound(plan: &Plan<'_>, field: &Field<'_>, of: &TokenStream) -> Option<WherePredicate> {
    let DeriveInput { ident, generics, .. } = plan.input.node;
    let ty = field.ty();
    let generic = generics.type_params().any(|param| mentions(ty.to_token_stream(), &param.ident));
    let recursive = mentions(ty.to_token_stream(), ident)
        || mentions(ty.to_token_stream(), &Ident::new("Self", Span::call_site()));
    (generic && !recursive).then(|| parse_quote!(#ty: #of))
}

/// Whether a type names the parameter. A name after `::` or `'` is another item or a lifetime.
fn mentions(ty: TokenStream, name: &Ident) -> bool {
    let mut after = ' ';
    let mut before_that = ' ';
    ty.into_iter().any(|token| {
        let found = match &token {
            TokenTree::Ident(ident) => {
                ident == name && after != '\'' && !(after == ':' && before_that == ':')
            }
            TokenTree::Group(group) => mentions(group.stream(), name),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        before_that = after;
        after = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        found
    })
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    fn names_t(ty: TokenStream) -> bool {
        mentions(ty, &format_ident!("T"))
    }

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        assert!(names_t(quote!(T)));
        assert!(names_t(quote!(&'a Option<(u8, [T; 2])>)));
        assert!(names_t(quote!(T::Failure)));
        assert!(names_t(quote!(<T as Store>::Failure)));
    }

    #[test]
    fn a_lifetime_or_a_path_of_the_same_name_is_no_parameter() {
        assert!(!names_t(quote!(&'T u8)));
        assert!(!names_t(quote!(crate::T)));
        assert!(!names_t(quote!(Option<U>)));
    }
}
