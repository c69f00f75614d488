//! Reads a tree into settings: collects every mistake with its place, and reads the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::mistake::{Mistake, Mistakes};
use super::origin::{Text, below};
use super::section::Section;
use super::settings::Settings;
use super::tree::{Entry, Node, Value};

/// Reads sections, and keeps the line of each key.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) text: Text,
    pub(crate) mistakes: Mistakes,
    /// Paths of the sections and keys with a mistake.
    pub(crate) faulty: BTreeSet<String>,
}

/// The message for a repeated key or section.
pub(crate) fn given_twice(key: &str) -> String {
    format!("`{key}` is given twice; remove one of them, or merge them")
}

/// The message for `[op.svc.io]`, which is a table in a table: the parts of a name have `::` between them.
fn parts_of_a_name(section: &str, entry: &Entry) -> Option<String> {
    let Value::Table(inner) = &entry.node.value else { return None };
    let (kind, outer) = section.split_once('.').filter(|(kind, _)| *kind == "op")?;
    let mut name = format!("{}::{}", outer.trim_matches('"').replace('.', "::"), entry.key);
    let mut inner = inner;
    // A name may have more parts.
    while let [Entry { key, node, .. }] = &inner[..] {
        let Value::Table(next) = &node.value else { break };
        name = format!("{name}::{key}");
        inner = next;
    }
    Some(format!(
        "`{}` is a section in a section; write the whole name in quotes: `[{kind}.\"{name}\"]`",
        entry.key
    ))
}

/// Whether a section holds only sections that it cannot have: `svc` of `[op.svc.io]`, about which the inner name has a mistake
/// already. One of `[op.svc.chaos]` holds settings.
fn is_part_of_a_name(node: &Node, is_setting: impl Fn(&str) -> bool) -> bool {
    let Value::Table(entries) = &node.value else { return false };
    let is_name =
        |entry: &Entry| matches!(entry.node.value, Value::Table(_)) && !is_setting(&entry.key);
    !entries.is_empty() && entries.iter().all(is_name)
}

impl Reader {
    /// Notes a mistake in a section.
    pub(crate) fn mistake(
        &mut self,
        section: &str,
        key: Option<&str>,
        line: Option<usize>,
        message: impl Into<String>,
    ) {
        let key = key.map_or_else(|| section.to_owned(), |key| below(section, key));
        self.mistakes.push(Mistake::new(self.text.at(line, &key), message));
        self.faulty.insert(key);
    }

    /// The entries of a table, each key once.
    pub(crate) fn entries<'n>(&mut self, path: &str, node: &'n Node) -> Vec<&'n Entry> {
        let Value::Table(entries) = &node.value else {
            let what = if path.is_empty() { "a configuration" } else { "a section" };
            let message = format!("{what} is a table of settings, not {}", node.value);
            self.mistake(
                path,
                None,
                node.line,
                format!("{message}; write settings in it, each with its name"),
            );
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut kept = Vec::new();
        for entry in entries {
            if seen.insert(&entry.key) {
                kept.push(entry);
            } else {
                self.mistake(path, Some(&entry.key), entry.line, given_twice(&entry.key));
            }
        }
        kept
    }

    /// Reads one section at `path`.
    pub(crate) fn section<S: Section>(&mut self, path: &str, node: &Node) -> S {
        let entries = self.entries(path, node);
        self.line(path, node.line);
        self.settings(path, path, &entries)
    }

    /// Reads the settings of the section at `path`; messages call the section `shown`, as it was written.
    pub(crate) fn settings<S: Section>(
        &mut self,
        path: &str,
        shown: &str,
        entries: &[&Entry],
    ) -> S {
        let mut section = S::default();
        let mut given: BTreeMap<&'static str, &str> = BTreeMap::new();
        for entry in entries {
            let Some((row, unit)) = S::row(&entry.key) else {
                let message =
                    parts_of_a_name(shown, entry).unwrap_or_else(|| S::unknown(&entry.key));
                self.mistake(shown, Some(&entry.key), entry.line, message);
                continue;
            };
            if let Some(before) = given.insert(row.key, &entry.key) {
                let message = format!(
                    "`{}` and `{before}` are the same setting; remove one of them",
                    entry.key
                );
                self.mistake(shown, Some(&entry.key), entry.line, message);
                continue;
            }
            self.line(&below(path, row.key), entry.line);
            if let Err(message) = (row.read)(&mut section, unit, &entry.node) {
                self.faulty.insert(below(path, row.key));
                self.mistake(shown, Some(&entry.key), entry.line, message);
            }
        }
        section
    }

    /// Reads a table of named sections.
    pub(crate) fn named<S: Section>(
        &mut self,
        path: &str,
        node: &Node,
        mut check: impl FnMut(&mut Self, &str, Option<usize>, &S),
    ) -> BTreeMap<String, S> {
        let mut sections = BTreeMap::new();
        for entry in self.entries(path, node) {
            let own = below(path, &entry.key);
            if entry.key.trim().is_empty() {
                self.mistake(
                    path,
                    None,
                    entry.line,
                    format!("the name in `[{path}.NAME]` is empty; write one"),
                );
                continue;
            }
            let is_setting = Settings::row(&entry.key).is_some() || S::row(&entry.key).is_some();
            if is_setting && !matches!(entry.node.value, Value::Table(_)) {
                let message =
                    format!("the name is missing: write `[{path}.NAME]` above `{}`", entry.key);
                self.mistake(path, Some(&entry.key), entry.line, message);
                continue;
            }
            let section = self.section(&own, &entry.node);
            if path == "op" && is_part_of_a_name(&entry.node, |key| S::row(key).is_some()) {
                continue;
            }
            self.line(&own, entry.line);
            check(self, &own, entry.line, &section);
            sections.insert(entry.key.clone(), section);
        }
        sections
    }

    fn line(&mut self, path: &str, line: Option<usize>) {
        if let Some(line) = line {
            self.text.lines.insert(path.to_owned(), line);
        }
    }

    /// The line of a key.
    pub(crate) fn line_of(&self, path: &str) -> Option<usize> {
        self.text.lines.get(path).copied()
    }
}
