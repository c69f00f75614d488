//! Tests of `retry tasks retry`, for one task and with `--all`.

#[cfg(target_os = "linux")]
use std::fs;

use retry_tasks::{State, TaskId};

use crate::lab::{Lab, failed};

/// Submits a letter, runs a worker until the letter has failed at the closed desk, and stops the worker.
async fn failed_letter(lab: &Lab) -> TaskId {
    let id = lab.letter("anna").await;
    let _worker = lab.worker();
    lab.until_ended(id).await;
    id
}

#[tokio::test]
async fn a_failed_task_is_retried_while_its_program_runs_and_keeps_its_history() {
    let lab = Lab::new();
    let id = failed_letter(&lab).await;
    let _worker = lab.worker();
    lab.open_the_desk();
    let text = lab.prints(&["retry", &id.to_string()]);
    let expected = format!(
        "task {id} was failed (exhausted) and is now pending: the next worker with a free slot starts it\n"
    );
    assert_eq!(text, expected);
    let info = lab.until_ended(id).await;
    assert_eq!((info.state, info.attempts().len(), info.retry_count), (State::Complete, 4, 3));
    let shown = lab.prints(&["show", &id.to_string()]);
    assert!(shown.contains("2 retries + 1 by hand"), "{shown}");
}

#[tokio::test]
async fn once_grants_one_attempt_and_a_plain_retry_a_full_round() {
    let lab = Lab::new();
    let id = failed_letter(&lab).await;
    let retried = async |more: &[&str]| {
        lab.prints(&[&["retry", &id.to_string()], more].concat());
        let _worker = lab.worker();
        lab.until_ended(id).await.attempts().len()
    };
    assert_eq!(retried(&["--once"]).await, 4);
    assert_eq!(retried(&[]).await, 7);
}

#[tokio::test]
async fn of_two_concurrent_retries_one_wins_and_the_other_is_told_the_new_state() {
    let lab = Lab::new();
    let id = failed_letter(&lab).await;
    let start = || {
        let mut command = lab.command(&["retry", &id.to_string()]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("the binary was built for this test")
    };
    let both = [start(), start()].map(|child| child.wait_with_output().expect("it ends"));
    let (won, lost): (Vec<_>, Vec<_>) = both.iter().partition(|output| output.status.success());
    assert_eq!((won.len(), lost.len()), (1, 1), "{both:?}");
    let error = failed(1, lost[0]);
    let expected =
        format!("cannot retry task {id}: it is pending; only a failed or cancelled task can ");
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn a_complete_or_running_task_cannot_be_retried() {
    let lab = Lab::new();
    let (complete, running) = (lab.parcel(1).await, lab.letter("patient").await);
    let _worker = lab.worker();
    lab.until_ended(complete).await;
    lab.until(running, |info| info.progress.is_some()).await;
    for (id, state) in [(complete, "complete"), (running, "running")] {
        for more in [&[][..], &["--once"]] {
            let error = lab.fails(1, &[&["retry", &id.to_string()], more].concat());
            assert!(error.contains(&format!("it is {state}; ")), "{error}");
            assert!(error.contains("`reset` runs a complete one again"), "{error}");
        }
    }
}

#[tokio::test]
async fn all_retries_failed_tasks_and_leaves_cancelled_ones_unless_asked() {
    let lab = Lab::new();
    let (heavy, heavier, letter) =
        (lab.parcel(10).await, lab.parcel(11).await, lab.letter("nobody").await);
    let worker = lab.worker();
    for id in [heavy, heavier, letter] {
        lab.until_ended(id).await;
    }
    drop(worker);
    let cancelled = lab.parcel(1).await;
    lab.tasks.cancel(cancelled).await.expect("it is pending");
    let state = async |id| lab.info(id).await.state.name();

    let none = lab.prints(&["retry", "--all", "--older-than", "1h"]);
    assert_eq!(none, "no task that can be retried matches the filters\n");
    let parcels = lab.prints(&["retry", "--all", "--name", "parcel::*"]);
    assert_eq!(
        parcels,
        "2 tasks will be retried as fast as their functions' retry budgets allow\n"
    );
    let states = [state(heavy).await, state(heavier).await, state(letter).await];
    assert_eq!(states, ["pending", "pending", "failed"]);
    let rest = lab.prints(&["retry", "--all"]);
    assert_eq!(rest, "1 task will be retried as soon as its function's retry budget allows\n");
    assert_eq!((state(letter).await, state(cancelled).await), ("pending", "cancelled"));
    let asked = lab.json(&["retry", "--all", "--state", "cancelled"]);
    assert_eq!(asked, serde_json::json!({ "retried": 1 }));
    assert_eq!(state(cancelled).await, "pending");

    let _worker = lab.worker();
    let done = lab.until_ended(heavy).await;
    assert_eq!(done.attempts().len(), 2, "a second attempt was made");
}

/// Waits until the process handles SIGINT itself.
#[cfg(target_os = "linux")]
async fn until_it_listens(process: u32) {
    let caught = || {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux tells");
        u64::from_str_radix(mask.trim(), 16).expect("a mask")
    };
    // Signal 2 has the second bit.
    while caught() & 0b10 == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// The order waits for a file that another program keeps locked.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_order_for_all_that_is_interrupted_ends_between_two_batches_and_says_so() {
    let lab = Lab::new();
    failed_letter(&lab).await;
    let other = rusqlite::Connection::open(lab.file()).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let mut command = lab.command(&["retry", "--all", "--busy-timeout", "3s"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("the binary was built for this test");
    until_it_listens(child.id()).await;
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("every Unix has it").success());
    let output = child.wait_with_output().expect("it ends");
    drop(other);
    let error = failed(130, &output);
    assert!(error.contains("interrupted: 0 tasks will be retried"), "{error}");
}

#[tokio::test]
async fn retry_with_missing_or_conflicting_arguments_exits_with_2() {
    let lab = Lab::new();
    let id = lab.parcel(1).await.to_string();
    let fails_with = |arguments: &[&str], words: &str| {
        let error = lab.fails(2, &[&["retry"], arguments].concat());
        assert!(error.contains(words), "{words:?} is missing in: {error}");
    };
    fails_with(&[], "<ID>");
    fails_with(&[&id, "--all"], "cannot be used with");
    fails_with(&["--once", "--all"], "cannot be used with");
    fails_with(&[&id, "--name", "parcel::*"], "cannot be used with");
    fails_with(&["--name", "parcel::*"], "--all");
    fails_with(&["--all", "--state", "complete"], "[possible values: failed, cancelled]");
}
