//! The statuses of an order and the ways between them.

/// Where an order is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Accepted; its workflow has not begun.
    Pending,
    /// Its workflow has begun.
    Processing,
    /// Ended well, for good.
    Completed,
    /// Ended early, for good.
    Cancelled,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Processing,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Whether an order may go from this status to another one.
    pub const fn can_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pending, Self::Processing)
                | (
                    Self::Pending | Self::Processing,
                    Self::Completed | Self::Cancelled
                )
        )
    }

    /// The statuses from which an order may come here.
    pub fn sources(self) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |from| from.can_become(self))
    }

    /// Whether an order never leaves this status.
    pub fn is_terminal(self) -> bool {
        !Self::ALL.into_iter().any(|next| self.can_become(next))
    }

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

impl std::fmt::Display for OrderStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::OrderStatus::{self, *};

    #[test]
    fn the_table_of_transitions() {
        let allowed: Vec<(OrderStatus, OrderStatus)> = OrderStatus::ALL
            .into_iter()
            .flat_map(|from| OrderStatus::ALL.map(|to| (from, to)))
            .filter(|(from, to)| from.can_become(*to))
            .collect();
        assert_eq!(
            allowed,
            [
                (Pending, Processing),
                (Pending, Completed),
                (Pending, Cancelled),
                (Processing, Completed),
                (Processing, Cancelled),
            ]
        );
        assert_eq!(
            OrderStatus::ALL.map(OrderStatus::is_terminal),
            [false, false, true, true]
        );
        assert_eq!(
            Cancelled.sources().collect::<Vec<_>>(),
            [Pending, Processing]
        );
    }

    #[test]
    fn names_lead_back() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::from_name(status.as_str()), Some(status));
        }
        assert_eq!(OrderStatus::from_name("Pending"), None);
    }
}
