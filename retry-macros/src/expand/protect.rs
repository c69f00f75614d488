//! The budget and the breaker of a site.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::spans::respanned;
use crate::expand::values::setting;
use crate::read::args::Args;
use crate::read::literal::bare_call;
use crate::read::protect::{Protection, Settings};

fn has_keyed_breaker(args: &Args) -> bool {
    args.breaker.as_ref().is_some_and(|breaker| breaker.value.key().is_some())
}

/// Whether the function has the default budget, with its label as the key.
pub(crate) fn by_label(args: &Args) -> bool {
    args.label.is_some() && args.budget.is_none() && !has_keyed_breaker(args)
}

// Input:
//     budget(capacity = 20, refill = "10s")
// Output; `None` for the default:
//     SiteBudget::own(BudgetSettings::new().capacity(20).refill(Duration::new(10, 0)))
pub(crate) fn budget(args: &Args, private: &TokenStream) -> Option<TokenStream> {
    let Some(budget) = &args.budget else {
        // A dead host must not spend the retries of the others: the budget has the key of the breaker, else the label.
        let is_keyed = has_keyed_breaker(args) || args.label.is_some();
        return is_keyed.then(|| quote!(#private::SiteBudget::by_breaker()));
    };
    Some(match &budget.value {
        Protection::Bare => return None,
        Protection::Name(name) => quote!(#private::SiteBudget::named(#name, #private::None)),
        Protection::Value(expr) => match bare_call(expr) {
            Some((word, _)) => quote_spanned!(expr.span()=> #private::budget::#word()),
            None => quote_spanned!(expr.span()=> #private::By(&#expr).budget()),
        },
        Protection::Settings(settings) => {
            let built = built(settings, &quote!(#private::BudgetSettings), private);
            // The constructor panics if a setting is out of range, and rustc points at its call.
            let made = match (&settings.key, &settings.name) {
                (Some(_), name) => {
                    let name = optional(name.as_ref(), private);
                    let built = (!settings.is_default()).then_some(&built);
                    let (built, keys) =
                        (optional(built, private), optional(settings.keys.as_ref(), private));
                    quote!(#private::SiteBudget::keyed(#name, #built, #keys))
                }
                (None, Some(name)) => {
                    quote!(#private::SiteBudget::named(#name, #private::Some(#built)))
                }
                (None, None) => quote!(#private::SiteBudget::own(#built)),
            };
            respanned(&made, budget.key.span())
        }
    })
}

// Input:
//     breaker("inventory", rate = 0.3, key = item)
// Output, where `name` is the name of the site and stands for a breaker without a name, or the static of a method does:
//     SiteBreaker::keyed("inventory", true, Some(BreakerSettings::new().rate(0.3)), None)
pub(crate) fn breaker(
    args: &Args,
    name: &TokenStream,
    of_method: bool,
    private: &TokenStream,
) -> Option<TokenStream> {
    let own = |settings: &TokenStream| match of_method {
        true => quote!(#private::SiteBreaker::own_of(&__RETRY_NAME, #settings)),
        false => quote!(#private::SiteBreaker::own(#name, #settings)),
    };
    let breaker = args.breaker.as_ref()?;
    let settings = match &breaker.value {
        Protection::Bare => {
            return Some(own(&quote!(#private::BreakerSettings::new())));
        }
        Protection::Name(shared) => {
            return Some(quote!(#private::SiteBreaker::named(#shared, #private::None)));
        }
        Protection::Value(expr) => {
            return Some(quote_spanned!(expr.span()=> #private::By(&#expr).breaker()));
        }
        Protection::Settings(settings) => settings,
    };
    let built = built(settings, &quote!(#private::BreakerSettings), private);
    let own_name = settings.name.as_ref().map_or_else(|| name.clone(), ToTokens::to_token_stream);
    let given = optional((!settings.is_default()).then_some(&built), private);
    let made = match (&settings.key, &settings.name) {
        (Some(_), _) => {
            let keys = optional(settings.keys.as_ref(), private);
            let shared = settings.name.is_some();
            match of_method && !shared {
                true => quote!(#private::SiteBreaker::keyed_of(&__RETRY_NAME, #given, #keys)),
                false => quote!(#private::SiteBreaker::keyed(#own_name, #shared, #given, #keys)),
            }
        }
        (None, Some(shared)) => quote!(#private::SiteBreaker::named(#shared, #given)),
        (None, None) => own(&built),
    };
    Some(respanned(&made, breaker.key.span()))
}

/// An `Option` of the value.
fn optional(value: Option<&impl ToTokens>, private: &TokenStream) -> TokenStream {
    match value {
        Some(value) => quote!(#private::Some(#value)),
        None => quote!(#private::None),
    }
}

// Input:
//     preset = grpc, capacity = 20, refill = none
// Output:
//     BudgetSettings::grpc().capacity(20).no_refill()
fn built(settings: &Settings, builder: &TokenStream, private: &TokenStream) -> TokenStream {
    let start = match &settings.preset {
        Some(preset) => quote_spanned!(preset.span()=> #builder::#preset()),
        None => quote!(#builder::new()),
    };
    let calls = settings.methods.iter().map(|(method, value, kind)| {
        // `refill = none` calls `no_refill()`.
        if bare_call(value).is_some_and(|(word, _)| word == "none") {
            let without = format_ident!("no_{}", method, span = method.span());
            return quote!(.#without());
        }
        let value = setting(value, *kind, private);
        quote!(.#method(#value))
    });
    quote!(#start #(#calls)*)
}
