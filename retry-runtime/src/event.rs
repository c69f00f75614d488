//! What the engine says aloud.

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
