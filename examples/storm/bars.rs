//! The chart of the first table: bars, grouped by scheme.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::outage::{CLIENTS, Row};
use super::pictures::{Result, anchored, axes, page, text};

/// The top of the scale, in seconds; the bar of a scheme that never recovers reaches the top.
const TOP: f64 = 110.0;
/// Darker means more clients.
const SHADES: [RGBColor; 5] = [
    RGBColor(222, 235, 247),
    RGBColor(189, 215, 231),
    RGBColor(107, 174, 214),
    RGBColor(33, 113, 181),
    RGBColor(8, 48, 107),
];
const NEVER: RGBColor = RGBColor(213, 94, 0);

pub(crate) fn draw(path: &Path, rows: &[Row]) -> Result<()> {
    let area = SVGBackend::new(path, (1180, 560)).into_drawing_area();
    let body = page(
        &area,
        "Time until 99 % of calls succeed again after a stall of 5 s",
        "700 calls/s from K clients to a server for 1000/s, 1 s timeout; each client has its own budget",
    )?;
    let mut chart = ChartBuilder::on(&body)
        .margin_top(34)
        .x_label_area_size(64)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..rows.len() as f64, 0.0..TOP)?;
    let nothing = |_: &f64| String::new();
    axes(&mut chart, ("", "seconds to recover"), (0, 12), (&nothing, &|y| format!("{y:.0} s")))?;
    for (group, (name, recoveries)) in rows.iter().enumerate() {
        for (index, recovery) in recoveries.iter().enumerate() {
            let left = group as f64 + 0.06 + 0.18 * index as f64;
            let (height, label, colour) = match recovery.seconds {
                Some(seconds) => (seconds as f64, seconds.to_string(), SHADES[index].into()),
                None => (TOP, "never".to_owned(), NEVER.mix(0.6)),
            };
            let bar = [(left, 0.0), (left + 0.16, height)];
            chart.draw_series([Rectangle::new(bar, colour.filled())])?;
            let (at, style) = match recovery.seconds {
                Some(_) => ((left + 0.08, height + 0.5), anchored(13, HPos::Center, VPos::Bottom)),
                None => (
                    (left + 0.08, TOP / 2.0),
                    anchored(14, HPos::Center, VPos::Center).transform(FontTransform::Rotate270),
                ),
            };
            chart.draw_series([Text::new(label, at, style)])?;
        }
        let below = chart.backend_coord(&(group as f64 + 0.5, 0.0));
        for (line, words) in halves(name).into_iter().enumerate() {
            let at = (below.0, below.1 + 10 + 18 * line as i32);
            area.draw(&Text::new(words, at, anchored(14, HPos::Center, VPos::Top)))?;
        }
    }
    for (index, clients) in CLIENTS.iter().enumerate() {
        let x = 84 + 130 * index as i32;
        area.draw(&Rectangle::new([(x, 84), (x + 16, 100)], SHADES[index].filled()))?;
        let noun = if *clients == 1 { "client" } else { "clients" };
        area.draw(&Text::new(format!("{clients} {noun}"), (x + 24, 85), text(14)))?;
    }
    area.draw(&Rectangle::new([(754, 84), (770, 100)], NEVER.mix(0.6).filled()))?;
    area.draw(&Text::new("never: not within 130 s", (778, 85), text(14)))?;
    area.present()?;
    Ok(())
}

/// Splits a name at its comma into two lines.
fn halves(name: &str) -> Vec<String> {
    let middle = name.match_indices(", ").next().map(|(at, _)| at + 1);
    match middle {
        Some(at) => vec![name[..at].to_owned(), name[at..].trim().to_owned()],
        None => vec![name.to_owned()],
    }
}
