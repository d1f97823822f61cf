//! The books of the partners, and what the service says of its orders with items.

use anyhow::{Context, Result};
use order_processing::domain::OrderId;
use order_processing::partners::OperationIds;
use partner_sandbox::{Book, Claim, Stage, StockLevel};
use reqwest::Client;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::world::World;

/// Orders that are read at once.
const PAGE: usize = 100;
/// The statuses of items that the customer keeps.
const KEPT: [&str; 2] = ["shipped", "delivered"];

/// Everything that the partners know, and everything that the service claims.
#[derive(Debug, Default)]
pub struct Books {
    /// Of every reference.
    pub books: Vec<Book>,
    /// Of every article.
    pub stock: Vec<StockLevel>,
    /// Of every order with items.
    pub claims: Vec<OrderClaim>,
}

/// What the API says of an order with items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderClaim {
    /// The id of the order.
    pub order_id: i64,
    /// What the partners call the order.
    pub reference: String,
    /// What is due, and whether nothing more is done.
    pub claim: Claim,
    /// The articles that the customer keeps, with their quantities.
    pub kept: Vec<(String, u64)>,
}

impl Books {
    /// Reads everything.
    pub async fn read(world: &World) -> Result<Self> {
        let partners = world.partners();
        Ok(Self {
            books: partners.all_books().await?,
            stock: partners.stock().await?,
            claims: claims(world).await?,
        })
    }
}

impl OrderClaim {
    /// The claim of an order as the API returns it; `None` for an order without items.
    pub fn of(order: &Value) -> Result<Option<Self>> {
        let Some(items) = order["items"].as_array() else {
            return Ok(None);
        };
        let text = |value: &Value| value.as_str().map(str::to_owned).context("not a text");
        let (mut due, mut kept) = (Decimal::ZERO, Vec::new());
        for item in items {
            if KEPT.contains(&text(&item["status"])?.as_str()) {
                let quantity = item["quantity"].as_u64().context("no quantity")?;
                let price: Decimal = item["unit_price"].to_string().parse()?;
                due += price * Decimal::from(quantity);
                kept.push((text(&item["sku"])?, quantity));
            }
        }
        let order_id = order["id"].as_i64().context("no id")?;
        let created_at = text(&order["created_at"])?.parse()?;
        let ids = OperationIds {
            order_id: OrderId(order_id),
            created_at,
        };
        let status = text(&order["status"])?;
        Ok(Some(Self {
            order_id,
            reference: ids.reference(),
            claim: Claim {
                due,
                stage: Stage::of(&status),
            },
            kept,
        }))
    }
}

/// The claims of all orders with items, page by page.
async fn claims(world: &World) -> Result<Vec<OrderClaim>> {
    let server = world.servers().first().map(|(_, url)| (*url).to_owned());
    let server = server.context("no server")?;
    let client = Client::new();
    let mut claims = Vec::new();
    let mut page = Some(format!("/orders?limit={PAGE}"));
    while let Some(path) = page {
        let request = client
            .get(format!("{server}{path}"))
            .header("x-api-key", world.api_key());
        let response = request.send().await?.error_for_status()?;
        let link = response.headers().get("link");
        let link = link.map(|link| link.to_str()).transpose()?;
        page = link.and_then(next_page).map(str::to_owned);
        let orders: Vec<Value> = response.json().await?;
        for order in &orders {
            let claim = OrderClaim::of(order).with_context(|| order.to_string())?;
            claims.extend(claim);
        }
    }
    Ok(claims)
}

/// The path in `</orders?…>; rel="next", </orders?…>; rel="prev"`.
fn next_page(link: &str) -> Option<&str> {
    let mut links = link.split(", ").filter_map(|link| link.split_once('>'));
    let (path, _) = links.find(|(_, relation)| relation.contains("rel=\"next\""))?;
    path.strip_prefix('<')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_customer_keeps_is_due() {
        let item = |sku: &str, status: &str| json!({ "sku": sku, "quantity": 2, "unit_price": 1.25, "status": status });
        let order = json!({
            "id": 7, "created_at": "2026-01-15T09:30:00.000016Z", "status": "completed",
            "items": [item("A", "shipped"), item("B", "cancelled"), item("C", "delivered")],
        });
        let claim = OrderClaim::of(&order).unwrap().unwrap();
        assert_eq!(claim.claim.due.to_string(), "5.00");
        assert_eq!(claim.claim.stage, Stage::Completed);
        assert_eq!(claim.kept, [("A".into(), 2), ("C".into(), 2)]);
        assert!(claim.reference.starts_with("o7-"), "{claim:?}");
        let without = json!({ "id": 7, "status": "pending" });
        assert_eq!(OrderClaim::of(&without).unwrap(), None);
    }

    #[test]
    fn the_next_page_is_in_the_link() {
        let link = "</orders?limit=100&cursor=x>; rel=\"next\"";
        assert_eq!(next_page(link), Some("/orders?limit=100&cursor=x"));
        let both = format!("{link}, </orders?limit=100&cursor=y>; rel=\"prev\"");
        assert_eq!(next_page(&both), Some("/orders?limit=100&cursor=x"));
        assert_eq!(next_page("</orders?cursor=y>; rel=\"prev\""), None);
    }
}
