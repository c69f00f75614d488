//! Aligns text in columns.

use std::fmt;

use retry_runtime::control::OneLine;

/// A table of `N` columns; each column is as wide as its widest cell. Control characters in cells are escaped.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(head: [&str; N]) -> Self {
        Table { rows: vec![head.map(|cell| OneLine(cell).to_string())] }
    }

    pub(crate) fn row(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| OneLine(cell).to_string()));
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(text.chars().count());
            }
        }
        for row in &self.rows {
            let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_on_its_line_and_its_column_is_as_wide_as_what_is_printed() {
        let mut table = Table::new(["a", "b"]);
        table.row(["x\n\u{1b}[2J".to_owned(), "y".to_owned()]);
        assert_eq!(table.to_string(), "a            b\nx \\u{1b}[2J  y\n");
    }
}
