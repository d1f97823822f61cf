//! The table at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::audit::Audit;
use crate::books::Books;
use crate::faults::Counts;
use crate::load::{ClientRecords, Outcome};
use crate::report::{Findings, Progress, table};

/// The results of a run.
pub struct Summary<'a> {
    pub records: &'a ClientRecords,
    pub audit: &'a Audit,
    /// The events of all orders, which each follower must have seen.
    pub followed: usize,
    /// Webhooks that were confirmed before.
    pub repeated_webhooks: usize,
    pub books: &'a Books,
    pub faults: &'a Counts,
    pub progress: &'a Progress,
    /// How long it took from the last response until the service was idle.
    pub settling: Duration,
    pub findings: &'a Findings,
}

impl Summary<'_> {
    /// Prints it.
    pub fn show(&self) {
        let mut rows = Vec::new();
        for part in [
            self.faults(),
            self.load(),
            self.keyless(),
            self.books(),
            self.wrong(),
        ] {
            rows.extend(part);
            rows.push((String::new(), String::new()));
        }
        rows.pop();
        table(&rows);
    }

    fn faults(&self) -> Vec<(String, String)> {
        let faults = self.faults.iter();
        let mut rows: Vec<_> = faults
            .map(|(name, count)| (name.clone(), count.to_string()))
            .collect();
        rows.push(row("faults", self.progress.counts().1));
        let hits = self.progress.partner_hits();
        rows.push(row("calls and webhooks that failed", hits));
        rows
    }

    fn load(&self) -> Vec<(String, String)> {
        let (audit, progress) = (self.audit, self.progress);
        let accepted = &self.records.accepted;
        let mut took: Vec<Duration> = accepted.iter().map(|order| order.took).collect();
        took.sort();
        let retries = progress.retries();
        let mut rows = vec![
            row("accepted (201)", accepted.len()),
            row("retries", retries.values().sum::<usize>()),
        ];
        rows.extend(retries.iter().map(|(why, count)| match why {
            Some(status) => row(&format!("  after {status}"), count),
            None => row("  after no response", count),
        }));
        rows.extend([
            row("time to the 201, median", at(&took, 0.5)),
            row("time to the 201, p99", at(&took, 0.99)),
            row("bad keys rejected", progress.bad_keys()),
            row("failed while keys were locked", progress.beside_keys()),
            row("new workflows by the reconciler", audit.restarted),
            row("ended by the reconciler", audit.ended_by_reconciler),
            row("workflows terminated", audit.terminated),
            row(
                "events, for each of 2 followers and the receiver",
                self.followed,
            ),
            row("  webhooks that came again", self.repeated_webhooks),
            row(
                "duration",
                format!("{:.0} s", progress.elapsed().as_secs_f64()),
            ),
            row(
                "from the last response to idle",
                format!("{:.1} s", self.settling.as_secs_f64()),
            ),
        ]);
        // Only possible in an upgrade.
        if progress.known_failures() > 0 {
            let name = "500 after DDL, by the previous version";
            rows.push(row(name, progress.known_failures()));
        }
        rows
    }

    /// Requests without a key, by their outcome for the client.
    fn keyless(&self) -> Vec<(String, String)> {
        let mut counts = BTreeMap::<String, usize>::new();
        for request in &self.records.keyless {
            let what = match request.outcome {
                Outcome::Accepted(_) => "accepted".into(),
                Outcome::Rejected(status) => format!("rejected, {status}"),
                Outcome::Unknown(why) => format!("unknown, {why}"),
            };
            *counts.entry(what).or_default() += 1;
        }
        let mut rows = vec![row("sent without a key", self.records.keyless.len())];
        let counts = counts.into_iter();
        rows.extend(counts.map(|(what, count)| row(&format!("  {what}"), count)));
        rows.push(row("  unknown, and stored", self.audit.unknown_stored));
        rows
    }

    /// The three books, by status.
    fn books(&self) -> Vec<(String, String)> {
        let books = || self.books.books.iter();
        let mut rows = vec![row("orders with items", self.books.claims.len())];
        let mut of = |name: &str, statuses: Vec<String>| {
            rows.push(row(name, statuses.len()));
            let mut counts = BTreeMap::<String, usize>::new();
            for status in statuses {
                *counts.entry(status).or_default() += 1;
            }
            let counts = counts.into_iter();
            rows.extend(counts.map(|(status, count)| row(&format!("  {status}"), count)));
        };
        let reservations = books().flat_map(|book| &book.reservations);
        of(
            "reservations",
            reservations.map(|one| status(&one.status)).collect(),
        );
        let authorizations = books().flat_map(|book| &book.authorizations);
        of(
            "authorizations",
            authorizations.map(|one| status(&one.status)).collect(),
        );
        let shipments = books().flat_map(|book| &book.shipments);
        of(
            "shipments",
            shipments.map(|one| status(&one.status)).collect(),
        );
        rows
    }

    fn wrong(&self) -> Vec<(String, String)> {
        let responses = self.findings.values().map(Vec::len).sum::<usize>();
        let differences = self.audit.differences().into_iter();
        std::iter::once(row("wrong responses", responses))
            .chain(differences.map(|(kind, all)| row(kind, all.len())))
            .collect()
    }
}

/// A status as in the report.
fn status(status: &impl std::fmt::Debug) -> String {
    format!("{status:?}").to_lowercase()
}

fn row(name: &str, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}

/// The quantile of sorted durations.
fn at(sorted: &[Duration], share: f64) -> String {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let index = (sorted.len() as f64 * share) as usize;
    let took = sorted.get(index.min(sorted.len().saturating_sub(1)));
    let took = took.copied().unwrap_or_default();
    format!("{:.0} ms", took.as_secs_f64() * 1000.0)
}
