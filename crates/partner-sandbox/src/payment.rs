//! Payments: authorizations, captures and refunds.

use rust_decimal::Decimal;
use tokio_postgres::types::Type;

use crate::answer::{Refused, failures, request};
use crate::db::{Db, text};
use crate::generated::payment::authorizations::*;
use crate::generated::payment::models;

failures! {
    AuthorizeFailure: reused business;
    GetAuthorizationFailure: missing;
    VoidAuthorizationFailure: business;
    CaptureFailure: missing reused business;
    RefundFailure: missing reused business;
    ListAuthorizationsFailure:;
}

/// The payment partner.
pub(crate) struct Payment(pub(crate) Db);

impl Payment {
    async fn move_money(
        &self,
        kind: &str,
        id: &str,
        movement: &str,
        amount: Decimal,
    ) -> Result<models::Authorization, Refused> {
        let amount = amount.to_string();
        let parameters = [text(&kind), text(&id), text(&movement), text(&amount)];
        self.0
            .call("move($1, $2, $3, $4::numeric)", &parameters)
            .await
    }
}

impl AuthorizationsApi for Payment {
    type Caller = ();

    async fn authorize(
        &self,
        (): (),
        parameters: AuthorizeParameters,
        body: models::AuthorizationRequest,
    ) -> Result<AuthorizeSuccess, AuthorizeFailure> {
        let body = request(&body)?;
        let parameters = [text(&parameters.id), text(&body)];
        let found = self.0.call("authorize($1, $2::jsonb)", &parameters).await?;
        Ok(AuthorizeSuccess::Ok(found))
    }

    async fn get_authorization(
        &self,
        (): (),
        parameters: GetAuthorizationParameters,
    ) -> Result<GetAuthorizationSuccess, GetAuthorizationFailure> {
        let found = self
            .0
            .call("get_authorization($1)", &[text(&parameters.id)])
            .await?;
        Ok(GetAuthorizationSuccess::Ok(found))
    }

    async fn void_authorization(
        &self,
        (): (),
        parameters: VoidAuthorizationParameters,
    ) -> Result<VoidAuthorizationSuccess, VoidAuthorizationFailure> {
        let voided = self.0.call("void($1)", &[text(&parameters.id)]).await?;
        Ok(VoidAuthorizationSuccess::Ok(voided))
    }

    async fn capture(
        &self,
        (): (),
        parameters: CaptureParameters,
        body: models::Money,
    ) -> Result<CaptureSuccess, CaptureFailure> {
        let CaptureParameters { id, capture_id } = &parameters;
        let captured = self
            .move_money("capture", id, capture_id, body.amount)
            .await?;
        Ok(CaptureSuccess::Ok(captured))
    }

    async fn refund(
        &self,
        (): (),
        parameters: RefundParameters,
        body: models::Money,
    ) -> Result<RefundSuccess, RefundFailure> {
        let RefundParameters { id, refund_id } = &parameters;
        let refunded = self
            .move_money("refund", id, refund_id, body.amount)
            .await?;
        Ok(RefundSuccess::Ok(refunded))
    }

    async fn list_authorizations(
        &self,
        (): (),
        parameters: ListAuthorizationsParameters,
    ) -> Result<ListAuthorizationsSuccess, ListAuthorizationsFailure> {
        let after = parameters.after.unwrap_or_default();
        let parameters = [text(&after), (&parameters.limit as _, Type::INT4)];
        let page = self
            .0
            .call("list_authorizations($1, $2)", &parameters)
            .await?;
        Ok(ListAuthorizationsSuccess::Ok(page))
    }
}
