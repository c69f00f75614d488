//! What a call tells those who listen.

use super::Call;
use crate::{Delay, StopReason};

impl Call<'_> {
    pub(super) fn tell_started(&self) {}
    pub(super) fn tell_attempt_started(&self) {}
    pub(super) fn tell_success_at_once(&self) {}
    pub(super) fn tell_retry(&self, _delay: Delay) {}
    pub(super) fn tell_finished(&self, _reason: StopReason) {}
}
