//! The lines in a terminal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use retry_runtime::control::OneLine;
use retry_runtime::live::LiveCall;

/// The most calls that have a line; the others are counted.
const LINES: usize = 10;

/// The line of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) name: &'static str,
    /// The running attempt, or the next one while the call waits.
    pub(super) attempt: u32,
    pub(super) limit: Option<u32>,
    /// The time until the attempt starts; `None` when the attempt runs.
    pub(super) wait: Option<Duration>,
    pub(super) error: Arc<str>,
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
            error: call.last_error(),
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
        // Raw, control characters could move the cursor.
        write!(f, ", after: {}", OneLine(&self.error))
    }
}

/// The bars: one for each call, and one that counts the calls without a bar.
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
        self.calls.retain(|id, bar| {
            let stays = shown.iter().any(|line| line.id == *id);
            if !stays {
                remove(&self.bars, bar);
            }
            stays
        });
        if let Some(bar) = self.others.take_if(|_| others.is_empty()) {
            remove(&self.bars, &bar);
        }
        for line in shown {
            let bar = self.calls.get(&line.id).cloned();
            let bar = bar.unwrap_or_else(|| self.add("{spinner} {wide_msg}"));
            bar.set_message(line.to_string());
            bar.tick();
            self.calls.insert(line.id, bar);
        }
        if !others.is_empty() {
            let bar = self.others.take().unwrap_or_else(|| self.add("  {wide_msg}"));
            bar.set_message(format!("and {} more", others.len()));
            bar.tick();
            self.others = Some(bar);
        }
    }

    /// Adds a line: above the count of the other calls, which stays the last line.
    fn add(&self, template: &str) -> ProgressBar {
        let style =
            ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        match &self.others {
            Some(others) => self.bars.insert_before(others, bar),
            None => self.bars.add(bar),
        }
    }
}

fn remove(bars: &MultiProgress, bar: &ProgressBar) {
    bar.finish_and_clear();
    bars.remove(bar);
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
            error: "connection\nrefused\u{1b}".into(),
        }
    }

    /// The lines on the terminal, without the spinners.
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
        assert_eq!(line.to_string(), "attempt 2 is running, after: connection refused\\u{1b}");
    }
}
