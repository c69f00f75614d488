//! Tests of `retry tasks show`.

use retry_tasks::TaskInfo;

use crate::lab::{Lab, lines};

#[tokio::test]
async fn show_prints_state_counters_redacted_arguments_and_the_history_with_its_pauses() {
    let lab = Lab::new();
    let id = lab.letter("anna").await;
    let worker = lab.worker();
    let info = lab.until_ended(id).await;
    drop(worker);
    let text = lab.prints(&["show", &id.to_string()]);
    let lines = lines(&text);
    let row = |name: &str| lines.iter().find(|line| line.starts_with(name)).cloned();
    assert_eq!(row("task "), Some(format!("task {id}")));
    assert_eq!(row("function "), Some("function mail::send".to_owned()));
    assert_eq!(row("state "), Some("state failed (exhausted)".to_owned()));
    assert_eq!(row("retries "), Some("retries 2 of 2, can be retried manually".to_owned()));
    assert_eq!(
        row("last error "),
        Some("last error transient: the desk is closed".to_owned()),
        "the message is on one line"
    );
    assert_eq!(row("worker "), Some("worker post office".to_owned()));
    let arguments = r#"arguments {"card":"<redacted>","to":"anna"}"#;
    assert_eq!(row("arguments ").as_deref(), Some(arguments));
    assert!(!text.contains("4711"), "{text}");
    for name in ["submitted ", "started ", "ended "] {
        let row = row(name).expect("a row");
        assert!(row.contains("Z, ") && row.ends_with(" ago"), "{row}");
    }
    for (number, pause) in [(1, " 20 ms (backoff)"), (2, " 40 ms (backoff)"), (3, "")] {
        let started = info.attempts()[number - 1].started;
        let row = row(&format!("{number} {started} ")).expect("a row for each attempt");
        let end = format!(" failed{pause} post office transient: the desk is closed");
        assert!(row.ends_with(&end), "{row}");
    }
}

#[tokio::test]
async fn show_prints_the_progress_of_an_attempt_that_another_process_runs() {
    let lab = Lab::new();
    let id = lab.letter("patient").await;
    let _worker = lab.worker();
    lab.until(id, |info| info.progress.is_some()).await;
    let text = lab.prints(&["show", &id.to_string()]);
    assert!(text.contains("state         running\n"), "{text}");
    assert!(text.contains("progress      40 %: at the desk\n"), "{text}");
    assert!(text.contains("expected end  "), "{text}");
    assert!(text.contains(" so far  running"), "{text}");
}

#[tokio::test]
async fn show_prints_only_the_fields_of_the_format() {
    let lab = Lab::new();
    let id = lab.parcel(3).await;
    let _worker = lab.worker();
    lab.until_ended(id).await;
    let show = |format: &str| lab.prints(&["show", &id.to_string(), "--format", format]);
    let minimal = lines(&show("minimal"));
    let expected =
        [&format!("task {id}"), "function parcel::send", "state complete", "retries 0 of 0"];
    assert_eq!(minimal, expected);
    let standard = show("standard");
    assert!(standard.contains("result     3\n") && !standard.contains("arguments"), "{standard}");
    assert!(show("full").contains(r#"arguments  {"weight":3}"#));
}

#[tokio::test]
async fn show_prints_json_that_a_program_reads_back() {
    let lab = Lab::new();
    let id = lab.letter("nobody").await;
    let _worker = lab.worker();
    let info = lab.until_ended(id).await;
    let read: TaskInfo =
        serde_json::from_value(lab.json(&["show", &id.to_string()])).expect("a task");
    assert_eq!(read, info);
    let minimal = lab.json(&["show", &id.to_string(), "--format", "minimal"]);
    assert!(minimal.get("history").is_none(), "{minimal}");
}
