//! The inventory: stock that is held for orders.

use tokio_postgres::types::Type;

use crate::answer::{failures, request};
use crate::db::{Db, text};
use crate::generated::inventory::models;
use crate::generated::inventory::reservations::*;

failures! {
    ReserveFailure: reused;
    GetReservationFailure: missing;
    ReleaseFailure:;
    CommitReservationFailure: missing business;
    ListReservationsFailure:;
}

/// The inventory.
pub(crate) struct Inventory(pub(crate) Db);

impl ReservationsApi for Inventory {
    type Caller = ();

    async fn reserve(
        &self,
        (): (),
        parameters: ReserveParameters,
        body: models::ReservationRequest,
    ) -> Result<ReserveSuccess, ReserveFailure> {
        let body = request(&body)?;
        let parameters = [text(&parameters.id), text(&body)];
        let found = self.0.call("reserve($1, $2::jsonb)", &parameters).await?;
        Ok(ReserveSuccess::Ok(found))
    }

    async fn get_reservation(
        &self,
        (): (),
        parameters: GetReservationParameters,
    ) -> Result<GetReservationSuccess, GetReservationFailure> {
        let found = self
            .0
            .call("get_reservation($1)", &[text(&parameters.id)])
            .await?;
        Ok(GetReservationSuccess::Ok(found))
    }

    async fn release(
        &self,
        (): (),
        parameters: ReleaseParameters,
    ) -> Result<ReleaseSuccess, ReleaseFailure> {
        let released = self.0.call("release($1)", &[text(&parameters.id)]).await?;
        Ok(ReleaseSuccess::Ok(released))
    }

    async fn commit_reservation(
        &self,
        (): (),
        parameters: CommitReservationParameters,
    ) -> Result<CommitReservationSuccess, CommitReservationFailure> {
        let committed = self
            .0
            .call("commit_reservation($1)", &[text(&parameters.id)])
            .await?;
        Ok(CommitReservationSuccess::Ok(committed))
    }

    async fn list_reservations(
        &self,
        (): (),
        parameters: ListReservationsParameters,
    ) -> Result<ListReservationsSuccess, ListReservationsFailure> {
        let after = parameters.after.unwrap_or_default();
        let parameters = [text(&after), (&parameters.limit as _, Type::INT4)];
        let page = self
            .0
            .call("list_reservations($1, $2)", &parameters)
            .await?;
        Ok(ListReservationsSuccess::Ok(page))
    }
}
