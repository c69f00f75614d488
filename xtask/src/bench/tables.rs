//! Tables in Markdown.

/// A row, with the end of its line.
pub(crate) fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A table: the first two columns are words, or as many as `words` says, the others are numbers.
pub(crate) fn table(heads: &[&str], words: usize, rows: &[Vec<String>]) -> String {
    let mut text = row(heads.iter().map(|head| (*head).to_owned()));
    let line = (0..heads.len()).map(|column| if column < words { "---" } else { "---:" });
    text.push_str(&row(line.map(str::to_owned)));
    for cells in rows {
        text.push_str(&row(cells.iter().cloned()));
    }
    text
}

/// The rows of the tables in a text, without their heads.
pub(crate) fn parse(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut below_the_head = false;
    for line in text.lines() {
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.trim_end().strip_suffix('|'))
        else {
            below_the_head = false;
            continue;
        };
        let cells: Vec<String> = cells.split('|').map(|cell| cell.trim().to_owned()).collect();
        let is_line = cells.iter().all(|cell| cell.trim_matches([':', '-']).is_empty());
        if is_line {
            below_the_head = true;
        } else if below_the_head {
            rows.push(cells);
        }
    }
    rows
}

/// Whole numbers as such, small fractions with what matters of them.
pub(crate) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded >= 100.0 || rounded.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_was_written_is_read_again() {
        let cells =
            vec![vec!["a".to_owned(), "1".to_owned()], vec!["b".to_owned(), "2".to_owned()]];
        assert_eq!(parse(&table(&["name", "number"], 1, &cells)), cells);
    }

    #[test]
    fn a_number_has_a_digit_behind_the_point_where_it_says_something() {
        let numbers = [(0.0, "0"), (0.02, "0"), (3.17, "3.2"), (45.0, "45"), (612.34, "612")];
        for (value, text) in numbers {
            assert_eq!(number(value), text);
        }
    }
}
