//! What users read when they make a mistake: each case is a file, and what the compiler says about it
//! stands beside it. `TRYBUILD=overwrite` writes it anew.

use std::path::Path;

/// Macros' own rules first; `rustc` holds mistakes that are left to the compiler, in its words.
const FOLDERS: [&str; 5] = ["classify", "function", "args", "task", "rustc"];

#[test]
fn every_mistake_is_reported_as_it_was_blessed() {
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
