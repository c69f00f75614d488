//! The layout rules of the workspace, checked over its sources.
//!
//! A failing rule lists every violation and says what to do instead. Each rule has a list of exceptions, each with
//! its reason.

mod arguments;
mod chains;
mod forwarding;
mod layers;
mod macro_folders;
mod scrub;
mod source;
mod task_folders;

use layers::RUNTIME;
use retry_metrics::Metric;
use source::{Source, files, read, sources, words};

const MACROS: &str = "retry-macros/src/";

/// The maximum number of lines in a file; aim for 250.
const MAX_LINES: usize = 400;

/// Files that may be longer, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];

#[track_caller]
fn check(rule: &str, remedy: &str, violations: Vec<String>) {
    if !violations.is_empty() {
        panic!("{rule}:\n\n    {}\n\n  instead: {remedy}\n", violations.join("\n    "));
    }
}

/// The sources of the runtime.
fn runtime() -> Vec<Source> {
    sources(RUNTIME.src.trim_end_matches('/'))
}

/// Occurrences of the texts in the runtime's code, outside the files where they are allowed.
fn runtime_with(texts: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let runtime = runtime();
    let below = |file: &Source| file.path.strip_prefix(RUNTIME.src).is_some_and(&allowed);
    runtime.iter().filter(|file| !below(file)).flat_map(|file| file.code_with(texts)).collect()
}

#[test]
fn the_runtime_has_its_folders_and_nothing_beside_them() {
    check(
        "files outside of the folders",
        "move each to the folder it belongs to; a new folder gets its place in RUNTIME of tests/it/tidy/layers.rs",
        RUNTIME.unplaced(&runtime()),
    );
}

#[test]
fn imports_between_folders_of_the_runtime_go_down() {
    check(
        "imports from a higher folder",
        "move the code to the higher folder, or hand the value down as a parameter",
        RUNTIME.upward(&runtime()),
    );
}

#[test]
fn types_are_imported_from_the_module_that_defines_them() {
    check(
        "imports through the root of the crate",
        "name the module that defines the type: `crate::policy::Policy`",
        RUNTIME.through_the_root(&runtime()),
    );
}

#[test]
fn only_base_is_random() {
    check(
        "sources of randomness outside base/rng.rs and base/entropy.rs",
        "take an `Rng` as a parameter, so that a test can fix its seed",
        runtime_with(
            &["RandomState", "DefaultHasher", "getrandom", "fastrand", "rand::"],
            |file| matches!(file, "base/rng.rs" | "base/entropy.rs"),
        ),
    );
}

#[test]
fn only_base_and_what_waits_read_the_time() {
    let reads = |file: &str| file == "base/clock.rs" || waits(file);
    let mut found = runtime_with(&["Instant::now", ".elapsed()"], reads);
    // An HTTP date is a wall-clock time, which a monotonic clock cannot give.
    let dated = |file: &str| reads(file) || file.starts_with("failure/retry_after");
    found.extend(runtime_with(&["SystemTime::now"], dated));
    check("readings of the time", "take `now` as the first parameter", found);
}

#[test]
fn the_runtime_takes_its_clocks_from_one_module() {
    let imports = |file: &Source| {
        let lines = file.code.lines();
        let std = lines.filter(|line| line.contains("std::time::"));
        std.filter(|line| line.contains("Instant") || line.contains("SystemTime"))
            .filter(|line| !line.contains("SystemTimeError"))
            .map(|line| format!("{}: {}", file.path, line.trim()))
            .collect::<Vec<_>>()
    };
    let files = runtime();
    let others = files.iter().filter(|file| !file.path.ends_with("base/time.rs"));
    check(
        "std's clocks, which panic in a browser",
        "import `Instant` and `SystemTime` from `crate::base::time`",
        others.flat_map(imports).collect(),
    );
}

