//! The arguments of `#[retryable]`, as `read/table.rs` and the README list them.

use super::scrub::is_word;
use super::source::Source;

/// The name in each `row("name", …)`.
pub(crate) fn names(table: &Source) -> Vec<String> {
    let rows = table.uncommented.split("row(\"").skip(1);
    rows.filter_map(|row| row.split_once('"')).map(|(name, _)| name.to_owned()).collect()
}

/// Whether the first cell of a table row has the name right after a backtick.
pub(crate) fn lists(readme: &str, name: &str) -> bool {
    let rows = readme.lines().filter_map(|line| line.trim().strip_prefix('|'));
    let mut cells = rows.filter_map(|row| row.split('|').next());
    cells.any(|cell| {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .any(|code| code.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_names_are_read_from_rows_and_not_from_comments_or_tests() {
        let text = "[row(\"base\", 1)] // row(\"no\"\n#[cfg(test)] mod tests { row(\"no\") }";
        assert_eq!(names(&Source::new("a/src/table.rs", text)), ["base"]);
    }

    #[test]
    fn an_argument_counts_as_listed_only_by_its_whole_name_in_a_first_cell() {
        let readme = "`max`\n| `max = N`, `clone(a, b)` | `base` |\n|---|\n| `idempotent` |";
        let listed = |name| lists(readme, name);
        assert!(listed("max") && listed("clone") && listed("idempotent"));
        assert!(!listed("base") && !listed("idem") && !listed("N"));
    }
}
