//! What the engine says aloud.

use std::fmt::Display;

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

/// The budget refused a retry; the call ended with its last failure.
pub(crate) fn budget_refused(name: &str, refused: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        name,
        "{refused}: failures are returned without a retry until calls succeed again; \
         `budget(capacity = …)` allows more retries, `budget = none` any number"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (name, refused);
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
