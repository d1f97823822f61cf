//! The workflow of an order with items. It asks the partners step by step, and undoes everything when
//! the order is cancelled. The order's row is the truth; the workflow knows only which step comes next.

mod activities;
mod execution;
mod messages;
mod parcel;
mod payment;
mod saga;
mod stock;
mod subject;
mod workflow;

pub(super) use activities::FulfilmentActivities;
pub use messages::{FulfilmentInput, Steps};
pub(super) use messages::{Next, StepResult};
pub use workflow::FulfilmentWorkflow;
