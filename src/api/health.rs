//! The operations tagged `Health`.

use crate::db::Database;
use crate::generated::health::{GetLivenessResponse, GetReadinessResponse, HealthApi};
use crate::generated::models::{
    Dependency, DependencyStatus, Liveness, LivenessStatus, Readiness, ReadinessStatus,
};
use crate::workflow::Temporal;

use super::problem;

/// Reports the health of the process and its dependencies.
pub struct Health {
    database: Database,
    temporal: Temporal,
}

impl Health {
    /// Checks these two.
    pub fn new(database: Database, temporal: Temporal) -> Self {
        Self { database, temporal }
    }
}

impl HealthApi for Health {
    async fn get_liveness(&self) -> GetLivenessResponse {
        GetLivenessResponse::Ok(Liveness {
            status: LivenessStatus::Ok,
        })
    }

    async fn get_readiness(&self) -> GetReadinessResponse {
        let (database, temporal) = tokio::join!(self.database.ping(), self.temporal.is_up());
        if let Err(error) = database {
            tracing::warn!(error = %error, "not ready: the database does not respond");
            return GetReadinessResponse::ServiceUnavailable {
                body: problem::unavailable("not ready: database is down".into()),
                retry_after: problem::RETRY_AFTER_SECONDS,
            };
        }
        let temporal = Dependency {
            name: "temporal".into(),
            status: if temporal {
                DependencyStatus::Up
            } else {
                DependencyStatus::Down
            },
            required: false,
            detail: (!temporal).then(|| "orders are accepted and wait to be processed".into()),
        };
        let database = Dependency {
            name: "database".into(),
            status: DependencyStatus::Up,
            required: true,
            detail: None,
        };
        GetReadinessResponse::Ok(Readiness {
            status: ReadinessStatus::Ready,
            dependencies: vec![database, temporal],
        })
    }
}
