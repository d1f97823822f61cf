//! Orders with items, with real partners: every path, and that stock and money are conserved.

mod books;
mod faults;
mod model;
mod paths;
mod repeats;
mod search;
pub mod shop;
mod workflow;
