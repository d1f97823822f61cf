//! SQL that Diesel's query builder cannot express, prepared once per connection. Diesel prepares
//! its own `sql_query` every time.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

/// A statement with consecutive parameters, separated by commas. Rows are read by name.
pub(super) struct Prepared<P> {
    before: &'static str,
    parameters: P,
    after: &'static str,
}

/// `before`, the parameters (a tuple of values from `into_sql`), `after`.
pub(super) fn prepared<P>(before: &'static str, parameters: P, after: &'static str) -> Prepared<P> {
    Prepared {
        before,
        parameters,
        after,
    }
}

impl<P: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<P> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.before);
        self.parameters.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

/// Identified by its text.
impl<P> QueryId for Prepared<P> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<P> Query for Prepared<P> {
    type SqlType = Untyped;
}
