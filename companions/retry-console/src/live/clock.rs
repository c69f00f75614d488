//! The time of day, in milliseconds since 1970.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) millis: u64,
    tie: Tie,
}

/// A reading of both clocks at one moment, by which instants become times of day.
///
/// The tie is kept from look to look. With a new one each time, the same instant would be told a millisecond earlier or
/// later each time, and each call that waits would be a change for every reader.
#[derive(Clone, Copy, Debug)]
struct Tie {
    millis: u64,
    instant: Instant,
}

/// The clocks may drift apart by so much before they are tied anew.
const DRIFT: Duration = Duration::from_millis(100);

impl Now {
    pub(crate) fn read() -> Self {
        static TIE: Mutex<Option<Tie>> = Mutex::new(None);
        let mut kept = TIE.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Now::tied(*kept, millis(SystemTime::now()), Instant::now());
        *kept = Some(now.tie);
        now
    }

    /// The moment that both clocks tell, by the tie that was kept, unless somebody has set the clock since.
    fn tied(kept: Option<Tie>, millis: u64, instant: Instant) -> Self {
        let fresh = Tie { millis, instant };
        let holds = |tie: &Tie| tie.at(instant).abs_diff(millis) <= whole(DRIFT);
        let tie = kept.filter(holds).unwrap_or(fresh);
        Now { millis: tie.at(instant), tie }
    }

    /// The time of day of an instant.
    pub(crate) fn at(self, instant: Instant) -> u64 {
        self.tie.at(instant)
    }
}

impl Tie {
    fn at(self, instant: Instant) -> u64 {
        let later = whole(instant.saturating_duration_since(self.instant));
        let earlier = whole(self.instant.saturating_duration_since(instant));
        self.millis.saturating_add(later).saturating_sub(earlier)
    }
}

pub(crate) fn millis(time: SystemTime) -> u64 {
    whole(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The length in whole milliseconds.
pub(crate) fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_the_same_time_of_day_at_each_look() {
        let start = Instant::now();
        let wakes = start + Duration::from_micros(5_000_700);
        let first = Now::tied(None, 1_000, start);
        for micros in (0..2_000_000).step_by(100_900) {
            // The time of day is read a moment before the instant, and both are rounded.
            let told = 1_000 + micros / 1_000;
            let look = Now::tied(Some(first.tie), told, start + Duration::from_micros(micros + 80));
            assert_eq!(look.at(wakes), 6_000, "after {micros} µs");
        }
    }

    #[test]
    fn a_clock_that_was_set_is_followed() {
        let start = Instant::now();
        let first = Now::tied(None, 10_000, start);
        let later = start + Duration::from_secs(1);
        for set in [3_600_000, 0] {
            let look = Now::tied(Some(first.tie), set, later);
            assert_eq!((look.millis, look.at(later)), (set, set));
        }
        assert_eq!(
            Now::tied(Some(first.tie), 11_050, later).millis,
            11_000,
            "a drift that nobody sees"
        );
    }
}
