//! The source files of the workspace, and searching in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::scrub::{is_word, scrub};

/// A Rust file, split by [`scrub`]. In `code` and `uncommented`, unit tests are blanked out too.
pub(crate) struct Source {
    /// The path relative to the workspace root, with `/` as the separator.
    pub(crate) path: String,
    pub(crate) raw: String,
    pub(crate) code: String,
    pub(crate) comments: String,
    pub(crate) uncommented: String,
}

impl Source {
    pub(crate) fn new(path: &str, raw: &str) -> Self {
        let read = scrub(raw);
        let mut code = read.code;
        let mut uncommented = read.uncommented;
        for range in tests(path, &code) {
            blank(&mut code, range.clone());
            blank(&mut uncommented, range);
        }
        let (path, raw) = (path.to_owned(), raw.to_owned());
        Source { path, raw, code, comments: read.comments, uncommented }
    }

    /// `path:line: text of the line`, for the byte at `offset`.
    pub(crate) fn at(&self, offset: usize) -> String {
        let line = self.raw[..offset].matches('\n').count();
        let text = self.raw.lines().nth(line).unwrap_or_default().trim();
        format!("{}:{}: {text}", self.path, line + 1)
    }

    /// The places in the code where one of the texts occurs as a whole word; a text that begins or ends with
    /// punctuation may touch other words there.
    pub(crate) fn code_with(&self, texts: &[&str]) -> Vec<String> {
        let found = texts.iter().flat_map(|text| words(&self.code, text));
        found.map(|offset| self.at(offset)).collect()
    }

    /// The top-level module that the file belongs to: the first path component below `folder`, without `.rs`.
    pub(crate) fn module(&self, folder: &str) -> Option<&str> {
        let first = self.path.strip_prefix(folder)?.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }
}

/// The offsets of `text` in `code`, as a whole word at each end where `text` has a letter.
pub(crate) fn words(code: &str, text: &str) -> Vec<usize> {
    let found = code.match_indices(text).map(|(at, _)| at);
    let begins = |at: usize| !text.starts_with(is_word) || !code[..at].ends_with(is_word);
    let ends =
        |at: usize| !text.ends_with(is_word) || !code[at + text.len()..].starts_with(is_word);
    found.filter(|&at| begins(at) && ends(at)).collect()
}

/// The root directory of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file of the workspace; `None` if there is no such file.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// The Rust files under a folder of the workspace, sorted; empty if there is no such folder.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let load = |path: String| Source::new(&path, &read(&path).expect("the file was listed"));
    files(folder).into_iter().filter(|path| path.ends_with(".rs")).map(load).collect()
}

/// All files under a folder of the workspace, sorted, without build output and hidden files.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.expect("a directory can be read to its end");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The byte ranges that are compiled only for tests.
fn tests(path: &str, code: &str) -> Vec<std::ops::Range<usize>> {
    let by_place = ["/tests.rs", "_tests.rs", "/models.rs"].iter().any(|end| path.ends_with(end))
        || path.contains("/src/") && path.contains("/tests/");
    if by_place || code.contains("#![cfg(test)]") {
        return std::iter::once(0..code.len()).collect();
    }
    let attributes = ["#[cfg(test)]", "#[cfg(all(test,", "#[test]"];
    let starts = attributes.iter().flat_map(|attribute| code.match_indices(attribute));
    starts.map(|(at, _)| at..at + item(&code[at..])).collect()
}

/// The length of the item at the beginning of `code`, including its attributes.
fn item(code: &str) -> usize {
    let mut depth = 0;
    let mut in_attribute = false;
    for (at, c) in code.char_indices() {
        match c {
            '#' if depth == 0 => in_attribute = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        let closed = depth == 0 && matches!(c, '}' | ';');
        if in_attribute {
            in_attribute = !(depth == 0 && c == ']');
        } else if closed {
            return at + c.len_utf8();
        }
    }
    code.len()
}

fn blank(text: &mut String, range: std::ops::Range<usize>) {
    let blanked: String =
        text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &blanked);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_code(text: &str, code: &str) {
        let source = Source::new("a/src/b.rs", text);
        assert_eq!(source.code.len(), text.len(), "offsets must not change");
        let words: Vec<&str> = source.code.split_whitespace().collect();
        assert_eq!(words.join(" "), code, "in {text}");
    }

    #[test]
    fn a_test_module_is_not_code_but_items_after_it_are() {
        check_code("a; #[cfg(test)] mod tests { fn f() { x } } b;", "a; b;");
        check_code("#[cfg(test)] #[path = \"x.rs\"] mod tests; b;", "b;");
        check_code("#[cfg(all(test, loom))] mod tests { x } b;", "b;");
        check_code("#[cfg(test)] fn f(x: [u8; 3]) -> u8 { x } b;", "b;");
        check_code(
            "#[cfg(any(test, feature = \"f\"))] mod a { x }",
            "#[cfg(any(test, feature = ))] mod a { x }",
        );
    }

    #[test]
    fn a_test_file_is_not_code() {
        assert_eq!(Source::new("a/src/b/tests.rs", "x").code, " ");
        assert_eq!(Source::new("a/src/tests/b.rs", "x").code, " ");
        assert_eq!(Source::new("tests/it/b.rs", "x").code, "x");
    }

    #[test]
    fn only_whole_words_are_found() {
        assert_eq!(words("park unpark park_timeout park(", "park("), [25]);
        assert_eq!(words("x.await .awaited", ".await"), [1]);
        assert_eq!(words("Instant::now MyInstant::now", "Instant::now"), [0]);
    }

    #[test]
    fn a_place_is_printed_with_its_line() {
        let source = Source::new("a/src/b.rs", "one\n  two\n");
        assert_eq!(source.at(6), "a/src/b.rs:2: two");
        assert_eq!(source.module("a/src/"), Some("b"));
    }
}
