//! Payments: authorizations, captures and refunds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// How long the authorization of an amount `….94` is unavailable after its first attempt.
const UNAVAILABLE: Duration = Duration::from_secs(90);

/// The payment partner.
pub(crate) struct Payment {
    db: Db,
    /// Authorizations of amounts `….94`, by their first attempts.
    unavailable: Mutex<HashMap<String, Instant>>,
}

impl Payment {
    pub(crate) fn new(db: Db) -> Self {
        Self {
            db,
            unavailable: Mutex::default(),
        }
    }

    fn is_unavailable(&self, id: &str, amount: Decimal) -> bool {
        if amount.fract() != Decimal::new(94, 2) {
            return false;
        }
        let mut unavailable = self
            .unavailable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = unavailable
            .entry(id.to_owned())
            .or_insert_with(Instant::now);
        first.elapsed() < UNAVAILABLE
    }

    async fn move_money(
        &self,
        kind: &str,
        id: &str,
        movement: &str,
        amount: Decimal,
    ) -> Result<models::Authorization, Refused> {
        let amount = amount.to_string();
        let parameters = [text(&kind), text(&id), text(&movement), text(&amount)];
        self.db
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
        if self.is_unavailable(&parameters.id, body.amount) {
            return Err(Refused::Unavailable.into());
        }
        let body = request(&body)?;
        let parameters = [text(&parameters.id), text(&body)];
        let found = self
            .db
            .call("authorize($1, $2::jsonb)", &parameters)
            .await?;
        Ok(AuthorizeSuccess::Ok(found))
    }

    async fn get_authorization(
        &self,
        (): (),
        parameters: GetAuthorizationParameters,
    ) -> Result<GetAuthorizationSuccess, GetAuthorizationFailure> {
        let found = self
            .db
            .call("get_authorization($1)", &[text(&parameters.id)])
            .await?;
        Ok(GetAuthorizationSuccess::Ok(found))
    }

    async fn void_authorization(
        &self,
        (): (),
        parameters: VoidAuthorizationParameters,
    ) -> Result<VoidAuthorizationSuccess, VoidAuthorizationFailure> {
        let voided = self.db.call("void($1)", &[text(&parameters.id)]).await?;
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
            .db
            .call("list_authorizations($1, $2)", &parameters)
            .await?;
        Ok(ListAuthorizationsSuccess::Ok(page))
    }
}
