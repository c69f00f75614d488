//! One attempt and the pause after it, as generated code runs them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Type};

use crate::expand::call::{Attempt, Plan, local};
use crate::expand::spans::{ends, failure, respanned, step};
use crate::item::tokens::edged;
use crate::read::args::On;
use crate::read::key::Keyed;

impl Plan<'_> {
    // Input:
    //     BODY
    // Output:
    //     call.turn(async { if false { return conjure::<R>() } BODY }).classified(…).await
    //
    // The return edge gives the block its type, so that `Ok(Box::new(x))` still coerces; its bound says
    // under the return type that success cannot be told from failure. The block keeps the body's span:
    // what rustc says about values that move into an attempt then points at the user's code.
    pub(crate) fn turn(&self, attempt: &Attempt) -> TokenStream {
        let Plan { private, args, .. } = self;
        let declared = &attempt.output;
        let output = match &args.report {
            // The body's output is the declared one without the report.
            Some(report) => {
                let private = respanned(private, report.key.span());
                quote_spanned!(declared.span()=> <#declared as #private::Reported>::Body)
            }
            None => quote!(#declared),
        };
        let conjure = quote_spanned!(declared.span()=> #private::conjure::<#output>());
        let captures = self.unique_captures(attempt);
        let edge = quote! {
            #[allow(unknown_lints, unreachable_code, clippy::all, clippy::pedantic, clippy::restriction)]
            if false { return #conjure; #captures }
        };
        let body = edged(&edge, attempt.body.clone());
        let span = self.function.body.span();
        // What the type after the arrow lacks is reported under it: the whole turn seems to stand there, all of
        // it with one hygiene, or rustc falls back to the attribute.
        let (first, last) = ends(declared);
        let call = Ident::new("call", first);
        let rules = self.rules(declared, last);
        let guard = self.guard(attempt.is_async, last);
        if attempt.is_async {
            let block = quote_spanned!(span.resolved_at(Span::call_site())=> async #body);
            let turn = quote_spanned!(last=> #call.turn(#block)#rules #guard);
            quote!(#turn.await)
        } else {
            let block = quote_spanned!(span.resolved_at(Span::call_site())=> || -> #output #body);
            quote_spanned!(last=> #call.turn_blocking(#block)#rules #guard.run())
        }
    }

    /// The arguments that judge an outcome.
    fn rules(&self, declared: &Type, last: Span) -> TokenStream {
        let args = self.args;
        let place = local("place");
        let known = quote_spanned!(last=>
            #place.retry_words(), #place.retry_place(), #place.retry_inject()
        );
        let classified = match (&args.on, &args.when) {
            (Some(on), _) if matches!(on.value, On::Any(_)) => None,
            (None, Some(_)) => None,
            _ => Some(Span::mixed_site().located_at(failure(declared))),
        };
        let judged = match classified {
            Some(at) => {
                let classified = Ident::new("classified", at);
                quote_spanned!(last=> .#classified(|#place| (#place.retry_class(), #known)))
            }
            None => quote_spanned!(last=> .unclassified(|#place| (#known))),
        };
        let when = self.method("when", args.when.as_ref());
        let retry_if = self.method("retry_if", args.retry_if.as_ref());
        let on_retry = self.method("on_retry", args.on_retry.as_ref());
        quote!(#judged #when #retry_if #on_retry)
    }

    /// What may end an attempt that is still running, or refuse it.
    fn guard(&self, is_async: bool, last: Span) -> TokenStream {
        let limits = self.limits(is_async, last);
        let breaker = self.args.breaker.as_ref().map(|breaker| {
            let name = local("breaker");
            let method = step("breaker", &breaker.key);
            quote_spanned!(last=> .#method(&#name))
        });
        quote!(#limits #breaker)
    }

    fn limits(&self, is_async: bool, last: Span) -> TokenStream {
        let args = self.args;
        if let Some(cancel) = &args.cancel {
            let token = local("token");
            let method = step("cancel", &cancel.key);
            return quote_spanned!(last=> .#method(&#token));
        }
        if !is_async {
            return TokenStream::new();
        }
        if let Some(limit) = args.timeout.as_ref().or(args.deadline.as_ref()) {
            let method = step("limited", &limit.key);
            return quote_spanned!(last=> .#method());
        }
        match &args.policy {
            // A preset may set a limit; only its constant can tell.
            Some(policy) => {
                let preset = &policy.value;
                let method = step("limited_if", &policy.key);
                quote_spanned!(last=> .#method::<{ (#preset).interrupts() }>())
            }
            None => TokenStream::new(),
        }
    }

    /// Whether a limit may end an attempt that is still running, as a constant expression.
    pub(crate) fn interrupts(&self, is_async: bool) -> TokenStream {
        let args = self.args;
        let written = args.cancel.is_some() || args.timeout.is_some() || args.deadline.is_some();
        match &args.policy {
            _ if written || !is_async => quote!(#written),
            Some(policy) => {
                let preset = &policy.value;
                quote!((#preset).interrupts())
            }
            None => quote!(false),
        }
    }

    /// `.key(value)`, spanned so that a value of the wrong type is reported where it is written.
    fn method(&self, name: &str, value: Option<&Keyed<Expr>>) -> TokenStream {
        let Some(value) = value else { return TokenStream::new() };
        let method = Ident::new(name, value.key.span());
        let expr = self.in_body(&value.value);
        quote!(.#method(#expr))
    }
}
