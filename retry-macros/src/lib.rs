//! The macros of `retry-runtime`. Depend on that crate, which re-exports them, and not on this one.

mod check;
mod classify;
mod errors;
mod expand;
mod item;
mod manifest;
mod read;
mod retry;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Retries a function when it fails.
///
/// The attribute works on `fn`, `async fn` and functions that return a future: free functions, methods, trait
/// methods and `async_trait` methods.
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
/// /// Reads today's prices.
/// #[retryable(max = 4, base = "100ms", cap = "2s", deadline = "10s")]
/// fn prices(path: &str) -> Result<String, LoadError> {
///     Ok(std::fs::read_to_string(path)?)
/// }
/// # }
/// # fn main() {}
/// ```
///
/// The signature, the visibility, the documentation and the other attributes stay as written. The function
/// returns the outcome of its last attempt. Its documentation gets a section with its limits and a table of
/// its delays.
///
/// # Arguments
///
/// Values are literals or `const` expressions of the right type. The numbers, the durations, `idempotent` and `policy` may
/// also name arguments of the function, `self`, `Self` and generic parameters: see
/// [settings of a call](#settings-of-a-call). A duration is a string (`"250ms"`, `"1.5s"`,
/// `"1m 30s"`; units `ns`, `us`, `ms`, `s`, `m`, `h`, `d`) or a `Duration`. Every mistake is a compile error
/// at the wrong tokens, and one build reports all mistakes.
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `max = 3` | 3 | the most retries after the first attempt; 0 turns retries off |
/// | `attempts = 4` | | the same limit, counted with the first attempt, from 1. `attempts = unlimited` requires a `deadline`, a `no_retry_after`, a `reset_after` or a `cancel`; `attempts = forever` requires nothing. Not with `max` |
/// | `backoff = exponential` | `exponential` | `exponential`, `fixed`, `linear`, `fibonacci`, a list `["100ms", "1s", "5s"]` whose last entry repeats, or the path of a `fn(retry: u32) -> Duration` |
/// | `base = "1s"` | 1 s | the delay before the first retry; at most `cap` |
/// | `factor = 2.0` | 2.0 | the growth of the exponential backoff; with decorrelated jitter its reach (3.0); finite, at least 1 |
/// | `cap = "30s"` | 30 s | the longest delay, jitter included |
/// | `jitter = full` | `full` | `full`, `equal`, `decorrelated`, `proportional(r)` with `r` from 0 to 1, `additive(r)` with `r` at least 0, `first(r)` that is additive for the first delay only, `none` |
/// | `deadline = "30s"` | none | the limit for the whole call: attempts, pauses and hooks. An `async` attempt that is still running is cut off |
/// | `timeout = "5s"` | none | the limit for one attempt; `async` only, since nothing can stop a running thread; together with the first delay less than `deadline`; requires `idempotent` or `idempotent = false` |
/// | `no_retry_after = "3m"` | none | no attempt begins later than this after the start of the call; one that is running is left alone. At most `deadline` |
/// | `reset_after = "1m"` | none | an attempt that ran at least this long before it failed was healthy: the attempts and the backoff begin anew, and it pays into the budget like a success. For streams and subscriptions; not with `deadline` or `task` |
/// | `on = Transient \| Throttled` | `Transient \| Throttled` | the kinds of failure that are retried. Listing `Ambiguous` declares the function `idempotent`. `on = any` retries every failure and does not require `Classify` |
/// | `idempotent`, `idempotent = false` | undeclared | whether running the function twice has the same effect as running it once. If it has, `Ambiguous` failures are retried |
/// | `hint = at_least`, `hint = instead`, `hint = exact` | `at_least` | whether a server's hint only makes a delay longer, or takes its place also where the hint is shorter; `exact` takes it without a spread |
/// | `hint_cap = "60s"` | 60 s | the longest delay that a server may ask for; a longer one ends the call, or is cut to this with `hint_cap = clamp("10s")` |
/// | `inherit = false` | `true` | the call takes no deadline and no observer from the retryable call around it, for a future that several callers share. A spawned task inherits nothing anyway: `inherited(future)` carries the deadline over |
/// | `measure` | off | the durations of attempts are counted: `site(name).latency()` has their median and 99th percentile. Costs two readings of the clock and an atomic addition for each attempt |
/// | `when = path or closure` | | `Fn(&E) -> bool`. With `on`, both must be true for a retry; on its own it replaces `Classify` |
/// | `retry_if = path or closure` | | `Fn(&T) -> bool` on the success value: `true` asks for another attempt, which draws nothing from the budget. When the retries are used up, the call returns the last value |
/// | `budget(…)`, `budget = …` | on | the limit for the retries of all calls together: settings `budget(capacity = 20, refill = "10s")`, a budget shared by name `budget = "name"`, both `budget("name", capacity = 20)`, a preset (`finagle`, `grpc`, `aws`, `sre`, `unlimited`), one for each host or shard `budget(key = host)`, a static `budget = SHARED`, or `budget = none` to turn it off |
/// | `breaker`, `breaker(…)`, `breaker = …` | none | a circuit breaker: with default settings, with settings `breaker(rate = 0.5, slow = "2s")`, shared by name `breaker = "name"`, a static, one for each key `breaker(key = host, keys = 100)`, or a table of keys with a name `breaker("name", key = host)`. `breaker(share = "orders")` lets the processes of a fleet hear of each other's transitions (crate `retry-fleet`) |
/// | `recover = path` | | a function that gets the final failure and then every argument, and returns the result of the call; `async` if the function is. Not called for a cancelled call |
/// | `label = operation` | none | a value of the call by which its counts, history, live calls, events and default budget are told apart: `site(name).parts()` lists them. 64 for each function; not with `task` |
/// | `cancel = expr` | | a cancellation token; the expression can use the function's arguments |
/// | `on_retry = path or closure` | | `Fn(&Retry<'_, R>)`, called before each pause; its panic does not fail the call |
/// | `attempt = ident` | | the name of the `Attempt` in the body: number, limit, time left, kind of the last failure, id of the call |
/// | `clone(a, b)` | | arguments that the body consumes or changes: each attempt owns a fresh clone |
/// | `keep(a)` | | `mut` and `ref mut` arguments by value whose changes carry over to the next attempt |
/// | `name = "billing::charge"` | module path and function, for a method with its type between them | the name in reports and in `sites()` |
/// | `policy = PATIENT`, `policy = self.policy` | | a `Policy` to start from; the other arguments override it |
/// | `report` | | the function returns `Result<T, RetryError<E>>`, and its body returns `Result<T, E>` |
/// | `task`, `task(…)` | | a function `task` whose calls `retry-tasks` runs in the background: `task(state(pool), redact(card), was(recipient = "to"), concurrency = 4)` |
/// | `docs = false` | `true` | leaves the generated section out of the documentation |
/// | `crate = path` | `::retry_runtime` | the path under which the runtime is re-exported, as in serde |
///
/// ## Delays
///
/// Before retry `k` the call waits `min(cap, backoff(k))`, randomised by `jitter` and again at most `cap`. A
/// longer delay that the server asks for replaces this one. A pause that would end after the deadline does not
/// begin.
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
/// ## Settings of a call
///
/// An expression that names something that only a call has is evaluated once at the start of each call. A count may be of any
/// integer type, and a limit in time an `Option<Duration>`. Values that make no valid policy fail no call: the nearest valid
/// ones apply, and a warning names the setting once. A configuration overrides computed settings as it does constant ones.
/// Where `policy` is computed, its limits cut off an attempt if the error is `From<Interruption>`. A `task` computes no settings.
///
/// ```
/// # use std::time::Duration;
/// # use retry_runtime::retryable;
/// struct Client { retries: u8, give_up_after: Option<Duration> }
///
/// impl Client {
///     #[retryable(max = self.retries, deadline = self.give_up_after, idempotent = method == "GET")]
///     async fn send(&self, method: &str) -> std::io::Result<u32> {
///         Ok(200)
///     }
/// }
/// ```
///
/// ## Which failures are retried
///
/// `Classify` gives each error a kind. `on` lists the kinds that are retried, and `idempotent` decides about
/// `Ambiguous` failures. `Overloaded` and `Permanent` failures are never retried.
///
/// ```
/// # use retry_runtime::retryable;
/// // A predicate in place of `Classify`.
/// #[retryable(base = "0s", when = |error: &String| error.starts_with("busy"))]
/// fn ask() -> Result<u32, String> {
///     Err("busy: try later".into())
/// }
///
/// // A success that is retried.
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
/// All functions with the same name in the first place share one budget or breaker; one of the functions can
/// give settings. `key` is evaluated in each call and can use the arguments. Of a budget with a key, the settings are those of
/// each key's budget; above these, every retry also owes to one budget of the function, or of the name. Where the breaker has a
/// key and there is no `budget` argument, the budget has the same key.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(budget("inventory", capacity = 20), breaker("inventory", rate = 0.3, window = time("30s")))]
/// fn stock(item: &str) -> std::io::Result<String> {
///     std::fs::read_to_string(item)
/// }
///
/// #[retryable(budget(key = host, keys = 100), breaker(consecutive = 5, key = host))]
/// async fn mirror(host: &str) -> std::io::Result<u32> {
///     Ok(1)
/// }
/// ```
///
/// ## Arguments of an attempt
///
/// Attempts borrow the arguments. An argument that the body moves is missing in the next attempt: rustc reports
/// `use of moved value` (E0382) in an `async` function, and `cannot move out of value, a captured variable in an FnMut
/// closure` (E0507) in a sync one. List the argument in `clone`, or let the body borrow it. If the body changes a
/// `mut` argument, list it in `clone` (each attempt gets a fresh copy) or in `keep` (changes carry over to the
/// next attempt).
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
/// `recover` gets the last failure, or a `RetryError` with the failure and all attempts. `report` returns that
/// `RetryError` to the caller.
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
/// `timeout`, `cancel` and, in `async` functions, `deadline` can end a running attempt; `breaker` can refuse to
/// start one. The failure is then an `Interruption`, so the error type must implement `From<Interruption>`. One
/// variant with `#[from]` is enough. `std::io::Error`, `anyhow::Error` and boxed errors have the conversion.
///
/// ```
/// # use retry_runtime::{CancelToken, retryable};
/// #[retryable(max = 9, cancel = stop, deadline = "1m")]
/// async fn load(stop: &CancelToken) -> std::io::Result<Vec<u8>> {
///     std::fs::read("prices.txt")
/// }
/// ```
///
/// # Expansion
///
/// ```text
/// // Input
/// #[retryable(max = 3)]
/// async fn f(a: &str) -> Result<T, E> { BODY }
///
/// // Output
/// async fn f(a: &str) -> Result<T, E> {
///     let mut call = Call::start({
///         static SITE: Site = Site::with_budget(Meta::new("module::f", file!(), line!(), "max"), Policy::new().max(3), breaker);
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
/// In a sync function, the attempts are calls of one closure: `SITE.blocking(&mut |_| { BODY }).classified().run()`. In a
/// function that returns a future, the last expression is the attempt, and the statements before it run once. The body
/// sees no name of the expansion. The expansion adds no bounds, boxes nothing, and clones only the arguments in `clone`.
/// The future is `Send` if it is `Send` without the attribute.
///
/// The attribute works above and below `#[async_trait]`, `#[tracing::instrument]`, `#[tokio::main]` and
/// `#[tokio::test]`. Above and below `instrument`, one span covers the whole call.
///
/// # Functions that cannot be retried
///
/// | function or argument | why it is a compile error |
/// |---|---|
/// | an output that borrows from a `&mut` argument | a failed attempt would keep the borrow that the next attempt needs |
/// | `-> Option<Result<T, E>>` | `None` and `Some(Err(_))` would be two kinds of failure; return `Result<Option<T>, E>` |
/// | `const fn` | a call cannot wait at compile time |
/// | `-> ()`, `-> !`, no output | the function cannot fail |
/// | an output that is no `Outcome` | the loop cannot tell success from failure; return a `Result`, an `Option` or your own `Outcome` |
/// | `#[track_caller]` | the caller of an attempt is the loop |
/// | a trait method without a body, a whole `impl` or `trait` | there is no body to retry |
/// | `timeout` on a sync function | nothing can stop a running thread |
/// | a `mut` or `ref mut` argument by value that is neither in `clone` nor in `keep` | either default would surprise somebody |
/// | an argument that the body moves, without `clone` (E0382, E0507) | the next attempt needs the argument again |
/// | a function's argument, `Self` or a generic parameter in an argument that is set once (`backoff`, `jitter`, `on`, `hint`, `inherit`, `measure`, `name`, the settings of `budget` and `breaker`) | the value is computed before there is a call; `policy = …` computes a whole policy in each call |
/// | `label` or settings that a call computes, beside `task` | the store asks for the settings of a task without its arguments |
/// | `recover` with an argument that cannot be rebuilt from its pattern | `recover` gets every argument |
#[proc_macro_attribute]
pub fn retryable(attribute: TokenStream, item: TokenStream) -> TokenStream {
    retry::retry(attribute.into(), item.into()).into()
}

