//! Files that are refused with a remedy and left untouched.

use std::fs;
use std::path::Path;

use retry_tasks::{SqliteBuilder, StoreError};
use rusqlite::Connection;

use super::{open, says, task};
use crate::folder::Folder;

/// The names and contents of the files in the folder.
fn content(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.path()).expect("a readable folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("a readable file")))
        // SQLite's index of the log is derived from the log; every reader creates and removes it.
        .filter(|(name, content)| {
            !(name.ends_with("-shm") || name.ends_with("-wal") && content.is_empty())
        })
        .collect();
    files.sort_unstable();
    files
}

#[track_caller]
fn refused(folder: &Folder, path: &Path) -> StoreError {
    let before = content(folder);
    let error = open(path).expect_err("it must not be used");
    assert!(content(folder) == before, "it was touched");
    error
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_untouched() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    drop(open(&path).expect("a new file"));
    let newer = Connection::open(&path).expect("opened");
    newer.pragma_update(None, "user_version", 99).expect("written");
    drop(newer);
    let error = refused(&folder, &path);
    assert!(matches!(error, StoreError::Newer { found: 99, known: 4, .. }), "{error:?}");
    says(error, &["version 99", "up to 4", "left untouched", "update the program"]);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_untouched() {
    let folder = Folder::new();
    let path = folder.file("other.db");
    let other = Connection::open(&path).expect("opened");
    other
        .execute_batch("CREATE TABLE books (title TEXT); INSERT INTO books VALUES ('a')")
        .expect("written");
    drop(other);
    says(refused(&folder, &path), &["not a task store", "left untouched", "a file of their own"]);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_untouched() {
    let folder = Folder::new();
    let path = folder.file("notes.txt");
    fs::write(&path, "not a database, but long enough to be taken for one ".repeat(40))
        .expect("written");
    says(refused(&folder, &path), &["not a task store"]);
}

#[tokio::test]
async fn a_broken_file_is_refused_and_left_untouched() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = open(&path).expect("a new file");
    for number in 0..200 {
        tasks.submit(task(&format!("{number}{}", "x".repeat(200)))).await.expect("stored");
    }
    drop(tasks);
    let sound = fs::read(&path).expect("a readable file");
    // Damage in the middle of a table, and a truncated file.
    let mut scratched = sound.clone();
    let page = 4096 * 5;
    scratched[page..page + 2000].fill(0xa5);
    for broken in [scratched, sound[..sound.len() - 4096 * 3].to_vec()] {
        fs::write(&path, broken).expect("written");
        let error = refused(&folder, &path);
        assert!(matches!(error, StoreError::Broken { .. }), "{error:?}");
        says(error, &["damaged", "left untouched", ".recover"]);
    }
    fs::write(&path, sound).expect("written");
    let tasks = open(&path).expect("the copy is sound");
    assert_eq!(tasks.counts().await.expect("counted").total(), 200);
}

#[test]
fn a_file_that_must_exist_and_does_not_is_missing_and_not_made() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    for builder in [SqliteBuilder::new(&path).existing(), SqliteBuilder::new(&path).read_only()] {
        let error = builder.open().expect_err("there is none");
        says(error, &["no task store at", "tasks.db"]);
    }
    assert!(!path.exists());
}

#[test]
fn an_empty_file_is_refused_by_who_asks_for_an_existing_store_and_left_empty() {
    let folder = Folder::new();
    let path = folder.file("empty");
    fs::write(&path, "").expect("written");
    for builder in [SqliteBuilder::new(&path).existing(), SqliteBuilder::new(&path).read_only()] {
        says(builder.open().expect_err("no store"), &["not a task store", "left untouched"]);
        assert_eq!(fs::metadata(&path).expect("there").len(), 0);
    }
    drop(open(&path).expect("a program may make it its store"));
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let folder = Folder::new();
    let error = open(&folder.file("nowhere/tasks.db")).expect_err("no such folder");
    says(error, &["nowhere", "its folder"]);
}

#[test]
fn two_programs_may_make_the_file_at_once() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || open(&path).map(drop))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic").expect("opened");
    }
}
