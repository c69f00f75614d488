//! Keys, and texts with secrets.

use std::collections::{BTreeMap, HashMap};

use retry_runtime::retryable;
use retry_tasks::{Format, Tasks};
use serde::{Deserialize, Serialize};

use crate::folder::Folder;

#[derive(Serialize, Deserialize)]
struct Order {
    number: u32,
    amount: f64,
}

#[retryable(on = any, name = "values::pay", task(redact(card)))]
async fn pay(order: Order, card: String, notes: HashMap<String, u8>) -> Result<u32, String> {
    let _ = (&card, &notes, order.amount);
    Ok(order.number)
}

#[retryable(on = any, max = 0, name = "values::panics", task)]
fn panics(secret: String) -> Result<u32, String> {
    panic!("{secret}{}", "x".repeat(100_000));
}

fn order() -> Order {
    Order { number: 7, amount: 0.1 }
}

#[test]
fn equal_arguments_have_one_key_in_every_build_and_no_redacted_one_is_in_it() {
    let notes = || (0..20).map(|note| (note.to_string(), note)).collect::<HashMap<_, _>>();
    let key = || pay::task(order(), "4111 1111".to_owned(), notes()).key();
    let first = key();
    for _ in 0..20 {
        assert_eq!(key(), first);
    }
    assert!(!first.contains("4111"), "{first}");
    let sorted: BTreeMap<String, u8> = notes().into_iter().collect();
    let notes = serde_json::to_string(&sorted).expect("written");
    let (before, after) = first.split_once("sha256:").expect("a hash");
    assert_eq!(before, r#"{"card":""#);
    assert_eq!(&after[64..], format!(r#"","notes":{notes},"order":{{"amount":0.1,"number":7}}}}"#));
    let other = pay::task(order(), "4111 1112".to_owned(), HashMap::new()).key();
    assert_ne!(other.get(..80), first.get(..80), "another card has another key");
}

#[tokio::test]
async fn a_redacted_argument_is_in_no_column_but_that_of_the_arguments() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = Tasks::sqlite(&path).expect("a new file");
    let task = pay::task(order(), "4111 1111".to_owned(), HashMap::new());
    tasks.submit_unique(task.key(), task).await.expect("stored");
    let file = rusqlite::Connection::open(&path).expect("opened");
    let key: String =
        file.query_row("SELECT unique_key FROM tasks", [], |row| row.get(0)).expect("read");
    assert!(key.contains("sha256:") && !key.contains("4111"), "{key}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_can_be_read_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = Tasks::sqlite(&path).expect("a new file");
    tasks.submit(pay::task(order(), String::new(), HashMap::new())).await.expect("stored");
    for end in ["", "-wal", "-shm"] {
        let file = folder.file(&format!("tasks.db{end}"));
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn the_text_of_a_panic_is_redacted_and_bounded_like_every_other_text() {
    retry_runtime::redact_errors_with(|text| text.replace("hunter2", "***").into());
    let tasks = Tasks::memory();
    let _worker = tasks.worker().only("values::panics").start().expect("started");
    let id = tasks.submit(panics::task("hunter2 ".to_owned())).await.expect("stored");
    tasks.wait::<u32>(id).await.expect_err("it panics");
    let info = tasks.info(id, Format::Full).await.expect("there");
    for text in [info.last_error.as_ref(), info.attempts()[0].error.as_ref()] {
        let text = text.expect("told");
        assert!(text.starts_with("the function panicked: *** "), "{}", &text[..60]);
        assert!(text.len() < 10_000, "{} bytes", text.len());
    }
}
