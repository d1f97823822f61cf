//! The results as a picture: the bars, and the throughputs.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::bars::{Bar, OURS, Side, bars};
use super::table::number;
use super::{Figure, Report};
use crate::stats::Spread;

const WIDTH: u32 = 900;
const ROW: i32 = 22;
const TITLE: i32 = 34;
/// The left end of the bars, and the length of the longest.
const LEFT: i32 = 400;
const LENGTH: f64 = 330.0;
/// The position of a target, as a share of that length.
const HALF: i32 = 165;
const GOOD: RGBColor = RGBColor(46, 125, 50);
const BAD: RGBColor = RGBColor(198, 40, 40);
const OTHER: RGBColor = RGBColor(144, 164, 174);

/// A bar of the picture.
struct Row {
    label: String,
    text: String,
    /// Length as a share of the longest, 0 to 1.
    share: f64,
    colour: RGBColor,
}

/// Draws it.
pub fn draw(report: &Report, file: &Path) -> Result<()> {
    let judged: Vec<Row> = bars(&report.figures).iter().map(judged).collect();
    let measured = throughputs(report);
    let rows = i32::try_from(judged.len() + measured.len())?;
    let height = u32::try_from(rows * ROW + 3 * TITLE)?;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    let drawn = || -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        let mut top = 8;
        let machine = &report.machine;
        let parts = [
            ("bars: the line is the target", judged, Some(LEFT + HALF)),
            (
                "throughput in 1/s, relative to the highest of each scenario",
                measured,
                None,
            ),
        ];
        for (title, rows, line) in parts {
            area.draw(&Text::new(title, (10, top), ("sans-serif", 16).into_font()))?;
            top += TITLE - 8;
            let first = top;
            for row in rows {
                draw_row(&area, &row, top)?;
                top += ROW;
            }
            if let Some(line) = line {
                let ends = [(line, first - 4), (line, top)];
                area.draw(&PathElement::new(ends, BLACK.stroke_width(1)))?;
            }
            top += 8;
        }
        let source = format!(
            "{} at {}, {} cores",
            machine.commit, machine.at, machine.cores
        );
        area.draw(&Text::new(
            source,
            (10, top),
            ("sans-serif", 11).into_font(),
        ))?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

fn draw_row(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    row: &Row,
    top: i32,
) -> Result<(), Box<dyn std::error::Error>> {
    let style = ("sans-serif", 12).into_font().color(&BLACK);
    let right = style.pos(Pos::new(HPos::Right, VPos::Top));
    area.draw(&Text::new(row.label.clone(), (LEFT - 8, top + 2), right))?;
    #[allow(clippy::cast_possible_truncation)] // a few hundred
    let length = (row.share.clamp(0.0, 1.0) * LENGTH) as i32;
    let corners = [(LEFT, top), (LEFT + length.max(1), top + ROW - 6)];
    area.draw(&Rectangle::new(corners, row.colour.filled()))?;
    let style = ("sans-serif", 12).into_font().color(&BLACK);
    area.draw(&Text::new(
        row.text.clone(),
        (LEFT + length + 6, top + 2),
        style,
    ))?;
    Ok(())
}

/// The full length is twice the target.
fn judged(bar: &Bar) -> Row {
    let sign = match bar.side {
        Side::Above => '≥',
        Side::Below => '≤',
    };
    Row {
        label: bar.name.clone(),
        text: format!(
            "{} {} ({sign} {})",
            number(bar.value.median),
            bar.unit,
            number(bar.limit)
        ),
        share: bar.value.median / bar.limit / 2.0,
        colour: if bar.is_met() { GOOD } else { BAD },
    }
}

fn throughputs(report: &Report) -> Vec<Row> {
    let of = |scenario: &str| -> Vec<&Figure> {
        let figures = report.figures.iter();
        figures
            .filter(|figure| figure.scenario == scenario && figure.unit == "1/s")
            .collect()
    };
    let median = |figure: &Figure| Spread::of(&figure.samples).map_or(0.0, |spread| spread.median);
    let row = |figure: &Figure| {
        let all = of(&figure.scenario);
        let longest = all
            .into_iter()
            .map(median)
            .fold(f64::MIN_POSITIVE, f64::max);
        Row {
            label: format!(
                "{}: {}, {}",
                figure.scenario, figure.subject, figure.measure
            ),
            text: number(median(figure)),
            share: median(figure) / longest,
            colour: if figure.subject == OURS { GOOD } else { OTHER },
        }
    };
    let figures = report.figures.iter();
    figures
        .filter(|figure| figure.unit == "1/s")
        .map(row)
        .collect()
}
