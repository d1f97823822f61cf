//! Ships orders.

use contract_runtime::client;

use self::inner::RefusalCode;
use super::call::{CallError, Calls, Failure, failures};
use super::contracts::shipping::shipments::*;
use super::contracts::shipping::{Client, models as inner};
use super::inventory::line;
use super::{Effect, OpenOperation, OperationIds};
use crate::domain::{Address, OrderItem, Shipment, ShipmentStatus};

failures!(
    ShipFailure [BadRequest, UnprocessableContent] refused Conflict,
    GetShipmentFailure [BadRequest, NotFound],
    CancelShipmentFailure [BadRequest] refused Conflict,
    ListShipmentsFailure [BadRequest],
);

/// The shipping service.
#[derive(Clone)]
pub struct Shipping {
    client: Client,
    calls: Calls,
}

/// The result of a request for a parcel.
#[derive(Debug, PartialEq)]
pub enum Shipped {
    /// The parcel, which may have moved on already, or may be cancelled.
    Parcel(Shipment),
    /// The carrier does not serve the address.
    AddressNotServed,
}

/// The result of a cancellation.
#[derive(Debug, PartialEq)]
pub enum Cancelled {
    /// There will be no parcel.
    Yes,
    /// The carrier has it.
    TooLate(Shipment),
}

impl Shipping {
    pub(super) fn new(client: client::Client, calls: Calls) -> Self {
        Self {
            client: Client::new(client),
            calls,
        }
    }

    /// Ships these items, given with their positions.
    pub async fn ship(
        &self,
        ids: OperationIds,
        items: impl Iterator<Item = (usize, &OrderItem)>,
        address: Address,
    ) -> Result<Shipped, Failure> {
        let items = items.map(|(index, item)| inner::ShipmentItem {
            line: line(index),
            sku: item.sku.clone(),
            quantity: item.quantity,
        });
        let Address {
            name,
            street,
            postal_code,
            city,
            country,
        } = address;
        let request = inner::ShipmentRequest {
            reference: ids.reference(),
            items: items.collect(),
            address: inner::Address {
                name,
                street,
                postal_code,
                city,
                country,
            },
        };
        let id = ids.shipment();
        let call = self.client.shipments.ship(ShipParameters { id }, request);
        match self.calls.call("ship", call).await {
            Ok(ShipSuccess::Ok(parcel)) => parcel.try_into().map(Shipped::Parcel),
            Err(CallError::Refused(RefusalCode::AddressNotServed)) => Ok(Shipped::AddressNotServed),
            Err(error) => Err(error.failure()),
        }
    }

    /// The parcel as it is now.
    pub async fn parcel(&self, ids: OperationIds) -> Result<Shipment, Failure> {
        let id = ids.shipment();
        let call = self
            .client
            .shipments
            .get_shipment(GetShipmentParameters { id });
        let found = self.calls.call("getShipment", call).await;
        let GetShipmentSuccess::Ok(parcel) = found.map_err(CallError::failure)?;
        parcel.try_into()
    }

    /// Cancels the parcel, also one whose request has not arrived yet.
    pub async fn cancel(&self, ids: OperationIds) -> Result<Cancelled, Failure> {
        let id = ids.shipment();
        let call = self
            .client
            .shipments
            .cancel_shipment(CancelShipmentParameters { id });
        match self.calls.call("cancelShipment", call).await {
            Ok(_) => Ok(Cancelled::Yes),
            Err(CallError::Refused(RefusalCode::TooLateToCancel)) => {
                self.parcel(ids).await.map(Cancelled::TooLate)
            }
            Err(error) => Err(error.failure()),
        }
    }

    /// At most `limit` parcels that are not cancelled, with ids above `after`.
    pub async fn open(
        &self,
        after: Option<String>,
        limit: i32,
    ) -> Result<Vec<OpenOperation>, Failure> {
        let call = self
            .client
            .shipments
            .list_shipments(ListShipmentsParameters {
                limit: Some(limit),
                after,
            });
        let listed = self.calls.call("listShipments", call).await;
        let ListShipmentsSuccess::Ok(found) = listed.map_err(CallError::failure)?;
        let open = |one: inner::Shipment| {
            let id = one.id.clone();
            let parcel = Shipment::try_from(one)?;
            Ok(OpenOperation::new(id, Effect::Parcel(parcel.status)))
        };
        found.into_iter().map(open).collect()
    }
}

impl TryFrom<inner::Shipment> for Shipment {
    type Error = Failure;

    fn try_from(parcel: inner::Shipment) -> Result<Self, Failure> {
        let status = match parcel.status {
            inner::ShipmentStatus::Created => ShipmentStatus::Created,
            inner::ShipmentStatus::Dispatched => ShipmentStatus::Dispatched,
            inner::ShipmentStatus::Delivered => ShipmentStatus::Delivered,
            inner::ShipmentStatus::Returned => ShipmentStatus::Returned,
            inner::ShipmentStatus::Cancelled => ShipmentStatus::Cancelled,
            inner::ShipmentStatus::Unknown(status) => {
                return Err(Failure::unexpected("status", &status));
            }
        };
        Ok(Self {
            status,
            carrier: parcel.carrier,
            tracking: parcel.tracking,
        })
    }
}
