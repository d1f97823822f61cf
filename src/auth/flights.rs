//! One look-up at a time for each credential, however many requests bring it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Look-ups that are under way. Each is a task of its own: a request that gives up leaves it to the
/// others that wait for it.
pub(super) struct Flights<K, T> {
    running: Arc<Running<K, T>>,
}

struct Running<K, T>(Mutex<HashMap<K, watch::Receiver<Option<T>>>>);

impl<K: Hash + Eq + Clone + Send + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    pub(super) fn new() -> Self {
        Self {
            running: Arc::new(Running(Mutex::default())),
        }
    }

    /// The answer of the look-up of this key that is under way, or else of a new one; `None` when it
    /// broke off.
    pub(super) async fn join<F>(&self, key: K, look_up: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut answer = self.enter(key, look_up);
        answer.wait_for(Option::is_some).await.ok()?.clone()
    }

    fn enter<F>(&self, key: K, look_up: impl FnOnce() -> F) -> watch::Receiver<Option<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(answer) = running.get(&key) {
            return answer.clone();
        }
        let (tell, answer) = watch::channel(None);
        running.insert(key.clone(), answer.clone());
        drop(running);
        let ends = Ends {
            running: self.running.clone(),
            key,
        };
        let look_up = look_up();
        tokio::spawn(async move {
            let found = look_up.await;
            // Before the answer is told, so that who asks afterwards gets a new one.
            drop(ends);
            tell.send_replace(Some(found));
        });
        answer
    }
}

impl<K, T> Running<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a look-up off the list, also when it breaks off.
struct Ends<K: Hash + Eq, T> {
    running: Arc<Running<K, T>>,
    key: K,
}

impl<K: Hash + Eq, T> Drop for Ends<K, T> {
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

    /// A look-up that counts itself and waits to be let through.
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
    async fn many_share_one_look_up_and_the_next_ones_get_another() {
        let (flights, gate) = (Flights::new(), Gate::shut());
        for round in 1..=3 {
            let asked = (0..50).map(|_| flights.join("key", || gate.clone().pass()));
            let other = flights.join("other", async || 0);
            gate.open.add_permits(1);
            let (answers, _) = tokio::join!(join_all(asked), other);
            assert!(answers.into_iter().all(|answer| answer == Some(round)));
        }
        assert_eq!(gate.begun.load(Ordering::SeqCst), 3);
        assert!(flights.running.lock().is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nobody_waiting() {
        let (flights, gate) = (Flights::new(), Gate::shut());
        let mut first = Box::pin(flights.join("key", || gate.clone().pass()));
        assert!(matches!(poll!(&mut first), Poll::Pending));
        let mut second = Box::pin(flights.join("key", || gate.clone().pass()));
        assert!(matches!(poll!(&mut second), Poll::Pending));
        drop(first);
        gate.open.add_permits(1);
        assert_eq!(second.await, Some(1));
    }

    #[tokio::test]
    async fn a_look_up_that_breaks_off_says_so() {
        let flights = Flights::<_, usize>::new();
        let broken = flights.join("key", async || panic!("on purpose"));
        assert_eq!(broken.await, None);
        assert_eq!(flights.join("key", async || 1).await, Some(1));
    }
}
