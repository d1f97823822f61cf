//! Rows that another transaction locks while no other fault is active: requests that do not use
//! these rows must not fail then.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Locked rows, of one kind.
#[derive(Debug)]
pub enum Rows {
    /// These orders.
    Orders(BTreeSet<i64>),
    /// Idempotency-Keys of earlier orders.
    Keys,
}

/// The rows that are locked now.
#[derive(Debug, Default)]
pub struct LockedRows(Mutex<Option<Arc<Rows>>>);

impl LockedRows {
    /// Records that these rows are locked from now on, and no other fault is active.
    pub fn hold(&self, rows: Rows) {
        self.set(Some(Arc::new(rows)));
    }

    /// Records that they are unlocked.
    pub fn release(&self) {
        self.set(None);
    }

    /// The locked rows.
    pub fn now(&self) -> Option<Arc<Rows>> {
        self.0.lock().ok().and_then(|rows| rows.clone())
    }

    /// The locked rows, if they have been locked since `before`.
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
    fn only_rows_that_stay_locked_count() {
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
