//! The statuses of an order and the ways between them.
//!
//! Both stand in the contract, once: `OrderStatus` and its `x-transitions`. What is generated from
//! them is the domain's own status; there is no second list.

pub use crate::generated::models::OrderStatus;

#[cfg(test)]
mod tests {
    use super::OrderStatus;

    #[test]
    fn every_order_can_end_and_none_goes_round_in_circles() {
        for start in OrderStatus::ALL {
            let mut seen = vec![*start];
            let mut ends = start.is_final();
            let mut next: Vec<OrderStatus> = start.transitions().to_vec();
            while let Some(status) = next.pop() {
                assert_ne!(status, *start, "{start} leads back to itself");
                ends |= status.is_final();
                if !seen.contains(&status) {
                    seen.push(status);
                    next.extend(status.transitions());
                }
            }
            assert!(ends, "{start} leads to no end");
        }
    }

    #[test]
    fn a_new_order_may_reach_every_status() {
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
