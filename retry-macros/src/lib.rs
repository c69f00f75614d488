//! The macros of `retry-runtime`, which re-exports them: use that crate, not this one.

mod check;
mod classify;
mod errors;
mod expand;
mod item;
mod read;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Retries a function: `fn` and `async fn`, free, inherent, trait and `async_trait` methods, functions that
/// return a future.
///
/// ```
/// # mod example {
/// use retry_runtime::{Classify, retryable};
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum LoadError {
///     #[error("busy")]
///     #[classify(transient)]
///     Busy,
///     #[error(transparent)]
///     #[classify(inherit)]
///     Io(#[from] std::io::Error),
/// }
///
/// /// The prices of the day.
/// #[retryable(max = 4, base = "100ms", cap = "2s", deadline = "10s")]
/// fn prices(path: &str) -> Result<String, LoadError> {
///     Ok(std::fs::read_to_string(path)?)
/// }
/// # }
/// # fn main() {}
/// ```
///
/// The signature, the visibility, the documentation and the other attributes stay as written. The function
/// returns what its last attempt returned. Its documentation gets a section with its limits and a table of
/// its delays.
///
/// # Arguments
///
/// Values are literals or `const` expressions of the right type. A duration is a text (`"250ms"`, `"1.5s"`,
/// `"1m 30s"`; units `ns`, `us`, `ms`, `s`, `m`, `h`, `d`) or a `Duration`. Every mistake is a compile error
/// at its place, and several are reported at once.
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `max = 3` | 3 | retries after the first attempt; 0 is no retry |
/// | `attempts = 4` | | the same limit with the first attempt counted, from 1. `attempts = unlimited` needs a `deadline`. Not beside `max` |
/// | `backoff = exponential` | `exponential` | `exponential`, `fixed`, `linear`, `fibonacci`, or a list `["100ms", "1s", "5s"]` whose last entry repeats |
/// | `base = "1s"` | 1 s | the delay before the first retry; at most `cap` |
/// | `factor = 2.0` | 2.0 | growth of the exponential backoff; finite, from 1 |
/// | `cap = "30s"` | 30 s | no delay is longer, jitter included |
/// | `jitter = full` | `full` | `full`, `equal`, `decorrelated`, `proportional(r)` with `r` from 0 to 1, `additive(r)` with `r` from 0, `none` |
/// | `deadline = "30s"` | none | for the whole call: attempts, pauses, hooks. Cuts off an `async` attempt that still runs |
/// | `timeout = "5s"` | none | for one attempt; `async` only; at most `deadline`; needs `idempotent` or `idempotent = false` |
/// | `on = Transient \| Throttled` | `Transient \| Throttled` | the kinds that are retried. `Ambiguous` among them says `idempotent`. `on = any` retries every failure and needs no `Classify` |
/// | `idempotent`, `idempotent = false` | undeclared | whether doing it twice is doing it once: if so, `Ambiguous` failures are retried |
/// | `when = path or closure` | | `Fn(&E) -> bool`. Beside `on` both must agree; alone it replaces `Classify` |
/// | `retry_if = path or closure` | | `Fn(&T) -> bool` on the success value: `true` counts as a `Transient` failure. Exhausted, the last value is returned |
/// | `budget(…)`, `budget = …` | on | what all retries of the function may cost: settings `budget(capacity = 20, refill = "10s")`, one shared by name `budget = "name"`, both `budget("name", capacity = 20)`, a preset (`finagle`, `grpc`, `aws`, `sre`, `unlimited`), a static `budget = SHARED`, or `budget = none` |
/// | `breaker`, `breaker(…)`, `breaker = …` | none | a circuit breaker: with its defaults, with settings `breaker(rate = 0.5, slow = "2s")`, shared by name `breaker = "name"`, a static, or one for each key `breaker(key = host, keys = 100)` |
/// | `recover = path` | | called once with the final failure and then every argument; `async` when the function is; its result is the call's |
/// | `cancel = expr` | | a cancellation token; may name the function's arguments |
/// | `on_retry = path or closure` | | `Fn(&Retry<'_, R>)`, called before each pause |
/// | `attempt = ident` | | binds the `Attempt` in the body: number, limit, time left, the last failure's kind, the call's id |
/// | `clone(a, b)` | | arguments that the body consumes or changes: each attempt owns a fresh clone |
/// | `keep(a)` | | a `mut` argument by value whose changes carry over to the next attempt |
/// | `name = "billing::charge"` | module path and function | the name in reports and in `sites()` |
/// | `policy = PATH` | | a `const Policy` to start from; arguments written here override it |
/// | `report` | | the return type is `Result<T, RetryError<E>>`, while the body returns `Result<T, E>` |
/// | `docs = false` | `true` | leaves the generated section out of the documentation |
/// | `crate = path` | `::retry_runtime` | where the runtime is re-exported, as in serde |
///
/// ## Delays
///
/// Before retry `k` the call waits `min(cap, backoff(k))`, spread by `jitter` and again at most `cap`. A
/// server's hint replaces a shorter delay. A pause that would end after the deadline is not begun.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 5, backoff = ["100ms", "500ms", "2s"], jitter = proportional(0.2))]
/// fn load() -> std::io::Result<String> {
///     std::fs::read_to_string("prices.txt")
/// }
///
/// #[retryable(attempts = unlimited, deadline = "1m 30s", backoff = fixed, base = "2s", jitter = none, budget = none)]
/// async fn wait_for_leader() -> std::io::Result<u32> {
///     Ok(1)
/// }
/// ```
///
/// ## What is retried
///
/// The error's `Classify` says what a failure means, `on` which kinds are retried, `idempotent` what happens
/// after an `Ambiguous` one. `Overloaded` and `Permanent` failures are never retried.
///
/// ```
/// # use retry_runtime::retryable;
/// // Without a `Classify`: a predicate.
/// #[retryable(base = "0s", when = |error: &String| error.starts_with("busy"))]
/// fn ask() -> Result<u32, String> {
///     Err("busy: try later".into())
/// }
///
/// // A value that is not good enough yet.
/// #[retryable(max = 2, base = "0s", on = any, retry_if = Vec::is_empty)]
/// fn page() -> Result<Vec<u32>, String> {
///     Ok(Vec::new())
/// }
///
/// assert!(ask().is_err());
/// assert_eq!(page()?, []);
/// # Ok::<(), String>(())
/// ```
///
/// ## Budget and breaker
///
/// The settings in `budget(…)` and `breaker(…)` are the methods of `BudgetSettings` and `BreakerSettings`.
/// A name as the first one shares it with every function that names it; one of them may have settings.
/// `key` is evaluated in each call and may name the arguments.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(budget("inventory", capacity = 20), breaker("inventory", rate = 0.3, window = time("30s")))]
/// fn stock(item: &str) -> std::io::Result<String> {
///     std::fs::read_to_string(item)
/// }
///
/// #[retryable(budget = "inventory", breaker(consecutive = 5, key = host))]
/// async fn mirror(host: &str) -> std::io::Result<u32> {
///     Ok(1)
/// }
/// ```
///
/// ## The attempt, and what it owns
///
/// Attempts borrow the arguments. One that consumes an argument needs a clone of it; one that changes a `mut`
/// argument needs either `clone` (each attempt starts afresh) or `keep` (the next one goes on).
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 2, base = "0s", on = any, attempt = attempt, clone(names), keep(position))]
/// fn read(names: Vec<String>, mut position: usize) -> Result<Vec<String>, String> {
///     position += 1;
///     assert_eq!(position, attempt.number() as usize);
///     if attempt.is_last() { Ok(names) } else { Err(format!("stuck at {position}")) }
/// }
///
/// assert_eq!(read(vec!["a".into()], 0)?, ["a"]);
/// # Ok::<(), String>(())
/// ```
///
/// ## The end of a call
///
/// `recover` takes the last failure, or a `RetryError` of it with all attempts; `report` returns that to the
/// caller.
///
/// ```
/// # use retry_runtime::{RetryError, retryable};
/// struct Prices { yesterday: u32 }
///
/// impl Prices {
///     #[retryable(max = 1, base = "0s", on = any, recover = Self::stale)]
///     fn today(&self, item: &str) -> Result<u32, String> {
///         Err(format!("no price for {item}"))
///     }
///
///     fn stale(&self, _failure: RetryError<String>, _item: &str) -> Result<u32, String> {
///         Ok(self.yesterday)
///     }
/// }
///
/// #[retryable(max = 1, base = "0s", on = any, report)]
/// fn load() -> Result<u32, RetryError<String>> {
///     Err("not found".into())
/// }
///
/// assert_eq!(Prices { yesterday: 12 }.today("tea")?, 12);
/// let error = load().unwrap_err();
/// assert_eq!(error.attempts().len(), 2);
/// assert!(error.to_string().ends_with("(exhausted): not found"));
/// # Ok::<(), String>(())
/// ```
///
/// ## Interruptions
///
/// `timeout`, `cancel` and, in `async` functions, `deadline` can end an attempt that still runs; `breaker` can
/// refuse one. The failure is then an `Interruption`, and the function's error must be `From<Interruption>`: one variant with
/// `#[from]` is enough. `std::io::Error`, `anyhow::Error` and boxed errors have the conversion.
///
/// ```
/// # use retry_runtime::{CancelToken, retryable};
/// #[retryable(max = 9, cancel = stop, deadline = "1m")]
/// async fn load(stop: &CancelToken) -> std::io::Result<Vec<u8>> {
///     std::fs::read("prices.txt")
/// }
/// ```
///
/// # What it expands to
///
/// ```text
/// // Input
/// #[retryable(max = 3)]
/// async fn f(a: &str) -> Result<T, E> { BODY }
///
/// // Output
/// async fn f(a: &str) -> Result<T, E> {
///     let mut call = Call::start({
///         static SITE: Site = Site::new(Meta::new("module::f", file!(), line!()), Policy::new().max(3).checked(), budget, breaker);
///         &SITE
///     });
///     loop {
///         match call.turn(async { BODY }).classified().await {
///             Turned::Quick(out) => { call.close(); break out; }
///             Turned::Out(out) => { break out; }
///             Turned::Again => {}
///         }
///     }
/// }
/// ```
///
/// In a sync function the body is a closure, which is called at once. Where a function returns a future, its
/// last expression is the attempt, and what comes before it runs once. No name of the expansion is visible in
/// the body, no bound is added, nothing is boxed or cloned that was not asked for, and the future is as
/// `Send` as without the attribute.
///
/// It may stand on either side of `#[async_trait]`, `#[tracing::instrument]`, `#[tokio::main]` and
/// `#[tokio::test]`. On either side of `instrument`, one span holds the whole call.
///
/// # Refused
///
/// | signature | why |
/// |---|---|
/// | an output that borrows from a `&mut` argument | a failed attempt would keep the borrow that the next one needs |
/// | `const fn` | nothing can wait at compile time |
/// | `-> ()`, `-> !`, no output | cannot fail |
/// | an output that is no `Outcome` | success cannot be told from failure; `Result`, `Option` and your own implementations can |
/// | `#[track_caller]` | the caller of an attempt is the loop |
/// | a trait method without a body, a whole `impl` or `trait` | there is no function to retry |
/// | `timeout` on a sync function | nothing can stop a running thread |
/// | a `mut` argument by value, neither in `clone` nor in `keep` | both silent choices would surprise |
/// | a function's argument, `Self` or a generic parameter in an argument that is set once (`max` to `jitter`, `deadline`, `timeout`, `on`, `idempotent`, `name`, `policy`, the settings of `budget` and `breaker`) | it is evaluated before there is a call |
/// | `recover` beside an argument whose pattern cannot be put together again | it is called with every argument |
#[proc_macro_attribute]
pub fn retryable(attribute: TokenStream, item: TokenStream) -> TokenStream {
    item::function::retry(attribute.into(), item.into()).into()
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
