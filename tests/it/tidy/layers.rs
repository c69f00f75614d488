//! The layers of the runtime: a module imports from lower ones, never from higher ones.

use std::collections::HashMap;

use super::scrub::is_word;
use super::source::{Source, words};

/// The folder of the runtime.
pub(crate) const RUNTIME: &str = "retry-runtime/src/";

/// Lowest first. The lowest are leaves: they import nothing from the crate.
const LAYERS: [&[&str]; 7] = [
    &["clock", "now", "redact", "rng", "setting", "span", "sync", "tally", "text"],
    &[
        "attempt",
        "classify",
        "error",
        "kinds",
        "outcome",
        "backoff",
        "jitter",
        "history",
        "retry_after",
        "inject",
        "interruption",
        "place",
        "sleeping",
        "stats",
    ],
    &["budget", "breaker", "event"],
    &["policy"],
    &[
        "ambient", "cancel", "chaos", "doctor", "live", "site", "registry", "call", "events",
        "glue", "observe", "plan", "resume", "testing", "words",
    ],
    &["timer", "drive", "handle", "config", "metrics", "progress"],
    &["private"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Modules that have no layer yet.
pub(crate) fn unplaced(files: &[Source]) -> Vec<String> {
    let modules = files.iter().filter_map(|file| Some((file, file.module(RUNTIME)?)));
    let unplaced = modules.filter(|(_, module)| *module != "lib" && layer(module).is_none());
    unplaced.map(|(file, module)| format!("{}: `{module}`", file.path)).collect()
}

/// Imports that go up, and imports of leaves.
pub(crate) fn upward(files: &[Source]) -> Vec<String> {
    let exported = exported(files);
    let mut found = Vec::new();
    for file in files {
        let Some(module) = file.module(RUNTIME) else { continue };
        let Some(own) = layer(module) else { continue };
        for (offset, name) in crate_paths(file) {
            // A module and a function may share a name: `history`. Then it is the module that counts.
            let target = match layer(name) {
                Some(_) => name,
                None => exported.get(name).copied().unwrap_or(name),
            };
            let Some(other) = layer(target) else { continue };
            if target != module && (other > own || own == 0) {
                let place = file.at(offset);
                found.push(format!(
                    "{place}\n      `{module}` is layer {own}, `{target}` is layer {other}"
                ));
            }
        }
    }
    found
}

/// The names that `lib.rs` re-exports, each with the module that it comes from.
fn exported(files: &[Source]) -> HashMap<&str, &str> {
    let mut exported = HashMap::new();
    let Some(lib) = files.iter().find(|file| file.module(RUNTIME) == Some("lib")) else {
        return exported;
    };
    for at in words(&lib.code, "pub use ") {
        let path = lib.code[at + "pub use ".len()..].split(';').next().unwrap_or_default();
        let path = path.trim_start().trim_start_matches("crate::").trim_start_matches("self::");
        let Some((module, names)) = path.split_once("::") else { continue };
        for name in names.split(|c| !is_word(c)).filter(|name| !name.is_empty()) {
            exported.insert(name, module);
        }
    }
    exported
}

/// The first name after `crate::`, or after as many `super::` as lead to the crate's root; each name of a
/// group in braces.
fn crate_paths(file: &Source) -> Vec<(usize, &str)> {
    let below = file.path.strip_prefix(RUNTIME).unwrap_or_default();
    let depth = below.trim_end_matches("/mod.rs").split('/').count();
    let mut found = Vec::new();
    for root in ["crate::".to_owned(), "super::".repeat(depth)] {
        for at in words(&file.code, &root) {
            let before = &file.code[..at];
            if before.ends_with('$') || before.ends_with("super::") {
                continue;
            }
            let start = at + root.len();
            found.extend(
                names(&file.code[start..]).into_iter().map(|(to, name)| (start + to, name)),
            );
        }
    }
    found
}

/// The first names of the paths at the beginning of `code`: one, or one for each entry of a group.
pub(crate) fn names(code: &str) -> Vec<(usize, &str)> {
    let word = |at: usize| {
        let rest = &code[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        let name = code[start..].split(|c| !is_word(c)).next().unwrap_or_default();
        (!name.is_empty()).then_some((start, name))
    };
    if !code.starts_with('{') {
        return word(0).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(c, '{' | ',') {
            found.extend(word(at + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "mod call; pub use call::Call; pub use backoff::{Backoff, Fixed as Same};";

    /// The modules that the file reaches although it may not.
    fn check(path: &str, text: &str, reached: &[&str]) {
        let lib = Source::new("retry-runtime/src/lib.rs", LIB);
        let file = Source::new(&format!("{RUNTIME}{path}"), text);
        let found = upward(&[lib, file]);
        assert_eq!(found.len(), reached.len(), "in {text}: {found:?}");
        for (line, module) in found.iter().zip(reached) {
            assert!(line.contains(&format!("`{module}` is layer")), "in {text}: {line}");
        }
    }

    #[test]
    fn an_import_may_go_down_or_sideways_and_not_up() {
        check("policy.rs", "use crate::backoff::Backoff;", &[]);
        check("policy.rs", "use crate::budget::Budget;", &[]);
        check("policy.rs", "use crate::call::Call;", &["call"]);
        check("backoff/fixed.rs", "use crate::policy::Policy;", &["policy"]);
    }

    #[test]
    fn a_leaf_imports_nothing_but_itself() {
        check("clock.rs", "use crate::rng::Rng;", &["rng"]);
        check("clock/fake.rs", "use crate::clock::Clock;", &[]);
    }

    #[test]
    fn groups_and_paths_in_expressions_count() {
        check("policy.rs", "use crate::{backoff::{a, b}, call, drive::Turn};", &["call", "drive"]);
        check("policy.rs", "fn f() { crate::call::start() }", &["call"]);
    }

    #[test]
    fn a_reexported_name_counts_as_its_module() {
        check("policy.rs", "use crate::Call;", &["call"]);
        check("policy.rs", "use crate::{Backoff, Call};", &["call"]);
    }

    #[test]
    fn super_counts_where_it_means_the_crate() {
        check("policy.rs", "use super::call::Call;", &["call"]);
        check("backoff/fixed.rs", "use super::call; use super::super::call;", &["call"]);
        check("backoff/mod.rs", "use super::call;", &["call"]);
    }

    #[test]
    fn tests_and_comments_may_name_anything() {
        check("policy.rs", "// crate::call\n#[cfg(test)] mod tests { use crate::call; }", &[]);
        check("policy.rs", "macro_rules! m { () => { $crate::call::f() } }", &[]);
    }
}
