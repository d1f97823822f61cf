//! Repeated attempts to change an order that is changed concurrently.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::domain::OrderId;
use crate::error::StoreError;

/// The maximum number of attempts when concurrent changes succeed first.
pub(super) const MAX_RACES: usize = 100;
/// The delays between attempts to change an order whose row another transaction has locked.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The attempts to change one order, until a deadline.
pub(super) struct Attempts {
    order_id: OrderId,
    pub(super) deadline: Instant,
    races: usize,
    pause: Duration,
}

impl Attempts {
    pub(super) fn new(order_id: OrderId, deadline: Instant) -> Self {
        Self {
            order_id,
            deadline,
            races: 0,
            pause: FIRST_PAUSE,
        }
    }

    /// Called when a concurrent change succeeded first.
    pub(super) fn lost_race(&mut self) -> Result<(), StoreError> {
        self.races += 1;
        if self.races < MAX_RACES {
            return Ok(());
        }
        let id = self.order_id;
        Err(StoreError::Unavailable(format!(
            "order {id} has too many concurrent changes"
        )))
    }

    /// Called when another transaction has locked the row: waits before the next attempt, longer
    /// each time.
    pub(super) async fn locked(&mut self) -> Result<(), StoreError> {
        let pause = self.pause.mul_f64(rand::random_range(0.5..1.0));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let next = Instant::now() + pause;
        // An attempt without time for its response would leave the outcome unknown.
        if next + LONGEST_PAUSE >= self.deadline {
            let id = self.order_id;
            return Err(StoreError::Locked(format!(
                "another transaction has locked order {id}"
            )));
        }
        sleep_until(next).await;
        Ok(())
    }
}
