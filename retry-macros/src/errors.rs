//! The collector: every mistake of one attribute, reported at once.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// Mistakes found so far.
///
/// Every step of the pipeline adds to it and goes on, so that one build shows all of them. It must be
/// read with [`Errors::finish`]: dropping it unread panics, because a mistake that nobody reports would
/// be accepted silently.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Errors { found: Vec::new(), read: false }
    }

    /// Adds a mistake under the tokens that made it: what is wrong, why, and (after `help: `) what to write.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that a parser has already put into words.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Keeps the value of a step that may fail, and the mistake of one that did.
    pub(crate) fn keep<T>(&mut self, step: syn::Result<T>) -> Option<T> {
        step.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One `compile_error!` for each mistake; no tokens when there was none.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.read = true;
        let reports = self.found.iter().map(syn::Error::to_compile_error);
        quote! { #(#reports)* }
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !self.read && !std::thread::panicking() {
            panic!("the mistakes of an attribute were dropped without being reported");
        }
    }
}
