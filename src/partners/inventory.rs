//! Holds stock for orders.

use std::time::Duration;

use contract_runtime::client::{self, Error};

use self::inner::{RefusalCode, Reservation, ReservationStatus, ReservedItemStatus};
use super::call::{CallError, Calls, Failure, failures};
use super::contracts::inventory::reservations::*;
use super::contracts::inventory::{Client, models as inner};
use super::{Effect, OpenOperation, OperationIds};
use crate::domain::OrderItem;

failures!(
    ReserveFailure [BadRequest, UnprocessableContent],
    ReleaseFailure [BadRequest],
    CommitReservationFailure [BadRequest, NotFound] refused Conflict,
    ListReservationsFailure [BadRequest],
);

/// The inventory.
#[derive(Clone)]
pub struct Inventory {
    client: Client,
    calls: Calls,
}

/// The result of a reservation.
#[derive(Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The stock of these items is held.
    Held(Vec<usize>),
    /// The reservation has expired or was released.
    Ended,
}

impl Inventory {
    pub(super) fn new(client: client::Client, calls: Calls) -> Self {
        Self {
            client: Client::new(client),
            calls,
        }
    }

    /// Holds the stock of these items, given with their positions, each completely or not at all.
    pub async fn reserve(
        &self,
        ids: OperationIds,
        expired: u32,
        items: impl Iterator<Item = (usize, &OrderItem)>,
        hold: Duration,
    ) -> Result<Reserved, Failure> {
        let id = ids.reservation(expired);
        let items = items.map(|(index, item)| inner::ReservationItem {
            line: line(index),
            sku: item.sku.clone(),
            quantity: item.quantity,
        });
        let request = inner::ReservationRequest {
            reference: ids.reference(),
            items: items.collect(),
            expires_in_seconds: i32::try_from(hold.as_secs()).unwrap_or(i32::MAX).max(1),
        };
        let call = self
            .client
            .reservations
            .reserve(ReserveParameters { id }, request);
        let ReserveSuccess::Ok(reservation) = self
            .calls
            .call("reserve", call)
            .await
            .map_err(CallError::failure)?;
        match &reservation.status {
            ReservationStatus::Held | ReservationStatus::Committed => held(&reservation),
            ReservationStatus::Released | ReservationStatus::Expired => Ok(Reserved::Ended),
            ReservationStatus::Unknown(status) => Err(Failure::unexpected("status", status)),
        }
    }

    /// Takes what is held out of the stock, for good. `false` if the reservation has ended.
    pub async fn commit(&self, ids: OperationIds, expired: u32) -> Result<bool, Failure> {
        let id = ids.reservation(expired);
        let reservations = &self.client.reservations;
        let call = async {
            let committed = reservations.commit_reservation(CommitReservationParameters { id });
            match committed.await {
                Ok(_) => Ok(true),
                // The inventory has lost it.
                Err(Error::Failure(CommitReservationFailure::NotFound(_))) => Ok(false),
                Err(error) => Err(error),
            }
        };
        match self.calls.call("commitReservation", call).await {
            Err(CallError::Refused(
                RefusalCode::ReservationExpired | RefusalCode::ReservationReleased,
            )) => Ok(false),
            committed => committed.map_err(CallError::failure),
        }
    }

    /// Gives back what a reservation holds or has taken, also one that has not arrived yet.
    pub async fn release(&self, ids: OperationIds, expired: u32) -> Result<(), Failure> {
        let id = ids.reservation(expired);
        let call = self.client.reservations.release(ReleaseParameters { id });
        let released = self.calls.call("release", call).await;
        released.map(drop).map_err(CallError::failure)
    }

    /// At most `limit` reservations that hold or have taken stock, with ids above `after`.
    pub async fn open(
        &self,
        after: Option<String>,
        limit: i32,
    ) -> Result<Vec<OpenOperation>, Failure> {
        let call = self
            .client
            .reservations
            .list_reservations(ListReservationsParameters {
                limit: Some(limit),
                after,
            });
        let listed = self.calls.call("listReservations", call).await;
        let ListReservationsSuccess::Ok(found) = listed.map_err(CallError::failure)?;
        let open = |one: Reservation| OpenOperation::new(one.id, Effect::Stock);
        Ok(found.into_iter().map(open).collect())
    }
}

fn held(reservation: &Reservation) -> Result<Reserved, Failure> {
    let mut held = Vec::new();
    for item in &reservation.items {
        match &item.status {
            ReservedItemStatus::Reserved => held.extend(index(item.line)),
            ReservedItemStatus::Insufficient | ReservedItemStatus::UnknownSku => {}
            ReservedItemStatus::Unknown(status) => {
                return Err(Failure::unexpected("status of an item", status));
            }
        }
    }
    Ok(Reserved::Held(held))
}

/// The partners count items from 1.
pub(super) fn line(index: usize) -> i32 {
    i32::try_from(index + 1).unwrap_or(i32::MAX)
}

fn index(line: i32) -> Option<usize> {
    usize::try_from(line).ok()?.checked_sub(1)
}
