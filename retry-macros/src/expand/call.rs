//! From a function and its arguments to the tokens that retry it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, FnArg, Ident, Pat, Signature, Type, parse_quote};

use crate::errors::private;
use crate::expand::{doc, policy, task};
use crate::expand::spans::{ends, respanned};
use crate::item::function::{Function, Kind, Parameter};
use crate::item::outputs::without_opaque;
use crate::item::pattern::without_mut;
use crate::item::tokens::{renamed, statements};
use crate::read::args::Args;
use crate::read::protect;

/// The annotated function, retried.
pub(crate) fn expand(function: &Function, args: &Args) -> syn::Result<TokenStream> {
    let plan = Plan::new(function, args);
    let body = plan.body()?;
    let docs = match &args.docs {
        Some(docs) if !docs.value.value => TokenStream::new(),
        _ => doc::section(args),
    };
    let task = args.task.as_ref().map(|argument| task::expand(&plan, argument));
    let function = function.with_body(&plan.signature(), docs, body);
    Ok(quote!(#function #task))
}

/// All that the steps below ask for.
pub(crate) struct Plan<'a> {
    pub(crate) function: &'a Function,
    pub(crate) args: &'a Args,
    /// The path to what generated code may name.
    pub(crate) private: TokenStream,
    /// The parameters as the user wrote them, but for a name where there was `_`.
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// One attempt: the code, its type, and whether it is awaited.
pub(crate) struct Attempt {
    pub(crate) body: TokenStream,
    pub(crate) output: Type,
    pub(crate) is_async: bool,
    /// What runs before the first attempt and may have used the arguments up.
    pub(crate) setup: TokenStream,
}

impl Attempt {
    fn new(body: TokenStream, output: Type, is_async: bool) -> Self {
        Attempt { body, output, is_async, setup: TokenStream::new() }
    }
}

impl<'a> Plan<'a> {
    fn new(function: &'a Function, args: &'a Args) -> Self {
        let private = private(args);
        let mut parameters = function.parameters();
        for (position, parameter) in parameters.iter_mut().enumerate() {
            if let (Parameter::Typed { pat, .. }, Some(_)) = (parameter, &args.recover) {
                named(pat, position);
            }
        }
        Plan { function, args, private, parameters }
    }

    /// The signature as it was, but for the `mut` of parameters that each attempt clones, and with a name
    /// for a `_` that `recover` is to get.
    fn signature(&self) -> Signature {
        let mut sig = self.function.sig.clone();
        for (position, input) in sig.inputs.iter_mut().enumerate() {
            if let FnArg::Typed(typed) = input {
                without_mut(&mut typed.pat, &|name| self.is_cloned(name));
                if self.args.recover.is_some() {
                    named(&mut typed.pat, position);
                }
            }
        }
        sig
    }

    pub(crate) fn is_cloned(&self, name: &Ident) -> bool {
        self.args.clone.as_ref().is_some_and(|names| names.value.iter().any(|it| it == name))
    }

    /// The type of an attempt's outcome, in a form that can be named in an expression.
    pub(crate) fn outcome(&self) -> Type {
        self.function.outcome().map_or_else(|| parse_quote!(()), |ty| without_opaque(&ty))
    }

    fn body(&self) -> syn::Result<TokenStream> {
        let body = self.function.body.to_token_stream();
        let output = self.outcome();
        match self.function.kind() {
            // Input:
            //     fn f(…) -> R { BODY }
            // Output:
            //     fn f(…) -> R { CALL }
            Kind::Blocking => Ok(self.call(Attempt::new(body, output, false))),
            Kind::Async => Ok(self.call(Attempt::new(body, output, true))),
            Kind::Future(boxing) => self.returned_future(body, output, boxing),
            Kind::Wrapped(seam) => {
                let is_async = seam.is_async();
                let mut failed = None;
                let cloned = |name: &Ident| self.is_cloned(name);
                let body = seam.with_attempt(cloned, |body| {
                    match self.function.returned_future().filter(|_| !is_async) {
                        Some((_, boxing)) => {
                            self.returned_future(body, output, boxing).unwrap_or_else(|error| {
                                failed = Some(error);
                                TokenStream::new()
                            })
                        }
                        None => self.call(Attempt::new(body, output, is_async)),
                    }
                });
                match failed {
                    Some(error) => Err(error),
                    None => Ok(statements(body)),
                }
            }
        }
    }

    // Input:
    //     BODY
    // Output:
    //     let mut call = Call::start({ static __RETRY_SITE: Site = …; &SITE });
    //     loop {
    //         match TURN {
    //             Turned::Quick(out) => { call.close(); break out; }
    //             Turned::Out(out) => { break out; }
    //             Turned::Again => {}
    //         }
    //     }
    pub(crate) fn call(&self, attempt: Attempt) -> TokenStream {
        let private = &self.private;
        let (call, out) = (local("call"), local("out"));
        let start = self.start(attempt.is_async);
        let fresh = self.fresh_arguments(&attempt);
        let context = self.args.attempt.as_ref().map(|context| {
            let (name, id) = (&context.value, local("id"));
            quote!(let #name = #call.attempt(#id);)
        });
        let turn = self.turn(&attempt);
        let output = &attempt.output;
        let at_output = respanned(private, output.span());
        let reported = quote_spanned!(output.span()=> <#output as #at_output::Reported>::reported);
        let turned = quote!(#private::Turned);
        let attempts = |ends: TokenStream| {
            quote! {
                loop {
                    #fresh
                    #context
                    match #turn {
                        #ends
                        #turned::Again => {}
                    }
                }
            }
        };
        // A call that is watched is never over quickly.
        let settled = |found: TokenStream| {
            attempts(quote!(#turned::Quick(#out) | #turned::Out(#out) => { #found }))
        };
        match (&self.args.recover, &self.args.report) {
            (None, None) => {
                let attempts = attempts(quote! {
                    #turned::Quick(#out) => { #call.close(); break #out; }
                    #turned::Out(#out) => { break #out; }
                });
                quote!(#start #attempts)
            }
            (None, Some(_)) => {
                let attempts = settled(quote!(break #reported(#call.settle(#out));));
                quote!(#start #attempts)
            }
            (Some(recover), _) => {
                let success = match &self.args.report {
                    Some(_) => reported,
                    None => quote!(#private::outcome::<#output>),
                };
                let recovered = self.recover(&recover.value, attempt.is_async);
                let (value, failure) = (local("value"), local("failure"));
                let label = syn::Lifetime::new("'call", Span::mixed_site());
                let attempts = settled(quote! {
                    match #call.settle(#out) {
                        #private::Ok(#value) => break #label #success(#private::Ok(#value)),
                        #private::Err(#failure) => break #failure,
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
        // A static of its own: a function without one has no room for it, and this one's address is known where
        // it is asked for.
        let (declared, breaker) = match protect::breaker(args, &name, private) {
            Some(breaker) => (
                quote!(static __RETRY_BREAKER: #private::SiteBreaker = #breaker;),
                quote!(&__RETRY_BREAKER),
            ),
            None => (TokenStream::new(), quote!(&#private::NO_BREAKER)),
        };
        let about = self.about(is_async);
        let key = args.breaker.as_ref().map(|breaker| breaker.value.key());
        let local_breaker = local("breaker");
        let open = Ident::new(if is_async { "open_in_future" } else { "open" }, Span::mixed_site());
        let (opened, keyed) = match key {
            None => (quote!(#call.#open();), None),
            Some(None) => (quote!(let #local_breaker = #call.open_with(&__RETRY_BREAKER);), None),
            Some(Some(key)) => {
                let key = self.in_body(key);
                (
                    quote!(#call.#open();),
                    Some(quote!(let #local_breaker = #call.breaker_of(&(#key));)),
                )
            }
        };
        let watch = match (&args.recover, &args.report) {
            (Some(_), _) => quote!(#call.watch_to_recover();),
            (None, Some(_)) => quote!(#call.watch();),
            (None, None) => TokenStream::new(),
        };
        let id = args.attempt.as_ref().map(|_| {
            let id = local("id");
            match args.task {
                // An attempt of a task has the task's identifier.
                Some(_) => quote!(let #id = #call.id();),
                None => quote!(let #id = #private::CallId::unique();),
            }
        });
        let token = args.cancel.as_ref().map(|cancel| {
            let (token, value) = (local("token"), self.in_body(&cancel.value));
            let (first, last) = ends(&value);
            let function = respanned(&quote!(#private::token), first);
            let value = quote_spanned!(last=> (&(#value)));
            quote!(let #token = #function #value;)
        });
        quote! {
            #declared
            let mut #call = #private::Call::start({
                static __RETRY_SITE: #private::Site = #private::Site::new(
                    #private::Meta::new(#name, #private::file!(), #private::line!()) #about,
                    #policy,
                    #budget,
                    #breaker,
                );
                #private::inventory::submit! { #private::Entry(&__RETRY_SITE) }
                &__RETRY_SITE
            });
            #opened
            #watch
            #id
            #token
            #keyed
        }
    }

    /// What else the site's data say: the arguments that were written, and how the function runs.
    fn about(&self, is_async: bool) -> TokenStream {
        let written = self.args.written();
        let interrupted = self.interrupts(is_async);
        let awaited = is_async.then(|| quote!(.awaited(#interrupted)));
        quote!(.written(#written) #awaited)
    }

    pub(crate) fn name(&self) -> TokenStream {
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

    /// The expression with what the body calls `self`, where a wrapper has renamed it.
    pub(crate) fn in_body(&self, expr: &Expr) -> TokenStream {
        match self.this() {
            Some(this) => renamed(expr.to_token_stream(), this),
            None => expr.to_token_stream(),
        }
    }

    /// An argument's name, with what the body calls `self`.
    pub(crate) fn name_in_body(&self, name: &Ident) -> Ident {
        self.this().filter(|_| name == "self").unwrap_or(name).clone()
    }

    fn this(&self) -> Option<&Ident> {
        self.parameters.iter().find_map(|parameter| match parameter {
            Parameter::Receiver { name, this, .. } if this != name => Some(this),
            _ => None,
        })
    }
}

/// A name that cannot meet one of the user's.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `_` becomes a name.
fn named(pat: &mut Pat, position: usize) {
    if let Pat::Wild(_) = pat {
        let name = local(&format!("ignored{position}"));
        *pat = parse_quote!(#name);
    }
}
