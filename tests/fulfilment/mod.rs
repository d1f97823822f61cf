//! Orders with items, with real partners: every path, and that stock and money are conserved.

mod faults;
mod lost_task;
mod paths;
mod shop;
mod workflow;
