//! The collector: every mistake of one attribute, reported at once; and what stands in for the function.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Ident, Type};

use crate::item::function::{Function, Kind};
use crate::item::outputs::without_opaque;
use crate::read::args::Args;

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

/// The mistakes and the item that has them. Two items may stand beside each other; a closure needs a block.
pub(crate) fn beside(reports: TokenStream, item: TokenStream) -> TokenStream {
    let closure =
        item.clone().into_iter().find(|token| !is_word(token, &["async", "move", "static"]));
    match closure {
        Some(TokenTree::Punct(bar)) if bar.as_char() == '|' => quote!({ #reports #item }),
        _ => quote!(#reports #item),
    }
}

fn is_word(token: &TokenTree, words: &[&str]) -> bool {
    matches!(token, TokenTree::Ident(ident) if words.iter().any(|word| ident == word))
}

/// The function that is not retried because of its mistakes: callable as ever, and with all that the
/// attribute would have given its body, so that no further errors follow from the first.
///
/// Input:
/// ```text
/// #[retryable(bse = "1s", attempt = context, report)]
/// fn f(…) -> R { BODY }
/// ```
/// Output:
/// ```text
/// fn f(…) -> R {
///     let context = absent::<Attempt>();
///     absent_for(|| -> <R as Reported>::Body { BODY })
/// }
/// ```
pub(crate) fn fallback(function: &Function, args: &Args) -> TokenStream {
    let private = private(args);
    let hides = |name: &Ident| function.bindings().iter().any(|binding| binding.name == *name);
    let context = args.attempt.as_ref().filter(|attempt| !hides(&attempt.value)).map(|attempt| {
        let name = &attempt.value;
        quote!(#[allow(unused_variables)] let #name = #private::absent::<#private::Attempt>();)
    });
    let report = args.report.as_ref().and(function.output()).map(without_opaque);
    if context.is_none() && report.is_none() {
        return function.to_token_stream();
    }
    let body = match (report, function.kind()) {
        (Some(output), Kind::Blocking) => {
            let body = unreported(&private, &output);
            let code = &function.body;
            quote!(#private::absent_for((|| -> #body #code)()))
        }
        (Some(output), Kind::Async) => {
            let body = unreported(&private, &output);
            let code = &function.body;
            quote! {
                #private::absent_for(async {
                    if false { return #private::absent::<#body>(); }
                    #code
                }.await)
            }
        }
        // The body of any other kind is inside of what makes its future.
        _ => function.body.stream(),
    };
    function.with_body(&function.sig, TokenStream::new(), quote!(#context #body))
}

/// What the body of a function with `report` returns.
fn unreported(private: &TokenStream, output: &Type) -> TokenStream {
    quote!(<#output as #private::Reported>::Body)
}

/// The path to what generated code may name.
pub(crate) fn private(args: &Args) -> TokenStream {
    match &args.krate {
        Some(krate) => {
            let path = &krate.value;
            quote!(#path::__private)
        }
        None => quote!(::retry_runtime::__private),
    }
}
