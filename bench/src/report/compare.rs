//! What has changed against the accepted run.

use super::Report;

/// By how much the middle of a figure has changed, as a share: 0.1 is a tenth more. `None` where the
/// accepted run does not have it.
pub fn change(now: &Report, accepted: Option<&Report>, index: usize) -> Option<f64> {
    let figure = now.figures.iter().nth(index)?;
    let spread = |report: &Report| {
        report
            .figures
            .spread(&figure.scenario, &figure.subject, &figure.measure)
    };
    let before = spread(accepted?)?.median;
    let after = spread(now)?.median;
    (before != 0.0).then(|| after / before - 1.0)
}

/// Why the two runs are hardly to be compared, if so.
pub fn difference(now: &Report, accepted: &Report) -> Option<String> {
    let (ours, theirs) = (&now.machine, &accepted.machine);
    if (&ours.processor, ours.cores) != (&theirs.processor, theirs.cores) {
        return Some(format!(
            "the accepted run was on another machine: {} × {}",
            theirs.cores, theirs.processor
        ));
    }
    (now.quick != accepted.quick).then(|| "one of the two runs was a quick one".to_owned())
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
            figures,
        }
    }

    #[test]
    fn a_change_is_one_of_the_middles() {
        let (now, accepted) = (report(&[10.0, 110.0, 500.0]), report(&[100.0]));
        let changed = change(&now, Some(&accepted), 0);
        assert!(changed.is_some_and(|changed| (changed - 0.1).abs() < 1e-9));
    }

    #[test]
    fn what_is_new_has_not_changed() {
        let now = report(&[10.0]);
        assert_eq!(change(&now, Some(&report(&[])), 0), None);
        assert_eq!(change(&now, None, 0), None);
    }

    #[test]
    fn another_machine_is_named() {
        let (now, mut accepted) = (report(&[1.0]), report(&[1.0]));
        assert_eq!(difference(&now, &accepted), None);
        accepted.machine.cores = 64;
        assert!(difference(&now, &accepted).is_some_and(|text| text.contains("64 × fast")));
    }
}
