//! A value together with the key that it was written under.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

/// An argument's value and its key, so that a message about the argument points at all of it.
#[derive(Clone)]
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T> Keyed<T> {
    pub(crate) fn new(key: Ident, value: T) -> Self {
        Keyed { key, value }
    }
}

impl<T: ToTokens> ToTokens for Keyed<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}
