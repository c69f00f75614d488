//! The policy of an annotated function, as a chain of builder calls.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use crate::expand::spans::respanned;
use crate::read::args::{Args, Backoff, On, Time};
use crate::read::key::Keyed;
use crate::read::{schedule, values as value};

/// The policy's constant expression.
///
/// Each argument forwards to the builder method of its name. What grows comes before what it grows by,
/// so that a preset's values give way to the attribute's.
///
/// Input:
/// ```text
/// policy = PATIENT, max = 3, base = "1s", jitter = equal, on = Transient
/// ```
/// Output:
/// ```text
/// {
///     let start: Policy = PATIENT;
///     let policy = start.max(3).base(Duration::new(1, 0)).jitter(jitter::equal()).on(…);
///     let policy = Policy::checked_for(policy, "base");   // seen at the value of `base`
///     …
///     Policy::checked(policy)
/// }
/// ```
pub(crate) fn policy(args: &Args, private: &TokenStream, blocking: bool) -> TokenStream {
    let start = Ident::new("start", Span::mixed_site());
    let (preset, mut chain) = match &args.policy {
        Some(policy) => {
            let preset = &policy.value;
            let ty = respanned(&quote!(#private::Policy), policy.key.span());
            (quote!(let #start: #ty = #preset;), quote!(#start))
        }
        None => (TokenStream::new(), quote!(#private::Policy::new())),
    };
    let mut call = |span: Span, name: &str, value: TokenStream| {
        let method = Ident::new(name, span);
        chain.extend(quote!(.#method(#value)));
    };
    if let Some(max) = &args.max {
        let value = &max.value;
        call(max.key.span(), "max", quote!(#value));
    }
    if let Some(attempts) = &args.attempts {
        match &attempts.value {
            Expr::Path(path) if path.path.is_ident("unlimited") => {
                call(path.span(), "unlimited", quote!())
            }
            value => call(attempts.key.span(), "attempts", quote!(#value)),
        }
    }
    if let Some(backoff) = &args.backoff {
        call(backoff.key.span(), "backoff", backoff_value(&backoff.value, private));
    }
    if let Some(factor) = &args.factor {
        let value = number(&factor.value);
        call(factor.key.span(), "factor", value);
    }
    let times = [
        ("base", &args.base),
        ("cap", &args.cap),
        ("deadline", &args.deadline),
        ("timeout", &args.timeout),
    ];
    for (name, time) in times {
        if let Some(time) = time {
            call(time.key.span(), name, duration(&time.value, private));
        }
    }
    if let Some(jitter) = &args.jitter {
        call(jitter.key.span(), "jitter", named(&jitter.value, &quote!(#private::jitter)));
    }
    if let Some(on) = &args.on {
        match &on.value {
            On::Any(_) => {}
            On::Kinds(kinds) => {
                let set = quote!(#private::Kinds::NONE #(.with(#private::Kind::#kinds))*);
                call(on.key.span(), "on", set);
            }
            On::Expr(value) => call(on.key.span(), "on", quote!(#value)),
        }
    }
    if let Some(idempotent) = &args.idempotent {
        let value = &idempotent.value;
        call(idempotent.key.span(), "idempotent", quote!(#value));
    }
    if is_plain(args) {
        return chain;
    }
    let policy = Ident::new("policy", Span::mixed_site());
    let checks = written(args).into_iter().map(|(name, at)| {
        let check = called(private, "checked_for", &at, &quote!(#policy, #name));
        quote!(let #policy = #check;)
    });
    let checked = if blocking { "checked_blocking" } else { "checked" };
    let at = args.policy.as_ref().map(|preset| preset.value.to_token_stream());
    let checked = called(private, checked, &at.unwrap_or_default(), &quote!(#policy));
    quote!({ #preset let #policy = #chain; #(#checks)* #checked })
}

/// Whether there is nothing to check that the macro's own rules have not: counts and delays that are written
/// out, and no others. The compiler takes its time to check a policy, for each function.
fn is_plain(args: &Args) -> bool {
    let count = |count: &Option<Keyed<Expr>>, range: std::ops::Range<u64>| match count {
        None => true,
        Some(count) => value::literal_count(&count.value).is_some_and(|n| range.contains(&n)),
    };
    let delay = |time: &Option<Keyed<Time>>, default| match time {
        None => Some(default),
        Some(time) => schedule::literal(&time.value),
    };
    let kinds = !matches!(args.on.as_ref().map(|on| &on.value), None | Some(On::Any(_)));
    let others = args.policy.is_some()
        || args.backoff.is_some()
        || args.factor.is_some()
        || args.jitter.is_some()
        || args.deadline.is_some()
        || args.timeout.is_some();
    // The largest number stands for no limit.
    let limit = u64::from(u32::MAX);
    let counts = count(&args.max, 0..limit - 1) && count(&args.attempts, 1..limit);
    let delays = delay(&args.base, schedule::BASE).zip(delay(&args.cap, schedule::CAP));
    !kinds && !others && counts && delays.is_some_and(|(base, cap)| base <= cap)
}

/// The settings that the attribute has.
fn written(args: &Args) -> Vec<(&'static str, TokenStream)> {
    fn of<T: ToTokens>(
        name: &'static str,
        value: &Option<Keyed<T>>,
    ) -> Option<(&'static str, TokenStream)> {
        value.as_ref().map(|keyed| (name, keyed.value.to_token_stream()))
    }
    let settings = [
        of("attempts", &args.attempts),
        of("backoff", &args.backoff),
        of("factor", &args.factor),
        of("base", &args.base),
        of("cap", &args.cap),
        of("timeout", &args.timeout),
        of("deadline", &args.deadline),
        of("jitter", &args.jitter),
        of("on", &args.on),
    ];
    settings.into_iter().flatten().collect()
}

/// A call of one of the policy's functions that seems to stand where `at` stands: a panic in it is reported
/// there.
fn called(
    private: &TokenStream,
    name: &str,
    at: &TokenStream,
    arguments: &TokenStream,
) -> TokenStream {
    let spans: Vec<Span> =
        at.clone().into_iter().map(|token| Span::call_site().located_at(token.span())).collect();
    let first = spans.first().copied().unwrap_or_else(Span::call_site);
    let last = spans.last().copied().unwrap_or_else(Span::call_site);
    let name = Ident::new(name, first);
    let path = respanned(&quote!(#private::Policy::#name), first);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments.clone());
    arguments.set_span(last);
    quote!(#path #arguments)
}

fn backoff_value(backoff: &Backoff, private: &TokenStream) -> TokenStream {
    match backoff {
        Backoff::Named(expr) => named(expr, &quote!(#private::backoff)),
        Backoff::List(entries, bracket) => {
            let entries = entries.iter().map(|entry| duration(entry, private));
            quote_spanned!(bracket.span.join()=> #private::Backoff::List(&[#(#entries),*]))
        }
    }
}

/// A bare word or a bare call is one of the runtime's, with the user's span, so that rustc proposes the
/// nearest one; anything else is an expression.
fn named(expr: &Expr, module: &TokenStream) -> TokenStream {
    match (value::bare_call(expr), expr) {
        (Some((word, _)), Expr::Call(call)) => {
            let numbers = call.args.iter().map(number);
            let at = Span::call_site().located_at(expr.span());
            let module = respanned(module, at);
            let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#(#numbers),*));
            arguments.set_span(Span::call_site().located_at(call.paren_token.span.close()));
            quote_spanned!(at=> #module::#word #arguments)
        }
        (Some((word, _)), _) => {
            let at = Span::call_site().located_at(expr.span());
            let module = respanned(module, at);
            quote_spanned!(at=> #module::#word())
        }
        (None, _) => quote!(#expr),
    }
}

/// A number where a float is expected: `2` may be written for `2.0`.
fn number(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(int), .. }) if int.suffix().is_empty() => {
            let float = syn::LitFloat::new(&format!("{}.0", int.base10_digits()), int.span());
            quote!(#float)
        }
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            let (minus, number) = (unary.op, number(&unary.expr));
            quote!(#minus #number)
        }
        _ => quote!(#expr),
    }
}

/// The value of one setting of a budget or a breaker: a text is a duration, a bare word or a bare call
/// is one of the runtime's.
pub(crate) fn setting(expr: &Expr, private: &TokenStream) -> TokenStream {
    match (value::bare_call(expr), expr) {
        (Some((word, _)), Expr::Call(call)) => {
            let arguments = call.args.iter().map(|argument| setting(argument, private));
            quote_spanned!(expr.span()=> #private::setting::#word(#(#arguments),*))
        }
        (Some((word, _)), _) => quote_spanned!(expr.span()=> #private::setting::#word()),
        (None, Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => {
            match value::time_in_words(text) {
                Ok(time) => duration(&time, private),
                Err(error) => error.to_compile_error(),
            }
        }
        (None, _) => quote!(#expr),
    }
}

fn duration(time: &Time, private: &TokenStream) -> TokenStream {
    match time {
        Time::Text(text, duration) => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote_spanned!(text.span()=> #private::Duration::new(#seconds, #nanos))
        }
        Time::Expr(expr) => quote!(#expr),
    }
}
