//! `orders status`: the outbox and the last reconciliation round.

use anyhow::Result;

use super::print_line;
use crate::config::Settings;
use crate::db::{
    Backlog, BookReport, BookRepository, Database, IntentRepository, ReconciliationRepository,
    Report, WaitingIntent,
};

/// The number of failing intents that are listed.
const FAILING_SHOWN: i64 = 20;

#[derive(serde::Serialize)]
struct Status {
    outbox: Backlog,
    failing: Vec<WaitingIntent>,
    reconciliation: Report,
    books: Vec<BookReport>,
}

/// Prints the backlog of intents, those that Temporal rejected, and the number of orders that
/// differ from their workflows and from the partners' books.
pub async fn status(settings: &Settings, json: bool) -> Result<()> {
    let database = Database::new(&settings.database, "orders-status")?;
    let intents = IntentRepository::new(database.clone());
    let status = Status {
        outbox: intents.backlog().await?,
        failing: intents.failing(FAILING_SHOWN).await?,
        reconciliation: ReconciliationRepository::new(database.clone())
            .report()
            .await?,
        books: BookRepository::new(database).reports().await?,
    };
    if json {
        return print_line(&serde_json::to_string_pretty(&status)?);
    }
    let Status {
        outbox,
        failing,
        reconciliation,
        books,
    } = status;
    print_line(&format!(
        "outbox: {} waiting, {} failing, the oldest for {} s",
        outbox.waiting, outbox.failing, outbox.oldest_age_seconds
    ))?;
    for intent in failing {
        print_line(&format!(
            "  order {} {} attempts {}: {}",
            intent.order_id,
            intent.action,
            intent.attempts,
            intent.last_error.unwrap_or_default()
        ))?;
    }
    let when = match reconciliation.finished_at {
        Some(time) => format!("at {}", time.to_rfc3339()),
        None => "never".into(),
    };
    print_line(&format!(
        "drift: {} of {} compared, last {when}; {} repaired so far",
        reconciliation.drift, reconciliation.compared, reconciliation.repaired
    ))?;
    let books: Vec<String> = books
        .iter()
        .map(|book| format!("{} {}", book.partner, book.drift))
        .collect();
    print_line(&format!("contradictions in books: {}", books.join(", ")))
}
