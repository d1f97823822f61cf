//! Results in files: those of the last run, and the accepted ones.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Report, plot};

const LATEST: &str = "latest";
const ACCEPTED: &str = "accepted";

/// Writes the results of a run, and its plot.
pub fn keep(report: &Report, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let text = serde_json::to_string_pretty(report)? + "\n";
    fs::write(folder.join(LATEST).with_extension("json"), text)?;
    plot::draw(report, &folder.join(LATEST).with_extension("svg"))
}

/// The accepted results; `None` if there are none yet.
pub fn accepted(folder: &Path) -> Result<Option<Report>> {
    let file = folder.join(ACCEPTED).with_extension("json");
    if file.exists() {
        read(&file).map(Some)
    } else {
        Ok(None)
    }
}

/// Accepts the results of the last run, if they are complete and reliable.
pub fn accept(folder: &Path, scenarios: &[String]) -> Result<()> {
    let latest = read(&folder.join(LATEST).with_extension("json"))?;
    require_worth(&latest, scenarios)?;
    for extension in ["json", "svg"] {
        let from = folder.join(LATEST).with_extension(extension);
        let to = folder.join(ACCEPTED).with_extension(extension);
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn require_worth(latest: &Report, scenarios: &[String]) -> Result<()> {
    if latest.quick {
        bail!("the last run was a quick run: its figures are not reliable, run without --quick");
    }
    if !latest.failures.is_empty() {
        bail!(
            "scenarios of the last run failed: {}",
            latest.failures.join("; ")
        );
    }
    if !latest.builds.is_empty() {
        bail!(
            "other builds ran at the same time: {}",
            latest.builds.join(", ")
        );
    }
    let missing: Vec<&str> = scenarios
        .iter()
        .filter(|scenario| !latest.scenarios.contains(scenario))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        bail!("the last run was without {}", missing.join(", "));
    }
    Ok(())
}

fn read(file: &Path) -> Result<Report> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a report", file.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::compare::tests::report;
    use super::*;

    #[test]
    fn only_a_complete_run_is_accepted() {
        let mut latest = report(&[1.0]);
        let all = ["read".to_owned()];
        assert!(require_worth(&latest, &all).is_ok());
        let more = ["read".to_owned(), "list".to_owned()];
        let error = require_worth(&latest, &more).unwrap_err().to_string();
        assert!(error.contains("without list"), "{error}");
        latest.failures.push("read: no".into());
        assert!(require_worth(&latest, &all).is_err());
        latest.failures.clear();
        latest.quick = true;
        assert!(require_worth(&latest, &all).is_err());
        latest.quick = false;
        latest.builds.push("other".into());
        assert!(require_worth(&latest, &all).is_err());
    }

    #[test]
    fn a_stored_report_is_read_back_unchanged() {
        let written = report(&[1.5, 2.25]);
        let text = serde_json::to_string(&written).unwrap();
        let read: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(read.figures, written.figures);
    }
}
