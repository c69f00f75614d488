//! Unusable files: every subcommand rejects the file with a remedy and leaves the file unchanged.

use std::fs;
use std::path::Path;
use std::process::Output;

use retry_tasks::{Format, State};
use rusqlite::Connection;

use crate::lab::{Lab, failed, plain, text};

const ID: &str = "018bcfe5-6800-7000-8000-0123456789ab";

/// Every subcommand with its required arguments only.
const VERBS: [&[&str]; 9] = [
    &["list"],
    &["show", ID],
    &["watch", ID],
    &["counts"],
    &["analytics"],
    &["retry", ID],
    &["retry", "--all"],
    &["cancel", ID],
    &["reset", ID],
];

fn run(verb: &[&str], file: &Path) -> Output {
    plain(verb).arg("--db").arg(file).output().expect("the binary was built for this test")
}

/// Asserts that every subcommand rejects the file with these words and leaves the file unchanged.
#[track_caller]
fn refused(file: &Path, words: &[&str]) {
    for verb in VERBS {
        let before = fs::read(file).ok();
        let error = failed(2, &run(verb, file));
        for word in words {
            assert!(error.contains(word), "{verb:?}: {word:?} is missing in: {error}");
        }
        assert!(fs::read(file).ok() == before, "{verb:?} has changed the file");
    }
}

#[test]
fn a_missing_file_is_reported_and_not_created() {
    let lab = Lab::new();
    let file = lab.folder().join("nowhere.db");
    refused(
        &file,
        &["there is no task store at", "nowhere.db", "start the program that creates it"],
    );
    assert!(!file.exists());
}

#[test]
fn another_programs_file_is_rejected() {
    let lab = Lab::new();
    let notes = lab.folder().join("notes.txt");
    fs::write(&notes, "not a database, but long enough for one ".repeat(40)).expect("written");
    let empty = lab.folder().join("empty");
    fs::write(&empty, "").expect("written");
    let books = lab.folder().join("books.db");
    let other = Connection::open(&books).expect("opened");
    other.execute_batch("CREATE TABLE books (title TEXT)").expect("written");
    drop(other);
    for file in [notes, empty, books] {
        refused(&file, &["is not a task store and was left untouched"]);
    }
}

#[test]
fn a_folder_cannot_be_opened() {
    let lab = Lab::new();
    for verb in VERBS {
        let error = failed(2, &run(verb, lab.folder()));
        assert!(error.contains(&lab.folder().display().to_string()), "{error}");
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let lab = Lab::new();
    let newer = Connection::open(lab.file()).expect("opened");
    newer.pragma_update(None, "user_version", 99).expect("written");
    drop(newer);
    refused(&lab.file(), &["has version 99", "up to 4", "update the program"]);
}

#[tokio::test]
async fn a_broken_file_is_refused() {
    let lab = Lab::new();
    for weight in 0..300 {
        lab.parcel(weight).await;
    }
    let log = Connection::open(lab.file()).expect("opened");
    log.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("written");
    drop(log);
    let mut bytes = fs::read(lab.file()).expect("a readable file");
    let pages = 4096 * 2;
    bytes[pages..].fill(0xa5);
    let broken = lab.folder().join("broken.db");
    fs::write(&broken, bytes).expect("written");
    refused(&broken, &["is damaged", "left untouched", ".recover"]);
}

#[test]
fn an_unknown_task_is_reported() {
    let lab = Lab::new();
    for verb in ["show", "watch", "retry", "cancel", "reset"] {
        let error = lab.fails(2, &[verb, ID]);
        let expected = format!(
            "there is no task {ID}; it was never submitted to this store, or was removed after its end\n"
        );
        assert_eq!(error, expected);
        let error = lab.fails(2, &[verb, "tea"]);
        assert!(
            error.contains("`tea` is not a task identifier; write 32 hexadecimal digits"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_file_comes_from_the_environment_unless_db_is_given() {
    let lab = Lab::new();
    lab.parcel(1).await;
    let counts = |command: &mut std::process::Command| {
        text(&command.output().expect("the binary was built for this test").stdout)
    };
    let by_environment = counts(plain(&["counts"]).env("RETRY_TASKS_DB", lab.file()));
    // Below are ages, which grow.
    let counted = |text: &str| text.split("\n\n").next().map(str::to_owned);
    assert!(by_environment.contains("all        1\n"), "{by_environment}");
    let named = counts(lab.command(&["counts"]).env("RETRY_TASKS_DB", "/no/such/file"));
    assert_eq!(counted(&named), counted(&by_environment));
    let error =
        failed(2, &plain(&["counts"]).output().expect("the binary was built for this test"));
    assert!(error.contains("--db <PATH>"), "{error}");
}

#[tokio::test]
async fn a_locked_file_can_be_read_and_writes_wait_for_the_busy_timeout() {
    let lab = Lab::new();
    let id = lab.parcel(1).await;
    let other = Connection::open(lab.file()).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert!(lab.prints(&["show", &id.to_string()]).contains("pending"));
    let error = lab.fails(2, &["cancel", &id.to_string(), "--busy-timeout", "50ms"]);
    assert!(error.contains("another program has kept") && error.contains("50 ms"), "{error}");
    assert!(lab.fails(2, &["list", "--busy-timeout", "5"]).contains("it has no unit after `5`"));
    other.execute_batch("ROLLBACK").expect("unlocked");
    lab.prints(&["cancel", &id.to_string(), "--busy-timeout", "50ms"]);
    assert_eq!(lab.tasks.info(id, Format::Minimal).await.expect("there").state, State::Cancelled);
}

#[test]
fn subcommands_that_only_read_do_not_write() {
    let lab = Lab::new();
    let before = fs::read(lab.file()).expect("a readable file");
    for verb in [&["list"][..], &["counts"], &["analytics"]] {
        lab.prints(verb);
    }
    assert!(fs::read(lab.file()).expect("a readable file") == before);
}

#[test]
fn help_names_the_variable_for_the_file_and_the_exit_codes() {
    for verb in VERBS {
        let output =
            plain(&[verb[0], "--help"]).output().expect("the binary was built for this test");
        let help = text(&output.stdout);
        assert!(help.contains("RETRY_TASKS_DB") && help.contains("Exit codes: 0 "), "{help}");
    }
}
