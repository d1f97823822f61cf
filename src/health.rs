//! Probes the dependencies of a process, for `/readyz` of both servers and for the metrics.

use crate::db::Database;
use crate::error::StoreError;
use crate::workflow::Temporal;

/// The database and Temporal. Cheap to clone.
#[derive(Clone)]
pub struct Dependencies {
    pub(crate) database: Database,
    temporal: Temporal,
}

/// The result of a probe.
pub struct Probe {
    /// Whether the database responds, or its error.
    pub database: Result<(), StoreError>,
    /// Whether Temporal responds.
    pub temporal_up: bool,
}

impl Dependencies {
    /// Probes these dependencies.
    pub fn new(database: Database, temporal: Temporal) -> Self {
        Self { database, temporal }
    }

    /// Probes both concurrently.
    pub async fn probe(&self) -> Probe {
        let (database, temporal_up) = tokio::join!(self.database.ping(), self.temporal.is_up());
        Probe {
            database,
            temporal_up,
        }
    }
}
