//! What is open in the partners' books: the same for all three.

use rust_decimal::Decimal;

use super::{Cancelled, Failure, OperationIds, Partners, Voided};
use crate::domain::ShipmentStatus;

/// A partner, as its settings, metrics and books are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerName {
    /// Holds stock.
    Inventory,
    /// Takes money.
    Payment,
    /// Ships parcels.
    Shipping,
}

impl PartnerName {
    /// All partners.
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Payment, Self::Shipping];

    /// The name in settings, metrics and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Payment => "payment",
            Self::Shipping => "shipping",
        }
    }
}

/// An operation whose effect lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOperation {
    /// Its id, which may be that of another client of the partner.
    pub id: String,
    /// Its effect.
    pub effect: Effect,
}

/// What an operation holds or has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Stock is held, or taken for good.
    Stock,
    /// An amount is reserved.
    Authorization,
    /// This amount is taken and not given back.
    Charge(Decimal),
    /// A parcel.
    Parcel(ShipmentStatus),
}

/// The result of undoing an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It has no effect any more.
    Yes,
    /// The carrier has the order's parcel, or the amount is taken.
    TooLate,
}

impl OpenOperation {
    pub(super) fn new(id: String, effect: Effect) -> Self {
        Self { id, effect }
    }

    /// The ids of the order's operations, and the number of attempts that expired before this one.
    /// `None` if the id is not one that this service derives.
    pub fn origin(&self) -> Option<(OperationIds, u32)> {
        let ids = OperationIds::parse(&self.id)?;
        let attempt = || {
            let digits = self.id.rsplit('-').next()?.get(1..)?;
            digits.parse::<u32>().ok()
        };
        let (attempt, derived) = match self.effect {
            Effect::Stock => {
                let attempt = attempt()?;
                (attempt, ids.reservation(attempt))
            }
            Effect::Authorization | Effect::Charge(_) => {
                let attempt = attempt()?;
                (attempt, ids.authorization(attempt))
            }
            Effect::Parcel(_) => (0, ids.shipment()),
        };
        (derived == self.id).then_some((ids, attempt))
    }
}

impl Partners {
    /// At most `limit` open operations of a partner, with ids above `after`; `None` if the partner
    /// is not configured.
    pub async fn open(
        &self,
        partner: PartnerName,
        after: Option<String>,
        limit: i32,
    ) -> Option<Result<Vec<OpenOperation>, Failure>> {
        Some(match partner {
            PartnerName::Inventory => self.inventory.as_ref()?.open(after, limit).await,
            PartnerName::Payment => self.payment.as_ref()?.open(after, limit).await,
            PartnerName::Shipping => self.shipping.as_ref()?.open(after, limit).await,
        })
    }

    /// Undoes an operation of an order that is cancelled. As in its workflow, the parcel comes first:
    /// while the carrier has it, neither stock nor money is given back.
    pub async fn undo(&self, operation: &OpenOperation) -> Result<Undone, Failure> {
        let Some((ids, attempt)) = operation.origin() else {
            return Ok(Undone::TooLate);
        };
        if let Some(shipping) = &self.shipping
            && let Cancelled::TooLate(_) = shipping.cancel(ids).await?
        {
            return Ok(Undone::TooLate);
        }
        match (operation.effect, &self.inventory, &self.payment) {
            (Effect::Stock, Some(inventory), _) => inventory.release(ids, attempt).await?,
            (Effect::Authorization, _, Some(payment)) => {
                if payment.void(ids, attempt).await? == Voided::Captured {
                    return Ok(Undone::TooLate);
                }
            }
            (Effect::Parcel(_), _, _) => {}
            _ => return Ok(Undone::TooLate),
        }
        Ok(Undone::Yes)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::OrderId;

    #[test]
    fn only_derived_ids_have_an_origin() {
        let ids = OperationIds {
            order_id: OrderId(17),
            created_at: DateTime::from_timestamp_micros(1_795_911_234_567_891).unwrap(),
        };
        let origin = |id: String, effect| OpenOperation::new(id, effect).origin();
        let charge = Effect::Charge(Decimal::ONE);
        let parcel = Effect::Parcel(ShipmentStatus::Created);
        assert_eq!(origin(ids.reservation(3), Effect::Stock), Some((ids, 3)));
        assert_eq!(origin(ids.authorization(2), charge), Some((ids, 2)));
        assert_eq!(
            origin(ids.authorization(0), Effect::Authorization),
            Some((ids, 0))
        );
        assert_eq!(origin(ids.shipment(), parcel), Some((ids, 0)));
        for (id, effect) in [
            (ids.authorization(0), Effect::Stock),
            (ids.reservation(0), charge),
            (ids.reservation(0), parcel),
            (ids.reference(), Effect::Stock),
            (format!("{}0", ids.reservation(0)), Effect::Stock),
            (ids.reservation(0).replace('o', "o0"), Effect::Stock),
            (format!("{}-r", ids.reference()), Effect::Stock),
            ("é-é".to_owned(), Effect::Stock),
        ] {
            assert_eq!(origin(id.clone(), effect), None, "{id}");
        }
    }
}
