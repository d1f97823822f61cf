//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

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
        /// `reservation_expired`
        ReservationExpired = "reservation_expired",
        /// `reservation_released`
        ReservationReleased = "reservation_released",
    }
}

/// A reservation
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Reservation {
    /// An id that the client chooses; the same id is the same operation
    pub id: ::std::string::String,
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// `held` (until it expires), `committed` (taken out of the stock), `released` (given back) or `expired`
    /// (given back because it was not committed in time)
    pub status: ReservationStatus,
    /// `items` of the contract.
    pub items: ::std::vec::Vec<ReservedItem>,
    /// When a held reservation expires
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub expires_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(Reservation);

impl Reservation {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.id.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(&self.id)
            }
            && (1..=80).contains(&self.reference.chars().count())
            && self.items.len() <= 100
            && self.items.iter().all(|item| item.is_valid())
    }
}

/// An item to hold
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ReservationItem {
    /// The position of an item in its order, from 1
    pub line: i32,
    /// The stock keeping unit of an article
    pub sku: ::std::string::String,
    /// A number of pieces
    pub quantity: i32,
}

runtime::json_by_serde!(ReservationItem);

impl ReservationItem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.line)
            && (1..=64).contains(&self.sku.chars().count())
            && (1..=10000).contains(&self.quantity)
    }
}

/// What to hold
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ReservationRequest {
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// `items` of the contract.
    pub items: ::std::vec::Vec<ReservationItem>,
    /// How long to hold it
    pub expires_in_seconds: i32,
}

runtime::json_by_serde!(ReservationRequest);

impl ReservationRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.reference.chars().count())
            && (1..=100).contains(&self.items.len())
            && self.items.iter().all(|item| item.is_valid())
            && (1..=31536000).contains(&self.expires_in_seconds)
    }
}

runtime::open_string_enum! {
    /// `held` (until it expires), `committed` (taken out of the stock), `released` (given back) or `expired`
    /// (given back because it was not committed in time)
    pub enum ReservationStatus, Unknown {
        /// `held`
        Held = "held",
        /// `committed`
        Committed = "committed",
        /// `released`
        Released = "released",
        /// `expired`
        Expired = "expired",
    }
}

/// An item of a reservation
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ReservedItem {
    /// The position of an item in its order, from 1
    pub line: i32,
    /// The stock keeping unit of an article
    pub sku: ::std::string::String,
    /// A number of pieces
    pub quantity: i32,
    /// `reserved`, `insufficient` (not enough in stock) or `unknown_sku`
    pub status: ReservedItemStatus,
}

runtime::json_by_serde!(ReservedItem);

impl ReservedItem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.line)
            && (1..=64).contains(&self.sku.chars().count())
            && (1..=10000).contains(&self.quantity)
    }
}

runtime::open_string_enum! {
    /// `reserved`, `insufficient` (not enough in stock) or `unknown_sku`
    pub enum ReservedItemStatus, Unknown {
        /// `reserved`
        Reserved = "reserved",
        /// `insufficient`
        Insufficient = "insufficient",
        /// `unknown_sku`
        UnknownSku = "unknown_sku",
    }
}
