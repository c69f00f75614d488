//! The arguments of the function: those that each attempt clones or borrows.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Type};

use crate::expand::plan::{Attempt, Plan};
use crate::expand::spans::replaced;
use crate::item::parameters::Binding;
use crate::item::tokens::uses;
use crate::read::form::Idents;
use crate::read::key::Keyed;

impl Plan<'_> {
    // Input:
    //     #[retryable(clone(order))] fn f(mut order: Order, out: &mut Vec<u8>) …
    // Output, at the start of each attempt:
    //     let mut order = Clone::clone(&order);
    //     let out = &mut *out;
    //
    // Input:
    //     #[retryable(clone(order), keep(out))] fn f(ref mut order: Order, ref mut out: Vec<u8>) …
    // Output, where the parameter is `ref order` now:
    //     let order = &mut Clone::clone(order);
    //     let out = &mut *out;
    pub(crate) fn fresh_arguments(&self, attempt: &Attempt) -> TokenStream {
        let private = &self.private;
        let allowed = quote!(#[allow(
            unused_variables,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated
        )]);
        let bindings = self.function.bindings();
        let bindings =
            bindings.iter().filter_map(|Binding { name, mutable, by_ref, ty, .. }| {
                if self.is_cloned(name) {
                    let name = listed(self.args.clone.as_ref(), name);
                    // A type without `Clone` is a mistake at the name in the list.
                    let at = Span::mixed_site().located_at(name.span());
                    let clone = replaced(&quote!(#private::Clone::clone), at);
                    return Some(match mutable {
                        Some(_) if by_ref.is_some() => quote_spanned!(at=>
                            #allowed let #name = &mut #clone(#name);
                        ),
                        _ => quote_spanned!(at=> #allowed let #mutable #name = #clone(&#name);),
                    });
                }
                // Without the reborrow, the first attempt would move a `&mut` that the body passes on.
                let reference = match mutable {
                    Some(_) => by_ref.is_some(),
                    None => ty.is_some_and(is_mutable_reference),
                };
                (reference && attempt.has(name))
                    .then(|| quote_spanned!(name.span()=> #allowed let #name = &mut *#name;))
            });
        quote!(#(#bindings)*)
    }

    /// Takes the arguments that each attempt clones, in code that never runs: a sync function that only borrows
    /// them would get clippy's `needless_pass_by_value`.
    pub(crate) fn consumed(&self, attempt: &Attempt) -> Option<TokenStream> {
        let private = &self.private;
        let bindings = self.function.bindings();
        let cloned = bindings.iter().filter(|it| it.by_ref.is_none() && self.is_cloned(&it.name));
        let names: Vec<_> = cloned.map(|it| &it.name).collect();
        (!attempt.is_async && !names.is_empty()).then(|| quote! {
            #[allow(unknown_lints, unreachable_code, clippy::all, clippy::pedantic, clippy::restriction)]
            if false { return #private::absent_for((#(#names,)*)); }
        })
    }

    /// Statements that make an `async` attempt capture its owned arguments by `&mut`.
    ///
    /// The future of the plain function owns its arguments, so it is `Send` if they are. An attempt is an
    /// `async` block that borrows them. A capture by `&T` is `Send` only if `T: Sync`, which a `Cell`, a
    /// `Receiver` or an `F: Fn() + Send` is not; a capture by `&mut T` is `Send` if `T: Send`. One `&mut`
    /// anywhere in the block decides how the block captures. The statements stand behind a `return`, so the
    /// borrow never happens: the argument needs no `mut`, and the body may use it as before.
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

    /// The arguments that an `async move` block takes from the attempt after it, as the body names them.
    pub(crate) fn owned_arguments(&self) -> Vec<Ident> {
        let bindings = self.function.bindings();
        let owned = bindings.iter().filter(|binding| {
            !binding.is_reference
                && !binding.ty.is_some_and(is_primitive)
                && !self.is_cloned(&binding.name)
        });
        owned.map(|binding| self.name_in_body(&binding.name)).collect()
    }

    /// The expressions of the attribute that borrow arguments while an attempt runs.
    fn beside_the_attempt(&self) -> Vec<TokenStream> {
        let rules = [&self.args.when, &self.args.retry_if, &self.args.on_retry];
        rules.into_iter().flatten().map(|rule| self.in_body(&rule.value)).collect()
    }
}

impl Attempt {
    /// Whether the attempt uses the argument, and the statements before it do not.
    fn has(&self, name: &Ident) -> bool {
        uses(&self.body, name) && !uses(&self.setup, name)
    }
}

/// The name with its span in the attribute.
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

/// Whether a type is written like one of the primitives, which are `Copy`.
fn is_primitive(ty: &Type) -> bool {
    const NAMES: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize",
    ];
    matches!(ty, Type::Path(path) if NAMES.iter().any(|name| path.path.is_ident(name)))
}
