//! The policy of a site, as a chain of builder calls.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Ident};

use crate::expand::spans::{ends, respanned};
use crate::expand::values;
use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::kinds::On;
use crate::read::literal::{endless, literal_count};
use crate::read::schedule;
use crate::read::time::{HintCap, Time};

// Input:
//     policy = PATIENT, max = 3, base = "1s", jitter = equal, on = Transient
// Output:
//     {
//         let start: Policy = PATIENT;
//         let policy = start.max(3).base(Duration::new(1, 0)).jitter(jitter::equal()).on(…);
//         let policy = Policy::checked_for(policy, "base");   // with the span of the value of `base`
//         …
//         Policy::checked(policy)
//     }
pub(crate) fn policy(args: &Args, private: &TokenStream, blocking: bool) -> TokenStream {
    let start = Ident::new("start", Span::mixed_site());
    let (preset, chain) = match &args.policy {
        Some(policy) => {
            let preset = &policy.value;
            let ty = respanned(&quote!(#private::Policy), policy.key.span());
            (quote!(let #start: #ty = #preset;), quote!(#start))
        }
        None => (TokenStream::new(), quote!(#private::Policy::new())),
    };
    let calls = calls(args, private);
    if needs_no_check(args) {
        return quote!(#chain #calls);
    }
    let policy = Ident::new("policy", Span::mixed_site());
    let checks = args.constants().filter(|(name, _)| CHECKED.contains(name)).map(|(name, at)| {
        let check = called(private, "checked_for", &at, &quote!(#policy, #name));
        quote!(let #policy = #check;)
    });
    let checked = if blocking { "checked_blocking" } else { "checked" };
    let at = args.policy.as_ref().map(|preset| preset.value.to_token_stream());
    let checked = called(private, checked, &at.unwrap_or_default(), &quote!(#policy));
    quote!({ #preset let #policy = #chain #calls; #(#checks)* #checked })
}

/// The settings that the runtime checks one by one.
const CHECKED: [&str; 11] = [
    "attempts",
    "backoff",
    "factor",
    "base",
    "cap",
    "timeout",
    "deadline",
    "no_retry_after",
    "reset_after",
    "jitter",
    "on",
];

/// The builder calls. Each argument forwards to the method of its name. The backoff comes before its base and
/// its factor, so that the attribute overrides the values of a preset.
fn calls(args: &Args, private: &TokenStream) -> TokenStream {
    let duration = |time: &Time| values::duration(time, private);
    let calls = [
        call("max", &args.max, |max| quote!(#max)),
        match &args.attempts {
            // The words have the names of their methods.
            Some(attempts) if endless(&attempts.value).is_some() => {
                let method = endless(&attempts.value);
                Some(quote!(.#method()))
            }
            attempts => call("attempts", attempts, |attempts| quote!(#attempts)),
        },
        call("backoff", &args.backoff, |backoff| values::backoff(backoff, private)),
        call("factor", &args.factor, values::number),
        call("base", &args.base, duration),
        call("cap", &args.cap, duration),
        call("deadline", &args.deadline, duration),
        call("timeout", &args.timeout, duration),
        call("no_retry_after", &args.no_retry_after, duration),
        call("reset_after", &args.reset_after, duration),
        call("jitter", &args.jitter, |word| values::named(word, &quote!(#private::jitter))),
        call("on", &args.on, |on| match on {
            On::Expr(kinds) => quote!(#kinds),
            _ => {
                let kinds = on.listed();
                quote!(#private::Kinds::NONE #(.with(#private::Kind::#kinds))*)
            }
        })
        .filter(|_| !args.retries_any()),
        call("idempotent", &args.idempotent, |idempotent| quote!(#idempotent)),
        call("hint", &args.hint, |word| values::named(word, &quote!(#private::hint))),
        args.hint_cap.as_ref().map(|hint_cap| hint_limit(hint_cap, private)),
        call("inherit", &args.inherit, |inherit| quote!(#inherit)),
        // The token of `cancel` can end a call that has no other limit.
        args.cancel.as_ref().map(|_| quote!(.cancellable())),
    ];
    calls.into_iter().flatten().collect()
}

// Input:
//     hint_cap = "60s", hint_cap = clamp("10s")
// Output:
//     .hint_cap(Duration::new(60, 0)), .hint_clamp(Duration::new(10, 0))
fn hint_limit(hint_cap: &Keyed<HintCap>, private: &TokenStream) -> TokenStream {
    let (method, longest) = match &hint_cap.value {
        HintCap::Stop(longest) => (Ident::new("hint_cap", hint_cap.key.span()), longest),
        HintCap::Clamp(word, longest) => (Ident::new("hint_clamp", word.span()), longest),
    };
    let longest = values::duration(longest, private);
    quote!(.#method(#longest))
}

/// Writes `.name(value)` with the span of the key.
pub(crate) fn call<T>(
    name: &str,
    argument: &Option<Keyed<T>>,
    value: impl FnOnce(&T) -> TokenStream,
) -> Option<TokenStream> {
    let argument = argument.as_ref()?;
    let (method, value) = (Ident::new(name, argument.key.span()), value(&argument.value));
    Some(quote!(.#method(#value)))
}

/// Whether the macro has checked the whole policy: the attribute sets counts and delays only, all of them
/// literals. rustc takes time for each policy that it checks.
fn needs_no_check(args: &Args) -> bool {
    let count = |count: &Option<Keyed<Expr>>, range: std::ops::Range<u64>| match count {
        None => true,
        Some(count) => literal_count(&count.value).is_some_and(|n| range.contains(&n)),
    };
    let kinds = args.on.is_some() && !args.retries_any();
    let others = args.policy.is_some()
        || args.backoff.is_some()
        || args.factor.is_some()
        || args.jitter.is_some()
        || args.deadline.is_some()
        || args.timeout.is_some()
        || args.no_retry_after.is_some()
        || args.reset_after.is_some();
    // The largest number stands for no limit.
    let limit = u64::from(u32::MAX);
    let counts = count(&args.max, 0..limit - 1) && count(&args.attempts, 1..limit);
    let base = schedule::time(&args.base, schedule::BASE);
    let delays = base.zip(schedule::time(&args.cap, schedule::CAP));
    !kinds && !others && counts && delays.is_some_and(|(base, cap)| base <= cap)
}

/// A call of one of the policy's functions with the span of `at`, where rustc reports a panic in it.
fn called(
    private: &TokenStream,
    name: &str,
    at: &TokenStream,
    arguments: &TokenStream,
) -> TokenStream {
    let (first, last) = ends(at, Span::call_site());
    let name = Ident::new(name, first);
    let path = respanned(&quote!(#private::Policy::#name), first);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments.clone());
    arguments.set_span(last);
    quote!(#path #arguments)
}
