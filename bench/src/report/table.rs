//! The results on a page.

use super::bars::{Bar, Side, bars};
use super::compare::{change, difference};
use super::store::accepted;
use super::{Figure, Report};
use crate::stats::Spread;

use std::path::Path;

use anyhow::Result;

/// Prints the results: every figure with its spread and its change, then the bars.
#[allow(clippy::print_stdout)] // what the program is for
pub fn print(report: &Report, folder: &Path) -> Result<()> {
    let accepted = accepted(folder)?;
    let machine = &report.machine;
    println!(
        "\n{} at {}, {} × {}, Linux {}",
        machine.commit, machine.at, machine.cores, machine.processor, machine.kernel
    );
    match &accepted {
        None => println!("nothing has been accepted yet to compare with"),
        Some(accepted) => {
            let machine = &accepted.machine;
            println!("change: against {} of {}", machine.commit, machine.at);
            if let Some(difference) = difference(report, accepted) {
                println!("  but {difference}");
            }
        }
    }
    if report.quick {
        println!("a quick run: it shows that everything works, not how fast it is");
    }
    let mut scenario = "";
    for (index, figure) in report.figures.iter().enumerate() {
        if figure.scenario != scenario {
            scenario = &figure.scenario;
            println!(
                "\n{scenario:<50} {:>12} {:>25} {:>9}",
                "median", "min – max", "change"
            );
        }
        println!("{}", row(figure, change(report, accepted.as_ref(), index)));
    }
    println!("\n{:<62} {:>10} {:>10}", "bars", "median", "bar");
    for bar in bars(&report.figures) {
        println!("{}", verdict(&bar));
    }
    for failure in &report.failures {
        println!("FAILED {failure}");
    }
    Ok(())
}

fn row(figure: &Figure, change: Option<f64>) -> String {
    let name = format!("{}: {}", figure.subject, figure.measure);
    let change = change.map_or_else(String::new, |change| format!("{:+.1} %", change * 100.0));
    let Some(Spread { median, min, max }) = Spread::of(&figure.samples) else {
        return format!("  {name:<48} nothing");
    };
    let median = format!("{} {}", number(median), figure.unit);
    let range = match figure.samples.len() {
        1 => String::new(),
        _ => format!("{} – {}", number(min), number(max)),
    };
    format!("  {name:<48} {median:>14} {range:>23} {change:>9}")
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

/// Three figures that count, or all before the point.
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
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_say_something() {
        let shown: Vec<String> = [12345.6, 99.94, 1.234, 0.0426].map(number).into();
        assert_eq!(shown, ["12346", "99.9", "1.23", "0.043"]);
    }

    #[test]
    fn a_missed_bar_cannot_be_overlooked() {
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
