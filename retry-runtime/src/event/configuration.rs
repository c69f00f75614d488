//! What is said of the configuration.

use std::sync::Arc;

use super::delivery::emit;
use super::label::Label;
use super::vocabulary::Event;

/// A configuration has taken effect.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigApplied {
    /// Where it came from: a file's name, say.
    pub source: Label,
    /// What is different from before; empty when nothing is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "list"))]
    pub changes: Arc<[Change]>,
}

/// One value that a configuration has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// What it belongs to: a function's name, or a section: `global`, `budget.payments`.
    pub place: Label,
    /// The setting: `max`, `cap`, `enabled`.
    pub field: Label,
    /// The value before, as it would be written; empty when there was none.
    pub from: Label,
    /// The value now, as it would be written; empty when there is none.
    pub to: Label,
}

impl Change {
    /// One value that has changed from one text to another.
    pub fn new(
        place: impl Into<Label>,
        field: impl Into<Label>,
        from: impl Into<Label>,
        to: impl Into<Label>,
    ) -> Self {
        Change { place: place.into(), field: field.into(), from: from.into(), to: to.into() }
    }
}

/// Tells listeners that a configuration has taken effect.
pub fn config_applied(source: impl Into<Label>, changes: impl IntoIterator<Item = Change>) {
    let (source, changes) = (source.into(), changes.into_iter().collect());
    emit(&Event::ConfigApplied(ConfigApplied { source, changes }));
}

/// `Arc<[T]>` without serde's feature `rc`.
#[cfg(feature = "serde")]
fn list<S: serde::Serializer>(changes: &Arc<[Change]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(changes.iter())
}
