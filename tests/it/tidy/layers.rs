//! The folders of a crate are its layers: a file imports from its own folder and from lower ones.

use super::scrub::is_word;
use super::source::{Source, words};

/// The folders of a crate, the lowest first.
pub(crate) struct Layers {
    /// The path of the crate's sources, with a slash at its end.
    pub(crate) src: &'static str,
    pub(crate) folders: &'static [&'static str],
}

/// The engine.
pub(crate) const RUNTIME: Layers = Layers {
    src: "retry-engine/src/",
    folders: &[
        "base", "failure", "policy", "report", "course", "budget", "breaker", "event", "site",
        "call", "wait", "lean", "turn", "tower", "private",
    ],
};

impl Layers {
    fn layer(&self, folder: &str) -> Option<usize> {
        self.folders.iter().position(|known| *known == folder)
    }

    /// Files outside of the folders; `lib.rs` alone belongs there.
    pub(crate) fn unplaced(&self, files: &[Source]) -> Vec<String> {
        let placed = |file: &&Source| {
            let folder = file.module(self.src);
            folder.is_none_or(|folder| folder == "lib" || self.layer(folder).is_some())
        };
        files.iter().filter(|file| !placed(file)).map(|file| file.path.clone()).collect()
    }

    /// Imports from a higher folder.
    pub(crate) fn upward(&self, files: &[Source]) -> Vec<String> {
        self.imports(
            files,
            |own, other| other.is_some_and(|other| other > own),
            |folder, other| format!("`{other}` is above `{folder}`"),
        )
    }

    /// Names that are imported through the root of the crate.
    pub(crate) fn through_the_root(&self, files: &[Source]) -> Vec<String> {
        self.imports(
            files,
            |_, other| other.is_none(),
            |_, name| format!("`{name}` is imported through the root"),
        )
    }

    /// The imports that `is_wrong` objects to, given the layer of the file and that of the name after
    /// `crate::`; that one is `None` for a name that is no folder.
    fn imports(
        &self,
        files: &[Source],
        is_wrong: impl Fn(usize, Option<usize>) -> bool,
        describe: impl Fn(&str, &str) -> String,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for file in files {
            let Some(folder) = file.module(self.src) else { continue };
            let Some(own) = self.layer(folder) else { continue };
            for (offset, name) in self.crate_paths(file) {
                if is_wrong(own, self.layer(name)) {
                    found.push(format!("{}\n      {}", file.at(offset), describe(folder, name)));
                }
            }
        }
        found
    }

    /// The first name after `crate::`, or after as many `super::` as lead to the crate's root; each name of a
    /// group in braces.
    fn crate_paths<'f>(&self, file: &'f Source) -> Vec<(usize, &'f str)> {
        let below = file.path.strip_prefix(self.src).unwrap_or_default();
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

    /// The names that the file imports although it may not.
    fn check(path: &str, text: &str, names: &[&str]) {
        let file = [Source::new(&format!("{}{path}", RUNTIME.src), text)];
        let mut found = RUNTIME.upward(&file);
        found.extend(RUNTIME.through_the_root(&file));
        assert_eq!(found.len(), names.len(), "in {text}: {found:?}");
        for (line, name) in found.iter().zip(names) {
            assert!(line.contains(&format!("`{name}` is")), "in {text}: {line}");
        }
    }

    #[test]
    fn an_import_may_go_down_and_not_up() {
        check("policy/mod.rs", "use crate::failure::kinds::Kinds;", &[]);
        check("policy/jitter.rs", "use crate::call::Call;", &["call"]);
        check("breaker/mod.rs", "use crate::budget::Budget; use crate::event;", &["event"]);
    }

    #[test]
    fn the_lowest_folder_imports_nothing_but_itself() {
        check("base/clock.rs", "use crate::failure::Kind;", &["failure"]);
        check("base/clock.rs", "use crate::base::rng::Rng;", &[]);
    }

    #[test]
    fn groups_and_paths_in_expressions_count() {
        check("policy/mod.rs", "use crate::{base::{a, b}, call, turn::Turn};", &["call", "turn"]);
        check("policy/mod.rs", "fn f() { crate::call::start() }", &["call"]);
    }

    #[test]
    fn a_name_is_imported_from_the_module_that_defines_it() {
        check("call/mod.rs", "use crate::Policy;", &["Policy"]);
        check("call/mod.rs", "use crate::{Policy, site};", &["Policy"]);
        check("call/mod.rs", "use crate::policy::Policy;", &[]);
    }

    #[test]
    fn super_counts_where_it_means_the_crate() {
        check("policy/mod.rs", "use super::call::Call;", &["call"]);
        check("policy/jitter.rs", "use super::call; use super::super::turn;", &["turn"]);
    }

    #[test]
    fn tests_and_comments_may_name_anything() {
        check("policy/mod.rs", "// crate::call\n#[cfg(test)] mod tests { use crate::call; }", &[]);
        check("policy/mod.rs", "macro_rules! m { () => { $crate::call::f() } }", &[]);
    }

    #[test]
    fn a_file_outside_of_the_folders_has_no_place() {
        let file = |path: &str| Source::new(&format!("{}{path}", RUNTIME.src), "");
        let files = [file("lib.rs"), file("base/clock.rs"), file("clock.rs")];
        assert_eq!(RUNTIME.unplaced(&files), ["retry-engine/src/clock.rs"]);
    }
}
