//! The intents that a dispatcher is sending at the moment.

use std::collections::HashSet;

use tokio::task::JoinSet;

use crate::domain::OrderId;

/// The intents that are being dispatched.
#[derive(Default)]
pub(super) struct InFlight {
    tasks: JoinSet<(i64, Dispatched)>,
    intents: HashSet<i64>,
}

impl InFlight {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Begins the dispatch of the intent with this id.
    pub(super) fn spawn(
        &mut self,
        id: i64,
        dispatch: impl Future<Output = Dispatched> + Send + 'static,
    ) {
        self.intents.insert(id);
        self.tasks.spawn(async move { (id, dispatch.await) });
    }

    /// The next dispatch to finish; `None` when there is none.
    pub(super) async fn next(&mut self) -> Option<Dispatched> {
        match self.tasks.join_next().await? {
            Ok((id, dispatched)) => {
                self.intents.remove(&id);
                Some(dispatched)
            }
            Err(error) => {
                tracing::error!(error = %error, "the dispatch of an intent failed; its lease expires");
                Some(Dispatched::default())
            }
        }
    }

    /// Aborts all dispatches; returns the intents that had not finished.
    pub(super) async fn abort(mut self) -> Vec<i64> {
        self.tasks.shutdown().await;
        self.intents.into_iter().collect()
    }
}

/// The result of a dispatch.
#[derive(Default)]
pub(super) struct Dispatched {
    /// Whether Temporal as a whole is unavailable.
    pub(super) is_outage: bool,
    /// The order that should have been started but was not.
    pub(super) not_started: Option<OrderId>,
}
