//! Pages of lists: how many rows to read, and links to other pages.

use url::form_urlencoded::Serializer;

/// The number of rows to read for a page: one extra row shows whether there is a next page.
pub(super) fn with_next(limit: i32) -> i64 {
    i64::from(limit) + 1
}

/// Truncates the rows to the page. Returns the last row of the page if there is a next page.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: i32) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_next = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| has_next)
}

/// A `Link` to another page of a list (RFC 8288), with the same filters.
pub(super) struct Link {
    path: String,
    query: Serializer<'static, String>,
}

impl Link {
    /// A link to a page of the list at `path` with this many items.
    pub(super) fn to(path: impl Into<String>, limit: i32) -> Self {
        let link = Self {
            path: path.into(),
            query: Serializer::new(String::new()),
        };
        link.with("limit", [limit])
    }

    /// Adds a parameter, once for each value.
    pub(super) fn with<T: ToString>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        for value in values {
            self.query.append_pair(name, &value.to_string());
        }
        self
    }

    /// The header's value.
    pub(super) fn relation(mut self, relation: &str) -> String {
        let query = self.query.finish();
        format!("<{}?{query}>; rel=\"{relation}\"", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_the_parameters_that_were_given() {
        let link = Link::to("/orders", 20)
            .with("status", ["pending", "completed"])
            .with("customer_id", None::<i64>)
            .with("cursor", ["a&b"]);
        assert_eq!(
            link.relation("next"),
            "</orders?limit=20&status=pending&status=completed&cursor=a%26b>; rel=\"next\""
        );
    }

    #[test]
    fn the_extra_row_only_shows_that_there_is_a_next_page() {
        let mut rows = vec![1, 2, 3];
        assert_eq!(cut(&mut rows, 2).copied(), Some(2));
        assert_eq!(rows, [1, 2]);
        assert_eq!(cut(&mut rows, 2), None);
    }
}
