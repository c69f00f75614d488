//! A breaker's state as data, to be saved and taken up again by the next process.

use std::time::Duration;

use super::machine::Machine;
use super::settings::Window;
use super::state::{Closed, HalfOpen, Open, State};
use super::tick::Tick;
use super::ticket::Mode;
use super::window::{CountWindow, Mark, Ring, Tally, TimeWindow};

/// A breaker's state, with times counted from the moment at which it was taken.
///
/// Restored it goes on where it stopped: the time that passed in between does not count, so a breaker
/// that had 3 s left stays open for 3 s. Probes that were under way are lost with their process, and the
/// places are free again. Where the window's settings differ from those it was taken with, it restarts
/// empty.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
///
/// let before = Breaker::new("bank", BreakerSettings::new());
/// before.trip(None);
/// let saved = before.snapshot(); // with the feature `serde`: written to a file
///
/// let after = Breaker::new("bank", BreakerSettings::new());
/// after.restore(&saved);
/// assert_eq!(after.mode(), Mode::Open);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    mode: Mode,
    /// The time left in the open state.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    open_for: Option<Duration>,
    #[cfg_attr(feature = "serde", serde(default))]
    reopened: u32,
    /// The results of the probes, or the counts that opened the breaker.
    #[cfg_attr(feature = "serde", serde(default))]
    tally: Tally,
    #[cfg_attr(feature = "serde", serde(default))]
    consecutive: u32,
    /// The time since the last result.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    quiet_for: Option<Duration>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    window: Option<Cells>,
}

/// The window's contents.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Cells {
    /// Oldest first: `.` success, `f` failure, `s` slow success, `x` slow failure.
    #[cfg_attr(
        not(feature = "serde"),
        expect(dead_code, reason = "only a snapshot that is read can be without ages")
    )]
    Count(String),
    /// The same, and the age of each call in seconds.
    Aged { calls: String, ages: Vec<u64> },
    /// Oldest first, and how far into the newest bucket it was.
    Time { buckets: [Tally; 10], into: Duration },
}

impl Snapshot {
    /// The state that was saved.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The calls of a window that counts calls, the oldest first, a letter for each: `.` success, `f` failure, `s` slow
    /// success, `x` slow failure. `None` for a window in time, and in modes without a window.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings};
    ///
    /// static BREAKER: Breaker = Breaker::new("docs", BreakerSettings::new());
    ///
    /// let _ = BREAKER.call(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)));
    /// let _ = BREAKER.call(|| Ok::<_, std::io::Error>(()));
    /// assert_eq!(BREAKER.snapshot().calls(), Some("f."));
    /// ```
    #[inline]
    pub fn calls(&self) -> Option<&str> {
        match &self.window {
            Some(Cells::Count(calls) | Cells::Aged { calls, .. }) => Some(calls),
            Some(Cells::Time { .. }) | None => None,
        }
    }
}

