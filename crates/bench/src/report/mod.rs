//! The figures, and their output and storage.

pub mod bars;
mod compare;
mod machine;
mod plot;
mod store;
mod table;

use serde::{Deserialize, Serialize};

pub use machine::Machine;
pub use store::{accept, accepted, keep};
pub use table::print;

use crate::stats::Spread;

/// A figure, with a sample for each round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The scenario.
    pub scenario: String,
    /// The subject: the service or a reference.
    pub subject: String,
    /// The measure.
    pub measure: String,
    /// The unit.
    pub unit: String,
    /// The samples, in order.
    pub samples: Vec<f64>,
}

/// All figures, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a sample.
    pub fn add(&mut self, scenario: &str, subject: &str, measure: &str, unit: &str, sample: f64) {
        if let Some(figure) = self.position(scenario, subject, measure)
            && let Some(known) = self.0.get_mut(figure)
        {
            known.samples.push(sample);
            return;
        }
        self.0.push(Figure {
            scenario: scenario.into(),
            subject: subject.into(),
            measure: measure.into(),
            unit: unit.into(),
            samples: vec![sample],
        });
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter()
    }

    /// The samples of one.
    pub fn samples(&self, scenario: &str, subject: &str, measure: &str) -> Option<&[f64]> {
        let figure = self.0.get(self.position(scenario, subject, measure)?)?;
        Some(&figure.samples)
    }

    /// The median and range of one.
    pub fn spread(&self, scenario: &str, subject: &str, measure: &str) -> Option<Spread> {
        Spread::of(self.samples(scenario, subject, measure)?)
    }

    /// The ratio of two subjects, computed per round.
    pub fn ratio(&self, scenario: &str, of: &str, to: &str, measure: &str) -> Option<Spread> {
        let (of, to) = (
            self.samples(scenario, of, measure)?,
            self.samples(scenario, to, measure)?,
        );
        let ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to).collect();
        Spread::of(&ratios)
    }

    fn position(&self, scenario: &str, subject: &str, measure: &str) -> Option<usize> {
        self.0.iter().position(|figure| {
            figure.scenario == scenario && figure.subject == subject && figure.measure == measure
        })
    }
}

/// A run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The machine and the commit.
    pub machine: Machine,
    /// Whether it was a quick run, whose figures are not reliable.
    pub quick: bool,
    /// Scenarios that were run.
    pub scenarios: Vec<String>,
    /// Scenarios that failed, and why.
    pub failures: Vec<String>,
    /// Other builds of the service that ran at the same time.
    #[serde(default)]
    pub builds: Vec<String>,
    /// The figures.
    pub figures: Figures,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_computed_per_round() {
        let mut figures = Figures::default();
        // The machine was slow in the second round, for both.
        for (ours, other) in [(300.0, 100.0), (30.0, 10.0), (200.0, 100.0)] {
            figures.add("read", "ours", "throughput", "1/s", ours);
            figures.add("read", "other", "throughput", "1/s", other);
        }
        let ratio = figures
            .ratio("read", "ours", "other", "throughput")
            .unwrap();
        assert_eq!((ratio.median, ratio.min, ratio.max), (3.0, 2.0, 3.0));
        assert_eq!(figures.iter().count(), 2);
        assert_eq!(figures.ratio("read", "ours", "nobody", "throughput"), None);
    }
}
