//! What a call writes down of its attempts.

use std::sync::Arc;

use super::Trail;
use crate::base::clock::Moment;
use crate::failure::class::Kind;
use crate::report::record::AttemptRecord;

impl Trail {
    /// Adds the attempt that has just ended to the report.
    #[inline(always)]
    pub(super) fn record(&mut self, now: Moment, failure: Option<(Kind, Arc<str>)>) {
        // Without a start the call's time counts from here.
        let call_started = *self.started.get_or_insert(now);
        if let Some((kind, _)) = failure {
            *self.failures.of(kind) += 1;
        }
        let (kind, error) = failure.unzip();
        self.report.push(AttemptRecord {
            number: self.attempt,
            started: self.attempt_started.unwrap_or(now).since(call_started),
            duration: self.attempt_started.map(|started| now.since(started)),
            error,
            kind,
            delay: None,
        });
    }

    /// The last attempt's failure in words.
    pub(super) fn last_words(&self) -> Arc<str> {
        let last = self.report.last().and_then(|attempt| attempt.error.clone());
        last.unwrap_or_else(|| Arc::from(""))
    }

    /// Adds the attempt that was running when the call was dropped, if there was one.
    pub(super) fn record_dropped(&mut self, now: Moment) {
        if self.report.attempts_made() < self.attempt {
            self.record(now, None);
            if let Some(attempt) = self.report.attempts.last_mut() {
                attempt.error = Some(Arc::from("dropped before it ended"));
            }
        }
    }
}
