//! The collector of mistakes: one build reports every mistake of an attribute.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

/// The mistakes found so far.
///
/// Every step of the pipeline adds its mistakes and goes on, so that one build shows all of them. The
/// collector must be read with [`Errors::finish`]: dropping it unread panics, because the macro would
/// otherwise accept a mistake silently.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    /// Whether rustc has reported a mistake before the macro ran.
    told: bool,
    read: bool,
}

impl Errors {
    /// Adds a mistake of a rule or of a parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Returns the value of a step that succeeded, and adds the mistake of one that failed.
    pub(crate) fn keep<T>(&mut self, step: syn::Result<T>) -> Option<T> {
        step.map_err(|error| self.push(error)).ok()
    }

    /// Notes a mistake that rustc has reported, and that needs no second message.
    pub(crate) fn is_told(&mut self) {
        self.told = true;
    }

    /// Forgets the mistakes found so far, which follow from one that rustc has reported.
    pub(crate) fn are_told(&mut self) {
        self.found.clear();
        self.told = true;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && !self.told
    }

    /// Returns one `compile_error!` for each mistake, and no tokens if there is none.
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

/// Tokens that a mistake can point at.
pub(crate) trait Mistake: ToTokens {
    /// A mistake that these tokens cause. The message says what is wrong and why, and after `help: ` what to
    /// write instead.
    fn mistake(&self, message: impl Display) -> syn::Error {
        syn::Error::new_spanned(self, message)
    }
}

impl<T: ToTokens> Mistake for T {}

/// The mistake of an argument or a setting that is written a second time.
pub(crate) fn given_twice(key: &Ident) -> syn::Error {
    key.mistake(format!("`{key}` is given twice\nhelp: remove one of them"))
}

/// Several mistakes as one, each of which is reported.
pub(crate) fn combined(mistakes: impl IntoIterator<Item = syn::Error>) -> Option<syn::Error> {
    mistakes.into_iter().reduce(|mut all, next| {
        all.combine(next);
        all
    })
}

/// Tokens as one line of a message, without spaces around `::`, `.` and brackets.
pub(crate) fn quoted(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    [(" :: ", "::"), (" < ", "<"), (" >", ">"), (" . ", "."), ("& ", "&"), (" (", "("), (" ,", ",")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}
