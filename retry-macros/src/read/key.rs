//! The key of an argument: together with its value, and in messages about the value.

use std::fmt::{self, Display};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Ident, Lit};

use crate::errors::Mistake;
use crate::read::literal::described;

/// An argument's value and its key. A message about the argument points at both.
#[derive(Clone)]
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T: ToTokens> ToTokens for Keyed<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// An argument that is being read: its name, and how its row in the table writes it.
pub(crate) struct Key<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) write: &'static str,
}

impl Key<'_> {
    /// A mistake in the argument's value. A message without help gets the form that the row shows.
    pub(crate) fn wrong(&self, value: impl ToTokens, message: impl Display) -> syn::Error {
        let message = message.to_string();
        if message.contains("help: ") {
            return value.mistake(message);
        }
        value.mistake(format!("{message}\nhelp: write `{}`", self.write))
    }

    /// The mistake of a literal of the wrong kind: `` `max` must be a whole number, not a string ``.
    pub(crate) fn wrong_kind(&self, lit: &Lit, rule: &str) -> syn::Error {
        self.wrong(lit, format!("`{self}` {rule}, not {}", described(lit)))
    }
}

impl Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}
