//! What a client orders. Articles, amounts and addresses determine what the partners answer (see
//! the sandbox), so also how the order may end.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The number of articles in stock, so that orders compete for them.
const ARTICLES: u32 = 20;
const SOLD_OUT: &str = "SOLD-OUT-";

/// The items of an order and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    pub items: Vec<Item>,
    pub city: &'static str,
    pub country: &'static str,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub sku: String,
    pub quantity: u32,
    /// The price of one piece.
    pub cents: i64,
}

impl Basket {
    /// Half of the baskets have something special. Parcels come back only if the order is not
    /// completed before: `may_return`.
    pub fn random(random: &mut StdRng, may_return: bool) -> Self {
        let cents = [0, 50].choose(random).copied().unwrap_or_default();
        let mut basket = Self {
            items: vec![],
            city: "Exampleville",
            country: "DE",
        };
        match random.random_range(0..24) {
            0..3 => basket.add(random, SOLD_OUT, cents),
            3 => {
                basket.add(random, SOLD_OUT, cents);
                return basket;
            }
            4 => basket.add(random, "EXPIRES-", cents),
            // Declined.
            5 => basket.add(random, "TEA-", 91),
            // The first authorization expires before its capture.
            6..8 => basket.add(random, "TEA-", 92),
            // The first capture is refused, and waits for an operator.
            8 => basket.add(random, "TEA-", 93),
            9 => basket.country = "XX",
            10 => basket.city = "Hasty",
            11 if may_return => basket.city = "Returned",
            _ => basket.add(random, "TEA-", cents),
        }
        for _ in 0..random.random_range(1..3) {
            basket.add(random, "TEA-", 0);
        }
        basket
    }

    /// Adds an article. Only a single piece has a price with cents.
    fn add(&mut self, random: &mut StdRng, name: &str, cents: i64) {
        self.items.push(Item {
            sku: format!("{name}{}", random.random_range(0..ARTICLES)),
            quantity: if cents == 0 {
                random.random_range(1..4)
            } else {
                1
            },
            cents: random.random_range(1..200) * 100 + cents,
        });
    }

    /// Of one article.
    #[cfg(test)]
    pub fn of(sku: &str, quantity: u32, cents: i64) -> Self {
        let sku = sku.into();
        Self {
            items: vec![Item {
                sku,
                quantity,
                cents,
            }],
            city: "Exampleville",
            country: "DE",
        }
    }

    /// The price of everything.
    pub fn cents(&self) -> i64 {
        self.items.iter().map(Item::total).sum()
    }

    /// Whether some, but not all articles are available, so that the customer must decide.
    pub fn asks(&self) -> bool {
        let mut items = self.items.iter();
        items.any(Item::is_sold_out) && !self.is_sold_out()
    }

    fn is_sold_out(&self) -> bool {
        self.items.iter().all(Item::is_sold_out)
    }

    /// Whether the order may be cancelled for this reason without a request.
    pub fn may_be_cancelled_by(&self, reason: &str) -> bool {
        let available = self.items.iter().filter(|item| !item.is_sold_out());
        match reason {
            "items_unavailable" => self.is_sold_out(),
            "decision_deadline" => self.asks(),
            "payment_declined" => available.map(Item::total).sum::<i64>() % 100 == 91,
            "address_not_served" => self.country == "XX",
            "parcel_returned" => self.city == "Returned",
            // The carrier cancels no parcel, and no operator a workflow.
            _ => false,
        }
    }

    /// Whether these items, as in an order, are the same.
    pub fn is(&self, items: &Value) -> bool {
        let same = |(item, stored): (&Item, &Value)| {
            let price: Option<Decimal> = stored["unit_price"].to_string().parse().ok();
            stored["sku"] == *item.sku
                && stored["quantity"] == item.quantity
                && price == Some(Decimal::new(item.cents, 2))
        };
        let stored = items.as_array().map_or(&[][..], Vec::as_slice);
        stored.len() == self.items.len() && self.items.iter().zip(stored).all(same)
    }

    /// The items and the address in a request.
    pub fn json(&self) -> [(&'static str, Value); 2] {
        let price = |item: &Item| serde_json::from_str::<Value>(&super::money(item.cents));
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| {
                let price = price(item).unwrap_or_default();
                json!({ "sku": item.sku, "quantity": item.quantity, "unit_price": price })
            })
            .collect();
        let address = json!({
            "name": "Ada Example", "street": "Example Street 1", "postal_code": "12345",
            "city": self.city, "country": self.country,
        });
        [("items", items.into()), ("shipping_address", address)]
    }
}

impl Item {
    fn is_sold_out(&self) -> bool {
        self.sku.starts_with(SOLD_OUT)
    }

    fn total(&self) -> i64 {
        self.cents * i64::from(self.quantity)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_end_occurs_in_a_short_run() {
        let mut random = StdRng::seed_from_u64(1);
        let baskets: Vec<Basket> = (0..150)
            .map(|_| Basket::random(&mut random, true))
            .collect();
        for reason in [
            "items_unavailable",
            "decision_deadline",
            "payment_declined",
            "address_not_served",
            "parcel_returned",
        ] {
            let with = baskets.iter().filter(|one| one.may_be_cancelled_by(reason));
            assert!(with.count() > 0, "{reason}");
        }
        for cents in [92, 93] {
            let with = baskets.iter().filter(|one| one.cents() % 100 == cents);
            assert!(with.count() > 0, "{cents}");
        }
        let without = Basket::random(&mut random, false);
        assert!(!without.may_be_cancelled_by("workflow_cancelled"));
    }
}