/// Derives the kind of each failure of an error type, which decides whether the failure is retried.
///
/// The derive works on enums and structs, generic ones included, with and without thiserror.
///
/// ```
/// # mod example {
/// use std::time::Duration;
///
/// use retry_runtime::{Classify, Kind};
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum PayError {
///     #[error("busy")]
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
/// Each variant has one kind, given in one or several `#[classify(…)]`:
///
/// | word | meaning |
/// |---|---|
/// | `transient` | the operation had no effect, or it can be repeated safely |
/// | `throttled` | the server asked the client to slow down |
/// | `ambiguous` | the operation may have taken effect; retried only if the function is idempotent |
/// | `overloaded` | the server asked for no retries |
/// | `permanent` | a retry would fail in the same way |
/// | `inherit` | the kind of the inner failure, which implements `Classify`: the field marked `#[source]` or `#[from]`, else the one named `source`, else the only one |
/// | `interruption` | the derive writes `From<Interruption>`, which makes this variant of an interruption of the call: a deadline, a timeout, a cancellation or an open breaker. The variant has one field, the `Interruption`, and inherits its kind, unless another word says otherwise. Not with thiserror's `#[from]`, which writes the same |
/// | `status = field` | the kind of an HTTP status: a `u16`, with feature `http` a `http::StatusCode`, or an `Option` of one; `None` is permanent |
/// | `kind = expr` | the value of the expression, a `Kind` or a `Class`. The fields are in scope as references, those of a tuple as `_0`, `_1` |
/// | `messages` | the kind that the text of `Display` suggests ("timed out", "too many requests" …), for failures that have only a text |
///
/// `after = field` can be added to each of these. The field is the delay that the server asked for: a
/// `Duration`, the text of a `Retry-After` header (`&str`, `String`, with feature `http` a `HeaderValue`),
/// or an `Option` of one. A field of a tuple is written `after = 0`. On its own, `after` means `throttled`.
///
/// # Above an enum
///
/// | word | meaning |
/// |---|---|
/// | `default = permanent` | the kind of every variant without its own attribute. Without a default, such a variant is a compile error |
/// | `crate = path` | the path under which `retry_runtime` is re-exported, as in serde; on a struct, too |
///
/// # The text of an error
///
/// `Classify::describe` returns the text of `Display`, else that of `Debug`, else the name of the type. In a
/// generic type, the derive does not find an implementation that has a bound on a type parameter.
///
/// The derive also knows the words that need no value as attributes, such as `#[transient]`: rustc would say no more than that
/// it cannot find them. They are compile errors that say what to write.
#[proc_macro_derive(
    Classify,
    attributes(
        classify,
        source,
        transient,
        throttled,
        ambiguous,
        overloaded,
        permanent,
        inherit,
        interruption
    )
)]
pub fn derive_classify(input: TokenStream) -> TokenStream {
    classify::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Writes its argument after the item below it.
///
/// A type and its methods are then one item: in an `impl`, which can contain neither, rustc reports one mistake and not two.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __beside(content: TokenStream, item: TokenStream) -> TokenStream {
    [item, content].into_iter().collect()
}
