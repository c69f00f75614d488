//! Watching a file that changes while the program runs. The operating system sends the notifications, so these
//! tests wait in real time, up to a limit.

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

/// Whether the file was read and refused with these words. Writing takes two steps, so the watcher may also have seen
/// an empty file.
fn refused(watcher: &Watcher, words: &str) -> bool {
    watcher.last_error().is_some_and(|error| error.to_string().contains(words))
}

const MAX: fn(u32) -> String =
    |max| format!("[global]\nenvironment = false\n[op.\"billing::charge\"]\nmax = {max}\n");

#[test]
fn a_change_is_applied_a_mistake_is_not_and_its_fix_is() {
    let _turn = turn();
    let file = File::new("watched.toml", &MAX(1));
    let watcher = retry_config::watch(&file.0).unwrap();
    assert_eq!(attempts_of_charge(), 2);

    file.write(&MAX(2));
    eventually("the change is applied", || attempts_of_charge() == 3);
    eventually("no error is left", || watcher.last_error().is_none());

    file.write("[op.\"billing::charge\"]\nmax = -1\n");
    let words = "`max` (-1) must be a whole number from 0";
    eventually("the mistake is reported", || refused(&watcher, words));
    assert_eq!(attempts_of_charge(), 3, "as before");

    file.write("");
    eventually("the empty file is reported", || refused(&watcher, "the file is empty"));
    assert_eq!(attempts_of_charge(), 3, "as before");

    file.write(&MAX(0));
    eventually("the fix is applied", || attempts_of_charge() == 1);
    eventually("the error is cleared", || watcher.last_error().is_none());
}

#[test]
fn a_replaced_file_is_applied_and_a_removed_one_is_reported() {
    let _turn = turn();
    let file = File::new("replaced.toml", &MAX(1));
    let watcher = retry_config::watch(&file.0).unwrap();
    let beside = file.0.with_extension("new");
    fs::write(&beside, MAX(2)).unwrap();
    fs::rename(&beside, &file.0).unwrap();
    eventually("the new file is applied", || attempts_of_charge() == 3);

    fs::remove_file(&file.0).unwrap();
    eventually("the missing file is reported", || refused(&watcher, "the file cannot be read"));
    assert_eq!(attempts_of_charge(), 3);
}

#[test]
fn a_dropped_watcher_stops_watching() {
    let _turn = turn();
    let file = File::new("dropped.toml", &MAX(1));
    drop(retry_config::watch(&file.0).unwrap());
    // A later watcher of the same file has seen the change by then, so the dropped one would have seen it too.
    let second = File::new("second.toml", &MAX(2));
    let watcher = retry_config::watch(&second.0).unwrap();
    file.write(&MAX(5));
    second.write(&MAX(3));
    let applied = || watcher.readings() > 0 && watcher.last_error().is_none();
    eventually("the change of the second file is applied", applied);
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn a_missing_or_wrong_file_is_not_watched() {
    let _turn = turn();
    let file = File::new("wrong.toml", "[defaults]\nmaxx = 1");
    assert!(retry_config::watch(&file.0).unwrap_err().to_string().contains("did you mean `max`?"));
    let missing = file.0.with_file_name("missing.toml");
    assert!(
        retry_config::watch(missing).unwrap_err().to_string().contains("the file cannot be read")
    );
}
