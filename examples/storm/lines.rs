//! The charts of the second and third tables: lines over the share of failures.

use std::path::Path;

use plotters::prelude::*;

use super::pictures::{Area, COLOURS, Result, axes, page, text};
use super::schemes::{FIXED, UNLIMITED};
use super::{accidents, breakers};

/// A line with its name in the legend.
struct Line {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

/// The data and the scale of one chart.
struct Panel {
    axis: &'static str,
    unit: &'static str,
    digits: usize,
    from: f64,
    to: f64,
    right: f64,
    lines: Vec<Line>,
}

pub(crate) fn accidents(path: &Path, rows: &[accidents::Row]) -> Result<()> {
    // The lines of these two schemes are hidden by others: see the table.
    let shown = || rows.iter().filter(|(name, _)| ![FIXED, UNLIMITED].contains(name));
    let lines = |value: fn(&accidents::Result) -> f64| {
        let points = |results: &[accidents::Result]| {
            let failures = accidents::FAILURES.iter().map(|failures| 100.0 * failures);
            failures.zip(results.iter().map(value)).collect()
        };
        shown().map(|(name, results)| Line { name, points: points(results) }).collect::<Vec<_>>()
    };
    let area = SVGBackend::new(path, (1180, 600)).into_drawing_area();
    let body = page(
        &area,
        "Random failures: the benefit and the cost of retries",
        "700 calls/s from 30 clients, up to 3 retries with full jitter; failures do not depend on the load",
    )?;
    let names: Vec<_> = shown().map(|(name, _)| *name).collect();
    let (legend, charts) = body.split_vertically(60);
    entries(&legend, &names)?;
    let (left, right) = charts.split_horizontally(570);
    let (axis, unit) = ("successful calls", " %");
    let success = lines(|result| 100.0 * result.success);
    panel(
        &left,
        Panel { axis, unit, digits: 0, from: 0.0, to: 100.0, right: 100.0, lines: success },
    )?;
    let (axis, unit) = ("attempts per call", "×");
    let load = lines(|result| result.amplification);
    panel(&right, Panel { axis, unit, digits: 1, from: 1.0, to: 4.0, right: 100.0, lines: load })?;
    area.present()?;
    Ok(())
}

pub(crate) fn breakers(path: &Path, rows: &[breakers::Row]) -> Result<()> {
    let ideal = breakers::FAILURES.map(|failures| (100.0 * failures, 100.0 * (1.0 - failures)));
    let points = |passed: &[breakers::Passed]| {
        let successes = passed.iter().map(|passed| 100.0 * passed.success);
        breakers::FAILURES.iter().map(|failures| 100.0 * failures).zip(successes).collect()
    };
    let mut lines = vec![Line { name: "no breaker (ideal)", points: ideal.into() }];
    lines.extend(rows.iter().map(|(name, passed)| Line { name, points: points(passed) }));
    // The last point is the dead dependency, which is not drawn: the axis ends at 50 %.
    lines.iter_mut().for_each(|line| line.points.truncate(breakers::FAILURES.len() - 1));
    let area = SVGBackend::new(path, (980, 600)).into_drawing_area();
    let body = page(
        &area,
        "Circuit breakers: successful calls during random failures",
        "100 calls/s through one breaker, no retries; a breaker should open during outages, not because of random failures",
    )?;
    let names: Vec<_> = lines.iter().map(|line| line.name).collect();
    let (legend, chart) = body.split_vertically(60);
    entries(&legend, &names)?;
    let (axis, unit) = ("successful calls", " %");
    panel(&chart, Panel { axis, unit, digits: 0, from: 0.0, to: 100.0, right: 50.0, lines })?;
    area.present()?;
    Ok(())
}

/// Draws the legend: a stroke, a mark and a name for each line, four per row.
fn entries(area: &Area<'_>, names: &[&'static str]) -> Result<()> {
    let width = area.dim_in_pixel().0 as i32 / 4;
    for (index, name) in names.iter().enumerate() {
        let (x, y) = (56 + width * (index as i32 % 4), 12 + 24 * (index as i32 / 4));
        let colour = colour(index, names.len());
        area.draw(&PathElement::new([(x, y), (x + 28, y)], colour.stroke_width(3)))?;
        area.draw(&Circle::new((x + 14, y), 5, colour.filled()))?;
        area.draw(&Text::new(*name, (x + 36, y - 8), text(14)))?;
    }
    Ok(())
}

fn panel(area: &Area<'_>, panel: Panel) -> Result<()> {
    let Panel { axis, unit, digits, from, to, right, lines } = panel;
    let mut chart = ChartBuilder::on(area)
        .margin_right(24)
        .margin_top(12)
        .x_label_area_size(52)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..right, from..to)?;
    let (x, y) = (|x: &f64| format!("{x:.0} %"), |y: &f64| format!("{y:.digits$}{unit}"));
    axes(&mut chart, ("failing attempts", axis), (11, 11), (&x, &y))?;
    let count = lines.len();
    for (index, line) in lines.into_iter().enumerate() {
        let colour = colour(index, count);
        chart.draw_series([PathElement::new(line.points.clone(), colour.stroke_width(3))])?;
        let mark = |point| Circle::new(point, 5, colour.filled());
        chart.draw_series(line.points.into_iter().map(mark))?;
    }
    Ok(())
}

/// The last line is ours and always has the same colour.
fn colour(index: usize, count: usize) -> RGBColor {
    if index + 1 == count { COLOURS[COLOURS.len() - 1] } else { COLOURS[index] }
}
