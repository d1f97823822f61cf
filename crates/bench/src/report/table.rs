//! The results as a table.

use super::bars::{Bar, OURS, Side, bars};
use super::compare::{change, difference};
use super::{Figure, Figures, Report};
use crate::stats::Spread;

const NAME: usize = 40;
const COLUMN: usize = 30;
/// The measures by which the service is compared with other subjects.
const COMPARED: [&str; 4] = ["throughput", "orders", "p50 GET", "p50 POST"];

/// Prints the results: every figure with its spread and its change since the accepted ones, then
/// ratios and bars.
#[allow(clippy::print_stdout)] // the output of the program
pub fn print(report: &Report, accepted: Option<&Report>) {
    for line in heading(report, accepted) {
        println!("{line}");
    }
    for scenario in different(report.figures.iter().map(|figure| &figure.scenario)) {
        println!();
        for line in matrix(&report.figures, accepted, scenario) {
            println!("{line}");
        }
    }
    println!("\n{:<62} {:>10}  min – max", "ratios", "median");
    for line in ratios(&report.figures) {
        println!("{line}");
    }
    println!("\n{:<62} {:>10} {:>11}", "bars", "median", "bar");
    for bar in bars(&report.figures) {
        println!("{}", verdict(&bar));
    }
    for failure in &report.failures {
        println!("FAILED {failure}");
    }
}

fn heading(report: &Report, accepted: Option<&Report>) -> Vec<String> {
    let machine = &report.machine;
    let mut lines = vec![format!(
        "{} at {}, {} × {}, Linux {}",
        machine.commit, machine.at, machine.cores, machine.processor, machine.kernel
    )];
    match accepted {
        None => lines.push("there are no accepted results to compare with".into()),
        Some(accepted) => {
            let machine = &accepted.machine;
            lines.push(format!(
                "changes in % are against {} of {}",
                machine.commit, machine.at
            ));
            lines.extend(difference(report, accepted).map(|text| format!("  but {text}")));
        }
    }
    if report.quick {
        lines.push(
            "a quick run: it tests that everything works, but the figures are not reliable".into(),
        );
    }
    lines.push("times are in ms; cpu is µs for each request, memory is MiB".into());
    lines
}

/// A line for each measure, a column for each subject.
fn matrix(figures: &Figures, accepted: Option<&Report>, scenario: &str) -> Vec<String> {
    let own = || figures.iter().filter(|figure| figure.scenario == scenario);
    let subjects = different(own().map(|figure| &figure.subject));
    let heads: String = subjects
        .iter()
        .map(|subject| format!("{subject:>COLUMN$}"))
        .collect();
    let mut lines = vec![format!("{scenario:<NAME$}{heads}")];
    for measure in different(own().map(|figure| &figure.measure)) {
        let cells: String = subjects
            .iter()
            .map(|subject| {
                let mut one = own();
                let figure =
                    one.find(|figure| figure.subject == **subject && figure.measure == **measure);
                let text = figure.map_or_else(String::new, |figure| cell(figure, accepted));
                format!("{text:>COLUMN$}")
            })
            .collect();
        lines.push(format!("  {measure:<0$}{cells}", NAME - 2));
    }
    lines
}

fn cell(figure: &Figure, accepted: Option<&Report>) -> String {
    let Some(spread) = Spread::of(&figure.samples) else {
        return String::new();
    };
    let mut text = number(spread.median);
    if figure.samples.len() > 1 {
        text += &format!(" ({}–{})", number(spread.min), number(spread.max));
    }
    if let Some(change) = change(figure, accepted) {
        text += &format!(" {:+.0} %", change * 100.0);
    }
    text
}

/// The service compared with other subjects, per round.
fn ratios(figures: &Figures) -> Vec<String> {
    let others = figures
        .iter()
        .filter(|figure| figure.subject != OURS && COMPARED.contains(&figure.measure.as_str()));
    others
        .filter_map(|other| {
            let Figure {
                scenario,
                subject,
                measure,
                ..
            } = other;
            let Spread { median, min, max } = figures.ratio(scenario, OURS, subject, measure)?;
            let name = format!("{scenario}: {measure} vs {subject}");
            let (median, min, max) = (number(median), number(min), number(max));
            Some(format!("  {name:<60} {median:>8} ×  {min} – {max}"))
        })
        .collect()
}

fn verdict(bar: &Bar) -> String {
    let sign = match bar.side {
        Side::Above => '≥',
        Side::Below => '≤',
    };
    let value = format!("{} {}", number(bar.value.median), bar.unit);
    let limit = format!("{sign} {} {}", number(bar.limit), bar.unit);
    let verdict = if bar.is_met() { "met" } else { "MISSED" };
    format!("  {:<60} {value:>10} {limit:>11}  {verdict}", bar.name)
}

/// Without duplicates, in the order of the first occurrence.
fn different<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// Three significant digits, or all before the decimal point.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::report;
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let shown: Vec<String> = [12345.6, 99.94, 1.234, 0.0426].map(number).into();
        assert_eq!(shown, ["12346", "99.9", "1.23", "0.043"]);
    }

    #[test]
    fn a_cell_shows_range_and_change() {
        let (now, accepted) = (report(&[10.0, 110.0, 500.0]), report(&[100.0]));
        let lines = matrix(&now.figures, Some(&accepted), "read");
        assert!(
            lines
                .iter()
                .any(|line| line.ends_with("110 (10.0–500) +10 %")),
            "{lines:?}"
        );
    }

    #[test]
    fn a_missed_bar_is_marked() {
        let bar = |median| Bar {
            name: "read".into(),
            unit: "×",
            value: Spread {
                median,
                min: median,
                max: median,
            },
            limit: 1.5,
            side: Side::Above,
        };
        assert!(verdict(&bar(1.49)).ends_with("MISSED"));
        assert!(verdict(&bar(1.5)).ends_with("  met"));
    }
}
