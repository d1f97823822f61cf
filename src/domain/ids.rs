//! Ids as distinct types, so that they cannot be confused. In JSON and in the database they are
//! numbers.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

/// A text that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a whole number, 1 or more")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, AsExpression, FromSqlRow,
        )]
        #[serde(transparent)]
        #[diesel(sql_type = BigInt)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        /// Only the text that `Display` writes: no sign, no leading zero.
        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let id = text.parse().map_err(|_| NotAnId)?;
                text.starts_with(|first| matches!(first, '1'..='9'))
                    .then_some(Self(id))
                    .ok_or(NotAnId)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        contract_runtime::own_type!($name as i64);

        impl FromSql<BigInt, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                FromSql::<BigInt, Pg>::from_sql(value).map(Self)
            }
        }

        impl ToSql<BigInt, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<BigInt, Pg>::to_sql(&self.0, out)
            }
        }
    )*};
}

ids! {
    /// The id of an order, 1 or more.
    OrderId;
    /// The id of a customer, 1 or more.
    CustomerId;
}

#[cfg(test)]
mod tests {
    use contract_runtime::Text;

    use super::*;

    #[test]
    fn only_what_is_written_is_read() {
        for id in [1, 10, 42, i64::MAX] {
            assert_eq!(id.to_string().parse(), Ok(OrderId(id)));
        }
        for text in [
            "",
            " ",
            "0",
            "-0",
            "-1",
            "+5",
            "05",
            "5 ",
            " 5",
            "5.0",
            "1e3",
            "9223372036854775808",
            "٣",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(NotAnId), "{text:?}");
        }
    }

    /// A request may write an id as any other number; the contract's limits apply to its value.
    #[test]
    fn a_request_is_read_as_a_number() {
        for text in [
            "5",
            "05",
            "0",
            "-0",
            "-1",
            "+5",
            " 5",
            "",
            "9223372036854775808",
        ] {
            assert_eq!(
                OrderId::from_text(text).map(i64::from),
                i64::from_text(text),
                "{text:?}"
            );
        }
    }
}
