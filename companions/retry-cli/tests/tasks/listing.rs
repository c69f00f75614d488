//! Tests of `retry tasks list`: filters, order, pages and formats.

use std::time::Duration;

use retry_tasks::TaskId;

use crate::lab::{Lab, lines};
use crate::worker::parcel;

/// The task ids of a list in JSON.
fn ids(list: &serde_json::Value) -> Vec<TaskId> {
    let tasks = list["tasks"].as_array().expect("a list");
    tasks.iter().map(|it| it["id"].as_str().expect("a text").parse().expect("an id")).collect()
}

#[tokio::test]
async fn tasks_are_listed_newest_first_in_pages() {
    let lab = Lab::new();
    assert_eq!(lab.prints(&["list"]), "no tasks\n");
    let (first, second, third) = (lab.parcel(1).await, lab.parcel(2).await, lab.parcel(3).await);
    assert_eq!(ids(&lab.json(&["list"])), [third, second, first]);

    let page = lab.prints(&["list", "--limit", "2", "--format", "minimal"]);
    let expected = [
        "task function retries state progress".to_owned(),
        format!("{third} parcel::send 0 of 0 pending"),
        format!("{second} parcel::send 0 of 0 pending"),
        format!("… more tasks: --after {second}"),
    ];
    assert_eq!(lines(&page), expected);
    let next = lab.json(&["list", "--limit", "2"])["next"].as_str().expect("more").to_owned();
    assert_eq!(next, second.to_string());
    let rest = lab.json(&["list", "--after", &next]);
    assert_eq!((ids(&rest), &rest["next"]), (vec![first], &serde_json::Value::Null));
}

#[tokio::test]
async fn tasks_are_listed_by_state_and_by_name() {
    let lab = Lab::new();
    let (letter, parcel, cancelled) =
        (lab.letter("anna").await, lab.parcel(1).await, lab.parcel(2).await);
    lab.tasks.cancel(cancelled).await.expect("it is pending");
    let listed = |arguments: &[&str]| ids(&lab.json(&[&["list"], arguments].concat()));
    assert_eq!(listed(&["--state", "cancelled"]), [cancelled]);
    assert_eq!(listed(&["--state", "pending"]), [parcel, letter]);
    assert_eq!(listed(&["--state", "pending,cancelled"]), [cancelled, parcel, letter]);
    assert_eq!(listed(&["--state", "pending", "--state", "failed"]), [parcel, letter]);
    assert_eq!(listed(&["--name", "mail::*"]), [letter]);
    assert_eq!(listed(&["--name", "parcel::send"]), [cancelled, parcel]);
    assert_eq!(listed(&["--name", "parcel"]), [], "a name without `*` matches whole names only");
    assert_eq!(listed(&["--name", "*", "--state", "cancelled"]), [cancelled]);
}

#[tokio::test]
async fn tasks_are_listed_by_age() {
    let lab = Lab::new();
    let old = lab.long_ago().submit(parcel::task(1)).await.expect("stored");
    let new = lab.parcel(2).await;
    let listed = |arguments: &[&str]| ids(&lab.json(&[&["list"], arguments].concat()));
    assert_eq!(listed(&["--older-than", "1h"]), [old]);
    assert_eq!(listed(&["--newer-than", "1h"]), [new]);
    assert_eq!(listed(&["--newer-than", "36500d"]), [new, old]);
    assert_eq!(listed(&["--older-than", "1h", "--newer-than", "36500d"]), [old]);
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(listed(&["--older-than", "1ms"]), [new, old]);
}

#[tokio::test]
async fn a_wrong_filter_exits_with_2_and_says_what_to_write() {
    let lab = Lab::new();
    let fails_with = |arguments: &[&str], words: &str| {
        let error = lab.fails(2, &[&["list"], arguments].concat());
        assert!(error.contains(words), "{words:?} is missing in: {error}");
    };
    fails_with(&["--state", "faild"], "'failed'");
    fails_with(&["--name", "*::send"], "`*` is only allowed at the end");
    fails_with(&["--name", ""], "omit `--name` to include all functions");
    fails_with(&["--older-than", "5"], "it has no unit after `5`; write a number with a unit");
    fails_with(
        &["--older-than", "2h", "--newer-than", "1h"],
        "`--older-than` (2 h) must be less than `--newer-than` (60 min): otherwise no task matches both",
    );
    fails_with(&["--limit", "0"], "0 is not in 1..");
    fails_with(&["--after", "7"], "`7` is not a task identifier; write 32 hexadecimal digits");
    fails_with(&["--format", "ful"], "'full'");
}

#[tokio::test]
async fn each_format_prints_its_fields() {
    let lab = Lab::new();
    let id = lab.letter("nobody").await;
    let worker = lab.worker();
    lab.until_ended(id).await;
    drop(worker);
    let list = |format: &str| lab.prints(&["list", "--format", format]);
    assert!(!list("minimal").contains("nobody of that name"));
    let standard = lab.prints(&["list"]);
    assert!(standard.contains(" ago  0 of 2   failed (permanent)"), "{standard}");
    assert!(standard.contains("permanent: nobody of that name"), "{standard}");
    assert_eq!(lines(&list("standard"))[0], lines(&standard)[0]);
    let full = list("full");
    assert!(full.contains("<redacted>") && full.contains("attempt  started"), "{full}");
    for (format, has) in [("minimal", false), ("full", true)] {
        let task = &lab.json(&["list", "--format", format])["tasks"][0];
        assert_eq!(task.get("history").is_some(), has, "{task}");
    }
}
