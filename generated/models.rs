//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// A new order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct CreateOrderRequest {
    /// The id of a customer
    pub customer_id: i64,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(CreateOrderRequest);

impl CreateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id >= 1
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

/// A dependency of the process
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Dependency {
    /// The name of the dependency
    pub name: ::std::string::String,
    /// Whether it is reachable
    pub status: DependencyStatus,
    /// Whether requests fail without it
    pub required: bool,
    /// The consequence if it is down
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub detail: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Dependency);

runtime::string_enum! {
    /// Whether it is reachable
    pub enum DependencyStatus {
        /// `up`
        Up = "up",
        /// `down`
        Down = "down",
    }
}

/// The process is alive
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Liveness {
    /// Always `ok`
    pub status: LivenessStatus,
}

runtime::json_by_serde!(Liveness);

runtime::string_enum! {
    /// Always `ok`
    pub enum LivenessStatus {
        /// `ok`
        Ok = "ok",
    }
}

/// An order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Order {
    /// The id of an order, assigned by the server
    pub id: i64,
    /// The id of a customer
    pub customer_id: i64,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub status: OrderStatus,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: runtime::rust_decimal::Decimal,
    /// When the order was accepted
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When the order last changed
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub updated_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// The statuses that the order may change to; empty if its status is final
    pub allowed_transitions: ::std::vec::Vec<OrderStatus>,
}

runtime::json_by_serde!(Order);

impl Order {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && self.customer_id >= 1
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && self.allowed_transitions.len() <= 4
    }
}

/// A change of an order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderEvent {
    /// Its position in the history, from 1 without gaps; also the version that it created
    pub sequence: i64,
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`
    pub r#type: OrderEventType,
    /// The changed fields with their new values, and the reason
    pub data: OrderEventData,
    /// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
    /// which repairs orders that do not match their workflows
    pub actor: OrderEventActor,
    /// When the change was made
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub occurred_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(OrderEvent);

impl OrderEvent {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.sequence >= 1 && self.data.is_valid()
    }
}

runtime::string_enum! {
    /// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
    /// which repairs orders that do not match their workflows
    pub enum OrderEventActor {
        /// `client`
        Client = "client",
        /// `workflow`
        Workflow = "workflow",
        /// `reconciler`
        Reconciler = "reconciler",
    }
}

/// The changed fields with their new values, and the reason
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderEventData {
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<i64>,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
    /// Why the change was made, if a client did not request it
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub reason: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(OrderEventData);

impl OrderEventData {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id.as_ref().is_none_or(|value| *value >= 1)
            && self.total_amount.as_ref().is_none_or(|value| {
                (runtime::rust_decimal::Decimal::ZERO
                    ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                    .contains(value)
                    && *value % runtime::rust_decimal::Decimal::new(1, 2)
                        == runtime::rust_decimal::Decimal::ZERO
            })
    }
}

runtime::string_enum! {
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`
    pub enum OrderEventType {
        /// `created`
        Created = "created",
        /// `updated`
        Updated = "updated",
        /// `restarted`
        Restarted = "restarted",
        /// `deleted`
        Deleted = "deleted",
    }
}

runtime::string_enum! {
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub enum OrderStatus {
        /// `pending`
        Pending = "pending",
        /// `processing`
        Processing = "processing",
        /// `completed`
        Completed = "completed",
        /// `cancelled`
        Cancelled = "cancelled",
    }
}

impl OrderStatus {
    /// The values that may follow this one (`x-transitions` of the contract).
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Processing, Self::Completed, Self::Cancelled],
            Self::Processing => &[Self::Completed, Self::Cancelled],
            Self::Completed => &[],
            Self::Cancelled => &[],
        }
    }

    /// Whether `next` may follow this value. Staying at the same value is not a transition.
    pub fn can_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// Whether no other value may follow this one.
    pub const fn is_final(self) -> bool {
        self.transitions().is_empty()
    }
}

/// Why a request failed (RFC 9457)
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Problem {
    /// A URI that identifies the problem type
    pub r#type: ::std::string::String,
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
    /// The path of the request
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub instance: ::std::option::Option<::std::string::String>,
    /// The request's id, as in `X-Request-Id`; include it in support requests
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub request_id: ::std::option::Option<::std::string::String>,
    /// All violations in the request
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub errors: ::std::option::Option<::std::vec::Vec<Violation>>,
}

runtime::json_by_serde!(Problem);

impl Problem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (400..=599).contains(&self.status)
    }
}

/// Readiness of the process and its dependencies
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Readiness {
    /// Always `ready`; if the process is not ready, the response is a problem
    pub status: ReadinessStatus,
    /// Each dependency and its state
    pub dependencies: ::std::vec::Vec<Dependency>,
}

runtime::json_by_serde!(Readiness);

runtime::string_enum! {
    /// Always `ready`; if the process is not ready, the response is a problem
    pub enum ReadinessStatus {
        /// `ready`
        Ready = "ready",
    }
}

/// The fields to change; absent fields stay unchanged
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct UpdateOrderRequest {
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
}

runtime::json_by_serde!(UpdateOrderRequest);

impl UpdateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.total_amount.as_ref().is_none_or(|value| {
            (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(value)
                && *value % runtime::rust_decimal::Decimal::new(1, 2)
                    == runtime::rust_decimal::Decimal::ZERO
        })
    }
}

/// A violation of the contract
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter
    pub pointer: ::std::string::String,
    /// What is wrong
    pub detail: ::std::string::String,
}

runtime::json_by_serde!(Violation);
