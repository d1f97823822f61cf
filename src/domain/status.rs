//! The statuses of an order and their transitions, generated from the contract (`OrderStatus` and
//! its `x-transitions`).

pub use crate::generated::models::OrderStatus;

#[cfg(test)]
mod tests {
    use super::OrderStatus;

    #[test]
    fn every_order_can_end() {
        for start in OrderStatus::ALL {
            let mut reached = vec![*start];
            let mut next = 0;
            while let Some(status) = reached.get(next).copied() {
                next += 1;
                for target in status.transitions() {
                    if !reached.contains(target) {
                        reached.push(*target);
                    }
                }
            }
            assert!(
                reached.iter().any(|status| status.is_final()),
                "{start} cannot reach a final status"
            );
        }
    }

    #[test]
    fn a_new_order_can_reach_every_status() {
        let reached = OrderStatus::Pending.transitions();
        for status in OrderStatus::ALL
            .iter()
            .filter(|status| **status != OrderStatus::Pending)
        {
            assert!(
                reached
                    .iter()
                    .any(|next| next == status || next.can_become(*status)),
                "{status}"
            );
        }
    }
}