#[test]
fn only_turn_wait_and_lean_wait() {
    let texts = [
        ".await",
        "park(",
        "park_timeout(",
        "sleep(",
        "sleep_until(",
        "wait_timeout(",
        "block_on(",
    ];
    check(
        "waiting outside of turn/, wait/, lean/ and tower/",
        "return the decision, and let `turn` wait",
        // A token wakes the thread that waits for it; an interceptor offers a sleep.
        runtime_with(&texts, |file| {
            waits(file) || matches!(file, "call/cancel.rs" | "call/intercept.rs")
        }),
    );
}

/// A service waits for the service inside to be ready, beside a turn.
fn waits(file: &str) -> bool {
    ["turn/", "wait/", "lean/", "tower/"].iter().any(|folder| file.starts_with(folder))
}

#[test]
fn panics_of_foreign_code_end_at_one_border() {
    check(
        "panics caught outside of base/border.rs",
        "call foreign code through `base::border::contained`",
        runtime_with(&["catch_unwind"], |file| file == "base/border.rs"),
    );
}

#[test]
fn only_generated_code_names_the_private_module() {
    check(
        "`__private` named in the runtime",
        "import from the module that has the item; `__private` is for generated code alone",
        runtime_with(&["__private"], |file| file.starts_with("private/") || file == "lib.rs"),
    );
}

#[test]
fn the_macros_name_nothing_that_the_runtime_decides() {
    let macros = sources(MACROS.trim_end_matches('/'));
    // The documentation shows the delays, the rules compare their numbers, and messages list the words.
    let excepted = [
        "expand/doc/",
        "check/",
        "read/schedule.rs",
        "read/words.rs",
        "read/aliases.rs",
        "read/settings.rs",
    ]
    .map(|of| format!("{MACROS}{of}"));
    let others =
        macros.iter().filter(|file| !excepted.iter().any(|path| file.path.starts_with(path)));
    check(
        "backoffs, jitters, windows or events named in the macros",
        "forward the value as it was written: the runtime resolves it, at the user's span",
        others.flat_map(forwarding::decided).collect(),
    );
}

#[test]
fn messages_of_the_macros_list_the_words_and_settings_of_the_engine() {
    let mut missing = Vec::new();
    let read = |path: &str| read(path).unwrap_or_default();
    let words = read("retry-engine/src/private/words.rs");
    let macros = read("retry-macros/src/read/words.rs");
    for (module, list) in
        [("backoff", "BACKOFF"), ("jitter", "JITTER"), ("hint", "HINT"), ("budget", "BUDGET")]
    {
        let known = forwarding::listed(&macros, list);
        let defined = forwarding::functions(&words, module);
        missing.extend(forwarding::differences(module, &defined, &known));
    }
    let macros = read("retry-macros/src/read/settings.rs");
    // These are written in the parentheses, and are no methods of the settings.
    for (file, list, others) in [
        ("breaker", "BREAKER", &["key", "keys", "open"][..]),
        ("budget", "BUDGET", &["key", "keys", "preset"][..]),
    ] {
        let settings = read(&format!("retry-engine/src/{file}/settings.rs"));
        let mut defined = forwarding::methods(&settings);
        defined.extend(others.iter().map(|&other| other.to_owned()));
        missing.extend(forwarding::differences(file, &defined, &forwarding::rows(&macros, list)));
    }
    check(
        "words or settings that the macros and the engine do not share",
        "add the word to `retry-macros/src/read/words.rs`, or the row to `read/settings.rs`",
        missing,
    );
}

#[test]
fn nothing_is_left_to_do() {
    let mut found = Vec::new();
    for file in sources("") {
        // A ui case never runs, so any body that compiles is fine.
        if !file.path.starts_with("ui-tests/cases/") {
            found.extend(file.code_with(&["todo!"]));
        }
        for word in ["TODO", "FIXME"] {
            found.extend(words(&file.comments, word).into_iter().map(|at| file.at(at)));
        }
    }
    check("work left over", "do it now, or file an issue and delete the note", found);
}

#[test]
fn no_condition_is_a_let_chain() {
    let found = sources("").iter().flat_map(chains::let_chains).collect();
    check(
        "let-chains",
        "nest the conditions or use `let … else`: Rust 1.85 has no let-chains",
        found,
    );
}

