//! Rows that somebody else has locked while nothing else is broken: requests that have nothing to do
//! with them must not fail then.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Locked rows, of one kind.
#[derive(Debug)]
pub enum Rows {
    /// These orders.
    Orders(BTreeSet<i64>),
    /// Idempotency-Keys that were used before.
    Keys,
}

/// What is locked at the moment.
#[derive(Debug, Default)]
pub struct LockedRows(Mutex<Option<Arc<Rows>>>);

impl LockedRows {
    /// These rows are locked from now on, and nothing else is broken.
    pub fn hold(&self, rows: Rows) {
        self.set(Some(Arc::new(rows)));
    }

    /// They are free again.
    pub fn release(&self) {
        self.set(None);
    }

    /// What is locked.
    pub fn now(&self) -> Option<Arc<Rows>> {
        self.0.lock().ok().and_then(|rows| rows.clone())
    }

    /// What was locked before and is locked still.
    pub fn still(&self, before: Option<Arc<Rows>>) -> Option<Arc<Rows>> {
        let before = before?;
        self.now().filter(|now| Arc::ptr_eq(now, &before))
    }

    fn set(&self, rows: Option<Arc<Rows>>) {
        if let Ok(mut held) = self.0.lock() {
            *held = rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_locked_all_the_time_counts() {
        let held = LockedRows::default();
        assert!(held.still(held.now()).is_none());
        held.hold(Rows::Keys);
        let first = held.now();
        assert!(held.still(first.clone()).is_some());
        held.release();
        assert!(held.still(first.clone()).is_none());
        held.hold(Rows::Keys);
        assert!(held.still(first).is_none());
    }
}
