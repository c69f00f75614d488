//! From a function and its arguments to the tokens that retry it.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, FnArg, Ident, Pat, Path, Signature, Stmt, Type, parse_quote};

use crate::args::{Args, Idents, On};
use crate::errors::private;
use crate::function::{Function, Kind};
use crate::future_type::{Boxing, without_opaque};
use crate::pattern::as_expression;
use crate::place::{ends, failure, respanned, step};
use crate::{doc, policy, protect};

/// The annotated function, retried.
pub(crate) fn expand(function: &Function, args: &Args) -> syn::Result<TokenStream> {
    let plan = Plan::new(function, args);
    let body = plan.body()?;
    let docs = match &args.docs {
        Some(docs) if !docs.value.value => TokenStream::new(),
        _ => doc::section(args),
    };
    Ok(function.with_body(&plan.signature(), docs, body))
}

/// All that the steps below ask for.
struct Plan<'a> {
    function: &'a Function,
    args: &'a Args,
    /// The path to what generated code may name.
    private: TokenStream,
}

/// One attempt: the code, its type, and whether it is awaited.
struct Attempt {
    body: TokenStream,
    output: Type,
    is_async: bool,
}

impl<'a> Plan<'a> {
    fn new(function: &'a Function, args: &'a Args) -> Self {
        let private = private(args);
        Plan { function, args, private }
    }

    /// The signature as it was, but for the `mut` of parameters that each attempt clones.
    fn signature(&self) -> Signature {
        let mut sig = self.function.sig.clone();
        for input in &mut sig.inputs {
            if let FnArg::Typed(typed) = input {
                if let Pat::Ident(pat) = &mut *typed.pat {
                    if names(self.args.clone.as_ref(), &pat.ident) {
                        pat.mutability = None;
                    }
                }
            }
        }
        sig
    }

    /// The type after the arrow, in a form that can be named in an expression.
    fn declared(&self) -> Type {
        self.function.output().map_or_else(|| parse_quote!(()), without_opaque)
    }

    fn body(&self) -> syn::Result<TokenStream> {
        let body = self.function.body.to_token_stream();
        match self.function.kind() {
            // Input:
            //     fn f(…) -> R { BODY }
            // Output:
            //     fn f(…) -> R { CALL }
            Kind::Blocking => Ok(self.braced(self.call(Attempt {
                body,
                output: self.declared(),
                is_async: false,
            }))),
            Kind::Async => Ok(self.braced(self.call(Attempt {
                body,
                output: self.declared(),
                is_async: true,
            }))),
            Kind::Future(output, boxing) => self.returned_future(without_opaque(&output), boxing),
            Kind::Wrapped(seam) => {
                let is_async = seam.is_async();
                let output = seam.output().cloned().unwrap_or_else(|| self.declared());
                Ok(seam.with_attempt(|body| self.call(Attempt { body, output, is_async })))
            }
        }
    }

