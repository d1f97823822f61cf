//! Answers of customers to questions about their orders.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Author, Effect, IdempotencyKey, OrderRepository, Precondition, Rejection};
use crate::db::schema::idempotency_keys;
use crate::domain::{Access, Actor, DecisionAnswer, Order, OrderId};

/// The result of an answer.
pub enum Decided {
    /// The order with the answer.
    Now(Order),
    /// An earlier request with the same key gave the answer; this is the order as it is now.
    Replayed(Order),
    /// The key was used for a different request.
    KeyReused,
}

impl OrderRepository {
    /// Stores an answer and the intent to wake the order's workflow.
    pub async fn decide(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
        answer: DecisionAnswer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Decided, Rejection> {
        if let Some(replayed) = self.replay(id, access, key).await? {
            return Ok(replayed);
        }
        let author = Author {
            key,
            ..Actor::Client.into()
        };
        let decided = self
            .apply(id, access, precondition, author, |order| {
                Ok(order.decided(answer)?.map(Effect::wake))
            })
            .await;
        match decided {
            Ok(order) => Ok(Decided::Now(order)),
            // A request with the same key may have come first.
            Err(rejection @ (Rejection::VersionMismatch | Rejection::Request(_))) => {
                let replayed = self.replay(id, access, key).await?;
                replayed.ok_or(rejection)
            }
            Err(rejection) => Err(rejection),
        }
    }

    /// The response to a request whose key is known.
    async fn replay(
        &self,
        id: OrderId,
        access: Access,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Decided>, Rejection> {
        let Some(key) = key else { return Ok(None) };
        let query = idempotency_keys::table
            .find(&key.key)
            .filter(idempotency_keys::expires_at.gt(diesel::dsl::now))
            .select(idempotency_keys::fingerprint);
        let known: Option<Vec<u8>> = self
            .database
            .read(async |connection| query.first(connection).await.optional())
            .await?;
        match known {
            None => Ok(None),
            Some(fingerprint) if fingerprint != key.fingerprint => Ok(Some(Decided::KeyReused)),
            Some(_) => {
                let order = self.get(id, access).await?;
                let order = order.ok_or(Rejection::NotFound)?;
                Ok(Some(Decided::Replayed(order)))
            }
        }
    }
}
