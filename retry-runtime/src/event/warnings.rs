//! What the engine warns of that is not an event.

/// An `Ambiguous` failure ended a call, and nobody has said whether the function is idempotent.
pub(crate) fn undeclared(name: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        name,
        "a failure that may have taken effect ended the call: declare `idempotent` to have it retried, \
         or `idempotent = false` to keep it so without this warning"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = name;
}

/// Two attributes set what they share by name to different things.
pub(crate) fn conflicting_settings(what: &str, name: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        name,
        "attributes disagree about the settings of the shared {what} `{name}`, and one of them counts for \
         all: write them in one attribute, and only the name in the others"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (what, name);
}

/// The linker has not listed a function that is called now.
pub(crate) fn listed_late(name: &str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: "retry_runtime",
        name,
        "the function was not listed when the program was linked: it is from its first call on"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = name;
}

/// Several functions have one name.
pub(crate) fn shared_name(name: &str, places: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        name,
        places,
        "several functions have this name: give each a `name = …` of its own, so that settings and counts can tell \
         them apart"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (name, places);
}

/// An observer of events panicked, for the first time.
pub(super) fn observer_panicked(event: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        event,
        "an observer of events panicked: calls go on, and further panics of it are only counted"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = event;
}

/// A changed configuration file has mistakes and was not applied.
pub fn config_refused(mistakes: usize, error: &dyn std::fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        mistakes,
        "a configuration was refused, the previous one stays in force: {error}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (mistakes, error);
}
