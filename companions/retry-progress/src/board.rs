//! The lines in a terminal.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use retry_runtime::live::LiveCall;

/// No more calls than this have a line; the others are counted.
const LINES: usize = 10;

/// What is said of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) name: &'static str,
    /// The attempt that runs, or that is waited for.
    pub(super) attempt: u32,
    pub(super) limit: Option<u32>,
    /// The time until it starts; `None` when it runs.
    pub(super) wait: Option<Duration>,
    pub(super) error: String,
}

impl Line {
    pub(super) fn of(call: &LiveCall) -> Self {
        let wait = call.next_attempt_in();
        // The attempt that failed is over once the call waits.
        let attempt = call.attempt().saturating_add(u32::from(wait.is_some()));
        Line {
            id: call.id(),
            name: call.name(),
            attempt,
            limit: call.limit(),
            wait,
            error: one_line(&call.last_error()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{}: ", self.name)?;
        }
        write!(f, "attempt {}", self.attempt)?;
        if let Some(limit) = self.limit {
            write!(f, " of {limit}")?;
        }
        match self.wait {
            // Rounded up: a countdown ends with 1, and not with a second of 0.
            Some(wait) => write!(f, " in {} s", wait.as_millis().div_ceil(1000))?,
            None => f.write_str(" is running")?,
        }
        write!(f, ", after: {}", self.error)
    }
}

/// A text without what would move the cursor.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The bars: one for each call, and one for those that have none.
#[derive(Debug)]
pub(super) struct Board {
    bars: MultiProgress,
    calls: BTreeMap<u64, ProgressBar>,
    others: Option<ProgressBar>,
}

impl Board {
    pub(super) fn new(bars: MultiProgress) -> Self {
        Board { bars, calls: BTreeMap::new(), others: None }
    }

    /// Draws these calls and no others, in their order; the first ones when there are too many.
    pub(super) fn draw(&mut self, lines: &[Line]) {
        let (shown, others) = lines.split_at(lines.len().min(LINES));
        let gone = |id: &u64| !shown.iter().any(|line| line.id == *id);
        for (_, bar) in extract(&mut self.calls, gone) {
            self.remove(&bar);
        }
        if let (true, Some(bar)) = (others.is_empty(), self.others.take_if(|_| others.is_empty())) {
            self.remove(&bar);
        }
        for line in shown {
            let bar = match self.calls.get(&line.id) {
                Some(bar) => bar,
                None => {
                    let bar = self.add("{spinner} {wide_msg}");
                    self.calls.entry(line.id).or_insert(bar)
                }
            };
            bar.set_message(line.to_string());
            bar.tick();
        }
        if !others.is_empty() {
            if self.others.is_none() {
                self.others = Some(self.add("  {wide_msg}"));
            }
            if let Some(bar) = &self.others {
                bar.set_message(format!("and {} more", others.len()));
                bar.tick();
            }
        }
    }

    /// A new line: above that of the others, which stays the last one.
    fn add(&self, template: &str) -> ProgressBar {
        let style =
            ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        match &self.others {
            Some(others) => self.bars.insert_before(others, bar),
            None => self.bars.add(bar),
        }
    }

    fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.bars.remove(bar);
    }
}

/// Takes out the entries of the keys for which it holds.
fn extract<V>(from: &mut BTreeMap<u64, V>, holds: impl Fn(&u64) -> bool) -> Vec<(u64, V)> {
    let keys: Vec<u64> = from.keys().copied().filter(|key| holds(key)).collect();
    keys.into_iter().filter_map(|key| from.remove_entry(&key)).collect()
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    /// A terminal and the board on it; what is drawn is there at once.
    fn board() -> (InMemoryTerm, Board) {
        let term = InMemoryTerm::new(20, 60);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        (term, Board::new(MultiProgress::with_draw_target(target)))
    }

    fn line(id: u64, wait: Option<u64>) -> Line {
        Line {
            id,
            name: "billing::charge",
            attempt: 2,
            limit: Some(4),
            wait: wait.map(Duration::from_millis),
            error: one_line("connection\nrefused"),
        }
    }

    /// What the terminal shows, without the spinners.
    fn shown(term: &InMemoryTerm) -> Vec<String> {
        let contents = term.contents();
        contents
            .lines()
            .map(|line| line.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_owned())
            .collect()
    }

    #[test]
    fn a_call_has_a_line_that_counts_down_and_goes_when_the_call_ends() {
        let (term, mut board) = board();
        board.draw(&[line(1, Some(2001))]);
        assert_eq!(shown(&term), ["billing::charge: attempt 2 of 4 in 3 s, after: connection"]);
        board.draw(&[line(1, Some(1))]);
        assert_eq!(shown(&term), ["billing::charge: attempt 2 of 4 in 1 s, after: connection"]);
        board.draw(&[line(1, None)]);
        assert_eq!(shown(&term), ["billing::charge: attempt 2 of 4 is running, after: connect"]);
        board.draw(&[]);
        assert_eq!(term.contents(), "");
    }

    #[test]
    fn the_spinner_turns() {
        let (term, mut board) = board();
        let frames: Vec<String> = (0..3)
            .map(|_| {
                board.draw(&[line(1, None)]);
                term.contents()
            })
            .collect();
        assert!(frames[0] != frames[1] && frames[1] != frames[2], "{frames:?}");
    }

    #[test]
    fn calls_beyond_the_tenth_are_counted_below_the_others() {
        let (term, mut board) = board();
        let lines: Vec<Line> = (1..=13).map(|id| line(id, None)).collect();
        board.draw(&lines);
        assert_eq!((shown(&term).len(), shown(&term)[10].as_str()), (11, "and 3 more"));
        board.draw(&lines[2..]);
        assert_eq!((shown(&term).len(), shown(&term)[10].as_str()), (11, "and 1 more"));
        board.draw(&lines[3..]);
        assert_eq!(shown(&term).len(), 10);
        assert!(shown(&term).iter().all(|line| line.starts_with("billing")));
    }

    #[test]
    fn what_has_neither_name_nor_limit_is_said_without_them() {
        let line = Line { name: "", limit: None, ..line(1, None) };
        assert_eq!(line.to_string(), "attempt 2 is running, after: connection refused");
    }
}
