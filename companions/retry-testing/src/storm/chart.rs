//! The picture of a storm: the load of the server and the share of calls that succeed, over time.
//!
//! A picture has a title and a description for those who cannot see it, no script, and lines that differ by their dashes and not
//! by their colours alone.

use std::fmt::Write;

use super::report::{Row, Storm};
use super::text::number;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 660.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;

/// More points than that are not told apart.
const MOST_POINTS: usize = 480;

/// The dashes of the lines, in the order of the rows.
const DASHES: [&str; 4] = ["none", "7 4", "2 4", "12 4 2 4"];

/// The palette of Okabe and Ito, which people with colour blindness can distinguish; lighter on a dark background.
const STYLE: &str = "\
.storm-page{fill:#fff}.storm-text{fill:#1a212b}.storm-muted{fill:#5a6675}.storm-grid{stroke:#dde2e9}.storm-axis{stroke:#5a6675}\
.storm-stall{fill:#c63a31;fill-opacity:.12}\
.storm-0{stroke:#0072b2}.storm-1{stroke:#00795a}.storm-2{stroke:#b5530a}.storm-3{stroke:#1a212b}\
@media (prefers-color-scheme:dark){.storm-page{fill:#14171c}.storm-text{fill:#e4e8ee}.storm-muted{fill:#9aa6b5}\
.storm-grid{stroke:#303742}.storm-axis{stroke:#9aa6b5}.storm-stall{fill:#f0766d;fill-opacity:.16}\
.storm-0{stroke:#6cb8ee}.storm-1{stroke:#4fd0a4}.storm-2{stroke:#f0a05a}.storm-3{stroke:#e4e8ee}}";

/// One of the two charts of the picture.
struct Panel {
    top: f64,
    height: f64,
    title: &'static str,
    most: f64,
    step: f64,
    unit: &'static str,
}

impl Storm {
    /// The picture as a file: an SVG with colours for light and dark screens.
    ///
    /// ```
    /// use retry_testing::storm::{Outage, Scheme, simulate};
    /// use std::time::Duration;
    ///
    /// let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(30));
    /// let svg = simulate(&outage, &[Scheme::no_retries()])?.svg();
    /// assert!(svg.starts_with("<svg xmlns=") && svg.contains("prefers-color-scheme"));
    /// # Ok::<(), retry_testing::storm::StormError>(())
    /// ```
    pub fn svg(&self) -> String {
        self.picture(&format!(
            "<style>{STYLE}</style><rect class=\"storm-page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>"
        ))
    }

    /// The picture for a page that has a style for its classes: `storm-text`, `storm-muted`, `storm-grid`, `storm-axis`,
    /// `storm-stall`, and `storm-0` to `storm-3` for the lines.
    pub fn svg_for_page(&self) -> String {
        self.picture("")
    }

