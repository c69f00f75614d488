//! Displays the updates of a watched task: a live line in a terminal, plain lines elsewhere, or JSON.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use retry_tasks::{State, TaskInfo, Time};
use retry_text::duration::human;

use super::view;

/// The resolution of the progress bar.
const STEPS: u64 = 1000;

const SPINNER: &str = "{spinner} {wide_msg}";
const BAR: &str = "{spinner} [{bar:20}] {wide_msg}";

pub(super) enum Screen {
    /// Prints a line for each change; holds the text of the last line.
    Lines(String),
    /// Prints a JSON object per line for each change.
    Json,
    /// Redraws one line and prints a line above it for each ended attempt; holds the fence of the last one printed.
    Live(ProgressBar, u64),
}

impl Screen {
    /// Chooses the display for standard output.
    pub(super) fn new(json: bool) -> Self {
        match json {
            true => Screen::Json,
            false if io::stdout().is_terminal() => Screen::live(ProgressDrawTarget::stdout()),
            false => Screen::Lines(String::new()),
        }
    }

    fn live(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        style(&bar, SPINNER);
        Screen::Live(bar, 0)
    }

    /// Whether the display changes as time passes, without an update of the task.
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Screen::Live(..))
    }

    /// Displays an update.
    pub(super) fn show(&mut self, info: &TaskInfo, now: Time) -> io::Result<()> {
        match self {
            Screen::Lines(last) => {
                let text = plain(info);
                if *last != text {
                    writeln!(io::stdout(), "{now} {text}")?;
                    *last = text;
                }
                Ok(())
            }
            Screen::Json => {
                let text = serde_json::to_string(info)?;
                writeln!(io::stdout(), "{text}")
            }
            Screen::Live(bar, fence) => {
                for attempt in info.attempts() {
                    if attempt.fence > *fence && attempt.ended.is_some() {
                        *fence = attempt.fence;
                        bar.println(view::attempt(attempt, now));
                    }
                }
                draw(bar, info, now);
                Ok(())
            }
        }
    }

    /// Redraws the live line after time has passed.
    pub(super) fn tick(&self, info: &TaskInfo, now: Time) {
        if let Screen::Live(bar, _) = self {
            draw(bar, info, now);
        }
    }

    /// Leaves the last state on the screen after the task has ended.
    pub(super) fn end(self, info: &TaskInfo, now: Time) {
        if let Screen::Live(bar, _) = self {
            bar.println(live(info, now));
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}

fn draw(bar: &ProgressBar, info: &TaskInfo, now: Time) {
    let fraction = info.progress.as_ref().and_then(|progress| progress.fraction);
    style(bar, if fraction.is_some() { BAR } else { SPINNER });
    bar.set_position((fraction.unwrap_or(0.0) * STEPS as f64) as u64);
    bar.set_message(live(info, now));
    bar.tick();
}

/// The text of a line that begins with the time.
fn plain(info: &TaskInfo) -> String {
    format!("{}{}", info.state, details(info))
}

/// The text of the live line.
fn live(info: &TaskInfo, now: Time) -> String {
    let state = match info.state {
        // Rounded up, so that a countdown ends with 1 rather than showing 0 for a second.
        State::Waiting { next_attempt_at } => {
            format!("waiting, {} s left", next_attempt_at.since(now).as_millis().div_ceil(1000))
        }
        state => state.to_string(),
    };
    let left = info.eta.map(|eta| format!(", {} left", human(eta.since(now)))).unwrap_or_default();
    format!("{state}{}{left}", details(info))
}

fn details(info: &TaskInfo) -> String {
    let mut text = String::new();
    if info.started_at.is_some() {
        let running = if info.state == State::Running { "" } else { "after " };
        text += &format!(", {running}attempt {}", info.retry_count.saturating_add(1));
        if let Some(max) = info.max_retries {
            text += &format!(" of {}", max.saturating_add(1));
        }
    }
    let open = !info.state.is_ended();
    let progress = view::progress(info);
    if open && !progress.is_empty() {
        text += &format!(", {progress}");
    }
    match (info.state, &info.result) {
        (State::Complete, Some(result)) => {
            text += &format!(": {}", view::line(&result.to_string()))
        }
        (State::Failed { .. } | State::Waiting { .. } | State::HeldBack { .. }, _) => {
            text += &format!(": {}", view::error(info));
        }
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, TermLike};
    use serde_json::json;

    use super::*;

    const NOW: Time = Time::from_millis(1_700_000_000_000);

    fn info(more: &serde_json::Value) -> TaskInfo {
        let mut value = json!({
            "id": "018bcfe5-6800-7000-8000-0123456789ab", "name": "mail::send", "state": "running",
            "retry_count": 1, "max_retries": 3, "can_retry": false, "started_at": 1_699_999_990_000_u64,
        });
        for (key, field) in more.as_object().into_iter().flatten() {
            value[key] = field.clone();
        }
        serde_json::from_value(value).expect("a task")
    }

    /// The lines that a terminal of 70 columns shows after these updates; a final update ends the display.
    fn drawn(updates: &[serde_json::Value]) -> Vec<String> {
        let term = InMemoryTerm::new(10, 70);
        let mut screen = Screen::live(ProgressDrawTarget::term_like(Box::new(term.clone())));
        let updates: Vec<TaskInfo> = updates.iter().map(info).collect();
        for info in &updates {
            screen.show(info, NOW).expect("the terminal is in memory");
        }
        if let Some(last) = updates.last().filter(|last| last.state.is_ended()) {
            screen.end(last, NOW);
            term.write_line("$").expect("the terminal is in memory");
        }
        term.contents().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn a_terminal_shows_a_bar_with_the_progress_and_the_time_left() {
        let lines = drawn(&[json!({
            "progress": { "fraction": 0.5, "message": "half\nway" }, "eta": 1_700_000_010_000_u64,
        })]);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let bar = "[==========>         ] running, attempt 2 of 4, 50 %: half way, 10 s";
        assert!(line.ends_with(bar), "{line}");
    }

    #[test]
    fn a_terminal_counts_down_to_the_next_attempt_below_the_ended_ones() {
        let attempt = json!({
            "attempt": 1, "fence": 1, "started": 1_699_999_990_000_u64, "ended": 1_699_999_991_500_u64,
            "outcome": "failed", "kind": "transient", "error": "busy", "worker": "pid 1",
        });
        let waits = json!({
            "state": "waiting", "next_attempt_at": 1_700_000_002_001_u64, "retry_count": 0,
            "last_error": "busy", "last_kind": "transient", "history": [attempt],
        });
        let lines = drawn(&[waits.clone(), waits]);
        assert_eq!(lines.len(), 2, "the attempt is printed once: {lines:?}");
        assert_eq!(
            lines[0],
            "2023-11-14T22:13:10.000Z attempt 1 failed after 1.5 s: transient: busy"
        );
        let count = "waiting, 3 s left, after attempt 1 of 4: transient: busy";
        assert!(lines[1].ends_with(count), "{lines:?}");
    }

    #[test]
    fn the_last_line_has_no_bar() {
        let complete =
            json!({ "state": "complete", "result": [1], "progress": { "fraction": 1.0 } });
        let lines = drawn(&[json!({ "progress": { "fraction": 0.5 } }), complete]);
        assert_eq!(
            lines,
            ["complete, after attempt 2 of 4: [1]", "$"],
            "later output starts on its own line"
        );
    }
}
