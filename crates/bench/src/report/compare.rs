//! Changes since the accepted run.

use super::{Figure, Report};
use crate::stats::Spread;

/// The relative change of a figure's median: 0.1 is a tenth more. `None` if the accepted run does
/// not have the figure.
pub fn change(figure: &Figure, accepted: Option<&Report>) -> Option<f64> {
    let Figure {
        scenario,
        subject,
        measure,
        ..
    } = figure;
    let before = accepted?.figures.spread(scenario, subject, measure)?.median;
    let after = Spread::of(&figure.samples)?.median;
    (before != 0.0).then(|| after / before - 1.0)
}

/// Why the two runs are not comparable, if they are not.
pub fn difference(now: &Report, accepted: &Report) -> Option<String> {
    let (ours, theirs) = (&now.machine, &accepted.machine);
    if (&ours.processor, ours.cores) != (&theirs.processor, theirs.cores) {
        return Some(format!(
            "the accepted run was on another machine: {} × {}",
            theirs.cores, theirs.processor
        ));
    }
    if now.quick != accepted.quick {
        return Some("one of the two runs was a quick run".to_owned());
    }
    // Other builds share its database and its cores, even when it is not their turn.
    (!now.builds.is_empty()).then(|| {
        format!(
            "other builds ran at the same time: {}",
            now.builds.join(", ")
        )
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Figures, Machine};
    use super::*;

    pub fn report(throughputs: &[f64]) -> Report {
        let mut figures = Figures::default();
        for throughput in throughputs {
            figures.add("read", "service", "throughput", "1/s", *throughput);
        }
        Report {
            machine: Machine {
                at: "2026-11-23T00:00:00Z".into(),
                commit: "abc".into(),
                processor: "fast".into(),
                cores: 2,
                kernel: "6".into(),
            },
            quick: false,
            scenarios: vec!["read".into()],
            failures: Vec::new(),
            builds: Vec::new(),
            figures,
        }
    }

    fn changed(now: &[f64], accepted: Option<&Report>) -> Option<f64> {
        report(now)
            .figures
            .iter()
            .next()
            .and_then(|figure| change(figure, accepted))
    }

    #[test]
    fn a_change_compares_medians() {
        let share = changed(&[10.0, 110.0, 500.0], Some(&report(&[100.0])));
        assert!(share.is_some_and(|share| (share - 0.1).abs() < 1e-9));
    }

    #[test]
    fn a_new_figure_has_no_change() {
        assert_eq!(changed(&[10.0], Some(&report(&[]))), None);
        assert_eq!(changed(&[10.0], None), None);
    }

    #[test]
    fn a_difference_names_the_other_machine() {
        let (now, mut accepted) = (report(&[1.0]), report(&[1.0]));
        assert_eq!(difference(&now, &accepted), None);
        accepted.machine.cores = 64;
        assert!(difference(&now, &accepted).is_some_and(|text| text.contains("64 × fast")));
    }
}
