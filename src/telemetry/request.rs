//! Which request a log line belongs to.

use std::sync::Arc;

tokio::task_local! {
    static ID: Arc<str>;
}

/// Does `work` so that whatever is logged meanwhile names the request.
pub async fn scope<F: Future>(id: Arc<str>, work: F) -> F::Output {
    ID.scope(id, work).await
}

/// The id of the request that is being worked on, if there is one.
pub(super) fn id() -> Option<Arc<str>> {
    ID.try_with(Arc::clone).ok()
}
