//! A breaker's state as data, to be saved and taken up again by the next process.

use std::time::Duration;

use super::machine::Machine;
use super::settings::Window;
use super::state::{Closed, HalfOpen, Open, State};
use super::ticket::Mode;
use super::window::{CountWindow, Mark, Ring, Tally, TimeWindow};

/// A breaker's state, with times counted from the moment at which it was taken.
///
/// Restored it goes on where it stopped: the time that passed in between does not count, so a breaker
/// that had 3 s left stays open for 3 s. Probes that were under way are lost with their process, and the
/// places are free again. Where the window's settings differ from those it was taken with, it restarts
/// empty.
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
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    window: Option<Cells>,
}

/// The window's contents.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Cells {
    /// Oldest first: `.` success, `f` failure, `s` slow success, `x` slow failure.
    Count(String),
    /// Oldest first, and how far into the newest bucket it was.
    Time { buckets: [Tally; 10], into: Duration },
}

impl Snapshot {
    /// The state that was saved.
    pub const fn mode(&self) -> Mode {
        self.mode
    }
}

impl Machine {
    /// The state as data.
    pub fn snapshot(&mut self, now: Duration) -> Snapshot {
        let mode = self.mode(now);
        let mut saved = Snapshot {
            mode,
            open_for: None,
            reopened: 0,
            tally: Tally::default(),
            consecutive: 0,
            window: None,
        };
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                saved.consecutive = closed.consecutive;
                saved.window = Some(match &mut closed.ring {
                    Ring::Count(ring) => Cells::Count(ring.marks().map(letter).collect()),
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
    pub fn restore(&mut self, now: Duration, saved: &Snapshot) {
        let reopened = saved.reopened;
        let state = match saved.mode {
            Mode::Closed => State::Closed(self.saved_window(now, saved)),
            Mode::Shadow => State::Shadow(self.saved_window(now, saved)),
            Mode::Open => {
                let until = now.saturating_add(saved.open_for.unwrap_or_default());
                State::Open(Open { until, reopened, cause: saved.tally })
            }
            Mode::HalfOpen if saved.tally.calls < self.settings.probes => {
                State::HalfOpen(HalfOpen::resumed(reopened, saved.tally))
            }
            Mode::HalfOpen => State::HalfOpen(HalfOpen::new(reopened)),
            Mode::ForcedOpen => State::ForcedOpen,
            Mode::Disabled => State::Disabled,
        };
        self.go(now, state);
    }

    fn saved_window(&self, now: Duration, saved: &Snapshot) -> Closed {
        let mut closed = Closed::new(now, &self.settings);
        match (&saved.window, self.settings.window) {
            (Some(Cells::Count(letters)), Window::Count(size)) => {
                let mut ring = CountWindow::new(size);
                letters.chars().filter_map(mark).for_each(|mark| ring.record(mark));
                closed.ring = Ring::Count(ring);
            }
            (Some(Cells::Time { buckets, into }), Window::Time(length)) => {
                closed.ring = Ring::Time(TimeWindow::import(now, length, *buckets, *into));
            }
            _ => {}
        }
        closed.consecutive = saved.consecutive;
        closed
    }
}

/// The letters of the four sorts of calls: 1 is added to the index for a failure, 2 for a slow call.
const LETTERS: [char; 4] = ['.', 'f', 's', 'x'];

fn letter(mark: Mark) -> char {
    LETTERS[usize::from(mark.failed) + 2 * usize::from(mark.slow)]
}

fn mark(letter: char) -> Option<Mark> {
    let index = LETTERS.iter().position(|known| *known == letter)?;
    Some(Mark { failed: index % 2 == 1, slow: index >= 2 })
}

#[cfg(test)]
mod tests {
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
}
