//! Takes money for orders.

use contract_runtime::client;
use rust_decimal::Decimal;

use self::inner::{Authorization, AuthorizationStatus, Money, RefusalCode};
use super::call::{CallError, Calls, Failure, failures};
use super::contracts::payment::authorizations::*;
use super::contracts::payment::{Client, models as inner};
use super::{Effect, OpenOperation, OperationIds};
use crate::domain::CustomerId;

failures!(
    AuthorizeFailure [BadRequest, UnprocessableContent] refused Conflict,
    CaptureFailure [BadRequest, NotFound, UnprocessableContent] refused Conflict,
    VoidAuthorizationFailure [BadRequest] refused Conflict,
    RefundFailure [BadRequest, NotFound, UnprocessableContent] refused Conflict,
    GetAuthorizationFailure [BadRequest, NotFound],
    ListAuthorizationsFailure [BadRequest],
);

/// The payment service.
#[derive(Clone)]
pub struct Payment {
    client: Client,
    calls: Calls,
}

/// The result of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorized {
    /// The amount is reserved, or already taken.
    Yes,
    /// It is declined.
    Declined,
    /// The authorization has expired or was given up.
    Ended,
}

/// The result of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captured {
    /// The amount is taken.
    Yes,
    /// The authorization has expired or was given up.
    Ended,
    /// More than was authorized.
    OverCapture,
}

/// The result of giving up an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// Nothing can be taken any more.
    Yes,
    /// The amount is already taken.
    Captured,
}

impl Payment {
    pub(super) fn new(client: client::Client, calls: Calls) -> Self {
        Self {
            client: Client::new(client),
            calls,
        }
    }

    /// Reserves an amount on the customer's means of payment.
    pub async fn authorize(
        &self,
        ids: OperationIds,
        expired: u32,
        customer: CustomerId,
        amount: Decimal,
    ) -> Result<Authorized, Failure> {
        let id = ids.authorization(expired);
        let request = inner::AuthorizationRequest {
            reference: ids.reference(),
            customer: customer.to_string(),
            amount,
        };
        let call = self
            .client
            .authorizations
            .authorize(AuthorizeParameters { id }, request);
        match self.calls.call("authorize", call).await {
            Ok(AuthorizeSuccess::Ok(authorization)) => match authorization.status {
                AuthorizationStatus::Authorized | AuthorizationStatus::Captured => {
                    Ok(Authorized::Yes)
                }
                AuthorizationStatus::Declined => Ok(Authorized::Declined),
                AuthorizationStatus::Voided | AuthorizationStatus::Expired => Ok(Authorized::Ended),
                AuthorizationStatus::Unknown(status) => Err(Failure::unexpected("status", &status)),
            },
            Err(CallError::Refused(RefusalCode::Declined)) => Ok(Authorized::Declined),
            Err(CallError::Refused(
                RefusalCode::AuthorizationExpired | RefusalCode::AuthorizationVoided,
            )) => Ok(Authorized::Ended),
            Err(error) => Err(error.failure()),
        }
    }

    /// Takes an authorized amount.
    pub async fn capture(
        &self,
        ids: OperationIds,
        expired: u32,
        amount: Decimal,
    ) -> Result<Captured, Failure> {
        let parameters = CaptureParameters {
            id: ids.authorization(expired),
            capture_id: ids.capture(expired),
        };
        let call = self
            .client
            .authorizations
            .capture(parameters, Money { amount });
        match self.calls.call("capture", call).await {
            Ok(_) => Ok(Captured::Yes),
            Err(CallError::Refused(
                RefusalCode::AuthorizationExpired | RefusalCode::AuthorizationVoided,
            )) => Ok(Captured::Ended),
            Err(CallError::Refused(RefusalCode::OverCapture)) => Ok(Captured::OverCapture),
            Err(error) => Err(error.failure()),
        }
    }

    /// Gives up an authorization, also one that has not arrived yet.
    pub async fn void(&self, ids: OperationIds, expired: u32) -> Result<Voided, Failure> {
        let id = ids.authorization(expired);
        let call = self
            .client
            .authorizations
            .void_authorization(VoidAuthorizationParameters { id });
        match self.calls.call("voidAuthorization", call).await {
            Ok(_) => Ok(Voided::Yes),
            Err(CallError::Refused(RefusalCode::AlreadyCaptured)) => Ok(Voided::Captured),
            Err(error) => Err(error.failure()),
        }
    }

    /// Gives back what was taken; returns the amount.
    pub async fn refund(&self, ids: OperationIds, expired: u32) -> Result<Decimal, Failure> {
        let amount = self.authorization(ids, expired).await?.captured;
        let parameters = RefundParameters {
            id: ids.authorization(expired),
            refund_id: ids.refund(expired),
        };
        let call = self
            .client
            .authorizations
            .refund(parameters, Money { amount });
        let refunded = self.calls.call("refund", call).await;
        refunded.map(|_| amount).map_err(CallError::failure)
    }

    async fn authorization(
        &self,
        ids: OperationIds,
        expired: u32,
    ) -> Result<Authorization, Failure> {
        let id = ids.authorization(expired);
        let call = self
            .client
            .authorizations
            .get_authorization(GetAuthorizationParameters { id });
        let found = self.calls.call("getAuthorization", call).await;
        let GetAuthorizationSuccess::Ok(authorization) = found.map_err(CallError::failure)?;
        Ok(authorization)
    }

    /// At most `limit` authorizations that hold or have taken money, with ids above `after`.
    pub async fn open(
        &self,
        after: Option<String>,
        limit: i32,
    ) -> Result<Vec<OpenOperation>, Failure> {
        let call = self
            .client
            .authorizations
            .list_authorizations(ListAuthorizationsParameters {
                limit: Some(limit),
                after,
            });
        let listed = self.calls.call("listAuthorizations", call).await;
        let ListAuthorizationsSuccess::Ok(found) = listed.map_err(CallError::failure)?;
        let open = |one: Authorization| {
            let effect = match one.status {
                AuthorizationStatus::Captured => Effect::Charge(one.captured - one.refunded),
                _ => Effect::Authorization,
            };
            OpenOperation::new(one.id, effect)
        };
        Ok(found.into_iter().map(open).collect())
    }
}
