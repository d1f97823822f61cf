//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// A postal address
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Address {
    /// `name` of the contract.
    pub name: ::std::string::String,
    /// `street` of the contract.
    pub street: ::std::string::String,
    /// `postal_code` of the contract.
    pub postal_code: ::std::string::String,
    /// `city` of the contract.
    pub city: ::std::string::String,
    /// ISO 3166-1 alpha-2
    pub country: ::std::string::String,
}

runtime::json_by_serde!(Address);

impl Address {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.name.chars().count())
            && (1..=200).contains(&self.street.chars().count())
            && (1..=20).contains(&self.postal_code.chars().count())
            && (1..=100).contains(&self.city.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[A-Z]{2}$");
                PATTERN.matches(&self.country)
            }
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

runtime::string_enum! {
    /// Why the operation was refused
    pub enum RefusalCode {
        /// `address_not_served`
        AddressNotServed = "address_not_served",
        /// `shipment_cancelled`
        ShipmentCancelled = "shipment_cancelled",
        /// `too_late_to_cancel`
        TooLateToCancel = "too_late_to_cancel",
    }
}

/// A shipment
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Shipment {
    /// An id that the client chooses; the same id is the same operation
    pub id: ::std::string::String,
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// `created`, `dispatched` (the carrier has it), `delivered`, `returned` (it came back) or `cancelled`
    pub status: ShipmentStatus,
    /// Grows with every change
    pub version: i64,
    /// `items` of the contract.
    pub items: ::std::vec::Vec<ShipmentItem>,
    /// Who carries it
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub carrier: ::std::option::Option<::std::string::String>,
    /// The carrier's number of the parcel
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub tracking: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Shipment);

impl Shipment {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.id.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(&self.id)
            }
            && (1..=80).contains(&self.reference.chars().count())
            && self.version >= 1
            && self.items.len() <= 100
            && self.items.iter().all(|item| item.is_valid())
            && self
                .carrier
                .as_ref()
                .is_none_or(|value| value.chars().count() <= 100)
            && self
                .tracking
                .as_ref()
                .is_none_or(|value| value.chars().count() <= 100)
    }
}

/// The announcement of a change
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ShipmentChanged {
    /// Always `shipment.changed`
    pub r#type: ShipmentChangedType,
    /// A shipment
    pub shipment: Shipment,
}

runtime::json_by_serde!(ShipmentChanged);

impl ShipmentChanged {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.shipment.is_valid()
    }
}

runtime::string_enum! {
    /// Always `shipment.changed`
    pub enum ShipmentChangedType {
        /// `shipment.changed`
        ShipmentChanged = "shipment.changed",
    }
}

/// An item of a parcel
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ShipmentItem {
    /// The position of an item in its order, from 1
    pub line: i32,
    /// The stock keeping unit of an article
    pub sku: ::std::string::String,
    /// A number of pieces
    pub quantity: i32,
}

runtime::json_by_serde!(ShipmentItem);

impl ShipmentItem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.line)
            && (1..=64).contains(&self.sku.chars().count())
            && (1..=10000).contains(&self.quantity)
    }
}

/// What to ship, and where to
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ShipmentRequest {
    /// What the client calls the order
    pub reference: ::std::string::String,
    /// `items` of the contract.
    pub items: ::std::vec::Vec<ShipmentItem>,
    /// A postal address
    pub address: Address,
}

runtime::json_by_serde!(ShipmentRequest);

impl ShipmentRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=80).contains(&self.reference.chars().count())
            && (1..=100).contains(&self.items.len())
            && self.items.iter().all(|item| item.is_valid())
            && self.address.is_valid()
    }
}

runtime::string_enum! {
    /// `created`, `dispatched` (the carrier has it), `delivered`, `returned` (it came back) or `cancelled`
    pub enum ShipmentStatus {
        /// `created`
        Created = "created",
        /// `dispatched`
        Dispatched = "dispatched",
        /// `delivered`
        Delivered = "delivered",
        /// `returned`
        Returned = "returned",
        /// `cancelled`
        Cancelled = "cancelled",
    }
}
