//! Shows retries in a terminal: a line for each call that is being retried.
//!
//! ```text
//! ⠹ billing::charge: attempt 2 of 4 in 3 s, after: connection refused
//! ⠹ inventory::reserve: attempt 3 of 4 is running, after: 503 service unavailable
//!   and 12 more
//! ```
//!
//! A line appears when a call waits for its first retry, and goes when the call ends. Where there is no
//! terminal, each retry and each end of a retried call is a line of its own. A thread draws the lines; calls that
//! succeed at once pay nothing.
//!
//! ```
//! let progress = retry_progress::show()?;
//! // Calls that fail are seen to be retried.
//! drop(progress);
//! # Ok::<(), std::io::Error>(())
//! ```

mod board;
mod lines;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use board::{Board, Line};
use indicatif::{MultiProgress, ProgressDrawTarget};
use retry_runtime::{control, events, live};

/// How often lines are drawn while calls are being retried: countdowns and spinners move.
const FRAME: Duration = Duration::from_millis(100);

/// How often the thread checks whether the display has ended while there is nothing to draw.
const IDLE: Duration = Duration::from_secs(1);

/// Events that wait to be written where there is no terminal.
const WAITING: usize = 1024;

/// Shows retries on the standard error stream, until the value is dropped.
///
/// Other output of the program on this stream tears the lines apart; a program with much output passes its own
/// bars to [`show_in`], and prints through them.
///
/// ```
/// let _progress = retry_progress::show()?;
/// // Calls from here on are shown while they are being retried.
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The system cannot start a thread.
pub fn show() -> io::Result<Progress> {
    show_in(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
}

/// Shows retries below the other bars of `bars`, until the value is dropped; on the standard error stream
/// line by line when these are [hidden](MultiProgress::is_hidden), as they are without a terminal.
///
/// ```
/// use indicatif::{MultiProgress, ProgressBar};
///
/// let bars = MultiProgress::new();
/// let files = bars.add(ProgressBar::new(100));
/// let _progress = retry_progress::show_in(bars.clone())?;
/// files.inc(1);
/// # Ok::<(), std::io::Error>(())
/// ```
/// # Errors
///
/// The system cannot start a thread.
pub fn show_in(bars: MultiProgress) -> io::Result<Progress> {
    if bars.is_hidden() {
        return write_to(io::stderr());
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let board = Arc::new(Mutex::new(Board::new(bars)));
    let progress =
        Progress { stopped: Arc::clone(&stopped), board: Some(Arc::clone(&board)), writer: None };
    // The thread is not joined: dropping `Progress` removes the lines.
    spawn(move || {
        let mut watch = live::watch();
        let mut drawn = 0;
        while !stopped.load(Ordering::Acquire) {
            watch.wait(if drawn > 0 { FRAME } else { IDLE });
            let lines: Vec<Line> = live::calls().iter().map(Line::of).collect();
            drawn = lines.len();
            let mut board = control::lock(&board);
            if !stopped.load(Ordering::Acquire) {
                board.draw(&lines);
            }
        }
    })?;
    Ok(progress)
}

/// Writes a line for each retry and for each end of a retried call, until the value is dropped, or until
/// writing fails.
///
/// ```
/// let _progress = retry_progress::write_to(std::io::sink())?;
/// # Ok::<(), std::io::Error>(())
/// ```
/// # Errors
///
/// The system cannot start a thread.
pub fn write_to(mut writer: impl Write + Send + 'static) -> io::Result<Progress> {
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopped);
    let mut events = events::stream_retries(WAITING);
    let writer = spawn(move || {
        let (mut lost, mut after_end) = (0, 0);
        loop {
            // Read first: events from before the end are still written.
            let ending = told.load(Ordering::Acquire);
            let event = events.recv_timeout(if ending { Duration::ZERO } else { FRAME });
            let missing = events.dropped() - std::mem::replace(&mut lost, events.dropped());
            let text = lines::text(event.as_ref(), missing);
            if !text.is_empty() && writer.write_all(text.as_bytes()).is_err() {
                return;
            }
            // Calls may go on without end; at most this many events came before the end.
            after_end += usize::from(ending);
            if ending && (event.is_none() || after_end > WAITING) {
                return;
            }
        }
    })?;
    Ok(Progress { stopped, board: None, writer: Some(writer) })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("retry-progress".to_owned()).spawn(work)
}

/// Retries that are being shown. Dropped, it takes the lines away; where they are written one by one it waits
/// until the last one is written.
///
/// ```
/// use retry_progress::Progress;
///
/// let progress: Progress = retry_progress::show()?;
/// drop(progress); // takes the lines away
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropped, it ends the showing"]
pub struct Progress {
    stopped: Arc<AtomicBool>,
    board: Option<Arc<Mutex<Board>>>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        if let Some(board) = &self.board {
            // A terminal that panics must not turn a panic of the program into an abort.
            control::contained(|| control::lock(board).draw(&[]));
        }
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

// The example of the front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
