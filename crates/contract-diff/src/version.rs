//! Checks the version number against the changes (Semantic Versioning 2.0.0).

use crate::{Level, Report};

/// Why the new version number does not fit the changes; `None` if it does.
pub(crate) fn fault(report: &Report) -> Option<String> {
    let worst = report.changes.iter().map(|change| change.level).min()?;
    let (Some(before), Some(after)) = (parts(&report.old_version), parts(&report.new_version))
    else {
        return Some("info.version must be MAJOR.MINOR.PATCH in both contracts".into());
    };
    let [major, minor, _] = before;
    let needed = match worst {
        Level::Breaking => [major.saturating_add(1), 0, 0],
        Level::Risky | Level::Compatible => [major, minor.saturating_add(1), 0],
    };
    (after < needed).then(|| {
        let [major, minor, patch] = needed;
        let what = match worst {
            Level::Breaking => "a breaking change",
            Level::Risky | Level::Compatible => "a change that clients can see",
        };
        format!(
            "{what} needs info.version {major}.{minor}.{patch} or more, and it is {}",
            report.new_version
        )
    })
}

fn parts(version: &str) -> Option<[u64; 3]> {
    // Pre-release and build metadata are not compared.
    let core = version.split(['-', '+']).next()?;
    let numbers: Vec<u64> = core
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Change;

    fn fault(old: &str, new: &str, level: Option<Level>) -> Option<String> {
        let change = |level| Change {
            rule: String::new(),
            level,
            subject: String::new(),
            at: String::new(),
            text: String::new(),
            note: None,
        };
        super::fault(&Report {
            old_version: old.into(),
            new_version: new.into(),
            changes: level.into_iter().map(change).collect(),
        })
    }

    #[test]
    fn the_version_must_fit_the_level_of_the_changes() {
        use Level::{Breaking, Compatible, Risky};
        assert_eq!(fault("1.2.3", "1.2.3", None), None);
        for (new, level, fits) in [
            ("1.2.3", Compatible, false),
            ("1.2.4", Compatible, false),
            ("1.3.0", Compatible, true),
            ("1.3.0", Risky, true),
            ("1.10.0", Breaking, false),
            ("2.0.0", Breaking, true),
            ("2.0.0-rc.1", Breaking, true),
            ("1.0.0", Compatible, false),
            ("two", Compatible, false),
        ] {
            assert_eq!(fault("1.2.3", new, Some(level)).is_none(), fits, "{new}");
        }
    }
}
