//! The folders of `retry-tasks`: a module imports from its own folder and from those above it in the list.

use super::check;
use super::scrub::is_word;
use super::source::{Source, sources, words};

const TASKS: &str = "tasks/retry-tasks/src/";

/// A folder imports from itself and from those above it.
const FOLDERS: [&str; 14] = [
    "base", "record", "event", "machine", "value", "function", "store", "rows", "tasks", "memory",
    "sqlite", "worker", "metrics", "private",
];

fn place(folder: &str) -> Option<usize> {
    FOLDERS.iter().position(|it| *it == folder)
}

/// Imports from a folder further down the list, and imports through the crate's root.
fn misplaced(file: &Source) -> Vec<String> {
    let Some(own) = file.module(TASKS).and_then(place) else { return Vec::new() };
    let mut found = Vec::new();
    for at in words(&file.code, "crate::") {
        let rest = &file.code[at + "crate::".len()..];
        let name = rest.split(|c| !is_word(c)).next().unwrap_or_default();
        if place(name).is_none_or(|target| target > own) {
            found.push(file.at(at));
        }
    }
    found
}

#[test]
fn imports_of_the_tasks_go_up_the_list_of_folders() {
    let files = sources(TASKS.trim_end_matches('/'));
    let unlisted = files.iter().filter(|file| {
        file.module(TASKS).is_some_and(|folder| folder != "lib" && place(folder).is_none())
    });
    let mut found: Vec<String> = unlisted.map(|file| file.path.clone()).collect();
    found.extend(files.iter().flat_map(misplaced));
    check(
        "modules in no listed folder, imports from a folder further down, or through the crate's root",
        "move the code to the lower folder, import from the module that defines the item, or list the folder in \
         tests/it/tidy/task_folders.rs",
        found,
    );
}

#[test]
fn an_import_from_further_down_or_through_the_root_is_found() {
    let found =
        |path: &str, text: &str| misplaced(&Source::new(&format!("{TASKS}{path}"), text)).len();
    assert_eq!(found("store/host.rs", "use crate::machine::lease::Lease;"), 0);
    assert_eq!(found("store/host.rs", "use crate::store::filter::{Filter, Page};"), 0);
    assert_eq!(found("store/host.rs", "use crate::worker::Worker;"), 1);
    assert_eq!(found("store/host.rs", "use crate::Worker; use crate::{Task, Tasks};"), 2);
    assert_eq!(found("store/host.rs", "// crate::worker\nfn f() { crate::worker::f() }"), 1);
}
