//! What a caller may do.

use std::fmt;

pub use crate::generated::models::Scope;

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes([bool; Scope::ALL.len()]);

impl Scopes {
    /// Parses names separated by spaces (RFC 6749, section 3.3). Unknown names are ignored.
    pub fn parse(names: &str) -> Self {
        names
            .split(' ')
            .filter_map(|name| name.parse().ok())
            .collect()
    }

    /// Whether the set contains this scope. `orders:admin` implies every scope.
    pub fn has(self, scope: Scope) -> bool {
        self.contains(Scope::OrdersAdmin) || self.contains(scope)
    }

    /// The scopes that were given; `orders:admin` is one of them, not all.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        let all = Scope::ALL.iter().copied();
        all.filter(move |&scope| self.contains(scope))
    }

    fn contains(self, scope: Scope) -> bool {
        self.0[scope as usize]
    }

    /// The first of these names that is missing. An unknown name is always missing.
    pub fn missing<'a>(self, names: &[&'a str]) -> Option<&'a str> {
        let held = |name: &str| name.parse().is_ok_and(|scope| self.has(scope));
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
        let names: Vec<&str> = self.iter().map(|scope| scope.as_str()).collect();
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
