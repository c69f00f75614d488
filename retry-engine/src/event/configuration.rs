//! The event of a configuration.

use std::sync::Arc;

use super::label::Label;

/// A configuration has taken effect.
///
/// ```
/// use retry_runtime::events::{self, Event};
///
/// let _guard = events::observe(|event| {
///     if let Event::ConfigApplied(event) = event {
///         println!("{} changed {} values", event.source, event.changes.len());
///     }
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigApplied {
    /// The source of the configuration, for example a file's name.
    pub source: Label,
    /// The values that changed; empty when none did.
    #[cfg_attr(feature = "serde", serde(serialize_with = "list"))]
    pub changes: Arc<[Change]>,
}

/// A value that a configuration changed.
///
/// ```
/// use retry_runtime::events::Change;
///
/// let change = Change::new("billing::charge", "max", "3", "5");
/// println!("{}.{}: {} -> {}", change.place, change.field, change.from, change.to);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The owner of the setting: a function's name, or a section such as `global` or `budget.payments`.
    pub place: Label,
    /// The setting: `max`, `cap`, `enabled`.
    pub field: Label,
    /// The old value as a configuration file writes it; empty when there was none.
    pub from: Label,
    /// The new value as a configuration file writes it; empty when there is none.
    pub to: Label,
}

impl Change {
    /// A value of `place` that changed.
    pub fn new(
        place: impl Into<Label>,
        field: impl Into<Label>,
        from: impl Into<Label>,
        to: impl Into<Label>,
    ) -> Self {
        Change { place: place.into(), field: field.into(), from: from.into(), to: to.into() }
    }
}

/// Serializes `Arc<[T]>` without serde's feature `rc`.
#[cfg(feature = "serde")]
fn list<S: serde::Serializer>(changes: &Arc<[Change]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(changes.iter())
}
