//! Records delays, durations and breaker events as they happen.

use metrics::{counter, histogram};
use retry_runtime::control;
use retry_runtime::events::{self, Event, ObserverGuard};

use super::publish::{table, word};
use super::table::{DELAY, DURATION, REJECTIONS, TRANSITIONS, describe};

/// Hands each pause, each duration, and each change and refusal of a breaker to the installed exporter as
/// they happen, until the guard is dropped.
///
/// Calls that succeed at once are not measured.
///
/// ```
/// retry_metrics::record().forever(); // in `main`, after the exporter was installed
/// ```
pub fn record() -> ObserverGuard {
    control::contained(describe);
    events::observe_retries(tell)
}

fn tell(event: &Event) {
    match event {
        Event::RetryScheduled(event) => {
            let source = event.delay.source.name();
            histogram!(DELAY.name, "retry.site" => event.site, "retry.delay.source" => source)
                .record(event.delay.length);
        }
        Event::CallFinished(event) => {
            if let Some(total) = event.total {
                let reason = word(event.reason);
                histogram!(DURATION.name, "retry.site" => event.site, "retry.reason" => reason)
                    .record(total);
            }
        }
        Event::BreakerTransition(event) => {
            let breaker = table(&event.breaker).to_owned();
            let (from, to) = (event.from.name(), event.to.name());
            counter!(
                TRANSITIONS.name,
                "retry.breaker" => breaker, "retry.state.from" => from, "retry.state.to" => to
            )
            .increment(1);
        }
        Event::BreakerRejected(event) => {
            let breaker = table(&event.breaker).to_owned();
            counter!(REJECTIONS.name, "retry.breaker" => breaker).increment(1);
        }
        _ => {}
    }
}