impl Machine {
    /// The state as data.
    #[inline]
    pub fn snapshot(&mut self, now: Duration) -> Snapshot {
        let mode = self.mode(now);
        let mut saved = Snapshot {
            mode,
            open_for: None,
            reopened: 0,
            tally: Tally::default(),
            consecutive: 0,
            quiet_for: None,
            window: None,
        };
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                saved.consecutive = closed.consecutive(Tick::at(now), &self.settings);
                saved.quiet_for = closed.quiet_for(now);
                // Calls that are too old leave the window first.
                closed.ring.tally(Tick::at(now));
                saved.window = Some(match &mut closed.ring {
                    Ring::Count(ring) => Cells::Aged {
                        calls: ring.calls().map(|(_, mark)| letter(mark)).collect(),
                        ages: ring
                            .calls()
                            .map(|(at, _)| now.saturating_sub(at).as_secs())
                            .collect(),
                    },
                    Ring::Time(ring) => {
                        let (buckets, into) = ring.export(now);
                        Cells::Time { buckets, into }
                    }
                });
            }
            State::Open(open) => {
                saved.open_for = open.left(now);
                (saved.reopened, saved.tally) = (open.reopened, open.cause);
            }
            State::HalfOpen(half_open) => {
                (saved.reopened, saved.tally) = (half_open.reopened, half_open.tally);
            }
            State::ForcedOpen | State::Disabled => {}
        }
        saved
    }

    /// Takes up a state that was saved. Tickets given out before are of an earlier generation.
    #[inline]
    pub fn restore(&mut self, now: Duration, saved: &Snapshot) {
        let reopened = saved.reopened;
        let state = match saved.mode {
            Mode::Closed => State::Closed(self.saved_window(now, saved)),
            Mode::Shadow => State::Shadow(self.saved_window(now, saved)),
            Mode::Open => {
                let until = now.saturating_add(saved.open_for.unwrap_or_default());
                State::Open(Open { until, earliest: until, reopened, cause: saved.tally })
            }
            Mode::HalfOpen if saved.tally.calls < self.settings.probes => {
                State::HalfOpen(HalfOpen::resumed(reopened, saved.tally, &self.settings))
            }
            Mode::HalfOpen => State::HalfOpen(HalfOpen::new(reopened, &self.settings)),
            Mode::ForcedOpen => State::ForcedOpen,
            Mode::Disabled => State::Disabled,
        };
        self.go(now, state);
    }

    #[inline]
    fn saved_window(&self, now: Duration, saved: &Snapshot) -> Closed {
        let ring = match (&saved.window, self.settings.window) {
            (Some(Cells::Count(calls)), Window::Count(size)) => {
                Ring::Count(self.saved_calls(now, size, calls, &[]))
            }
            (Some(Cells::Aged { calls, ages }), Window::Count(size)) => {
                Ring::Count(self.saved_calls(now, size, calls, ages))
            }
            (Some(Cells::Time { buckets, into }), Window::Time(length)) => {
                Ring::Time(TimeWindow::import(now, length, *buckets, *into))
            }
            _ => Ring::new(now, &self.settings),
        };
        let known = saved.quiet_for.or((saved.consecutive > 0).then_some(Duration::ZERO));
        let last_result = known.map(|quiet| Tick::at(now.saturating_sub(quiet)));
        Closed::resumed(ring, saved.consecutive, last_result)
    }

    /// The window with these calls; one without an age is taken for new. Where the machine has just started, a call may
    /// be older than its clock: then it counts from the start.
    #[inline]
    fn saved_calls(&self, now: Duration, size: u32, calls: &str, ages: &[u64]) -> CountWindow {
        let oldest = Duration::from_secs(ages.first().copied().unwrap_or_default());
        let mut ring = CountWindow::new(now.saturating_sub(oldest), size, self.settings.forget);
        let ages = ages.iter().copied().chain(std::iter::repeat(0));
        for (mark, age) in calls.chars().filter_map(mark).zip(ages) {
            ring.record(Tick::at(now.saturating_sub(Duration::from_secs(age))), mark);
        }
        ring
    }
}

/// The letters of the four sorts of calls: 1 is added to the index for a failure, 2 for a slow call.
const LETTERS: [char; 4] = ['.', 'f', 's', 'x'];

#[inline]
fn letter(mark: Mark) -> char {
    LETTERS[usize::from(mark.failed) + 2 * usize::from(mark.slow)]
}

