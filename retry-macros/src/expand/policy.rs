//! The policy of a site, as a chain of builder calls.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
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
//         let policy = __RETRY_PRESET.max(3).base(Duration::new(1, 0)).jitter(jitter::equal()).on(…);
//         let policy = Policy::checked_for(policy, "base");   // with the span of the value of `base`
//         …
//         Policy::checked(policy)
//     }
fn policy(args: &Args, private: &TokenStream, blocking: bool) -> TokenStream {
    let chain = match preset(args) {
        Some(_) => quote!(__RETRY_PRESET),
        None => quote!(#private::Policy::new()),
    };
    let calls = calls(args, private, |name| !args.is_per_call(name));
    if !args.per_call.is_empty() {
        let computed = &args.per_call;
        return quote!({ #private::Policy::checked_beside(#chain #calls, &[#(#computed),*]) });
    }
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
    quote!({ let #policy = #chain #calls; #(#checks)* #checked })
}

// Input:
//     policy = PATIENT
// Output:
//     const __RETRY_PRESET: Policy = PATIENT;
//
// Each use of the preset names the constant: rustc reports a mistake in the preset once.
pub(crate) fn preset_const(args: &Args, private: &TokenStream) -> Option<TokenStream> {
    let policy = preset(args)?;
    let (ty, value) = (respanned(&quote!(#private::Policy), policy.key.span()), &policy.value);
    Some(quote!(const __RETRY_PRESET: #ty = #value;))
}

/// The preset, if it is the same for all calls.
fn preset(args: &Args) -> Option<&Keyed<Expr>> {
    args.policy.as_ref().filter(|_| !args.is_per_call("policy"))
}

// Input:
//     base = "1s", max = config.retries
// Output:
//     const __RETRY_POLICY: Policy = Policy::checked_beside(Policy::new().base(Duration::new(1, 0)), &["max"]);
// and
//     __RETRY_POLICY
//
// Only for a policy that each call completes: rustc takes time for each constant.
pub(crate) fn of_site(
    args: &Args,
    private: &TokenStream,
    blocking: bool,
) -> (Option<TokenStream>, TokenStream) {
    let policy = policy(args, private, blocking);
    if args.per_call.is_empty() {
        return (None, policy);
    }
    let constant = quote!(const __RETRY_POLICY: #private::Policy = #policy;);
    (Some(constant), quote!(__RETRY_POLICY))
}

/// The statement that evaluates a preset, and its name.
fn start(
    policy: &Keyed<Expr>,
    preset: TokenStream,
    private: &TokenStream,
) -> (TokenStream, TokenStream) {
    let start = Ident::new("start", Span::mixed_site());
    let ty = respanned(&quote!(#private::Policy), policy.key.span());
    (quote!(let #start: #ty = #preset;), quote!(#start))
}

// Input:
//     policy = self.policy, max = 3; or base = "1s", max = config.retries
// Output:
//     { let start: Policy = self.policy; start.max(3) }; or __RETRY_POLICY.max(count(config.retries))
//
// From the constant, and not from the site, which the compiler cannot know to stay the same while the copy is made.
pub(crate) fn of_call(
    args: &Args,
    private: &TokenStream,
    in_body: impl Fn(&Expr) -> TokenStream,
) -> TokenStream {
    match args.policy.as_ref().filter(|_| args.is_per_call("policy")) {
        Some(policy) => {
            let (preset, start) = start(policy, in_body(&policy.value), private);
            let calls = computed(args, private, in_body, |_| true);
            quote!({ #preset #start #calls })
        }
        None => {
            let calls = computed(args, private, in_body, |name| args.is_per_call(name));
            quote!(__RETRY_POLICY #calls)
        }
    }
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

/// The builder calls of the arguments that `take` chooses, whose values are constants. Each argument forwards to the method
/// of its name. The backoff comes before its base and its factor, so that the attribute overrides the values of a preset.
fn calls(args: &Args, private: &TokenStream, take: impl Fn(&str) -> bool) -> TokenStream {
    chain(
        args,
        private,
        take,
        |_, time| values::duration(time, private),
        |_, number| quote!(#number),
    )
}

/// [`calls`] in a call: values that are computed there may be of a type that the method does not take.
fn computed(
    args: &Args,
    private: &TokenStream,
    in_body: impl Fn(&Expr) -> TokenStream,
    take: impl Fn(&str) -> bool,
) -> TokenStream {
    let converted = |name: &str, value: &Expr, function: &str| {
        let value = in_body(value);
        if !args.is_per_call(name) {
            return value;
        }
        let (first, last) = ends(&value, Span::mixed_site());
        let function = Ident::new(function, first);
        let path = respanned(&quote!(#private::per_call::#function), first);
        quote_spanned!(last=> #path(#value))
    };
    chain(
        args,
        private,
        take,
        |name, time| match time {
            Time::Expr(expr) if LIMITS.contains(&name) => converted(name, expr, "limit"),
            Time::Expr(expr) => in_body(expr),
            Time::Text(..) => values::duration(time, private),
        },
        |name, value| match name {
            "max" | "attempts" => converted(name, value, "count"),
            _ => in_body(value),
        },
    )
}

/// The arguments that a call may compute to be none.
const LIMITS: [&str; 4] = ["deadline", "timeout", "no_retry_after", "reset_after"];

fn chain(
    args: &Args,
    private: &TokenStream,
    take: impl Fn(&str) -> bool,
    time: impl Fn(&str, &Time) -> TokenStream,
    value: impl Fn(&str, &Expr) -> TokenStream,
) -> TokenStream {
    // A limit that a call computes may be none.
    let limit = |name: &str, limit: &Option<Keyed<Time>>| {
        let method = if args.is_per_call(name) { format!("{name}_if") } else { name.to_owned() };
        call(&method, limit, |limit| time(name, limit))
    };
    let calls = [
        ("max", call("max", &args.max, |max| value("max", max))),
        (
            "attempts",
            match &args.attempts {
                // The words have the names of their methods.
                Some(attempts) if endless(&attempts.value).is_some() => {
                    let method = endless(&attempts.value);
                    Some(quote!(.#method()))
                }
                attempts => call("attempts", attempts, |attempts| value("attempts", attempts)),
            },
        ),
        ("backoff", call("backoff", &args.backoff, |backoff| values::backoff(backoff, private))),
        (
            "factor",
            call("factor", &args.factor, |factor| match args.is_per_call("factor") {
                true => value("factor", factor),
                false => values::number(factor),
            }),
        ),
        ("base", call("base", &args.base, |base| time("base", base))),
        ("cap", call("cap", &args.cap, |cap| time("cap", cap))),
        ("deadline", limit("deadline", &args.deadline)),
        ("timeout", limit("timeout", &args.timeout)),
        ("no_retry_after", limit("no_retry_after", &args.no_retry_after)),
        ("reset_after", limit("reset_after", &args.reset_after)),
        (
            "jitter",
            call("jitter", &args.jitter, |word| values::named(word, &quote!(#private::jitter))),
        ),
        (
            "on",
            call("on", &args.on, |on| match on {
                On::Expr(kinds) => quote!(#kinds),
                _ => {
                    let kinds = on.listed();
                    quote!(#private::Kinds::NONE #(.with(#private::Kind::#kinds))*)
                }
            })
            .filter(|_| !args.retries_any()),
        ),
        ("idempotent", call("idempotent", &args.idempotent, |it| value("idempotent", it))),
        ("hint", call("hint", &args.hint, |word| values::named(word, &quote!(#private::hint)))),
        (
            "hint_cap",
            args.hint_cap.as_ref().map(|cap| hint_limit(cap, |cap| time("hint_cap", cap))),
        ),
        ("inherit", call("inherit", &args.inherit, |inherit| quote!(#inherit))),
        // The token of `cancel` can end a call that has no other limit.
        ("cancel", args.cancel.as_ref().map(|_| quote!(.cancellable()))),
    ];
    calls.into_iter().filter(|(name, _)| take(name)).filter_map(|(_, call)| call).collect()
}

// Input:
//     hint_cap = "60s", hint_cap = clamp("10s")
// Output:
//     .hint_cap(Duration::new(60, 0)), .hint_clamp(Duration::new(10, 0))
fn hint_limit(hint_cap: &Keyed<HintCap>, time: impl Fn(&Time) -> TokenStream) -> TokenStream {
    let (method, longest) = match &hint_cap.value {
        HintCap::Stop(longest) => (Ident::new("hint_cap", hint_cap.key.span()), longest),
        HintCap::Clamp(word, longest) => (Ident::new("hint_clamp", word.span()), longest),
    };
    let longest = time(longest);
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
