//! The progress display of calls that are being retried.

use std::io::{self, Write};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};
use retry_runtime::{live, retryable};

const SECONDS: Duration = Duration::from_secs(30);

/// A writer whose lines a test can read.
struct Lines(Sender<String>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines().for_each(|line| drop(self.0.send(line.to_owned())));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn without_a_terminal_each_retry_and_each_end_of_a_retried_call_prints_a_line() {
    #[retryable(max = 2, base = "1ms", cap = "1ms", jitter = none, on = any, name = "progress::plain")]
    fn fails() -> Result<(), String> {
        Err("connection\nrefused".to_owned())
    }
    let _quiet = super::quiet();
    let (send, lines) = mpsc::channel();
    let progress = retry_progress::write_to(Lines(send)).unwrap();
    fails().unwrap_err();
    // Dropping the guard writes all earlier events. The calls of other tests are shown as well.
    drop(progress);
    let own = |line: &String| line.starts_with("progress::plain: ");
    let seen: Vec<String> = lines.try_iter().filter(own).collect();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(
        seen[..2],
        [1, 2].map(|attempt| format!(
            "progress::plain: attempt {attempt} of 3 failed (transient), the next one starts in 1 ms: \
             connection refused"
        ))
    );
    assert!(seen[2].starts_with("progress::plain: gave up after 3 attempts"), "{}", seen[2]);
    assert!(seen[2].ends_with("(exhausted): connection refused"), "{}", seen[2]);
}

#[test]
fn in_a_terminal_a_waiting_call_has_a_line_until_it_ends() {
    #[retryable(max = 3, base = "1h", cap = "1h", jitter = none, name = "progress::drawn")]
    fn fails() -> io::Result<()> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
    let term = InMemoryTerm::new(40, 120);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    let progress = retry_progress::show_in(MultiProgress::with_draw_target(target)).unwrap();
    let call = thread::spawn(fails);
    let mut watch = live::watch();
    let find = || live::calls().into_iter().find(|call| call.name() == "progress::drawn");
    let waiting = loop {
        match find() {
            Some(waiting) => break waiting,
            None => drop(watch.wait(SECONDS)),
        }
    };
    let line = || {
        let contents = term.contents();
        contents.lines().find(|line| line.contains("progress::drawn")).map(str::to_owned)
    };
    let drawn = loop {
        match line() {
            Some(line) => break line,
            None => thread::yield_now(),
        }
    };
    assert!(drawn.contains("progress::drawn: attempt 2 of 4 in 3"), "{drawn}");
    assert!(drawn.ends_with(" s, after: connection refused"), "{drawn}");
    waiting.cancel();
    call.join().unwrap().unwrap_err();
    while line().is_some() {
        thread::yield_now();
    }
    drop(progress);
}
