//! The reader of the feed: one for each process, however many follow it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use contract_runtime::Event as Frame;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::db::{Channel, Database, EventFilter, FeedRepository, Listener};
use crate::domain::Event;
use crate::error::StoreError;
use crate::telemetry::Metrics;

/// The newest events that are kept for followers; one that falls behind them has to resume.
const KEPT: usize = 10_000;
/// The events that are read at a time.
const BATCH: usize = 1_000;
/// The events that a follower looks at at a time.
const WALKED: usize = 100;
/// How often to look for events without a notification.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How often to try to listen again.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// An event, and how it is sent to a stream of the whole feed.
#[derive(Debug)]
pub struct Published {
    /// The event.
    pub event: Event,
    /// It as a server-sent event whose id is its position.
    pub frame: Bytes,
}

impl Published {
    pub(super) fn new(event: Event) -> Self {
        Self {
            frame: frame(&event, event.position),
            event,
        }
    }
}

/// An event as a server-sent event with this id.
pub(super) fn frame(event: &Event, id: i64) -> Bytes {
    let frame = Frame {
        id: Some(id.to_string()),
        ..Frame::json(event)
    };
    frame.to_bytes()
}

/// The newest events, with consecutive positions.
struct Ring {
    events: VecDeque<Arc<Published>>,
    /// The position of the last event, also if there is none.
    last: i64,
}

struct Shared {
    /// For requests and streams.
    pages: FeedRepository,
    /// For the reader.
    newest: FeedRepository,
    ring: Mutex<Ring>,
    /// The last position of the ring; `None` while nothing is read.
    last: watch::Sender<Option<i64>>,
    followers: AtomicUsize,
    first_follower: Notify,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    settings: config::Feed,
}

/// The feed of a process. Cheap to clone.
#[derive(Clone)]
pub struct Feed(Arc<Shared>);

impl Feed {
    /// Starts the reader. It reads while there are followers, until `stop` is cancelled.
    pub fn start(
        database: &Database,
        settings: &config::Settings,
        metrics: &Metrics,
        stop: CancellationToken,
    ) -> Self {
        let feed = Self(Arc::new(Shared {
            pages: FeedRepository::new(database.clone()),
            newest: FeedRepository::new(database.in_background()),
            ring: Mutex::new(Ring {
                events: VecDeque::new(),
                last: 0,
            }),
            last: watch::Sender::new(None),
            followers: AtomicUsize::new(0),
            first_follower: Notify::new(),
            places: Arc::new(Semaphore::new(settings.feed.max_followers)),
            stop,
            settings: settings.feed.clone(),
        }));
        tokio::spawn(feed.clone().run(settings.database.clone()));
        let followed = feed.clone();
        metrics.watch_followers(move || i64::try_from(followed.followers()).unwrap_or(i64::MAX));
        feed
    }

    /// The settings.
    pub fn settings(&self) -> &config::Feed {
        &self.0.settings
    }

    /// Reads pages, for requests and streams.
    pub fn repository(&self) -> &FeedRepository {
        &self.0.pages
    }

