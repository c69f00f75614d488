//! Waiting for a breaker to admit calls again.

use std::time::Duration;

use super::timer;
use crate::base::clock;
use crate::breaker::Breaker;

/// How often to look again where time alone does not tell: forced open, probes under way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Resolves when the breaker would admit a call.
pub(crate) async fn admission(breaker: &Breaker) {
    loop {
        let now = clock::now();
        let wait = match breaker.next_admission(now) {
            Some(admission) if admission <= now => return,
            Some(admission) => admission - now,
            None => LOOK_AGAIN,
        };
        timer::sleep(wait).await;
    }
}
