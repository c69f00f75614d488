//! The pages of the documentation: each that people call has an example, and none lists source files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::metadata;
use crate::package::PUBLISHED;
use crate::run::Outcome;

/// The beginnings of the names of pages whose items people call or name.
const CALLED: [&str; 7] = ["attr.", "derive.", "enum.", "fn.", "macro.", "struct.", "trait."];

/// Pages that may be without an example. The list may only become shorter.
const EXCUSED: &str = include_str!("pages.txt");

/// Checks the pages that rustdoc has written for the published crates.
pub(crate) fn check() -> Outcome {
    let folder = metadata::target_directory()?.join("doc");
    let mut mistakes = Vec::new();
    for name in PUBLISHED {
        let krate = name.replace('-', "_");
        let pages = pages(&folder.join(&krate))
            .map_err(|error| format!("cannot read the pages of {name}: {error}"))?;
        for page in pages {
            let text = fs::read_to_string(&page)
                .map_err(|error| format!("cannot read {}: {error}", page.display()))?;
            let path = page.strip_prefix(&folder).unwrap_or(&page).with_extension("");
            mistakes.extend(mistake(&path.to_string_lossy().replace('\\', "/"), &text));
        }
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    mistakes.sort();
    Err(format!(
        "pages of the documentation (of an item that is gone: remove {}):\n  {}",
        folder.display(),
        mistakes.join("\n  ")
    ))
}

/// All pages below a folder.
fn pages(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    // A binary has no pages of its own.
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(pages(&path)?);
        } else if path.extension().is_some_and(|end| end == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The mistake of a page, if it has one.
fn mistake(path: &str, text: &str) -> Option<String> {
    // The page of a private module that only leads to the public one.
    if text.contains("http-equiv=\"refresh\"") || path.contains("/__private/") {
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let is_called = CALLED.iter().any(|kind| file.starts_with(kind));
    let has_example = text.contains("rust-example-rendered");
    let is_excused = EXCUSED.lines().any(|line| line == path);
    if text.contains("<th>file</th>") {
        return Some(format!("{path}: lists source files; write the list as plain comments"));
    }
    match (is_called && !has_example, is_excused) {
        (true, false) => Some(format!("{path}: has no example that runs")),
        (false, true) => {
            Some(format!("{path}: is excused in xtask/src/pages.txt and has an example"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "<pre class=\"rust rust-example-rendered\">";

    #[test]
    fn a_page_of_something_that_people_call_needs_an_example() {
        assert!(
            mistake("a/fn.f", "text").is_some_and(|it| it.ends_with("has no example that runs"))
        );
        assert_eq!(mistake("a/fn.f", EXAMPLE), None);
        assert_eq!(mistake("a/constant.C", "text"), None);
        assert_eq!(mistake("a/b/fn.f", "<meta http-equiv=\"refresh\" content=\"0\">"), None);
    }

    #[test]
    fn a_page_does_not_list_source_files() {
        let page = format!("{EXAMPLE}<th>file</th>");
        assert!(mistake("a/struct.S", &page).is_some_and(|it| it.contains("lists source files")));
    }

    #[test]
    fn an_excused_page_that_has_an_example_leaves_the_list() {
        for excused in EXCUSED.lines() {
            assert!(mistake(excused, EXAMPLE).is_some(), "{excused}");
            assert_eq!(mistake(excused, "text"), None);
        }
    }
}
