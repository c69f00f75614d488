//! A turn: one attempt and the pause after it.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat, Type};

use crate::expand::plan::{Attempt, Plan, local};
use crate::expand::policy::call;
use crate::expand::spans::{ends, failure, parenthesized, respanned, step};
use crate::item::tokens::{has_items, statements, uses};

/// The call that a turn is a part of.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A blocking call that consists of its attempts.
    Alone,
    /// A call that is used before or after its attempts.
    Reused,
}

impl Plan<'_> {
    // Input:
    //     BODY
    // Output, for an `async` function:
    //     call.turn(async { if false { return conjure::<R>() } BODY }).classified(…).await
    // Output, for a blocking function:
    //     call.blocking(&mut |_| -> R { FRESH { if false { return conjure::<R>() } BODY } }).classified(…).run()
    //
    // The return edge gives the block its type, so that `Ok(Box::new(x))` still coerces. Its bound makes rustc
    // point at the return type if that is no `Outcome`. The block keeps the body's span, so that errors about
    // values that move into an attempt point at the user's code.
    pub(crate) fn turn(&self, attempt: &Attempt, shape: Shape) -> TokenStream {
        let Plan { private, args, .. } = self;
        let declared = &attempt.output;
        let output = match &args.report {
            // The body returns the declared type without the report.
            Some(report) => {
                let private = respanned(private, report.key.span());
                quote_spanned!(report.key.span()=> <#declared as #private::Reported>::Body)
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
        // If the return type lacks a trait, rustc points at the turn. All tokens of the turn therefore have the
        // span of the return type and one hygiene; otherwise rustc points at the attribute.
        let (first, last) = ends(declared, Span::mixed_site());
        let call = Ident::new("call", first);
        // If the return type is no outcome, rustc points at the name of this method.
        let begin = match shape {
            _ if attempt.is_async => "turn",
            Shape::Alone => "blocking",
            Shape::Reused => "attempts",
        };
        let begin = Ident::new(begin, Span::mixed_site().located_at(failure(declared)));
        let rules = self.rules(declared, last);
        let guard = self.guard(attempt.is_async, shape, last);
        if attempt.is_async {
            let block = quote_spanned!(span.resolved_at(Span::call_site())=> async #body);
            let turn = quote_spanned!(last=> #call.#begin(#block)#rules #guard);
            return quote_spanned!(last=> #turn.await);
        }
        let consumed = self.consumed(attempt);
        let fresh = self.fresh_arguments(attempt);
        let (here, context) = match &self.args.attempt {
            Some(context) => {
                let (name, here, id) = (&context.value, local("here"), local("id"));
                (quote!(#here), quote!(let #name = #here.running(#id);))
            }
            None => (quote!(_), TokenStream::new()),
        };
        let body = match fresh.is_empty() && context.is_empty() {
            true => body,
            false => quote!({ #fresh #context #body }),
        };
        let here = quote!(#here: &#private::Call<'_>);
        let block = quote_spanned!(span.resolved_at(Span::call_site())=> |#here| -> #output #body);
        let run = match shape {
            Shape::Alone => {
                let run = self.run();
                quote_spanned!(last=> #call.#begin(&mut #block)#rules #guard.#run)
            }
            Shape::Reused => quote_spanned!(last=> #call.#begin(#block)#rules #guard.run()),
        };
        match consumed {
            Some(consumed) => quote!({ #consumed #run }),
            None => run,
        }
    }

    /// The methods that judge an outcome: its class, `when` and `retry_if`; and `on_retry`.
    fn rules(&self, declared: &Type, last: Span) -> TokenStream {
        let args = self.args;
        let lookup = local("lookup");
        let known = quote_spanned!(last=>
            #lookup.retry_describe(), #lookup.retry_interruption(), #lookup.retry_injection()
        );
        let unclassified = args.retries_any() || args.on.is_none() && args.when.is_some();
        let judged = if unclassified {
            quote_spanned!(last=> .unclassified(|#lookup| (#lookup.retry_carried(), #known)))
        } else {
            let at = Span::mixed_site().located_at(failure(declared));
            let classified = Ident::new("classified", at);
            quote_spanned!(last=> .#classified(|#lookup| (#lookup.retry_class(), #known)))
        };
        let in_body = |expr: &Expr| self.function(expr);
        let when = call("when", &args.when, in_body);
        let retry_if = call("retry_if", &args.retry_if, in_body);
        let on_retry = call("on_retry", &args.on_retry, in_body);
        quote!(#judged #when #retry_if #on_retry)
    }

    // Input:
    //     when = is_busy
    //     when = |error: &MyError| error.is_busy()
    // Output:
    //     |given| is_busy(given)
    //     |given| (|error: &MyError| error.is_busy())(given)
    //
    // A function that takes another type is then a wrong argument of a call. As a wrong closure, rustc would report the
    // bounds of generated code. A closure without types gets them from the method, and an argument of the function may
    // be no more than `Send`: both stay as they are.
    fn function(&self, expr: &Expr) -> TokenStream {
        let callee = self.in_body(expr);
        let called = match expr {
            Expr::Path(path) => {
                let is_argument = |name: &Ident| {
                    self.function.bindings().iter().any(|binding| binding.name == *name)
                };
                !path.path.get_ident().is_some_and(is_argument)
            }
            Expr::Closure(closure) => {
                closure.capture.is_none() && closure.inputs.iter().all(has_a_type)
            }
            _ => false,
        };
        if !called {
            return callee;
        }
        let (first, last) = ends(&callee, Span::mixed_site());
        let (callee, place) = match expr {
            Expr::Closure(closure) => {
                let (place, _) = ends(&closure.inputs, Span::mixed_site());
                (parenthesized(&callee, first).into_token_stream(), place)
            }
            _ => (callee, last),
        };
        let given = Ident::new("given", place);
        let arguments = parenthesized(&quote!(#given), last);
        quote_spanned!(first=> |#given| #callee #arguments)
    }

    /// The methods that may end a running attempt or refuse to start one.
    fn guard(&self, is_async: bool, shape: Shape, last: Span) -> TokenStream {
        let limits = self.limits(is_async, last);
        let breaker = self.args.breaker.as_ref().map(|breaker| {
            if let Shape::Alone = shape {
                let method = step("guarded_by", &breaker.key);
                return quote_spanned!(last=> .#method(&__RETRY_BREAKER));
            }
            let name = local("breaker");
            let method = step("breaker", &breaker.key);
            quote_spanned!(last=> .#method(&#name))
        });
        quote!(#limits #breaker)
    }

    /// The method for a cancellation token, or for a limit in time.
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
        let Some(policy) = &args.policy else { return TokenStream::new() };
        if args.is_per_call("policy") {
            // Only the call knows whether its policy has a limit: an error that can tell an interruption allows one.
            let (lookup, method) = (local("lookup"), step("limited_by", &policy.key));
            return quote_spanned!(last=> .#method(|#lookup| #lookup.retry_interruption()));
        }
        // Whether a preset has a limit is known only when rustc evaluates its constant.
        let method = step("limited_if", &policy.key);
        quote_spanned!(last=> .#method::<{ __RETRY_PRESET.cuts_attempts() }>())
    }

    /// The call that runs a blocking turn: it is told whether the policy limits the time of a call or an attempt, which is
    /// read from the site if a preset decides.
    fn run(&self) -> TokenStream {
        let args = self.args;
        match &args.policy {
            // The call's own policy tells.
            _ if !args.per_call.is_empty() => quote!(run()),
            _ if args.timeout.is_some() || args.deadline.is_some() => quote!(run_timed(true)),
            Some(_) => {
                let call = local("call");
                quote!(run_timed(#call.policy().is_timed()))
            }
            None => quote!(run()),
        }
    }

    /// A constant expression that says whether a limit may end a running attempt.
    pub(crate) fn interrupts(&self, is_async: bool) -> TokenStream {
        let args = self.args;
        let written = args.cancel.is_some() || args.timeout.is_some() || args.deadline.is_some();
        match &args.policy {
            _ if written || !is_async || args.is_per_call("policy") => quote!(#written),
            Some(_) => quote!(__RETRY_PRESET.cuts_attempts()),
            None => quote!(false),
        }
    }
}

/// Whether the parameter of a closure has a type that is written out.
fn has_a_type(parameter: &Pat) -> bool {
    let Pat::Type(typed) = parameter else { return false };
    !uses(&typed.ty.to_token_stream(), &Ident::new("_", Span::call_site()))
}

// Input:
//     { BODY }
// Output, where an item comes first:
//     { EDGE { BODY } }
// Output, else:
//     { EDGE BODY }
//
// An item after the edge would be an item after a statement, which clippy reports; and an item of the body, such
// as `use std::io::Result`, must not change the meaning of the types in the edge.
pub(crate) fn edged(edge: &TokenStream, body: TokenStream) -> TokenStream {
    let span = body.span();
    let inside = |tokens: TokenStream| {
        let mut braced = Group::new(Delimiter::Brace, tokens);
        braced.set_span(span);
        braced.into_token_stream()
    };
    let mut statements = statements(body);
    if has_items(&statements) {
        statements = inside(statements);
    }
    inside(quote!(#edge #statements))
}
