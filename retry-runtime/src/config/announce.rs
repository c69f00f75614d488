//! What is said when a configuration takes effect, or does not.

use super::change::Change;
use crate::event;
use crate::event::{ConfigApplied, Event};

/// Tells everybody who listens what has changed.
pub(super) fn applied(file: Option<&str>, changes: &[Change]) {
    let changes = changes.iter().map(|change| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        event::Change::new(
            change.name.clone(),
            change.setting,
            text(&change.before),
            text(&change.after),
        )
    });
    let source = file.unwrap_or("the program").to_owned();
    event::emit(&Event::ConfigApplied(ConfigApplied {
        source: source.into(),
        changes: changes.collect(),
    }));
}

/// A file has changed, and what it says now is wrong.
#[cfg(feature = "config-watch")]
pub(super) fn refused(error: &super::ConfigErrors) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "retry_runtime",
        mistakes = error.len(),
        "a configuration was refused, and the one before it still holds: {error}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = error;
}
