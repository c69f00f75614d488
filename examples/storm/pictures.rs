//! Shared by the three charts.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{accidents, breakers, outage};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// Formats the numbers of an axis.
type Format<'a> = &'a dyn Fn(&f64) -> String;

/// The palette of Okabe and Ito, which people with colour blindness can distinguish.
pub(crate) const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 0, 0),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(148, 133, 20),
    RGBColor(0, 114, 178),
];

const FONT: &str = "DejaVu Sans, Arial, sans-serif";

/// Draws the three charts into a folder.
pub(crate) fn write(
    folder: &Path,
    outage: &[outage::Row],
    accidents: &[accidents::Row],
    breakers: &[breakers::Row],
) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    super::bars::draw(&folder.join("outage.svg"), outage)?;
    super::lines::accidents(&folder.join("accidents.svg"), accidents)?;
    super::lines::breakers(&folder.join("breakers.svg"), breakers)
}

/// Draws a title and a line of explanation on a white page; returns the rest of the area.
pub(crate) fn page<'a>(page: &Area<'a>, title: &str, explanation: &str) -> Result<Area<'a>> {
    page.fill(&WHITE)?;
    page.draw(&Text::new(title.to_owned(), (24, 16), text(22)))?;
    page.draw(&Text::new(explanation.to_owned(), (24, 46), text(14)))?;
    Ok(page.margin(76, 12, 16, 16))
}

/// A text style of this size.
pub(crate) fn text(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().into()
}

/// A text style anchored to a point.
pub(crate) fn anchored(size: u32, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    text(size).pos(Pos::new(horizontal, vertical))
}

/// Draws the axes with their units, and only horizontal grid lines.
pub(crate) fn axes(
    chart: &mut Chart<'_, '_>,
    words: (&str, &str),
    labels: (usize, usize),
    format: (Format<'_>, Format<'_>),
) -> Result<()> {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.15))
        .x_desc(words.0)
        .y_desc(words.1)
        .x_labels(labels.0)
        .y_labels(labels.1)
        .x_label_formatter(format.0)
        .y_label_formatter(format.1)
        .axis_desc_style(text(15))
        .label_style(text(14))
        .draw()?;
    Ok(())
}
