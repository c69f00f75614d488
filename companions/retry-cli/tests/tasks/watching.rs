//! Tests of `retry tasks watch`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use retry_tasks::TaskId;
use serde_json::Value;

use crate::lab::{Lab, failed, text};

/// Starts a watch; its lines can be read as they arrive.
fn watch(lab: &Lab, id: TaskId, more: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let id = id.to_string();
    let mut command = lab.command(&[&["watch", &id], more].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    let lines = BufReader::new(child.stdout.take().expect("the stream is piped")).lines();
    (child, lines.map(|line| line.expect("the output is UTF-8")))
}

/// The exit code and the standard error of a watch.
fn end(mut child: Child) -> (Option<i32>, String) {
    let mut error = String::new();
    let mut stderr = child.stderr.take().expect("the stream is piped");
    stderr.read_to_string(&mut error).expect("the output is UTF-8");
    (child.wait().expect("the process ends").code(), error)
}

#[tokio::test]
async fn a_task_of_another_process_is_followed_line_by_line_to_its_end() {
    let lab = Lab::new();
    let id = lab.letter("patient").await;
    let (child, mut lines) = watch(&lab, id, &[]);
    let first = lines.next().expect("a line at once");
    let (time, state) = first.split_once(' ').expect("time and state");
    assert!(time.ends_with('Z') && state == "pending", "{first}");
    let _worker = lab.worker();
    let progress = lines.find(|line| line.contains('%')).expect("progress is printed");
    assert!(progress.ends_with(" running, attempt 1 of 3, 40 %: at the desk"), "{progress}");
    lab.open_the_desk();
    let last = lines.last().expect("the end is printed");
    assert!(
        last.ends_with(r#" complete, after attempt 1 of 3: "sent to patient for 4""#),
        "{last}"
    );
    assert_eq!(end(child), (Some(0), String::new()));
}

#[tokio::test]
async fn the_watch_of_a_failing_task_prints_each_attempt_and_exits_with_1() {
    let lab = Lab::new();
    let id = lab.letter("anna").await;
    let (child, lines) = watch(&lab, id, &[]);
    let _worker = lab.worker();
    let lines: Vec<String> = lines.collect();
    let last = lines.last().expect("the end is printed");
    let failed = " failed (exhausted), after attempt 3 of 3: transient: the desk is closed";
    assert!(last.ends_with(failed), "{lines:?}");
    let (code, error) = end(child);
    assert_eq!(code, Some(1));
    assert_eq!(error, format!("task {id} failed (exhausted): the desk is closed\n"));
}

#[tokio::test]
async fn the_watch_of_a_cancelled_task_exits_with_3() {
    let lab = Lab::new();
    let id = lab.parcel(1).await;
    let (child, mut lines) = watch(&lab, id, &[]);
    lines.next().expect("a line at once");
    lab.tasks.cancel(id).await.expect("it is pending");
    assert!(lines.last().expect("the end is printed").ends_with(" cancelled"));
    assert_eq!(end(child), (Some(3), format!("task {id} was cancelled\n")));
}

#[tokio::test]
async fn the_watch_of_an_ended_task_prints_its_end_and_exits() {
    let lab = Lab::new();
    let id = lab.parcel(10).await;
    let _worker = lab.worker();
    lab.until_ended(id).await;
    let output = lab.run(&["watch", &id.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let line = text(&output.stdout);
    assert!(
        line.ends_with(" failed (exhausted), after attempt 1 of 1: transient: too heavy\n"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
}

#[tokio::test]
async fn json_updates_are_one_object_per_line() {
    let lab = Lab::new();
    let id = lab.letter("nobody").await;
    let (child, lines) = watch(&lab, id, &["--json"]);
    let mut updates = lines.map(|line| serde_json::from_str(&line).expect("an object"));
    let first: Value = updates.next().expect("a line at once");
    assert_eq!(first["state"], "pending");
    let _worker = lab.worker();
    let last = updates.last().expect("the end is printed");
    assert_eq!((&last["state"], &last["reason"]), (&"failed".into(), &"permanent".into()));
    assert_eq!(last["history"][0]["outcome"], "failed");
    assert_eq!(end(child).0, Some(1));

    let output = lab.run(&["watch", &id.to_string(), "--json", "--format", "minimal"]);
    let last: Value = serde_json::from_str(&text(&output.stdout)).expect("an object");
    assert!(last.get("history").is_none(), "{last}");
    let error = failed(2, &lab.run(&["watch", &id.to_string(), "--format", "minimal"]));
    assert!(error.contains("--json"), "{error}");
}

#[tokio::test]
async fn closing_the_pipe_ends_the_watch_without_an_error() {
    let lab = Lab::new();
    let id = lab.letter("patient").await;
    let (child, mut lines) = watch(&lab, id, &[]);
    lines.next().expect("a line at once");
    drop(lines);
    let _worker = lab.worker();
    assert_eq!(end(child), (Some(0), String::new()));
}

/// Uses a terminal that `script` (util-linux) creates; without `script`, only the unit tests cover the live line.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_shows_one_live_line_and_the_attempts_above_it() {
    use std::process::Command;

    let is_there = Command::new("script").arg("--version").stdout(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        println!("skipped: `script` is not installed, so there is no terminal");
        return;
    }
    let lab = Lab::new();
    let id = lab.letter("anna").await;
    let worker = lab.worker();
    lab.until_ended(id).await;
    drop(worker);
    let (binary, file) = (env!("CARGO_BIN_EXE_retry"), lab.file());
    let line = format!("{binary} tasks watch {id} --db {}", file.display());
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    let output = command.env("TERM", "xterm").output().expect("`script` is installed");
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("\x1b["), "the line is redrawn: {shown:?}");
    for number in 1..=3 {
        let attempt = format!("Z attempt {number} failed after ");
        assert_eq!(shown.matches(&attempt).count(), 1, "{shown:?}");
    }
    assert!(shown.contains("failed (exhausted), after attempt 3 of 3: transient: "), "{shown:?}");
    // The final message replaces the live line.
    let end = format!("\r\x1b[2Ktask {id} failed (exhausted): the desk is closed\r\n");
    assert!(shown.ends_with(&end), "{shown:?}");
}
