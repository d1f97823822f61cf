//! Scopes of credentials.

use std::fmt;

/// A permission. The contract requires scopes by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Read orders and their histories.
    Read,
    /// Create and change orders.
    Write,
    /// Read webhook endpoints and their deliveries.
    ReadWebhooks,
    /// Create, change and delete webhook endpoints, and send events again.
    WriteWebhooks,
    /// Everything, including deletion.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::ReadWebhooks,
        Self::WriteWebhooks,
        Self::Admin,
    ];

    /// The name in the contract, in tokens and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "orders:read",
            Self::Write => "orders:write",
            Self::ReadWebhooks => "webhooks:read",
            Self::WriteWebhooks => "webhooks:write",
            Self::Admin => "orders:admin",
        }
    }

    /// The scope with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes([bool; Scope::ALL.len()]);

impl Scopes {
    /// Parses names separated by spaces (RFC 6749, section 3.3). Unknown names are ignored.
    pub fn parse(names: &str) -> Self {
        names.split(' ').filter_map(Scope::of).collect()
    }

    /// Whether the set contains this scope. `orders:admin` implies every scope.
    pub fn has(self, scope: Scope) -> bool {
        self.contains(Scope::Admin) || self.contains(scope)
    }

    fn contains(self, scope: Scope) -> bool {
        self.0[scope as usize]
    }

    /// The first of these names that is missing. An unknown name is always missing.
    pub fn missing<'a>(self, names: &[&'a str]) -> Option<&'a str> {
        let held = |name: &str| Scope::of(name).is_some_and(|scope| self.has(scope));
        names.iter().copied().find(|name| !held(name))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.0[scope as usize] = true;
        }
        set
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Scope::ALL
            .into_iter()
            .filter(|&scope| self.contains(scope))
            .map(Scope::as_str)
            .collect();
        formatter.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_implies_every_known_scope() {
        let admin = Scopes::parse("openid orders:admin");
        assert_eq!(admin.missing(&["orders:read", "webhooks:write"]), None);
        assert_eq!(
            admin.missing(&["orders:unheard-of"]),
            Some("orders:unheard-of")
        );
    }

    #[test]
    fn a_scope_does_not_imply_another() {
        let read = Scopes::parse("orders:read orders:reader ORDERS:WRITE");
        assert_eq!(read.missing(&["orders:read"]), None);
        assert_eq!(
            read.missing(&["orders:read", "orders:write"]),
            Some("orders:write")
        );
        assert_eq!(read.to_string(), "orders:read");
        assert_eq!(Scopes::parse("").missing(&[]), None);
    }
}
