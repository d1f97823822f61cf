//! The contract itself.

/// The contract as JSON.
pub const JSON: &str = include_str!("../openapi.json");

/// An operation of the contract.
pub struct Operation {
    /// Its `operationId`; without one, a name from method and path.
    pub id: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path, with parameter names in braces.
    pub route: &'static str,
}

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        id: "listOrders",
        method: "GET",
        route: "/orders",
    },
    Operation {
        id: "createOrder",
        method: "POST",
        route: "/orders",
    },
    Operation {
        id: "getOrder",
        method: "GET",
        route: "/orders/{id}",
    },
    Operation {
        id: "updateOrder",
        method: "PUT",
        route: "/orders/{id}",
    },
    Operation {
        id: "deleteOrder",
        method: "DELETE",
        route: "/orders/{id}",
    },
    Operation {
        id: "listOrderEvents",
        method: "GET",
        route: "/orders/{id}/events",
    },
    Operation {
        id: "getLiveness",
        method: "GET",
        route: "/healthz",
    },
    Operation {
        id: "getReadiness",
        method: "GET",
        route: "/readyz",
    },
];
