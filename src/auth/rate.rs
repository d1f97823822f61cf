//! How often somebody may ask (the generic cell rate algorithm: a bucket that refills steadily).

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::config;
use crate::generated::support::Rejection;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// By credentials.
    Principal(Arc<str>),
    /// By address.
    Address(IpAddr),
}

/// What is left to a caller; answers tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests that may be sent at once.
    pub burst: u32,
    /// Requests of those that are left.
    pub requests: u32,
    /// Seconds, rounded up, in which an empty bucket fills.
    pub window: u32,
    /// Seconds, rounded up, until all of them are back.
    pub reset: u32,
}

/// A limit for each of many.
pub(super) struct Rate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    burst: u32,
    per_second: f64,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    fn new(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::dashmap(quota).with_middleware(),
            clock: DefaultClock::default(),
            burst: quota.burst_size().get(),
            per_second: 1.0 / quota.replenish_interval().as_secs_f64(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(super) fn count(&self, who: &K) -> Result<Left, Duration> {
        match self.limiter.check_key(who) {
            Ok(state) => Ok(self.left(state.remaining_burst_capacity())),
            Err(until) => Err(until.wait_time_from(self.clock.now())),
        }
    }

    fn left(&self, requests: u32) -> Left {
        let seconds = |requests: u32| (f64::from(requests) / self.per_second).ceil() as u32;
        Left {
            burst: self.burst,
            requests,
            window: seconds(self.burst).max(1),
            reset: seconds(self.burst.saturating_sub(requests)),
        }
    }

    /// Forgets those whose buckets are full again.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// The limit of callers; `None` when there is none.
pub(super) fn of_callers(settings: &config::RateLimit) -> Option<Rate<Counted>> {
    let per_second = NonZeroU32::new(settings.requests_per_second)?;
    let burst = NonZeroU32::new(settings.burst)?;
    Some(Rate::new(Quota::per_second(per_second).allow_burst(burst)))
}

/// The limit of credentials that are verified.
pub(super) fn of_attempts(per_minute: u32) -> Rate<IpAddr> {
    let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
    Rate::new(Quota::per_minute(per_minute))
}

/// The answer to too many.
pub(super) fn too_many(wait: Duration) -> Rejection {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let detail = format!("more requests than allowed: try again in {seconds} s");
    Rejection {
        retry_after: Some(seconds),
        ..Rejection::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_bucket_of_its_own() {
        let settings = config::RateLimit {
            requests_per_second: 1,
            burst: 2,
        };
        let rate = of_callers(&settings).unwrap();
        let [one, two] = ["a", "b"].map(|name| Counted::Principal(name.into()));
        assert_eq!(rate.count(&one).unwrap().requests, 1);
        let left = rate.count(&one).unwrap();
        assert_eq!((left.requests, left.window, left.reset), (0, 2, 2));
        let wait = rate.count(&one).unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(too_many(wait).retry_after, Some(1));
        assert!(rate.count(&two).is_ok());
    }
}
