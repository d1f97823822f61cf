//! Generated from the contracts in `api/partners/`.

#[path = "../../generated/inventory/mod.rs"]
pub mod inventory;
#[path = "../../generated/payment/mod.rs"]
pub mod payment;
#[path = "../../generated/shipping/mod.rs"]
pub mod shipping;
