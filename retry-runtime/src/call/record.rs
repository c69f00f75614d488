//! What a call writes down of its attempts.

use std::sync::Arc;

use super::Call;
use crate::clock::Moment;
use crate::{AttemptRecord, Kind};

impl Call<'_> {
    /// Adds the attempt that has just ended to the report.
    pub(super) fn record(&mut self, now: Moment, failure: Option<(Kind, Arc<str>)>) {
        let trail = self.trail_mut();
        let (number, attempt_started) = (trail.attempt, trail.attempt_started);
        // Without a start the call's time counts from here.
        let call_started = *trail.started.get_or_insert(now);
        if let Some((kind, _)) = failure {
            *trail.failures.of(kind) += 1;
        }
        let (kind, error) = failure.unzip();
        trail.report.push(AttemptRecord {
            number,
            started: attempt_started.unwrap_or(now).since(call_started),
            duration: attempt_started.map(|started| now.since(started)),
            error,
            kind,
            delay: None,
        });
    }

    /// Adds the attempt that was running when the call was dropped, if there was one.
    pub(super) fn record_dropped(&mut self, now: Moment) {
        let trail = self.trail_mut();
        if trail.report.attempts_made() < trail.attempt {
            self.record(now, None);
            if let Some(attempt) = self.trail_mut().report.attempts.last_mut() {
                attempt.error = Some(Arc::from("dropped before it ended"));
            }
        }
    }
}
