//! A call: the locals that live as long as the call, and the loop around its attempts.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use crate::expand::plan::{Attempt, Plan, local};
use crate::expand::spans::{ends, parenthesized, replaced, respanned, spread};
use crate::expand::turn::Shape;
use crate::expand::{policy, protect};

impl Plan<'_> {
    // Input:
    //     BODY
    // Output, for a blocking function:
    //     STATICS
    //     let call = SITE;
    //     call.blocking(&mut |_| -> R { BODY }).classified(…).run()
    // Output, for an `async` function:
    //     START
    //     loop {
    //         match TURN {
    //             Turned::Quick(out) => { call.close(); break out; }
    //             Turned::Out(out) => { break out; }
    //             Turned::Again => {}
    //         }
    //     }
    pub(crate) fn call(&self, attempt: Attempt) -> TokenStream {
        let args = self.args;
        match (&args.recover, &args.report) {
            (None, None) if !attempt.is_async && !self.names_its_call() => self.alone(&attempt),
            (None, None) => self.plain(&attempt),
            (None, Some(_)) => {
                let start = self.start(&attempt);
                let reported = self.reported(&attempt.output, &self.settled(&attempt.output));
                let attempts = self.attempts(&attempt, None, &reported);
                quote!(#start #attempts)
            }
            (Some(recover), _) => self.recovered(&attempt, &recover.value),
        }
    }

    /// A blocking call that is nothing but its attempts.
    fn alone(&self, attempt: &Attempt) -> TokenStream {
        let (statics, site) = self.site(attempt.is_async);
        let (settings, values) = (self.settings(), self.values());
        let call = local("call");
        let under = settings.as_ref().map(|settings| {
            let policy = local("policy");
            quote!(#settings let #call = #call.under(&#policy);)
        });
        let attempts = self.turn(attempt, Shape::Alone);
        let label = self.label();
        quote!(#statics let #call = #site; #label #under #values #attempts)
    }

    fn plain(&self, attempt: &Attempt) -> TokenStream {
        let out = local("out");
        let call = local("call");
        let quick = Some(quote!(#call.close(); break #out;));
        let (start, attempts) = (self.start(attempt), self.attempts(attempt, quick, &quote!(#out)));
        quote!(#start #attempts)
    }

    // Input:
    //     BODY, the end of a call that succeeds at once, and the value of a call with the outcome `out`
    // Output, for an `async` function:
    //     loop {
    //         FRESH
    //         match TURN { Turned::Quick(out) => { QUICK } Turned::Out(out) => { break VALUE; } Turned::Again => {} }
    //     }
    // Output, for a blocking function:
    //     { let out = TURN; VALUE }
    fn attempts(
        &self,
        attempt: &Attempt,
        quick: Option<TokenStream>,
        value: &TokenStream,
    ) -> TokenStream {
        let (private, out) = (&self.private, local("out"));
        let turn = self.turn(attempt, Shape::Reused);
        if !attempt.is_async {
            return quote!({ let #out = #turn; #value });
        }
        let fresh = self.fresh_arguments(attempt);
        let context = self.args.attempt.as_ref().map(|context| {
            let (name, call, id) = (&context.value, local("call"), local("id"));
            quote!(let #name = #call.attempt(#id);)
        });
        let ends = match quick {
            Some(quick) => quote! {
                #private::Turned::Quick(#out) => { #quick }
                #private::Turned::Out(#out) => { break #value; }
            },
            None => quote! {
                #private::Turned::Quick(#out) | #private::Turned::Out(#out) => { break #value; }
            },
        };
        quote! {
            loop {
                #fresh
                #context
                match #turn {
                    #ends
                    #private::Turned::Again => {}
                }
            }
        }
    }

    // Input:
    //     #[retryable(recover = FALLBACK)] with BODY
    // Output:
    //     'call: {
    //         START
    //         let failure = loop {
    //             match TURN {
    //                 Turned::Out(out) => break match call.settle(out) {
    //                     Ok(value) => break 'call outcome(Ok(value)),
    //                     Err(failure) if failure.is_cancelled() => break 'call outcome(Err(failure.into_error())),
    //                     Err(failure) => failure,
    //                 }
    //                 Turned::Again => {}
    //             }
    //         };
    //         FALLBACK(failure, …)
    //     }
    //
    // Neither the value nor the outcome is alive while `recover` is awaited.
    fn recovered(&self, attempt: &Attempt, recover: &Path) -> TokenStream {
        let (private, output) = (&self.private, &attempt.output);
        let (value, failure) = (local("value"), local("failure"));
        let success = |result: TokenStream| match &self.args.report {
            // At the return type, as the other one: rustc reports a wrong one once.
            Some(_) => self.reported(output, &spread(&result, output)),
            None => quote!(#private::outcome::<#output>(#result)),
        };
        let cancelled = match &self.args.report {
            Some(_) => quote!(#failure),
            None => quote!(#failure.into_error()),
        };
        let succeeded = success(quote!(#private::Ok(#value)));
        let cancelled = success(quote!(#private::Err(#cancelled)));
        let settled = self.settled(output);
        let label = syn::Lifetime::new("'call", Span::mixed_site());
        let start = self.start(attempt);
        let attempts = self.attempts(
            attempt,
            None,
            &quote! {
                match #settled {
                    #private::Ok(#value) => break #label #succeeded,
                    #private::Err(#failure) if #failure.is_cancelled() => {
                        break #label #cancelled;
                    }
                    #private::Err(#failure) => #failure,
                }
            },
        );
        let recovered = self.recover(recover, attempt.is_async);
        quote! {
            #label: {
                #start
                let #failure = #attempts;
                #recovered
            }
        }
    }

    // Output:
    //     <R as Reported>::reported(RESULT)
    //
    // All tokens are at the return type, also those of the result: rustc reports a wrong one once.
    fn reported(&self, output: &Type, result: &TokenStream) -> TokenStream {
        let (first, last) = ends(output, output.span());
        let path = replaced(&self.private, first);
        let result = parenthesized(result, last);
        quote_spanned!(first=> <#output as #path::Reported>::reported #result)
    }

    /// The result of the call with the outcome `out`.
    fn settled(&self, output: &Type) -> TokenStream {
        let (call, out) = (local("call"), local("out"));
        let (first, last) = ends(output, output.span());
        let path = replaced(&self.private, first);
        let arguments = parenthesized(&quote!(#call, #out), last);
        quote_spanned!(first=> #path::Call::settle #arguments)
    }

    // Input:
    //     #[retryable(max = 3, breaker, cancel = stop, attempt = attempt)]
    // Output:
    //     STATICS
    //     let mut call = Call::start(SITE);   // or, with settings that the call computes: Call::under(SITE, &policy)
    //     let breaker = call.open_with(&__RETRY_BREAKER);
    //     VALUES
    fn start(&self, attempt: &Attempt) -> TokenStream {
        let Plan { args, private, .. } = self;
        let call = local("call");
        let (statics, site) = self.site(attempt.is_async);
        let (opened, keyed) = self.opened();
        let watch = match (&args.recover, &args.report) {
            (Some(_), _) => quote!(#call.watch_to_recover();),
            (None, Some(_)) => quote!(#call.watch();),
            (None, None) => TokenStream::new(),
        };
        let values = self.values();
        let started = match self.settings() {
            Some(settings) => {
                let (policy, label) = (local("policy"), self.label());
                quote!(let #call = #site; #label #settings let mut #call = #private::Call::under(#call, &#policy);)
            }
            None => match self.label() {
                Some(label) => {
                    quote!(let #call = #site; #label let mut #call = #private::Call::start(#call);)
                }
                None => quote!(let mut #call = #private::Call::start(#site);),
            },
        };
        quote! {
            #statics
            #started
            #opened
            #watch
            #values
            #keyed
        }
    }

    // Input:
    //     #[retryable(label = operation)]
    // Output, where `call` is the site:
    //     let call = match &(operation) { key => call.labelled(key, KeyText(key).retry_text()) };
    fn label(&self) -> Option<TokenStream> {
        let label = self.args.label.as_ref()?;
        let call = local("call");
        let asked = self.asked_with(&self.in_body(&label.value), &quote!(labelled));
        Some(quote!(let #call = #asked;))
    }

    // Input:
    //     #[retryable(max = config.retries)]
    // Output:
    //     let policy: Policy = __RETRY_POLICY.max(count(config.retries));
    fn settings(&self) -> Option<TokenStream> {
        let Plan { args, private, .. } = self;
        if args.per_call.is_empty() {
            return None;
        }
        let policy = local("policy");
        let value = policy::of_call(args, private, |expr| self.in_body(expr));
        Some(quote!(let #policy: #private::Policy = #value;))
    }

    // Input:
    //     #[retryable(max = 3, cancel = stop, attempt = attempt)]
    // Output:
    //     let id = CallId::unique();
    //     let token = token(&stop);
    fn values(&self) -> TokenStream {
        let Plan { args, private, .. } = self;
        let id = args.attempt.as_ref().map(|_| {
            let (call, id) = (local("call"), local("id"));
            match args.task {
                // An attempt of a task has the identifier of the task.
                Some(_) => quote!(let #id = #call.id();),
                None => quote!(let #id = #private::CallId::unique();),
            }
        });
        let token = args.cancel.as_ref().map(|cancel| {
            let (token, value) = (local("token"), self.in_body(&cancel.value));
            let (first, last) = ends(&value, Span::mixed_site());
            let function = respanned(&quote!(#private::token), first);
            let value = quote_spanned!(last=> (&(#value)));
            quote!(let #token = #function #value;)
        });
        quote!(#id #token)
    }

    // Output:
    //     static __RETRY_BREAKER: SiteBreaker = …;
    // and
    //     {
    //         static __RETRY_SITE: Site = Site::new(META, POLICY, BUDGET, BREAKER);   // with_budget(META, POLICY, BREAKER)
    //         inventory::submit! { Entry(&__RETRY_SITE) }
    //         &__RETRY_SITE
    //     }
    fn site(&self, is_async: bool) -> (TokenStream, TokenStream) {
        let Plan { args, private, .. } = self;
        let name = self.name();
        // The breaker has its own static: a site without a breaker reserves no memory for one, and generated
        // code knows the address of the breaker.
        let method = self.method_name();
        let breaker = protect::breaker(args, &name, method.is_some(), private)
            .map(|breaker| quote!(static __RETRY_BREAKER: #private::SiteBreaker = #breaker;));
        let preset = policy::preset_const(args, private);
        let (constant, policy) = policy::of_site(args, private, !is_async);
        let statics = quote!(#preset #constant #method #breaker);
        let written = args.written();
        let interrupted = self.interrupts(is_async);
        let awaited = is_async.then(|| quote!(.awaited(#interrupted)));
        let method = self.is_named_by_its_type().then(|| quote!(.method(&__RETRY_NAME)));
        let measured = policy::call("measured", &args.measure, |measure| quote!(#measure));
        let computed = args.per_call.join(" ");
        let computed = (!computed.is_empty()).then(|| quote!(.per_call(#computed)));
        let breaker = match &args.breaker {
            Some(_) => quote!(&__RETRY_BREAKER),
            None => quote!(&#private::NO_BREAKER),
        };
        let (new, budget) = match protect::budget(args, private) {
            Some(budget) => (quote!(new), quote!(#budget,)),
            None => (quote!(with_budget), TokenStream::new()),
        };
        let site = quote!({
            static __RETRY_SITE: #private::Site = #private::Site::#new(
                #private::Meta::new(#name, #private::file!(), #private::line!(), #written)
                    #method #computed #awaited #measured,
                #policy,
                #budget
                #breaker,
            );
            #private::inventory::submit! { #private::Entry(&__RETRY_SITE) }
            &__RETRY_SITE
        });
        (statics, site)
    }

    /// Whether an argument is evaluated with the call that has been opened: a key, the identifier of a task, or the time
    /// left.
    fn names_its_call(&self) -> bool {
        let args = self.args;
        let may_be_timed = args.deadline.is_some() || args.policy.is_some();
        if args.attempt.is_some() && (args.task.is_some() || may_be_timed) {
            return true;
        }
        let is_labelled = args.label.is_some() && args.budget.is_none();
        is_labelled
            || args.breaker.as_ref().is_some_and(|breaker| breaker.value.key().is_some())
            || args.budget.as_ref().is_some_and(|budget| budget.value.key().is_some())
    }

    /// Asks the call for the budget or the breaker of a key.
    fn asked_with(&self, key: &TokenStream, method: &TokenStream) -> TokenStream {
        let (private, call) = (&self.private, local("call"));
        // A key without `Display` is a mistake at the key.
        let (place, _) = ends(key, Span::mixed_site());
        let name = Ident::new("key", place);
        let text = quote!(#private::KeyText(#name).retry_text());
        quote!(match &(#key) { #name => #call.#method(#name, #text) })
    }

    /// The statement that opens the call, and those that pick the budget and the breaker of its keys.
    fn opened(&self) -> (TokenStream, TokenStream) {
        let (call, breaker) = (local("call"), local("breaker"));
        let open = match self.args.per_call.is_empty() {
            true => quote!(#call.open();),
            false => {
                let policy = local("policy");
                quote!(#call.open_under(&#policy);)
            }
        };
        let budget = self.args.budget.as_ref().and_then(|budget| budget.value.key()).map(|key| {
            let asked = self.asked_with(&self.in_body(key), &quote!(budget_of));
            quote!(#asked;)
        });
        // The default budget has the key of the breaker, else the label.
        let by_label = self.args.label.as_ref().filter(|_| protect::by_label(self.args));
        let budget = budget.or(by_label.map(|label| {
            let asked = self.asked_with(&self.in_body(&label.value), &quote!(budget_of_label));
            quote!(#asked;)
        }));
        match self.args.breaker.as_ref().map(|breaker| breaker.value.key()) {
            None => (quote!(#open), quote!(#budget)),
            Some(None) if self.args.per_call.is_empty() => {
                (quote!(let #breaker = #call.open_with(&__RETRY_BREAKER);), quote!(#budget))
            }
            Some(None) => (quote!(#open let #breaker = #call.own_breaker();), quote!(#budget)),
            Some(Some(key)) => {
                let asked = self.asked_with(&self.in_body(key), &quote!(breaker_of));
                (quote!(#open), quote!(#budget let #breaker = #asked;))
            }
        }
    }
}
