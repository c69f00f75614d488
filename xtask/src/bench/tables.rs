//! Writes and reads Markdown tables.

/// A row, including the line break.
pub(crate) fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A table whose first `words` columns are text and whose other columns are numbers.
pub(crate) fn table(heads: &[&str], words: usize, rows: &[Vec<String>]) -> String {
    let mut text = row(heads.iter().map(|head| (*head).to_owned()));
    let line = (0..heads.len()).map(|column| if column < words { "---" } else { "---:" });
    text.push_str(&row(line.map(str::to_owned)));
    for cells in rows {
        text.push_str(&row(cells.iter().cloned()));
    }
    text
}

/// The rows of all tables in a text, without their headers.
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

/// Formats a number with one decimal if it is small and not whole.
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
    fn a_written_table_can_be_read() {
        let cells =
            vec![vec!["a".to_owned(), "1".to_owned()], vec!["b".to_owned(), "2".to_owned()]];
        assert_eq!(parse(&table(&["name", "number"], 1, &cells)), cells);
    }

    #[test]
    fn only_small_fractions_have_a_decimal() {
        let numbers = [(0.0, "0"), (0.02, "0"), (3.17, "3.2"), (45.0, "45"), (612.34, "612")];
        for (value, text) in numbers {
            assert_eq!(number(value), text);
        }
    }
}
