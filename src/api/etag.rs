//! Entity tags (RFC 9110, section 8.8.3): the version of an order, in quotes.

use actix_web::http::header::EntityTag;

use crate::db::Precondition;

/// The entity tag of a version.
pub(super) fn of(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether `If-None-Match` contains this version. The comparison is weak (section 13.1.2).
pub(super) fn matches(header: &str, version: i64) -> bool {
    let ours = version.to_string();
    header.trim() == "*" || tags(header).any(|tag| tag.tag() == ours)
}

/// The precondition of `If-Match`. The comparison is strong: a weak tag matches nothing (section
/// 13.1.1).
pub(super) fn precondition(header: Option<&str>) -> Precondition {
    match header {
        None => Precondition::None,
        // An existing order matches `*`; a missing one is a 404 anyway.
        Some(header) if header.trim() == "*" => Precondition::None,
        Some(header) => Precondition::Version(
            tags(header)
                .filter(|tag| !tag.weak)
                .filter_map(|tag| {
                    let version: i64 = tag.tag().parse().ok()?;
                    (version.to_string() == tag.tag()).then_some(version)
                })
                .collect(),
        ),
    }
}

fn tags(header: &str) -> impl Iterator<Item = EntityTag> {
    // A foreign tag may contain a comma but never a quote, so its parts cannot be mistaken for our
    // tags.
    header.split(',').filter_map(|tag| tag.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_compares_weakly() {
        for header in ["*", "\"3\"", "W/\"3\"", "\"1\", \"3\"", "\"1\",W/\"3\""] {
            assert!(matches(header, 3), "{header}");
        }
        for header in ["\"4\"", "\"33\"", "3", "\"\""] {
            assert!(!matches(header, 3), "{header}");
        }
    }

    #[test]
    fn if_match_compares_strongly() {
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
