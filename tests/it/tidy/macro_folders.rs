//! The folders of the macro crate: a file imports from its own folder and from lower ones.

use super::layers::names;
use super::source::{Source, sources, words};
use super::{MACROS, check};

/// Each folder or file of the crate, with those that it may import from.
const MAY_IMPORT: [(&str, &[&str]); 9] = [
    ("errors", &[]),
    ("manifest", &[]),
    ("item", &["errors"]),
    ("read", &["errors"]),
    ("check", &["errors", "manifest", "item", "read"]),
    ("expand", &["errors", "manifest", "item", "read"]),
    ("classify", &["errors", "manifest"]),
    ("retry", &["errors", "item", "read", "check", "expand"]),
    ("lib", &["classify", "retry"]),
];

#[test]
fn imports_of_the_macros_go_down_the_folders() {
    check(
        "imports of the macros from a folder that may not be imported",
        "move the code to the folder that needs it, or pass the value as a parameter",
        upward(&sources(MACROS.trim_end_matches('/'))),
    );
}

/// The imports that a folder may not have. An import counts by the folder after `crate::`; `super` must not lead
/// out of a folder.
fn upward(files: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(own) = file.module(MACROS) else { continue };
        let allowed = MAY_IMPORT.iter().find(|(folder, _)| *folder == own);
        let allowed = allowed.map_or(&[][..], |(_, allowed)| allowed);
        for at in words(&file.code, "crate::") {
            let start = at + "crate::".len();
            for (_, folder) in names(&file.code[start..]) {
                if folder != own && !allowed.contains(&folder) {
                    found.push(format!("{}\n      `{own}` imports from `{folder}`", file.at(at)));
                }
            }
        }
        let below = file.path.strip_prefix(MACROS).unwrap_or_default();
        let nested = below.contains('/') && !below.ends_with("/mod.rs");
        found.extend(file.code_with(&[if nested { "super::super::" } else { "super::" }]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folders that the file imports from although it may not.
    fn check_imports(path: &str, text: &str, folders: &[&str]) {
        let found = upward(&[Source::new(&format!("{MACROS}{path}"), text)]);
        assert_eq!(found.len(), folders.len(), "in {text}: {found:?}");
        for (line, folder) in found.iter().zip(folders) {
            assert!(line.ends_with(&format!("imports from `{folder}`")), "in {text}: {line}");
        }
    }

    #[test]
    fn the_steps_import_what_is_read_and_what_is_annotated_and_not_each_other() {
        check_imports("expand/call.rs", "use crate::{errors, item::function, read::args};", &[]);
        check_imports("expand/call.rs", "use crate::expand::plan::Plan;", &[]);
        check_imports("expand/call.rs", "use crate::{check::check, retry};", &["check", "retry"]);
        check_imports("read/args.rs", "use crate::item::function::Function;", &["item"]);
        check_imports("errors.rs", "use crate::read::key::Key;", &["read"]);
        check_imports("new.rs", "use crate::errors::Errors;", &["errors"]);
    }
}