    /// Braces with the span of the body's, so that errors about the whole body point there.
    fn braced(&self, tokens: TokenStream) -> TokenStream {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.function.body.span());
        group.into_token_stream()
    }

    // Input:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { BODY } }
    // Output:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { CALL } }
    //
    // Input:
    //     fn f(…) -> impl Future<Output = R> { SETUP; FUTURE }
    // Output:
    //     fn f(…) -> impl Future<Output = R> { SETUP; async move { CALL with { FUTURE.await } } }
    fn returned_future(&self, output: Type, boxing: Boxing) -> syn::Result<TokenStream> {
        let mut block: Block = syn::parse2(self.function.body.to_token_stream())?;
        let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() else {
            return Err(syn::Error::new(
                self.function.body.span_close(),
                "the last expression of a function that returns a future must be the future: it is the attempt\n\
                 help: end the body with `async move { … }`",
            ));
        };
        if let Some(future) = async_block(tail) {
            let body = future.block.to_token_stream();
            let call = self.call(Attempt { body, output, is_async: true });
            future.block.stmts = vec![Stmt::Expr(Expr::Verbatim(call), None)];
        } else {
            let body = quote_spanned!(tail.span()=> { #tail.await });
            let call = self.call(Attempt { body, output, is_async: true });
            let private = &self.private;
            let future = quote!(async move { #call });
            *tail = Expr::Verbatim(match boxing {
                Boxing::Plain => future,
                Boxing::Pinned => quote!(#private::Box::pin(#future)),
            });
        }
        Ok(block.to_token_stream())
    }

    // Input:
    //     BODY
    // Output:
    //     let mut call = Call::start({ static __RETRY_SITE: Site = …; &SITE });
    //     loop {
    //         if let Some(out) = TURN { break out; }
    //     }
    fn call(&self, attempt: Attempt) -> TokenStream {
        let private = &self.private;
        let (call, out) = (local("call"), local("out"));
        let start = self.start(attempt.is_async);
        let fresh = self.fresh_arguments();
        let context = self.args.attempt.as_ref().map(|context| {
            let (name, id) = (&context.value, local("id"));
            quote!(let #name = #call.attempt(#id);)
        });
        let turn = self.turn(&attempt);
        let output = &attempt.output;
        let at_output = respanned(private, output.span());
        let reported = quote_spanned!(output.span()=> <#output as #at_output::Reported>::reported);
        let attempts = |found: TokenStream| {
            quote! {
                loop {
                    #fresh
                    #context
                    if let #private::Some(#out) = #turn { #found }
                }
            }
        };
        match (&self.args.recover, &self.args.report) {
            (None, None) => {
                let attempts = attempts(quote!(break #out;));
                quote!(#start #attempts)
            }
            (None, Some(_)) => {
                let attempts = attempts(quote!(break #reported(#call.settle(#out));));
                quote!(#start #attempts)
            }
            (Some(recover), _) => {
                let success = match &self.args.report {
                    Some(_) => reported,
                    None => quote!(#private::outcome::<#output>),
                };
                let recovered = self.recover(&recover.value, attempt.is_async);
                let failure = local("failure");
                let label = syn::Lifetime::new("'call", Span::mixed_site());
                let attempts = attempts(quote! {
                    match #call.settle(#out) {
                        #private::Ok(value) => break #label #success(#private::Ok(value)),
                        #private::Err(failure) => break failure,
                    }
                });
                // Neither the value nor the outcome is alive while `recover` is awaited.
                quote! {
                    #label: {
                        #start
                        let #failure = #attempts;
                        #recovered
                    }
                }
            }
        }
    }

    /// The locals that live for the whole call.
    fn start(&self, is_async: bool) -> TokenStream {
        let Plan { args, private, .. } = self;
        let call = local("call");
        let name = self.name();
        let policy = policy::policy(args, private, !is_async);
        let budget = protect::budget(args, private);
        let breaker = protect::breaker(args, &name, private);
        let breaker_of_call = args.breaker.as_ref().map(|breaker| {
            let name = local("breaker");
            let found = match breaker.value.key() {
                Some(key) => quote!(#call.breaker_of(&(#key))),
                None => quote!(#call.breaker()),
            };
            quote!(let #name = #found;)
        });
        let watch =
            (args.report.is_some() || args.recover.is_some()).then(|| quote!(#call.watch();));
        let id = args.attempt.as_ref().map(|_| {
            let id = local("id");
            quote!(let #id = #private::CallId::unique();)
        });
        let token = args.cancel.as_ref().map(|cancel| {
            let (token, value) = (local("token"), &cancel.value);
            let (first, last) = ends(value);
            let function = respanned(&quote!(#private::token), first);
            let value = quote_spanned!(last=> (&(#value)));
            quote!(let #token = #function #value;)
        });
        quote! {
            let mut #call = #private::Call::start({
                static __RETRY_SITE: #private::Site = #private::Site::new(
                    #private::Meta::new(#name, #private::file!(), #private::line!()),
                    #policy,
                    #budget,
                    #breaker,
                );
                #private::inventory::submit! { #private::Entry(&__RETRY_SITE) }
                &__RETRY_SITE
            });
            #call.open();
            #watch
            #id
            #token
            #breaker_of_call
        }
    }

    fn name(&self) -> TokenStream {
        let private = &self.private;
        match &self.args.name {
            Some(name) => name.value.to_token_stream(),
            None => {
                let text = self.function.sig.ident.to_string();
                let text = text.trim_start_matches("r#");
                quote!(#private::concat!(#private::module_path!(), "::", #text))
            }
        }
    }

    /// A fresh clone of what each attempt owns.
    fn fresh_arguments(&self) -> TokenStream {
        let private = &self.private;
        let clones = self.args.clone.iter().flat_map(|clone| &clone.value).map(|name| {
            let mutable = self
                .function
                .bindings()
                .into_iter()
                .find(|binding| binding.name == *name)
                .and_then(|binding| binding.mutable);
            quote_spanned!(name.span()=> let #mutable #name = #private::Clone::clone(&#name);)
        });
        quote!(#(#clones)*)
    }

    // Input:
    //     BODY
    // Output:
    //     call.turn(async { if false { return conjure::<R>() } BODY }).text(…).classified().await
    //
    // The return edge gives the block its type, so that `Ok(Box::new(x))` still coerces; its bound says
    // under the return type that success cannot be told from failure. The block keeps the body's span:
    // what rustc says about values that move into an attempt then points at the user's code.
    fn turn(&self, attempt: &Attempt) -> TokenStream {
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
        let edge = quote! {
            #[allow(unknown_lints, unreachable_code, clippy::all, clippy::pedantic, clippy::restriction)]
            if false { return #conjure; }
        };
        let body = edged(edge, attempt.body.clone());
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
        let Plan { private, args, .. } = self;
        let classified = match (&args.on, &args.when) {
            (Some(on), _) if matches!(on.value, On::Any(_)) => {
                quote_spanned!(last=> .unclassified())
            }
            (None, Some(_)) => quote_spanned!(last=> .unclassified()),
            _ => {
                let place = Span::mixed_site().located_at(failure(declared));
                let classified = Ident::new("classified", place);
                quote_spanned!(last=> .#classified())
            }
        };
        let when = method("when", args.when.as_ref());
        let retry_if = method("retry_if", args.retry_if.as_ref());
        let on_retry = method("on_retry", args.on_retry.as_ref());
        let error = local("error");
        let words = quote! {
            |#error| {
                #[allow(unused_imports)]
                use #private::{ViaDebug as _, ViaDisplay as _, ViaName as _};
                (&&&#private::Text(#error)).retry_text()
            }
        };
        quote_spanned!(last=> #classified #when #retry_if #on_retry .text(#words))
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

    // Output:
    //     fallback(self, failure, argument, …).await
    fn recover(&self, path: &Path, is_async: bool) -> TokenStream {
        let private = &self.private;
        let failure = local("failure");
        let mut arguments: Vec<TokenStream> = Vec::new();
        let mut receiver = None;
        for input in &self.function.sig.inputs {
            match input {
                FnArg::Receiver(it) => receiver = Some(it.self_token.to_token_stream()),
                FnArg::Typed(typed) => arguments.extend(as_expression(&typed.pat)),
            }
        }
        let receiver = receiver.map(|receiver| quote!(#receiver,));
        let awaited = is_async.then(|| quote!(.await));
        let private = respanned(private, Span::call_site().located_at(path.span()));
        quote_spanned!(path.span()=>
            #path(#receiver #private::Failure::from_retry_error(#failure), #(#arguments),*)#awaited
        )
    }
}

/// A name that cannot meet one of the user's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn names(idents: Option<&crate::keyed::Keyed<Idents>>, name: &Ident) -> bool {
    idents.is_some_and(|idents| idents.value.iter().any(|ident| ident == name))
}

/// `.key(value)`, spanned so that a value of the wrong type is reported where it is written.
fn method(name: &str, value: Option<&crate::keyed::Keyed<Expr>>) -> TokenStream {
    let Some(value) = value else { return TokenStream::new() };
    let method = Ident::new(name, value.key.span());
    let expr = &value.value;
    quote!(.#method(#expr))
}

/// The body with the return edge as its first statement; inner attributes stay in front of it.
fn edged(edge: TokenStream, body: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = body.into_iter().collect();
    let Some(TokenTree::Group(group)) = tokens.pop().filter(|_| tokens.is_empty()) else {
        return quote!({ #edge #(#tokens)* });
    };
    let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut attributes = 0;
    while matches!(
        (inner.get(attributes), inner.get(attributes + 1)),
        (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang))) if hash.as_char() == '#' && bang.as_char() == '!'
    ) {
        attributes += 3;
    }
    let rest = inner.split_off(attributes.min(inner.len()));
    let mut braced = Group::new(Delimiter::Brace, quote!(#(#inner)* #edge #(#rest)*));
    braced.set_span(group.span());
    braced.into_token_stream()
}

/// The `async` block that a tail expression makes its future from, through boxing and adapters.
fn async_block(expr: &mut Expr) -> Option<&mut syn::ExprAsync> {
    match expr {
        Expr::Async(future) => Some(future),
        Expr::Call(call) if call.args.len() == 1 => async_block(call.args.first_mut()?),
        Expr::MethodCall(call) => async_block(&mut call.receiver),
        Expr::Cast(cast) => async_block(&mut cast.expr),
        Expr::Paren(paren) => async_block(&mut paren.expr),
        Expr::Group(group) => async_block(&mut group.expr),
        _ => None,
    }
}
