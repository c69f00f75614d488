//! A file that changes under a running program. Its notices come from the operating system, so these tests
//! wait for them in real time, for a bounded one.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use retry_config::Watcher;

use super::program::{File, attempts_of_charge, turn};

#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within 60 s: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Whether the file was read, and refused with these words. It is written in two steps, and may have been found empty
/// between them.
fn refused(watcher: &Watcher, words: &str) -> bool {
    watcher.last_error().is_some_and(|error| error.to_string().contains(words))
}

const MAX: fn(u32) -> String =
    |max| format!("[global]\nenvironment = false\n[op.\"billing::charge\"]\nmax = {max}\n");

#[test]
fn a_change_counts_a_mistake_does_not_and_its_repair_does() {
    let _turn = turn();
    let file = File::new("watched.toml", &MAX(1));
    let watcher = retry_config::watch(&file.0).unwrap();
    assert_eq!(attempts_of_charge(), 2);

    file.write(&MAX(2));
    eventually("the change is applied", || attempts_of_charge() == 3);
    eventually("without a mistake", || watcher.last_error().is_none());

    file.write("[op.\"billing::charge\"]\nmax = -1\n");
    let words = "`max` (-1) must be a whole number from 0";
    eventually("the mistake is told", || refused(&watcher, words));
    assert_eq!(attempts_of_charge(), 3, "as before");

    file.write("");
    eventually("the empty file is told", || refused(&watcher, "the file is empty"));
    assert_eq!(attempts_of_charge(), 3, "as before");

    file.write(&MAX(0));
    eventually("the repair is applied", || attempts_of_charge() == 1);
    eventually("the mistake is forgotten", || watcher.last_error().is_none());
}

#[test]
fn a_file_that_is_replaced_is_seen_and_one_that_is_gone_is_told() {
    let _turn = turn();
    let file = File::new("replaced.toml", &MAX(1));
    let watcher = retry_config::watch(&file.0).unwrap();
    let beside = file.0.with_extension("new");
    fs::write(&beside, MAX(2)).unwrap();
    fs::rename(&beside, &file.0).unwrap();
    eventually("the new file is applied", || attempts_of_charge() == 3);

    fs::remove_file(&file.0).unwrap();
    eventually("the missing file is told", || refused(&watcher, "the file cannot be read"));
    assert_eq!(attempts_of_charge(), 3);
}

#[test]
fn a_watcher_that_is_dropped_watches_no_more() {
    let _turn = turn();
    let file = File::new("dropped.toml", &MAX(1));
    drop(retry_config::watch(&file.0).unwrap());
    // Whoever watches the same file after it has seen the change: then the dropped one would have, too.
    let second = File::new("second.toml", &MAX(2));
    let watcher = retry_config::watch(&second.0).unwrap();
    file.write(&MAX(5));
    second.write(&MAX(3));
    let applied = || watcher.readings() > 0 && watcher.last_error().is_none();
    eventually("the change of the second file is applied", applied);
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn a_file_that_is_not_there_or_wrong_is_not_watched() {
    let _turn = turn();
    let file = File::new("wrong.toml", "[defaults]\nmaxx = 1");
    assert!(retry_config::watch(&file.0).unwrap_err().to_string().contains("did you mean `max`?"));
    let missing = file.0.with_file_name("missing.toml");
    assert!(
        retry_config::watch(missing).unwrap_err().to_string().contains("the file cannot be read")
    );
}
