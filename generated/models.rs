//! The schemas of the contract.

#![allow(unused_imports)]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::support::{FromParameter, Pattern, all_unique, decimal, present};

/// A new order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateOrderRequest {
    /// The number of a customer
    pub customer_id: i64,
    /// An amount of money with at most two decimals; exact, never rounded
    #[serde(with = "decimal")]
    pub total_amount: Decimal,
}

impl CreateOrderRequest {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id >= 1
            && (Decimal::ZERO..=Decimal::new(9_999_999_999, 2)).contains(&self.total_amount)
            && self.total_amount % Decimal::new(1, 2) == Decimal::ZERO
    }
}

/// Something this process needs
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    /// What it is
    pub name: String,
    /// Whether it answers
    pub status: DependencyStatus,
    /// Whether requests fail without it
    pub required: bool,
    /// What it means when it is down
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub detail: Option<String>,
}

impl Dependency {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        true
    }
}

/// Whether it answers
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DependencyStatus {
    /// `up`
    #[serde(rename = "up")]
    Up,
    /// `down`
    #[serde(rename = "down")]
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
}

impl std::fmt::Display for DependencyStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for DependencyStatus {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// The process is alive
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Liveness {
    /// Always `ok`
    pub status: LivenessStatus,
}

impl Liveness {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        true
    }
}

/// Always `ok`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LivenessStatus {
    /// `ok`
    #[serde(rename = "ok")]
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
}

impl std::fmt::Display for LivenessStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for LivenessStatus {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// An order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The number of an order, given by the server
    pub id: i64,
    /// The number of a customer
    pub customer_id: i64,
    /// Where an order is on its way: `pending` (accepted), `processing` (its workflow has begun),
    /// `completed` or `cancelled` (ended, for good).
    pub status: OrderStatus,
    /// An amount of money with at most two decimals; exact, never rounded
    #[serde(with = "decimal")]
    pub total_amount: Decimal,
    /// When the order was accepted
    pub created_at: DateTime<Utc>,
    /// When the order last changed
    pub updated_at: DateTime<Utc>,
}

impl Order {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && self.customer_id >= 1
            && (Decimal::ZERO..=Decimal::new(9_999_999_999, 2)).contains(&self.total_amount)
            && self.total_amount % Decimal::new(1, 2) == Decimal::ZERO
    }
}

/// One thing that happened to an order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// Its place in the history, from 1 without a gap; the version that it made
    pub sequence: i64,
    /// What happened: `created`; `updated` by a change of its fields; `restarted` with a new
    /// workflow, because its own was lost; `deleted`
    pub r#type: OrderEventType,
    /// The fields that an event set, with their new values, and its reason
    pub data: OrderEventData,
    /// Who did it: a `client` of this API, the order's `workflow`, or the `reconciler`, which
    /// mends orders that disagree with their workflows
    pub actor: OrderEventActor,
    /// When it happened
    pub occurred_at: DateTime<Utc>,
}

impl OrderEvent {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.sequence >= 1 && self.data.is_valid()
    }
}

/// Who did it: a `client` of this API, the order's `workflow`, or the `reconciler`, which
/// mends orders that disagree with their workflows
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderEventActor {
    /// `client`
    #[serde(rename = "client")]
    Client,
    /// `workflow`
    #[serde(rename = "workflow")]
    Workflow,
    /// `reconciler`
    #[serde(rename = "reconciler")]
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
}

impl std::fmt::Display for OrderEventActor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for OrderEventActor {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// The fields that an event set, with their new values, and its reason
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderEventData {
    /// The number of a customer
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub customer_id: Option<i64>,
    /// Where an order is on its way: `pending` (accepted), `processing` (its workflow has begun),
    /// `completed` or `cancelled` (ended, for good).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub status: Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, never rounded
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "decimal::option"
    )]
    pub total_amount: Option<Decimal>,
    /// Why, where it is not plain
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub reason: Option<String>,
}

impl OrderEventData {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id.as_ref().is_none_or(|value| *value >= 1)
            && self.total_amount.as_ref().is_none_or(|value| {
                (Decimal::ZERO..=Decimal::new(9_999_999_999, 2)).contains(value)
                    && *value % Decimal::new(1, 2) == Decimal::ZERO
            })
    }
}

/// What happened: `created`; `updated` by a change of its fields; `restarted` with a new
/// workflow, because its own was lost; `deleted`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderEventType {
    /// `created`
    #[serde(rename = "created")]
    Created,
    /// `updated`
    #[serde(rename = "updated")]
    Updated,
    /// `restarted`
    #[serde(rename = "restarted")]
    Restarted,
    /// `deleted`
    #[serde(rename = "deleted")]
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
}

impl std::fmt::Display for OrderEventType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for OrderEventType {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// Where an order is on its way: `pending` (accepted), `processing` (its workflow has begun),
/// `completed` or `cancelled` (ended, for good).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderStatus {
    /// `pending`
    #[serde(rename = "pending")]
    Pending,
    /// `processing`
    #[serde(rename = "processing")]
    Processing,
    /// `completed`
    #[serde(rename = "completed")]
    Completed,
    /// `cancelled`
    #[serde(rename = "cancelled")]
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
}

impl std::fmt::Display for OrderStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for OrderStatus {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// Why a request was not done (RFC 9457)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem
    pub r#type: String,
    /// The kind of problem in words
    pub title: String,
    /// The HTTP status of this answer
    pub status: i32,
    /// A stable name of the problem, for programs
    pub code: String,
    /// What happened this time, for people
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub detail: Option<String>,
    /// The path that was asked for
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub instance: Option<String>,
    /// The request's id, as in `X-Request-Id`; quote it when you ask for help
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub request_id: Option<String>,
    /// Every violation found in the request
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub errors: Option<Vec<Violation>>,
}

impl Problem {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (400..=599).contains(&self.status)
            && self
                .errors
                .as_ref()
                .is_none_or(|value| value.iter().all(|item| item.is_valid()))
    }
}

/// Whether requests can be served, and why
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Always `ready`; an unready process answers with a problem
    pub status: ReadinessStatus,
    /// Each dependency and its state
    pub dependencies: Vec<Dependency>,
}

impl Readiness {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.dependencies.iter().all(|item| item.is_valid())
    }
}

/// Always `ready`; an unready process answers with a problem
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReadinessStatus {
    /// `ready`
    #[serde(rename = "ready")]
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
}

impl std::fmt::Display for ReadinessStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromParameter for ReadinessStatus {
    fn from_parameter(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// What to change; a field that is absent stays as it is
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateOrderRequest {
    /// Where an order is on its way: `pending` (accepted), `processing` (its workflow has begun),
    /// `completed` or `cancelled` (ended, for good).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub status: Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, never rounded
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "decimal::option"
    )]
    pub total_amount: Option<Decimal>,
}

impl UpdateOrderRequest {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.total_amount.as_ref().is_none_or(|value| {
            (Decimal::ZERO..=Decimal::new(9_999_999_999, 2)).contains(value)
                && *value % Decimal::new(1, 2) == Decimal::ZERO
        })
    }
}

/// One thing that is wrong with a request
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Where: a JSON pointer (RFC 6901) into the body, or the name of a parameter
    pub pointer: String,
    /// What is wrong there
    pub detail: String,
}

impl Violation {
    /// Whether every field keeps the limits of the contract.
    pub fn is_valid(&self) -> bool {
        true
    }
}
