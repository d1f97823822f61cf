//! Repeated attempts to change an order that others change as well.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::StoreError;

/// Most attempts while others change the same order. One of them succeeds each time.
pub(super) const MAX_RACES: usize = 100;
/// Between two attempts to change an order whose row another transaction holds.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The attempts to change one order, until a deadline.
pub(super) struct Attempts {
    order_id: i64,
    pub(super) deadline: Instant,
    races: usize,
    pause: Duration,
}

impl Attempts {
    pub(super) fn new(order_id: i64, deadline: Instant) -> Self {
        Self {
            order_id,
            deadline,
            races: 0,
            pause: FIRST_PAUSE,
        }
    }

    /// After another change was faster.
    pub(super) fn lost_race(&mut self) -> Result<(), StoreError> {
        self.races += 1;
        if self.races < MAX_RACES {
            return Ok(());
        }
        let id = self.order_id;
        Err(StoreError::Unavailable(format!(
            "order {id} is changed by too many at once"
        )))
    }

    /// After another transaction held the row: the next attempt comes after a pause that grows.
    pub(super) async fn locked(&mut self) -> Result<(), StoreError> {
        let pause = self.pause.mul_f64(rand::random_range(0.5..1.0));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let next = Instant::now() + pause;
        // An attempt without time for its result would leave the outcome unknown.
        if next + LONGEST_PAUSE >= self.deadline {
            let id = self.order_id;
            return Err(StoreError::Locked(format!(
                "another transaction holds order {id}"
            )));
        }
        sleep_until(next).await;
        Ok(())
    }
}