    fn picture(&self, style: &str) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-labelledby=\"storm-title storm-desc\" font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\">"
        );
        let title = "Load and successes during an outage, by retry policy";
        let _ = write!(svg, "<title id=\"storm-title\">{title}</title>");
        let _ =
            write!(svg, "<desc id=\"storm-desc\">{}</desc>{style}", escaped(&self.description()));
        text(
            &mut svg,
            (LEFT, 28.0),
            "storm-text",
            "start",
            "font-size=\"18\" font-weight=\"600\"",
            title,
        );
        text(&mut svg, (LEFT, 50.0), "storm-muted", "start", "", &self.headline());
        self.legend(&mut svg);
        let peak = self.rows.iter().flat_map(|row| &row.load).max().copied().unwrap_or_default();
        let (most, step) = nice(peak as f64);
        let load = Panel {
            top: 128.0,
            height: 250.0,
            title: "requests a second that reach the server",
            most,
            step,
            unit: "",
        };
        let success = Panel {
            top: 432.0,
            height: 150.0,
            title: "calls that succeed, by the second in which they are made",
            most: 100.0,
            step: 25.0,
            unit: " %",
        };
        self.panel(&mut svg, &load, |row| row.load.iter().map(|load| *load as f64).collect());
        self.capacity(&mut svg, &load);
        self.panel(&mut svg, &success, |row| {
            row.success.iter().map(|share| share * 100.0).collect()
        });
        let middle = LEFT + (WIDTH - LEFT - RIGHT) / 2.0;
        text(
            &mut svg,
            (middle, HEIGHT - 26.0),
            "storm-muted",
            "middle",
            "",
            "seconds from the beginning of the stall",
        );
        svg + "</svg>\n"
    }

    /// The picture in words.
    fn description(&self) -> String {
        let mut words = format!("{}.", self.headline());
        for row in &self.rows {
            let _ = write!(
                words,
                " {}: recovered {}, {} of {} calls failed, {:.2} attempts per call, at most {} requests a second.",
                row.name,
                self.recovered(row),
                row.failed,
                row.calls,
                row.amplification,
                row.peak
            );
        }
        words
    }

    /// A stroke and a name for each line.
    fn legend(&self, svg: &mut String) {
        let width = (WIDTH - LEFT - RIGHT) / self.rows.len().max(4) as f64;
        for (at, row) in self.rows.iter().enumerate() {
            let x = LEFT + width * at as f64;
            line(svg, at, &format!("M{x:.1} 76h28"));
            // Names of operations may be long.
            let most = (width / 7.5) as usize - 5;
            let mut name: String = row.name.chars().take(most).collect();
            if row.name.chars().count() > most {
                name.push('…');
            }
            text(svg, (x + 36.0, 81.0), "storm-text", "start", "", &name);
        }
    }

    fn panel(&self, svg: &mut String, panel: &Panel, values: impl Fn(&Row) -> Vec<f64>) {
        let (right, bottom) = (WIDTH - RIGHT, panel.top + panel.height);
        text(
            svg,
            (LEFT, panel.top - 12.0),
            "storm-text",
            "start",
            "font-weight=\"600\"",
            panel.title,
        );
        let stall = (self.x(0.0), self.x(self.outage.stall.as_secs_f64()));
        let _ = write!(
            svg,
            "<rect class=\"storm-stall\" x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>",
            stall.0,
            panel.top,
            (stall.1 - stall.0).max(1.0),
            panel.height
        );
        text(
            svg,
            (stall.0 + 3.0, panel.top + 14.0),
            "storm-muted",
            "start",
            "font-size=\"11\"",
            "stall",
        );
        let mut value = 0.0;
        while value <= panel.most {
            let y = panel.y(value);
            let _ = write!(svg, "<path class=\"storm-grid\" d=\"M{LEFT} {y:.1}H{right}\"/>");
            let label = format!("{}{}", number(value), panel.unit);
            text(svg, (LEFT - 8.0, y + 4.0), "storm-muted", "end", "", &label);
            value += panel.step;
        }
        let (from, to) = self.times();
        let (_, step) = nice((to - from) / 2.0);
        let mut at = (from / step).ceil() as i64;
        while at as f64 * step <= to {
            let (second, x) = (at as f64 * step, self.x(at as f64 * step));
            let _ = write!(svg, "<path class=\"storm-axis\" d=\"M{x:.1} {bottom}v5\"/>");
            text(svg, (x, bottom + 20.0), "storm-muted", "middle", "", &number(second));
            at += 1;
        }
        // The first line has no dashes, so the others are drawn over it.
        for (at, row) in self.rows.iter().enumerate() {
            let mut path = String::new();
            for (x, value) in self.points(&values(row)) {
                let y = panel.y(value);
                let command = if path.is_empty() { 'M' } else { 'L' };
                let _ = write!(path, "{command}{x:.1} {y:.1}");
            }
            line(svg, at, &path);
        }
    }

    fn capacity(&self, svg: &mut String, panel: &Panel) {
        let y = panel.y(f64::from(self.outage.capacity));
        if y < panel.top {
            return;
        }
        let right = WIDTH - RIGHT;
        let _ = write!(
            svg,
            "<path class=\"storm-axis\" stroke-dasharray=\"1 3\" d=\"M{LEFT} {y:.1}H{right}\"/>"
        );
        text(
            svg,
            (right, y - 5.0),
            "storm-muted",
            "end",
            "font-size=\"11\"",
            "the server's capacity",
        );
    }

    /// The points of a line: means of as many seconds as there are points too many.
    fn points(&self, values: &[f64]) -> Vec<(f64, f64)> {
        let step = values.len().div_ceil(MOST_POINTS).max(1);
        let points = values.chunks(step).enumerate().map(|(at, chunk)| {
            let middle = (at * step) as f64 + chunk.len() as f64 / 2.0;
            let mean = chunk.iter().sum::<f64>() / chunk.len() as f64;
            (self.x(middle + self.from_s as f64), mean)
        });
        points.collect()
    }

    fn times(&self) -> (f64, f64) {
        let end = self.outage.stall + self.outage.watch;
        (self.from_s as f64, end.as_secs_f64())
    }

    fn x(&self, second: f64) -> f64 {
        let (from, to) = self.times();
        LEFT + (WIDTH - LEFT - RIGHT) * (second - from) / (to - from)
    }
}

impl Panel {
    fn y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - value.min(self.most) / self.most)
    }
}

/// A round number that is not less, and a step that divides it into few parts.
fn nice(most: f64) -> (f64, f64) {
    let rough = most.max(1.0) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|of| of * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    ((most.max(1.0) / step).ceil() * step, step)
}

fn line(svg: &mut String, at: usize, path: &str) {
    let (class, dashes) = (at % DASHES.len(), DASHES[at % DASHES.len()]);
    let width = if at == 0 { 2.6 } else { 1.8 };
    let _ = write!(
        svg,
        "<path class=\"storm-{class}\" fill=\"none\" stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\" stroke-linejoin=\"round\" d=\"{path}\"/>"
    );
}

fn text(svg: &mut String, at: (f64, f64), class: &str, anchor: &str, more: &str, words: &str) {
    let (x, y) = at;
    let _ = write!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{}</text>",
        escaped(words)
    );
}

/// A text as XML; characters that XML does not have are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            sign if sign.is_control() => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_round_and_not_less_than_the_value() {
        assert_eq!(nice(3400.0), (4000.0, 1000.0));
        assert_eq!(nice(700.0), (800.0, 200.0));
        assert_eq!(nice(0.0), (1.0, 0.2));
    }

    #[test]
    fn a_name_is_text_and_no_markup() {
        assert_eq!(escaped("a<b & \"c\"\u{1b}"), "a&lt;b &amp; &quot;c&quot;");
    }
}
