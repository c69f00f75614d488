//! The tables of a storm.

use std::fmt;
use std::time::Duration;

use retry_text::duration::human;

use super::report::{Row, Storm};

/// The columns of the second table end so long after the stall.
const ENDS: [u64; 8] = [5, 10, 20, 40, 60, 120, 600, 3600];

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.headline())?;
        let head = [
            "",
            "recovered",
            "calls",
            "failed",
            "saved by a retry",
            "attempts per call",
            "peak load",
            "refused by budget",
            "by breaker",
        ];
        let rows = self.rows.iter().map(|row| {
            [
                row.name.clone(),
                self.recovered(row),
                row.calls.to_string(),
                row.failed.to_string(),
                row.saved.to_string(),
                format!("{:.2}", row.amplification),
                format!("{}/s", row.peak),
                row.refused_by_budget.to_string(),
                row.refused_by_breaker.to_string(),
            ]
        });
        table(f, &head.map(str::to_owned), &rows.map(Vec::from).collect::<Vec<_>>())?;
        writeln!(f, "\nrequests a second that reach the server, on average\n")?;
        let spans = self.spans();
        let mut head = vec![String::new()];
        head.extend(spans.iter().map(|span| span.name.clone()));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![row.name.clone()];
            cells.extend(spans.iter().map(|span| format!("{:.0}", span.mean(&row.load))));
            cells
        });
        table(f, &head, &rows.collect::<Vec<_>>())?;
        for row in &self.rows {
            if let Some(note) = &row.note {
                writeln!(f, "\n{}: {note}", row.name)?;
            }
        }
        Ok(())
    }
}

impl Storm {
    /// The outage in one sentence.
    pub(super) fn headline(&self) -> String {
        let outage = &self.outage;
        let clients = if outage.clients == 1 { "client" } else { "clients" };
        format!(
            "{} {clients} make {} calls/s to a server for {}/s, which stalls for {}; seed {}",
            outage.clients,
            number(outage.load()),
            outage.capacity,
            human(outage.stall),
            outage.seed
        )
    }

    /// The time until a scheme has recovered, for people.
    pub(super) fn recovered(&self, row: &Row) -> String {
        match row.recovered_s {
            Some(0) => "at once".to_owned(),
            Some(seconds) => format!("after {seconds} s"),
            None => format!("not in {}", human(self.outage.watch)),
        }
    }

    fn spans(&self) -> Vec<Span> {
        let warm = self.from_s.unsigned_abs();
        let stall = self.outage.stall.as_secs_f64().ceil() as u64;
        let (begin, end) = (warm, warm + stall);
        let mut spans = vec![
            // The very first second has no retries of the one before.
            Span { name: "before".to_owned(), from: 1, to: begin },
            Span { name: "stall".to_owned(), from: begin, to: end },
        ];
        let (watch, mut from) = (self.outage.watch.as_secs_f64().ceil() as u64, 0);
        for to in ENDS.into_iter().map(|to| to.min(watch)) {
            if to > from {
                let name = format!("to {}", human(Duration::from_secs(to)));
                spans.push(Span { name, from: end + from, to: end + to });
                from = to;
            }
        }
        spans
    }
}

/// A time as indices of a list.
struct Span {
    name: String,
    from: u64,
    to: u64,
}

impl Span {
    fn mean(&self, load: &[u64]) -> f64 {
        let to = (self.to as usize).min(load.len());
        let seconds = load.get(self.from as usize..to).unwrap_or_default();
        seconds.iter().sum::<u64>() as f64 / (seconds.len().max(1)) as f64
    }
}

/// A number without needless digits.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes a table: the first column on the left, numbers on the right.
fn table(f: &mut fmt::Formatter<'_>, head: &[String], rows: &[Vec<String>]) -> fmt::Result {
    let mut widths = vec![0; head.len()];
    let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice));
    for cells in all() {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for cells in all() {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            match at {
                0 => line += &format!("{cell:<width$}"),
                _ => line += &format!("  {cell:>width$}"),
            }
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}
