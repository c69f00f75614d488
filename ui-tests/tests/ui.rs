//! The compile errors that users read. Each case is a file, with the expected messages in the `.stderr` file next to it.
//! `TRYBUILD=overwrite` rewrites the expected messages.

use std::path::Path;

/// The macros' own rules come first; `rustc` has mistakes that the compiler reports.
const FOLDERS: [&str; 5] = ["classify", "function", "args", "task", "rustc"];

#[test]
fn every_mistake_is_reported_as_expected() {
    let cases = trybuild::TestCases::new();
    for folder in FOLDERS.map(|folder| format!("cases/{folder}")) {
        let has_cases = Path::new(&folder)
            .read_dir()
            .is_ok_and(|mut files| files.any(|file| is_case(&file.expect("a readable folder"))));
        if has_cases {
            cases.compile_fail(format!("{folder}/*.rs"));
        }
    }
}

fn is_case(file: &std::fs::DirEntry) -> bool {
    file.path().extension().is_some_and(|extension| extension == "rs")
}