#[test]
fn no_file_is_too_long() {
    let mut found = Vec::new();
    for file in sources("") {
        let lines = file.raw.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        match (lines > MAX_LINES, excused) {
            (true, false) => found.push(format!("{}: {lines} lines", file.path)),
            (false, true) => found.push(format!("{}: excused, and no longer long", file.path)),
            _ => {}
        }
    }
    check(
        &format!("files over {MAX_LINES} lines"),
        "move one concept to a file of its own, or list it in LONG_FILES with the reason",
        found,
    );
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let manifests = files("").into_iter().filter(|path| path.ends_with("/Cargo.toml"));
    let inherits = |path: &String| {
        let text = read(path).unwrap_or_default();
        let table = text.split("\n[lints]\n").nth(1).unwrap_or_default();
        table
            .lines()
            .take_while(|line| !line.starts_with('['))
            .any(|line| line == "workspace = true")
    };
    check(
        "crates with lints of their own",
        "write `[lints]` and under it `workspace = true`",
        manifests.filter(|path| !inherits(path)).collect(),
    );
}

#[test]
fn every_ui_case_has_its_messages() {
    let cases = files("ui-tests/cases");
    let pairs = [(".rs", ".stderr"), (".stderr", ".rs")];
    let alone = cases.iter().filter(|path| {
        pairs.iter().any(|(one, other)| {
            path.strip_suffix(one).is_some_and(|case| !cases.contains(&format!("{case}{other}")))
        })
    });
    check(
        "ui cases without messages, or messages without a case",
        "run `cargo xtask bless` and read what it wrote, or delete what is left over",
        alone.cloned().collect(),
    );
}

#[test]
fn the_readme_and_the_reference_list_every_argument() {
    let Some(text) = read("retry-macros/src/read/table.rs") else { return };
    let table = Source::new("retry-macros/src/read/table.rs", &text);
    let names = arguments::names(&table);
    let mut missing = Vec::new();
    for page in ["README.md", "retry-macros/src/lib.rs"] {
        let text = read(page).unwrap_or_default().replace("/// |", "|");
        let absent = names.iter().filter(|name| !arguments::lists(&text, name));
        missing.extend(absent.map(|name| format!("{page}: `{name}`")));
    }
    if names.is_empty() {
        missing.push("table.rs: no `row(\"…\"`; this test reads such rows".to_owned());
    }
    check(
        "arguments that the README or the reference does not list",
        "add it to a row of the README's table, and a row to the reference: | `name = …` | default | meaning |",
        missing,
    );
}

#[test]
fn tables_of_metrics_are_those_of_the_code() {
    for (path, metrics) in [
        ("companions/retry-metrics/src/lib.rs", retry_metrics::ALL),
        ("tasks/retry-tasks/src/metrics.rs", retry_tasks::metrics::ALL),
    ] {
        let text = read(path).unwrap_or_default();
        let rows = text.lines().filter(|line| line.starts_with("//! | `retry."));
        // The table's description of a metric may be longer than the code's.
        let documented: Vec<&str> =
            rows.map(|row| row.rsplit_once(" | ").map_or(row, |(facts, _)| facts)).collect();
        let coded = metrics.iter().map(|Metric { name, instrument, unit, attributes, .. }| {
            let instrument = format!("{instrument:?}").to_lowercase();
            let attributes = match attributes {
                [] => "none".to_owned(),
                some => format!("`{}`", some.join("`, `")),
            };
            format!("//! | `{name}` | {instrument} | `{unit}` | {attributes}")
        });
        assert_eq!(documented, coded.collect::<Vec<_>>(), "the table in {path}, then its `ALL`");
    }
}

#[test]
fn the_readme_has_the_two_commands_for_a_new_machine() {
    let text = read("README.md").unwrap_or_default();
    let shows = |command: &str| text.lines().any(|line| line.starts_with(command));
    let missing = ["cargo run --example quickstart", "cargo xtask test"]
        .into_iter()
        .filter(|command| !shows(command))
        .map(|command| format!("README.md: `{command}`"));
    check(
        "commands that the README does not show",
        "show it in a block of its own, with what it needs beside cargo",
        missing.collect(),
    );
}
