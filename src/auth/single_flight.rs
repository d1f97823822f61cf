//! One look-up at a time per credential, however many requests present it.
//!
//! When a caller is cancelled, quick_cache and moka hand its look-up to another caller, which
//! starts it again. Here the look-up continues, so that a credential costs one look-up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

type LookUp<T> = Shared<BoxFuture<'static, Option<T>>>;

/// Look-ups in progress. Each is a separate task, so it continues for the other waiting requests
/// when one is cancelled.
pub(super) struct SingleFlight<K, T> {
    running: Arc<Running<K, T>>,
}

struct Running<K, T>(Mutex<HashMap<K, LookUp<T>>>);

impl<K: Hash + Eq + Clone + Send + 'static, T: Clone + Send + Sync + 'static> SingleFlight<K, T> {
    pub(super) fn new() -> Self {
        Self {
            running: Arc::new(Running(Mutex::default())),
        }
    }

    /// The result of the look-up of this key that is in progress, or of a new one; `None` if it
    /// panicked.
    pub(super) async fn join<F>(&self, key: K, look_up: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        self.enter(key, look_up).await
    }

    fn enter<F>(&self, key: K, look_up: impl FnOnce() -> F) -> LookUp<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(look_up) = running.get(&key) {
            return look_up.clone();
        }
        let look_up = look_up();
        let entry = RemoveOnDrop {
            running: self.running.clone(),
            key: key.clone(),
        };
        // The first poll spawns the task, when the map is not locked: a runtime that shuts down
        // drops the task immediately, which locks the map to remove the entry.
        let spawned = async move {
            let task = tokio::spawn(async move {
                // Removed before the result is available, so that later requests start a new
                // look-up.
                let _entry = entry;
                look_up.await
            });
            task.await.ok()
        };
        let look_up = spawned.boxed().shared();
        running.insert(key, look_up.clone());
        look_up
    }
}

impl<K, T> Running<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, LookUp<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a look-up from the map, also when it panics or is cancelled.
struct RemoveOnDrop<K: Hash + Eq, T> {
    running: Arc<Running<K, T>>,
    key: K,
}

impl<K: Hash + Eq, T> Drop for RemoveOnDrop<K, T> {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use futures::future::join_all;
    use futures::poll;
    use tokio::sync::Semaphore;

    use super::*;

    /// A look-up that counts its calls and waits for a permit.
    struct Gate {
        begun: AtomicUsize,
        open: Semaphore,
    }

    impl Gate {
        fn shut() -> Arc<Self> {
            Arc::new(Self {
                begun: AtomicUsize::new(0),
                open: Semaphore::new(0),
            })
        }

        async fn pass(self: Arc<Self>) -> usize {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            self.open.acquire().await.unwrap().forget();
            number
        }
    }

    #[tokio::test]
    async fn concurrent_requests_share_a_look_up_and_later_ones_start_another() {
        let (look_ups, gate) = (SingleFlight::new(), Gate::shut());
        for round in 1..=3 {
            let joined = (0..50).map(|_| look_ups.join("key", || gate.clone().pass()));
            let other = look_ups.join("other", async || 0);
            gate.open.add_permits(1);
            let (results, _) = tokio::join!(join_all(joined), other);
            assert!(results.into_iter().all(|result| result == Some(round)));
        }
        assert_eq!(gate.begun.load(Ordering::SeqCst), 3);
        assert!(look_ups.running.lock().is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_request_does_not_stop_the_look_up() {
        let (look_ups, gate) = (SingleFlight::new(), Gate::shut());
        let mut first = Box::pin(look_ups.join("key", || gate.clone().pass()));
        assert!(matches!(poll!(&mut first), Poll::Pending));
        let mut second = Box::pin(look_ups.join("key", || gate.clone().pass()));
        assert!(matches!(poll!(&mut second), Poll::Pending));
        drop(first);
        gate.open.add_permits(1);
        assert_eq!(second.await, Some(1));
    }

    #[tokio::test]
    async fn a_look_up_that_panics_returns_none() {
        let look_ups = SingleFlight::<_, usize>::new();
        let broken = look_ups.join("key", async || panic!("on purpose"));
        assert_eq!(broken.await, None);
        assert_eq!(look_ups.join("key", async || 1).await, Some(1));
    }
}
