//! The function's own arguments: what each attempt binds and borrows of them, and who gets them at last.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path, Type};

use crate::expand::call::{Attempt, Plan, local};
use crate::expand::spans::respanned;
use crate::item::function::{Binding, Parameter};
use crate::item::pattern::as_expression;
use crate::item::tokens::uses;
use crate::read::args::Idents;
use crate::read::key::Keyed;

impl Plan<'_> {
    /// What each attempt binds anew: clones of what it owns, reborrows of what it may hand on.
    pub(crate) fn fresh_arguments(&self, attempt: &Attempt) -> TokenStream {
        let private = &self.private;
        let allowed = quote!(#[allow(
            unused_variables,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated
        )]);
        let bindings = self.function.bindings();
        let bindings = bindings.iter().filter_map(|Binding { name, mutable, ty, .. }| {
            if self.is_cloned(name) {
                let name = listed(self.args.clone.as_ref(), name);
                return Some(quote_spanned!(name.span()=>
                    #allowed let #mutable #name = #private::Clone::clone(&#name);
                ));
            }
            // A `&mut` that the body passes by value would be moved into the first attempt.
            let reference = mutable.is_none() && ty.is_some_and(is_mutable_reference);
            (reference && attempt.has(name))
                .then(|| quote_spanned!(name.span()=> #allowed let #name = &mut *#name;))
        });
        quote!(#(#bindings)*)
    }

    /// Statements that have an `async` attempt borrow the owned arguments uniquely.
    ///
    /// The plain function's future owns its arguments, so it is `Send` when they are. An attempt is an
    /// `async` block that borrows them: through `&T` it would be `Send` only where `T: Sync`, which a
    /// `Cell`, a `Receiver` or an `F: Fn() + Send` is not; through `&mut T` it is where `T: Send`. A `&mut`
    /// anywhere in the block decides how it captures; behind a `return` no such borrow is ever made, so the
    /// argument needs no `mut`, and what the body may do with it stays the same.
    pub(crate) fn unique_captures(&self, attempt: &Attempt) -> TokenStream {
        if !attempt.is_async {
            return TokenStream::new();
        }
        let bindings = self.function.bindings();
        let owned = bindings.iter().filter(|binding| !binding.is_reference);
        let names = owned.map(|Binding { name, .. }| self.name_in_body(name)).filter(|name| {
            attempt.has(name) && !self.beside_the_attempt().iter().any(|tokens| uses(tokens, name))
        });
        quote!(#(let _ = &mut #names;)*)
    }

    /// What borrows arguments while an attempt runs.
    fn beside_the_attempt(&self) -> Vec<TokenStream> {
        let rules = [&self.args.when, &self.args.retry_if, &self.args.on_retry];
        rules.into_iter().flatten().map(|rule| self.in_body(&rule.value)).collect()
    }

    // Output:
    //     fallback(self, failure, argument, …).await
    pub(crate) fn recover(&self, path: &Path, is_async: bool) -> TokenStream {
        let private = &self.private;
        let failure = local("failure");
        let mut arguments: Vec<TokenStream> = Vec::new();
        let mut receiver = None;
        for parameter in &self.parameters {
            match parameter {
                Parameter::Receiver { this, .. } => receiver = Some(quote!(#this,)),
                Parameter::Typed { pat, .. } => arguments.extend(as_expression(pat)),
            }
        }
        let private = respanned(private, Span::call_site().located_at(path.span()));
        let recovered = quote_spanned!(path.span()=>
            #path(#receiver #private::Failure::from_retry_error(#failure), #(#arguments),*)
        );
        if is_async {
            quote_spanned!(path.span()=> #private::recovering(#recovered).await)
        } else {
            quote_spanned!(path.span()=> #private::recovered(|| #recovered))
        }
    }
}

impl Attempt {
    /// Whether it uses the argument, and nothing before it has used it up.
    fn has(&self, name: &Ident) -> bool {
        uses(&self.body, name) && !uses(&self.setup, name)
    }
}

/// The name as it is written in the attribute.
fn listed<'n>(names: Option<&'n Keyed<Idents>>, name: &'n Ident) -> &'n Ident {
    names.and_then(|names| names.value.iter().find(|listed| *listed == name)).unwrap_or(name)
}

fn is_mutable_reference(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => reference.mutability.is_some(),
        Type::Group(group) => is_mutable_reference(&group.elem),
        Type::Paren(paren) => is_mutable_reference(&paren.elem),
        _ => false,
    }
}
