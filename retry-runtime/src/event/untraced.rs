//! The bridge to `tracing` where there is none.

use super::{Event, EventKind};

pub(super) const fn is_on() -> bool {
    false
}

pub(super) const fn hears(_: EventKind) -> bool {
    false
}

pub(super) const fn say(_: &Event) {}