    /// Cancelled when the process stops.
    pub fn stopped(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// How many follow it in this process.
    pub fn followers(&self) -> usize {
        self.0.followers.load(Ordering::Relaxed)
    }

    /// Follows the feed; `None` if too many do already.
    pub fn follow(&self) -> Option<Follower> {
        let place = self.0.places.clone().try_acquire_owned().ok()?;
        self.0.followers.fetch_add(1, Ordering::SeqCst);
        self.0.first_follower.notify_one();
        Some(Follower {
            feed: self.clone(),
            last: self.0.last.subscribe(),
            _place: place,
        })
    }

    async fn run(self, database: config::Database) {
        let stop = self.0.stop.clone();
        let changed = Notify::new();
        let reading = async {
            loop {
                while self.followers() == 0 {
                    self.clear();
                    self.0.first_follower.notified().await;
                }
                match self.read().await {
                    Ok(true) => {}
                    Ok(false) => {
                        let _ = timeout(POLL_INTERVAL, changed.notified()).await;
                    }
                    Err(error) => {
                        tracing::warn!(error = %error, "cannot read the feed of events; retrying");
                        sleep(PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            never = reading => never,
            never = self.listen(&database, &changed) => never,
        }
    }

    /// Notes notifications of the sequencer, while there are followers.
    async fn listen(&self, database: &config::Database, changed: &Notify) -> ! {
        loop {
            while self.followers() == 0 {
                sleep(PAUSE).await;
            }
            match Listener::connect(database, Channel::Feed).await {
                Ok(listener) => {
                    listener.wake(changed).await;
                    tracing::warn!("lost the connection that listens for new events; polling");
                }
                Err(error) => {
                    tracing::warn!(error = %error, "cannot listen for new events; polling");
                }
            }
            sleep(LISTEN_AGAIN).await;
        }
    }

    /// Reads what is new. Returns whether there may be more.
    async fn read(&self) -> Result<bool, StoreError> {
        let after = *self.0.last.borrow();
        let Some(after) = after else {
            let extent = self.0.newest.extent().await?;
            self.lock().last = extent.position;
            self.0.last.send_replace(Some(extent.position));
            return Ok(true);
        };
        let all = EventFilter::all();
        let page = self.0.newest.page(&all, after, BATCH).await?;
        if page.extent.position < after {
            // The database was restored to an earlier state; followers find out for themselves.
            self.clear();
            return Ok(true);
        }
        if page.events.is_empty() {
            return Ok(false);
        }
        let more = page.has_next();
        let mut ring = self.lock();
        ring.last = page.complete_to;
        let published = page.events.into_iter().map(Published::new).map(Arc::new);
        ring.events.extend(published);
        let excess = ring.events.len().saturating_sub(KEPT);
        ring.events.drain(..excess);
        drop(ring);
        self.0.last.send_replace(Some(page.complete_to));
        Ok(more)
    }

    fn clear(&self) {
        let mut ring = self.lock();
        ring.events = VecDeque::new();
        self.0.last.send_replace(None);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the ring has for a follower.
pub(super) enum Newer {
    /// At most this many events after its position, consecutive.
    Events(Vec<Arc<Published>>),
    /// There is nothing newer.
    Nothing,
    /// The ring begins later, or nothing is read yet: read pages instead.
    Elsewhere,
}

/// Someone who follows the feed.
pub struct Follower {
    feed: Feed,
    last: watch::Receiver<Option<i64>>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The events after this position that the ring has, at most `limit`.
    pub(super) fn newer(&self, after: i64, limit: usize) -> Newer {
        let ring = self.feed.lock();
        let Some(last) = *self.feed.0.last.borrow() else {
            return Newer::Elsewhere;
        };
        if after == last {
            return Newer::Nothing;
        }
        let first = ring.events.front().map(|one| one.event.position);
        let Some(skipped) = first.and_then(|first| usize::try_from(after + 1 - first).ok()) else {
            return Newer::Elsewhere;
        };
        let events = ring.events.iter().skip(skipped).take(limit);
        let events: Vec<_> = events.cloned().collect();
        if events.is_empty() {
            // Ahead of the feed.
            return Newer::Elsewhere;
        }
        Newer::Events(events)
    }

    /// Waits until the feed goes beyond this position, as far as it is read.
    pub(super) async fn beyond(&mut self, position: i64) {
        let is_beyond = |last: &Option<i64>| last.is_some_and(|last| last > position);
        // The sender lives as long as the feed.
        let _ = self.last.wait_for(is_beyond).await;
    }

    /// Waits until it is worth reading a page of the wanted events after `position`: there is one, or
    /// the ring cannot tell. Meanwhile moves `position` over events that are not wanted, also if the
    /// wait is cancelled.
    pub async fn until_wanted(&mut self, filter: &EventFilter, position: &mut i64) {
        loop {
            self.beyond(*position).await;
            let Newer::Events(events) = self.newer(*position, WALKED) else {
                return;
            };
            for one in &events {
                if filter.includes(&one.event) {
                    return;
                }
                *position = one.event.position;
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.feed.0.followers.fetch_sub(1, Ordering::SeqCst);
    }
}
