//! Warnings of the engine that are not events.

use crate::base::border::contained;

/// Declares a function that emits a `tracing` event with the fields in parentheses; without the feature `tracing`
/// the function does nothing. The caller must not hold a lock.
///
/// With `or stderr`, a developer whose program has no subscriber sees it all the same.
macro_rules! warning {
    (
        $(#[$doc:meta])*
        $vis:vis fn $name:ident($input:ident: &str) or stderr;
        $level:ident: $text:literal
    ) => {
        $(#[$doc])*
        $vis fn $name($input: &str) {
            #[cfg(feature = "tracing")]
            super::trace::to_subscriber(|| {
                tracing::$level!(target: "retry_runtime", $input, $text);
            });
            to_developer($input, $text);
        }
    };
    (
        $(#[$doc:meta])*
        $vis:vis fn $name:ident($($input:ident: $type:ty),*);
        $level:ident($($field:ident),*): $text:literal
    ) => {
        $(#[$doc])*
        $vis fn $name($($input: $type),*) {
            #[cfg(feature = "tracing")]
            super::trace::to_subscriber(|| {
                tracing::$level!(target: "retry_runtime", $($field,)* $text);
            });
            #[cfg(not(feature = "tracing"))]
            let _ = ($($input,)*);
        }
    };
}

/// Writes a warning to the standard error stream in a debug build without a subscriber. A tool that is tried for the first
/// time seldom has one, and would not learn why it does not retry.
fn to_developer(name: &str, text: &str) {
    #[cfg(feature = "tracing")]
    let is_told = tracing::dispatcher::has_been_set();
    #[cfg(not(feature = "tracing"))]
    let is_told = false;
    if cfg!(debug_assertions) && !is_told {
        // A stream that is closed makes `eprintln` panic.
        contained(|| eprintln!("retry_runtime: {name}: {text}"));
    }
}

warning! {
    /// An `Ambiguous` failure ended a call, and the attribute has neither `idempotent` nor `idempotent = false`.
    pub(crate) fn undeclared(name: &str) or stderr;
    warn: "a call ended because its failure may have taken effect: declare `idempotent` to retry such \
        failures, or `idempotent = false` to silence this warning"
}

warning! {
    /// A failure ended a call whose request cannot be sent a second time.
    pub(crate) fn not_repeatable(name: &str);
    warn(name): "a request that failed cannot be sent a second time, so it is not retried: give it a body that can be \
        cloned, or keep the beginning of bodies by `ReplayBodyLayer`"
}

warning! {
    /// A boxed error ended a call, and no error in its chain has a known type.
    pub(crate) fn unknown(name: &str) or stderr;
    warn: "a call ended because its boxed error has no known type inside and counts as permanent: return an \
        error that derives `Classify` without a box, or judge the error with `when = |error| …` or `on = any`"
}

warning! {
    /// Two attributes give a shared breaker or budget different settings.
    pub(crate) fn conflicting_settings(what: &str, name: &str, holds: &str, others: &str);
    warn(name): "attributes disagree about the settings of the shared {what} `{name}`: those at {holds} apply, those \
        at {others} do not: write the settings in one attribute, and only the name in the others"
}

warning! {
    /// The list of functions that the linker built lacks a function that is called now.
    pub(crate) fn listed_late(name: &str);
    debug(name): "the function is missing from the list that the linker built: it is listed from its first call on"
}

warning! {
    /// Several functions have the same name.
    pub(crate) fn shared_name(name: &str, holds: &str, others: &str);
    warn(name): "several functions have the name `{name}`: a look-up by name finds the one at {holds}, and not those \
        at {others}; settings apply to all of them: give each its own `name = …`"
}

warning! {
    /// A name is declared again, with other settings.
    pub(crate) fn declared_twice(name: &str, holds: &str, other: &str);
    warn(name): "the name `{name}` is declared with different settings: those at {holds} apply, and those at {other} do \
        not: give one of the two another name"
}

warning! {
    /// The settings that a call was given or computed make no valid policy.
    pub(crate) fn repaired_policy(name: &str, setting: &str, mistake: &dyn std::fmt::Display);
    warn(name, setting): "the settings of a call are not valid, so the nearest valid ones apply: {mistake}"
}

warning! {
    /// The policy of a call has a timeout, and its attempts cannot be cut off.
    pub(crate) fn uncut(name: &str);
    warn(name): "the `timeout` of a call has no effect, and its `deadline` ends it between attempts only: nothing can end \
        a running attempt; complete the call with `.limited()`, or in an attribute return an error that is \
        `From<retry_runtime::Interruption>`"
}

warning! {
    /// An observer of events panicked for the first time.
    pub(super) fn observer_panicked(event: &'static str);
    warn(event): "an observer of events panicked: the call goes on, and further panics of this observer are only \
        counted"
}

warning! {
    /// An `on_retry` hook panicked.
    pub(crate) fn hook_panicked(name: &str);
    warn(name): "an `on_retry` hook panicked: the call goes on without it"
}

warning! {
    #[cfg(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))))]
    /// A call slept in a tokio runtime that was built without a time driver.
    pub(crate) fn no_time_driver();
    warn(): "the tokio runtime has no time driver, so a thread wakes calls after their delays: build the runtime with \
        `enable_time()` or `enable_all()`"
}

warning! {
    /// A changed configuration file has mistakes and was not applied.
    pub(super) fn config_refused(mistakes: usize, error: &dyn std::fmt::Display);
    warn(mistakes): "a configuration was refused, the previous one stays in force: {error}"
}
