//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// An authorization
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Authorization {
    /// An id that the client chooses; the same id is the same operation
    pub id: ::std::string::String,
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// `authorized`, `captured`, `declined`, `voided` or `expired` (not captured in time)
    pub status: AuthorizationStatus,
    /// An amount of money with at most two decimals
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub authorized: runtime::rust_decimal::Decimal,
    /// An amount of money with at most two decimals
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub captured: runtime::rust_decimal::Decimal,
    /// An amount of money with at most two decimals
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub refunded: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(Authorization);

impl Authorization {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.id.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(&self.id)
            }
            && (1..=80).contains(&self.reference.chars().count())
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.authorized)
            && self.authorized % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.captured)
            && self.captured % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.refunded)
            && self.refunded % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

/// What to authorize
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct AuthorizationRequest {
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// The customer whose stored means of payment is used
    pub customer: ::std::string::String,
    /// An amount of money with at most two decimals
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub amount: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(AuthorizationRequest);

impl AuthorizationRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.reference.chars().count())
            && (1..=80).contains(&self.customer.chars().count())
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.amount)
            && self.amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

runtime::open_string_enum! {
    /// `authorized`, `captured`, `declined`, `voided` or `expired` (not captured in time)
    pub enum AuthorizationStatus, Unknown {
        /// `authorized`
        Authorized = "authorized",
        /// `captured`
        Captured = "captured",
        /// `declined`
        Declined = "declined",
        /// `voided`
        Voided = "voided",
        /// `expired`
        Expired = "expired",
    }
}

/// An amount
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Money {
    /// An amount of money with at most two decimals
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub amount: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(Money);

impl Money {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (runtime::rust_decimal::Decimal::ZERO
            ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
            .contains(&self.amount)
            && self.amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

/// Why a request failed (RFC 9457)
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Problem {
    /// A summary of the problem type
    pub title: ::std::string::String,
    /// The HTTP status of this response
    pub status: i32,
    /// A stable, machine-readable code
    pub code: ::std::string::String,
    /// A human-readable explanation of this occurrence
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub detail: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Problem);

/// A business answer (RFC 9457)
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Refusal {
    /// A summary of the problem type
    pub title: ::std::string::String,
    /// The HTTP status of this response
    pub status: i32,
    /// Why the operation was refused
    pub code: RefusalCode,
    /// A human-readable explanation of this occurrence
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub detail: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Refusal);

runtime::open_string_enum! {
    /// Why the operation was refused
    pub enum RefusalCode, Unknown {
        /// `declined`
        Declined = "declined",
        /// `authorization_expired`
        AuthorizationExpired = "authorization_expired",
        /// `authorization_voided`
        AuthorizationVoided = "authorization_voided",
        /// `over_capture`
        OverCapture = "over_capture",
        /// `over_refund`
        OverRefund = "over_refund",
        /// `already_captured`
        AlreadyCaptured = "already_captured",
    }
}
