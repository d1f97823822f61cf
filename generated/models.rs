//! The schemas of the contract, under their own names. Everything else has its full path.

#![allow(unused_imports)] // a contract may not need it

use super::support;

/// A new order
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct CreateOrderRequest {
    /// The id of a customer
    pub customer_id: i64,
    /// An amount of money with at most two decimals; exact, not rounded
    pub total_amount: ::rust_decimal::Decimal,
}

support::json::object!(CreateOrderRequest, ignore {  }
    "customer_id" => customer_id required,
    "total_amount" => total_amount required,
);

impl CreateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id >= 1
            && (::rust_decimal::Decimal::ZERO..=::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % ::rust_decimal::Decimal::new(1, 2)
                == ::rust_decimal::Decimal::ZERO
    }
}

/// A dependency of the process
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Dependency {
    /// The name of the dependency
    pub name: ::std::string::String,
    /// Whether it is reachable
    pub status: DependencyStatus,
    /// Whether requests fail without it
    pub required: bool,
    /// The consequence if it is down
    pub detail: ::std::option::Option<::std::string::String>,
}

support::json::object!(Dependency, ignore {  }
    "name" => name required,
    "status" => status required,
    "required" => required required,
    "detail" => detail optional,
);

/// Whether it is reachable
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum DependencyStatus {
    /// `up`
    Up,
    /// `down`
    Down,
}

impl DependencyStatus {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[Self::Up, Self::Down];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "up" => Self::Up,
            "down" => Self::Down,
            _ => return ::std::option::Option::None,
        })
    }
}

support::json::text_enum!(DependencyStatus);

/// The process is alive
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Liveness {
    /// Always `ok`
    pub status: LivenessStatus,
}

support::json::object!(Liveness, ignore {  }
    "status" => status required,
);

/// Always `ok`
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum LivenessStatus {
    /// `ok`
    Ok,
}

impl LivenessStatus {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[Self::Ok];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "ok" => Self::Ok,
            _ => return ::std::option::Option::None,
        })
    }
}

support::json::text_enum!(LivenessStatus);

/// An order
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Order {
    /// The id of an order, assigned by the server
    pub id: i64,
    /// The id of a customer
    pub customer_id: i64,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub status: OrderStatus,
    /// An amount of money with at most two decimals; exact, not rounded
    pub total_amount: ::rust_decimal::Decimal,
    /// When the order was accepted
    pub created_at: ::chrono::DateTime<::chrono::Utc>,
    /// When the order last changed
    pub updated_at: ::chrono::DateTime<::chrono::Utc>,
    /// The statuses that the order may change to; empty if its status is final
    pub allowed_transitions: ::std::vec::Vec<OrderStatus>,
}

support::json::object!(Order, ignore {  }
    "id" => id required,
    "customer_id" => customer_id required,
    "status" => status required,
    "total_amount" => total_amount required,
    "created_at" => created_at required,
    "updated_at" => updated_at required,
    "allowed_transitions" => allowed_transitions required,
);

impl Order {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && self.customer_id >= 1
            && (::rust_decimal::Decimal::ZERO..=::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % ::rust_decimal::Decimal::new(1, 2)
                == ::rust_decimal::Decimal::ZERO
            && self.allowed_transitions.len() <= 4
    }
}

/// A change of an order
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
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
    pub occurred_at: ::chrono::DateTime<::chrono::Utc>,
}

support::json::object!(OrderEvent, ignore {  }
    "sequence" => sequence required,
    "type" => r#type required,
    "data" => data required,
    "actor" => actor required,
    "occurred_at" => occurred_at required,
);

impl OrderEvent {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.sequence >= 1 && self.data.is_valid()
    }
}

/// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
/// which repairs orders that do not match their workflows
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum OrderEventActor {
    /// `client`
    Client,
    /// `workflow`
    Workflow,
    /// `reconciler`
    Reconciler,
}

impl OrderEventActor {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[Self::Client, Self::Workflow, Self::Reconciler];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Workflow => "workflow",
            Self::Reconciler => "reconciler",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "client" => Self::Client,
            "workflow" => Self::Workflow,
            "reconciler" => Self::Reconciler,
            _ => return ::std::option::Option::None,
        })
    }
}

support::json::text_enum!(OrderEventActor);

/// The changed fields with their new values, and the reason
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct OrderEventData {
    /// The id of a customer
    pub customer_id: ::std::option::Option<i64>,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    pub total_amount: ::std::option::Option<::rust_decimal::Decimal>,
    /// Why the change was made, if a client did not request it
    pub reason: ::std::option::Option<::std::string::String>,
}

