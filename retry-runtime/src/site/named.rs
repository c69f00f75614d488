//! What functions share by name, as one of their attributes says it.

use std::sync::OnceLock;

/// A budget or a breaker of this name.
#[derive(Debug)]
pub struct Named<T: 'static, S> {
    name: &'static str,
    /// `None` leaves it to others of the name, or to the defaults.
    settings: Option<S>,
    found: OnceLock<&'static T>,
}

impl<T, S> Named<T, S> {
    pub(super) const fn new(name: &'static str, settings: Option<S>) -> Self {
        Named { name, settings, found: OnceLock::new() }
    }

    /// The shared name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What this attribute sets it to.
    pub const fn settings(&self) -> Option<&S> {
        self.settings.as_ref()
    }

    /// The one of the name, found when it is first asked for.
    pub(super) fn get(&'static self, find: impl FnOnce(&'static str) -> &'static T) -> &'static T {
        if let Some(found) = self.found.get() {
            return found;
        }
        // Not inside of the cell: whoever is warned may call the function.
        let found = find(self.name);
        self.found.get_or_init(|| found)
    }
}
