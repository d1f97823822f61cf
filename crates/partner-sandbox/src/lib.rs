//! The three partners of the order service, as real small services with their books in PostgreSQL.
//!
//! One HTTP server serves the contracts `api/partners/{inventory,payment,shipping}.yaml` below
//! `/inventory`, `/payment` and `/shipping`, and a control API below `/sandbox`. Everything but the
//! faults is stored in the schema `partners`: the process may be killed at any point and started
//! again, also twice on one database.
//!
//! # Values with a meaning
//!
//! | value | what happens |
//! | --- | --- |
//! | SKU `UNKNOWN-…` | the item is `unknown_sku` |
//! | SKU `SOLD-OUT-…` | the item is `insufficient`, until `PUT /sandbox/stock` |
//! | SKU `EXPIRES-…` | the reservation expires after one second |
//! | any other SKU | 1,000,000 pieces at its first use |
//! | amount `….91` | the authorization is declined |
//! | amount `….92` | the first authorization of a reference expires before its first capture; another one works |
//! | amount `….93` | the first capture of a reference is refused as `over_capture`; another one works |
//! | amount `….94` | authorizations are answered with 503 for 90 seconds after the first attempt, then work |
//! | country `XX` | `address_not_served` |
//! | city `Stuck` | not dispatched by itself |
//! | city `Returned` | dispatched, then returned instead of delivered |
//! | city `Hasty` | dispatched at once |
//!
//! What was undone before it arrived has the reference `-`, until it arrives.
//!
//! # Control API
//!
//! JSON; [`SandboxClient`] has a function for each. It needs no token: serve it on loopback only.
//!
//! | request | |
//! | --- | --- |
//! | `GET`, `PUT`, `DELETE /sandbox/faults` | the [`FaultPlan`]: which requests and webhooks go wrong, and how |
//! | `GET /sandbox/books?after=REFERENCE&limit=N` | up to 1,000 [`Book`]s, in the sequence of their references |
//! | `GET /sandbox/books?reference=REFERENCE` | the [`Book`] of one reference |
//! | `GET /sandbox/stock` | the [`StockLevel`] of every article |
//! | `PUT /sandbox/stock` `{"sku", "available"}` | what is left of an article |
//! | `PUT`, `DELETE /sandbox/webhook` `{"url", "secret"}` | where changes of shipments are announced; without, they are not |
//! | `POST /sandbox/shipments/{id}/{dispatch,deliver,return}` | what the carrier does |

mod answer;
mod audit;
mod client;
mod control;
mod db;
mod delivery;
mod fault_injection;
mod faults;
#[path = "../generated"]
#[allow(dead_code, reason = "the contracts have more than a server calls")]
mod generated {
    pub(crate) mod inventory;
    pub(crate) mod payment;
    pub(crate) mod shipping;
}
mod inventory;
mod payment;
mod sandbox;
mod shipping;
mod timers;
mod token;
pub mod webhook;

pub use audit::{Claim, Stage};
pub use client::{Book, ControlError, EffectCount, SandboxClient, StockLevel};
pub use faults::{Fault, FaultKind, FaultPlan, Partner};
pub use generated::inventory::models::{
    Reservation, ReservationStatus, ReservedItem, ReservedItemStatus,
};
pub use generated::payment::models::{Authorization, AuthorizationStatus};
pub use generated::shipping::models::{Shipment, ShipmentItem, ShipmentStatus};
pub use sandbox::{Error, Sandbox, SandboxOptions, Webhook};
