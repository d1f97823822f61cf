//! The feed of all events: the sequencer extends it, and one reader for each process passes new
//! events on to everyone who follows it.

mod reader;
mod sequencer;
mod stream;

pub use reader::{Feed, Follower};
pub use sequencer::Sequencer;
pub use stream::{EventId, reset, stream};