support::json::object!(OrderEventData, ignore {  }
    "customer_id" => customer_id optional,
    "status" => status optional,
    "total_amount" => total_amount optional,
    "reason" => reason optional,
);

impl OrderEventData {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id.as_ref().is_none_or(|value| *value >= 1)
            && self.total_amount.as_ref().is_none_or(|value| {
                (::rust_decimal::Decimal::ZERO..=::rust_decimal::Decimal::new(9_999_999_999, 2))
                    .contains(value)
                    && *value % ::rust_decimal::Decimal::new(1, 2) == ::rust_decimal::Decimal::ZERO
            })
    }
}

/// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
/// previous one was lost or failed); `deleted`
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum OrderEventType {
    /// `created`
    Created,
    /// `updated`
    Updated,
    /// `restarted`
    Restarted,
    /// `deleted`
    Deleted,
}

impl OrderEventType {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[Self::Created, Self::Updated, Self::Restarted, Self::Deleted];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Restarted => "restarted",
            Self::Deleted => "deleted",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "created" => Self::Created,
            "updated" => Self::Updated,
            "restarted" => Self::Restarted,
            "deleted" => Self::Deleted,
            _ => return ::std::option::Option::None,
        })
    }
}

support::json::text_enum!(OrderEventType);

/// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
/// (final).
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum OrderStatus {
    /// `pending`
    Pending,
    /// `processing`
    Processing,
    /// `completed`
    Completed,
    /// `cancelled`
    Cancelled,
}

impl OrderStatus {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[
        Self::Pending,
        Self::Processing,
        Self::Completed,
        Self::Cancelled,
    ];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "pending" => Self::Pending,
            "processing" => Self::Processing,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            _ => return ::std::option::Option::None,
        })
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

support::json::text_enum!(OrderStatus);

/// Why a request failed (RFC 9457)
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
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
    pub detail: ::std::option::Option<::std::string::String>,
    /// The path of the request
    pub instance: ::std::option::Option<::std::string::String>,
    /// The request's id, as in `X-Request-Id`; include it in support requests
    pub request_id: ::std::option::Option<::std::string::String>,
    /// All violations in the request
    pub errors: ::std::option::Option<::std::vec::Vec<Violation>>,
}

support::json::object!(Problem, ignore {  }
    "type" => r#type required,
    "title" => title required,
    "status" => status required,
    "code" => code required,
    "detail" => detail optional,
    "instance" => instance optional,
    "request_id" => request_id optional,
    "errors" => errors optional,
);

impl Problem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (400..=599).contains(&self.status)
    }
}

/// Readiness of the process and its dependencies
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Readiness {
    /// Always `ready`; if the process is not ready, the response is a problem
    pub status: ReadinessStatus,
    /// Each dependency and its state
    pub dependencies: ::std::vec::Vec<Dependency>,
}

support::json::object!(Readiness, ignore {  }
    "status" => status required,
    "dependencies" => dependencies required,
);

/// Always `ready`; if the process is not ready, the response is a problem
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::std::hash::Hash,
    ::std::cmp::PartialOrd,
    ::std::cmp::Ord,
)]
pub enum ReadinessStatus {
    /// `ready`
    Ready,
}

impl ReadinessStatus {
    /// Every value, in the order of the contract.
    pub const ALL: &[Self] = &[Self::Ready];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
        }
    }

    /// The value with this text on the wire.
    pub fn of(text: &str) -> ::std::option::Option<Self> {
        ::std::option::Option::Some(match text {
            "ready" => Self::Ready,
            _ => return ::std::option::Option::None,
        })
    }
}

support::json::text_enum!(ReadinessStatus);

/// The fields to change; absent fields stay unchanged
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct UpdateOrderRequest {
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    pub total_amount: ::std::option::Option<::rust_decimal::Decimal>,
}

support::json::object!(UpdateOrderRequest, ignore {  }
    "status" => status optional,
    "total_amount" => total_amount optional,
);

impl UpdateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.total_amount.as_ref().is_none_or(|value| {
            (::rust_decimal::Decimal::ZERO..=::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(value)
                && *value % ::rust_decimal::Decimal::new(1, 2) == ::rust_decimal::Decimal::ZERO
        })
    }
}

/// A violation of the contract
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter
    pub pointer: ::std::string::String,
    /// What is wrong
    pub detail: ::std::string::String,
}

support::json::object!(Violation, ignore {  }
    "pointer" => pointer required,
    "detail" => detail required,
);
