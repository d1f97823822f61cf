//! What the templates print.

pub(crate) mod check;
pub(crate) mod model;
pub(crate) mod validation;
