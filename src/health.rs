//! The one probe of what a process depends on: for `/readyz` of both servers and for the metrics.

use crate::db::Database;
use crate::error::StoreError;
use crate::workflow::Temporal;

/// The database and Temporal. Cheap to clone.
#[derive(Clone)]
pub struct Dependencies {
    pub(crate) database: Database,
    temporal: Temporal,
}

/// What was found of them.
pub struct Probe {
    /// Whether the database responds, or why not.
    pub database: Result<(), StoreError>,
    /// Whether Temporal responds.
    pub temporal_up: bool,
}

impl Dependencies {
    /// These two.
    pub fn new(database: Database, temporal: Temporal) -> Self {
        Self { database, temporal }
    }

    /// Asks both at the same time.
    pub async fn probe(&self) -> Probe {
        let (database, temporal_up) = tokio::join!(self.database.ping(), self.temporal.is_up());
        Probe {
            database,
            temporal_up,
        }
    }
}