#[inline]
fn mark(letter: char) -> Option<Mark> {
    let index = LETTERS.iter().position(|known| *known == letter)?;
    Some(Mark { failed: index % 2 == 1, slow: index >= 2 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{BreakerSettings, Outcome};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn settings() -> BreakerSettings {
        BreakerSettings::new().min_calls(3).jitter(0.0)
    }

    fn run(machine: &mut Machine, now: Duration, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let ticket = machine.admit(now).unwrap();
            machine.record(now, ticket, *outcome, false);
        }
    }

    fn moved(from: &mut Machine, saved_at: Duration, now: Duration) -> Machine {
        let saved = from.snapshot(saved_at);
        #[cfg(feature = "serde")]
        let saved: Snapshot =
            serde_json::from_str(&serde_json::to_string(&saved).unwrap()).unwrap();
        let mut machine = Machine::new(from.settings);
        machine.restore(now, &saved);
        machine
    }

    #[test]
    fn a_window_of_either_kind_goes_on_where_it_stopped() {
        for window in [Window::Count(10), Window::Time(10 * SECOND)] {
            let mut before = Machine::new(settings().window(window));
            run(&mut before, 3 * SECOND, &[Outcome::Success, Outcome::Failure]);
            for now in [Duration::ZERO, 500 * SECOND] {
                let mut after = moved(&mut before, 3 * SECOND, now);
                assert_eq!(after.figures(now).calls, 2, "{window:?}");
                run(&mut after, now, &[Outcome::Failure]);
                assert_eq!(after.mode(now), Mode::Open, "{window:?}");
            }
        }
    }

    #[test]
    fn an_open_breaker_stays_open_for_the_time_that_was_left() {
        let mut before = Machine::new(settings());
        run(&mut before, SECOND, &[Outcome::Failure; 3]);
        let mut after = moved(&mut before, 3 * SECOND, 100 * SECOND);
        assert_eq!(after.next_admission(100 * SECOND), Some(103 * SECOND));
    }

    #[test]
    fn probes_that_were_under_way_are_lost_and_results_are_kept() {
        let mut before = Machine::new(settings());
        before.probe(Duration::ZERO);
        run(&mut before, Duration::ZERO, &[Outcome::Success, Outcome::Success]);
        let _lost = before.admit(Duration::ZERO).unwrap();
        let mut after = moved(&mut before, SECOND, SECOND);
        run(&mut after, SECOND, &[Outcome::Success]);
        assert_eq!(after.mode(SECOND), Mode::Closed);
    }

    /// So many calls with this outcome, one after the other.
    fn calls(machine: &mut Machine, now: Duration, outcome: Outcome, count: usize) {
        run(machine, now, &vec![outcome; count]);
    }

    /// The same machine in the next process, whose clock starts at `now`.
    fn restored(machine: &mut Machine, at: Duration, now: Duration) -> Machine {
        let saved = machine.snapshot(at);
        let mut next = Machine::new(*machine.settings());
        next.restore(now, &saved);
        next
    }

    #[test]
    fn a_restored_count_window_forgets_when_the_saved_one_would_have() {
        let mut machine = Machine::new(BreakerSettings::new().jitter(0.0).consecutive(9));
        calls(&mut machine, Duration::from_secs(0), Outcome::Failure, 3);
        calls(&mut machine, Duration::from_secs(600), Outcome::Failure, 2);
        let mut next = restored(&mut machine, Duration::from_secs(800), Duration::from_secs(5_000));
        assert_eq!(next.figures(Duration::from_secs(5_100)).calls, 5);
        assert_eq!(next.figures(Duration::from_secs(5_101)).calls, 2);
        assert_eq!(next.figures(Duration::from_secs(5_700)).consecutive, 5);
        assert_eq!(next.figures(Duration::from_secs(5_701)).consecutive, 0);
    }

    /// The calls of a restored window at the times after its machine started, in milliseconds.
    #[track_caller]
    fn check_young(saved_at: u64, calls_after: &[(u64, u32)]) {
        let millis = Duration::from_millis;
        let settings = BreakerSettings::new().jitter(0.0).min_calls(100);
        let mut machine = Machine::new(settings.window(Window::Time(10 * SECOND)));
        for (at, outcome) in
            [(0, Outcome::Failure), (3_000, Outcome::Success), (9_000, Outcome::Failure)]
        {
            calls(&mut machine, millis(at), outcome, 1);
        }
        let mut next = restored(&mut machine, millis(saved_at), Duration::ZERO);
        let seen: Vec<_> = calls_after
            .iter()
            .map(|(after, _)| (*after, next.figures(millis(*after)).calls))
            .collect();
        assert_eq!(seen, calls_after, "saved at {saved_at} ms");
    }

    /// The clock of a new process may be younger than the window: a call then stays for up to a tenth of the window longer.
    #[test]
    fn a_time_window_that_is_older_than_the_clock_forgets_each_bucket_in_its_turn() {
        check_young(
            9_000,
            &[(0, 3), (999, 3), (1_000, 2), (3_999, 2), (4_000, 1), (9_999, 1), (10_000, 0)],
        );
        check_young(
            9_400,
            &[(0, 3), (999, 3), (1_000, 2), (3_999, 2), (4_000, 1), (9_999, 1), (10_000, 0)],
        );
        check_young(12_000, &[(0, 2), (999, 2), (1_000, 1), (6_999, 1), (7_000, 0)]);
    }

    proptest! {
        /// At every later moment, the restored window is the window that was saved.
        #[test]
        fn a_restored_time_window_is_the_saved_one_at_every_later_moment(
            events in prop::collection::vec((0u64..4_000, any::<bool>()), 1..40),
            pause in 0u64..12_000,
            now in 10_000u64..90_000,
            steps in prop::collection::vec((0u64..3_000, any::<bool>()), 0..12),
        ) {
            let millis = Duration::from_millis;
            let settings = BreakerSettings::new().jitter(0.0).window(Window::Time(10 * SECOND)).min_calls(1_000);
            let (mut machine, mut at) = (Machine::new(settings), 0);
            for (gap, failed) in events {
                at += gap;
                let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                calls(&mut machine, millis(at), outcome, 1);
            }
            at += pause;
            let mut next = restored(&mut machine, millis(at), millis(now));
            prop_assert_eq!(next.figures(millis(now)), machine.figures(millis(at)));
            let mut passed = 0;
            for (gap, failed) in steps {
                passed += gap;
                let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                calls(&mut machine, millis(at + passed), outcome, 1);
                calls(&mut next, millis(now + passed), outcome, 1);
                prop_assert_eq!(next.figures(millis(now + passed)), machine.figures(millis(at + passed)));
            }
        }
    }
}
