//! The operations tagged `Health`.

use crate::generated::health::{
    GetLivenessFailure, GetLivenessSuccess, GetReadinessFailure, GetReadinessSuccess, HealthApi,
};
use crate::generated::models::{
    Dependency, DependencyStatus, Liveness, LivenessStatus, Readiness, ReadinessStatus,
};
use crate::health::Dependencies;

use super::problem;

/// Reports the health of the process and its dependencies.
pub struct Health(pub Dependencies);

impl HealthApi for Health {
    async fn get_liveness(&self) -> Result<GetLivenessSuccess, GetLivenessFailure> {
        Ok(GetLivenessSuccess::Ok(Liveness {
            status: LivenessStatus::Ok,
        }))
    }

    async fn get_readiness(&self) -> Result<GetReadinessSuccess, GetReadinessFailure> {
        let probe = self.0.probe().await;
        if let Err(error) = probe.database {
            tracing::warn!(error = %error, "not ready: the database does not respond");
            return Err(GetReadinessFailure::ServiceUnavailable {
                body: problem::unavailable("not ready: database is down".into()),
                retry_after: problem::RETRY_AFTER_SECONDS,
            });
        }
        let temporal = Dependency {
            name: "temporal".into(),
            status: if probe.temporal_up {
                DependencyStatus::Up
            } else {
                DependencyStatus::Down
            },
            required: false,
            detail: (!probe.temporal_up)
                .then(|| "orders are accepted and wait to be processed".into()),
        };
        let database = Dependency {
            name: "database".into(),
            status: DependencyStatus::Up,
            required: true,
            detail: None,
        };
        Ok(GetReadinessSuccess::Ok(Readiness {
            status: ReadinessStatus::Ready,
            dependencies: vec![database, temporal],
        }))
    }
}
