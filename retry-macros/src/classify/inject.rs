//! `impl Inject`, which lets a test make a function return an error of this type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_quote};

// Input:
//     enum PayError<E> { … }
// Output, for a type that borrows nothing:
//     impl<E> Inject for PayError<E> where E: Inject {}
pub(super) fn impl_inject(node: &DeriveInput, rt: &TokenStream) -> TokenStream {
    let DeriveInput { ident, generics, .. } = node;
    if generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let mut generics = generics.clone();
    let params: Vec<_> = generics.type_params().map(|param| param.ident.clone()).collect();
    for param in params {
        // In a generic function, a type parameter is not known to be `Inject`, and no error is injected.
        generics.make_where_clause().predicates.push(parse_quote!(#param: #rt::Inject));
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #rt::Inject for #ident #ty_generics #where_clause {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: TokenStream, expected: &str) {
        let node = syn::parse2(input).expect("an item");
        let tokens = impl_inject(&node, &quote!(rt)).to_string();
        assert!(tokens.ends_with(expected), "{tokens}");
    }

    #[test]
    fn a_type_that_borrows_is_left_alone_and_parameters_must_be_injectable_themselves() {
        check(
            quote!(
                struct E;
            ),
            "impl rt :: Inject for E { }",
        );
        check(
            quote!(
                struct E<T>(T);
            ),
            "impl < T > rt :: Inject for E < T > where T : rt :: Inject { }",
        );
        check(
            quote!(
                struct E<'a>(&'a str);
            ),
            "",
        );
    }
}
