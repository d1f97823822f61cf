//! Entity tags (RFC 9110, section 8.8.3): the version of an order, in quotes.

use crate::db::Precondition;

/// The tag of a version.
pub(super) fn of(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether `If-None-Match` names this version. The comparison is weak (section 13.1.2).
pub(super) fn none_match_names(header: &str, version: i64) -> bool {
    header.trim() == "*" || tags(header).any(|(_, tag)| tag == of(version))
}

/// What `If-Match` demands. The comparison is strong: a weak tag matches nothing (section 13.1.1).
pub(super) fn precondition(header: Option<&str>) -> Precondition {
    match header {
        None => Precondition::None,
        // An order that is there matches `*`; one that is not is a 404 either way.
        Some(header) if header.trim() == "*" => Precondition::None,
        Some(header) => Precondition::Version(
            tags(header)
                .filter(|(weak, _)| !weak)
                .filter_map(|(_, tag)| {
                    let version = tag.trim_matches('"').parse().ok()?;
                    (of(version) == tag).then_some(version)
                })
                .collect(),
        ),
    }
}

fn tags(header: &str) -> impl Iterator<Item = (bool, &str)> {
    // Ours are digits in quotes, and the contract allows no quote inside of a tag: a comma inside of
    // a foreign one never makes one of ours.
    header
        .split(',')
        .map(str::trim)
        .map(|tag| match tag.strip_prefix("W/") {
            Some(tag) => (true, tag),
            None => (false, tag),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_match_is_weak() {
        for header in ["*", "\"3\"", "W/\"3\"", "\"1\", \"3\"", "\"1\",W/\"3\""] {
            assert!(none_match_names(header, 3), "{header}");
        }
        for header in ["\"4\"", "\"33\"", "3", "\"\""] {
            assert!(!none_match_names(header, 3), "{header}");
        }
    }

    #[test]
    fn match_is_strong() {
        assert_eq!(precondition(None), Precondition::None);
        assert_eq!(precondition(Some("*")), Precondition::None);
        assert_eq!(
            precondition(Some("\"1\", W/\"2\", \"3\"")),
            Precondition::Version(vec![1, 3])
        );
        assert_eq!(
            precondition(Some("\"x\", \"+1\", \"01\"")),
            Precondition::Version(vec![])
        );
    }
}
