//! The macros of `retry-runtime`, which re-exports them: use that crate, not this one.

mod args;
mod check;
mod classify;
mod doc;
mod duration;
mod errors;
mod expand;
mod form;
mod function;
mod future_type;
mod items;
mod keyed;
mod pattern;
mod policy;
mod protect;
mod schedule;
mod suggest;
mod value;
mod wrapped;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Retries a function.
#[proc_macro_attribute]
pub fn retryable(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::retry(attribute.into(), item.into()).into()
}

/// Says for each case of an error type what it means for retrying.
///
/// For enums and structs, generic ones included, beside thiserror or without it.
///
/// ```
/// # mod example {
/// use std::time::Duration;
///
/// use retry_runtime::{Classify, Kind};
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum PayError {
///     #[error("the desk is busy")]
///     #[classify(transient)]
///     Busy,
///     #[error("slow down")]
///     #[classify(throttled, after = wait)]
///     Limited { wait: Option<Duration> },
///     #[error("answered {status}")]
///     #[classify(status = status)]
///     Http { status: u16 },
///     #[error("code {0}")]
///     #[classify(kind = if *_0 == 7 { Kind::Transient } else { Kind::Permanent })]
///     Desk(u8),
///     #[error(transparent)]
///     #[classify(inherit)]
///     Card(#[from] CardError),
/// }
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// #[error("the card was declined")]
/// #[classify(permanent)]
/// struct CardError;
/// # }
/// # fn main() {}
/// ```
///
/// # On a variant, or on the struct itself
///
/// Each variant has one meaning, in one or several `#[classify(…)]`:
///
/// | written | means |
/// |---|---|
/// | `transient` | did not happen, or is harmless to repeat |
/// | `throttled` | the other side asked to slow down |
/// | `ambiguous` | may have taken effect: retried only where the function is idempotent |
/// | `overloaded` | the other side asked not to be retried |
/// | `permanent` | will fail again in the same way |
/// | `inherit` | what the inner failure means, which is a `Classify` itself: the field marked `#[source]` or `#[from]`, else the one named `source`, else the only one |
/// | `status = field` | what this HTTP status means: a `u16`, with feature `http` a `http::StatusCode`, or an `Option` of one; `None` is permanent |
/// | `kind = expr` | what the expression says: a `Kind` or a `Class`. The fields are in scope as references, those of a tuple as `_0`, `_1` |
/// | `messages` | what the text of `Display` says ("timed out", "too many requests" …), for failures that carry nothing better |
///
/// `after = field` may stand beside each of these, and is the delay that the other side asked for: a
/// `Duration`, the text of a `Retry-After` header (`&str`, `String`, with feature `http` a `HeaderValue`),
/// or an `Option` of one. A tuple's field is `after = 0`. Alone, `after` means `throttled`.
///
/// # Above an enum
///
/// | written | means |
/// |---|---|
/// | `default = permanent` | the kind of every variant without an attribute of its own. Without a default, such a variant is a compile error |
/// | `crate = path` | where `retry_runtime` is re-exported, as in serde. On a struct, too |
///
/// # In words
///
/// `Classify::describe` gives the text of `Display`; of `Debug` for a type without `Display`; for one
/// without either, its name. In a generic type an implementation that has a bound on a parameter is not
/// found.
#[proc_macro_derive(Classify, attributes(classify, source))]
pub fn derive_classify(input: TokenStream) -> TokenStream {
    classify::derive(&parse_macro_input!(input as DeriveInput)).into()
}
