//! Entity tags (RFC 9110, section 8.8.3): the version of an order, in quotes.

use contract_runtime::Text;

use crate::db::Precondition;

/// The entity tag of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityTag(pub i64);

impl Text for EntityTag {
    const EXPECTED: &'static str = "a version in quotes";

    /// Any other text than that of `to_text` is a foreign tag.
    fn from_text(text: &str) -> Option<Self> {
        let version = text.strip_prefix('"')?.strip_suffix('"')?;
        let is_ours = version.starts_with(|first| matches!(first, '1'..='9'));
        version.parse().ok().filter(|_| is_ours).map(Self)
    }

    fn to_text(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

/// Whether `If-None-Match` contains this version. The comparison is weak (section 13.1.2).
pub(super) fn matches(header: &str, version: i64) -> bool {
    header.trim() == "*" || tags(header).any(|(tag, _)| tag == EntityTag(version))
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
                .filter(|(_, is_weak)| !is_weak)
                .map(|(tag, _)| tag.0)
                .collect(),
        ),
    }
}

/// Our tags, and whether each is weak.
fn tags(header: &str) -> impl Iterator<Item = (EntityTag, bool)> {
    // A foreign tag may contain a comma but never a quote, so its parts cannot be mistaken for our
    // tags.
    header.split(',').filter_map(|tag| {
        let tag = tag.trim();
        let weak = tag.strip_prefix("W/");
        let tag = EntityTag::from_text(weak.unwrap_or(tag))?;
        Some((tag, weak.is_some()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_compares_weakly() {
        for header in ["*", "\"3\"", "W/\"3\"", "\"1\", \"3\"", "\"1\",W/\"3\""] {
            assert!(matches(header, 3), "{header}");
        }
        for header in [
            "\"4\"",
            "\"33\"",
            "3",
            "\"\"",
            "\"",
            "W/",
            "\"03\"",
            "W/W/\"3\"",
        ] {
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
