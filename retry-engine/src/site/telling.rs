//! The events of a function, of which `tracing` gets a limited number in a second.

use super::function::Site;
use crate::event::{self, Event};

impl Site {
    /// Emits an event of a call of this function. The caller must not hold a lock.
    #[inline]
    pub(crate) fn emit(&self, event: &Event) {
        if event::emit_limited(event, &self.rates) {
            self.expect_untold(|| true);
        }
    }

    /// A call starts: tells how many events `tracing` did not get, once their second is over. So a reader learns of them
    /// also when no more calls fail.
    #[inline]
    pub(crate) fn tell_left_out(&self) {
        if self.has_untold() {
            self.tell_those_due();
        }
    }

    #[cold]
    fn tell_those_due(&self) {
        if event::tell_left_out(self.name(), &self.rates) {
            self.expect_untold(|| self.rates.is_counting());
        }
    }
}
