//! Shipping: parcels and what the carrier does with them.

use std::time::Duration;

use tokio_postgres::types::Type;

use crate::answer::{failures, request};
use crate::db::{Db, text};
use crate::generated::shipping::models;
use crate::generated::shipping::shipments::*;

failures! {
    ShipFailure: reused business;
    GetShipmentFailure: missing;
    CancelShipmentFailure: business;
    ListShipmentsFailure:;
}

/// The shipping partner.
pub(crate) struct Shipping {
    pub(crate) db: Db,
    pub(crate) dispatch_after: Option<Duration>,
    pub(crate) deliver_after: Option<Duration>,
}

impl ShipmentsApi for Shipping {
    type Caller = ();

    async fn ship(
        &self,
        (): (),
        parameters: ShipParameters,
        body: models::ShipmentRequest,
    ) -> Result<ShipSuccess, ShipFailure> {
        let body = request(&body)?;
        let [dispatch_after, deliver_after] = [self.dispatch_after, self.deliver_after]
            .map(|time| time.map(|time| time.as_secs_f64()));
        let parameters = [
            text(&parameters.id),
            text(&body),
            (&dispatch_after as _, Type::FLOAT8),
            (&deliver_after as _, Type::FLOAT8),
        ];
        let found = self
            .db
            .call("ship($1, $2::jsonb, $3, $4)", &parameters)
            .await?;
        Ok(ShipSuccess::Ok(found))
    }

    async fn get_shipment(
        &self,
        (): (),
        parameters: GetShipmentParameters,
    ) -> Result<GetShipmentSuccess, GetShipmentFailure> {
        let found = self
            .db
            .call("get_shipment($1)", &[text(&parameters.id)])
            .await?;
        Ok(GetShipmentSuccess::Ok(found))
    }

    async fn cancel_shipment(
        &self,
        (): (),
        parameters: CancelShipmentParameters,
    ) -> Result<CancelShipmentSuccess, CancelShipmentFailure> {
        let cancelled = self.db.call("cancel($1)", &[text(&parameters.id)]).await?;
        Ok(CancelShipmentSuccess::Ok(cancelled))
    }

    async fn list_shipments(
        &self,
        (): (),
        parameters: ListShipmentsParameters,
    ) -> Result<ListShipmentsSuccess, ListShipmentsFailure> {
        let after = parameters.after.unwrap_or_default();
        let parameters = [text(&after), (&parameters.limit as _, Type::INT4)];
        let page = self.db.call("list_shipments($1, $2)", &parameters).await?;
        Ok(ListShipmentsSuccess::Ok(page))
    }
}
