//! The rate limit of callers (generic cell rate algorithm: a token bucket that refills steadily).

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use contract_runtime::server::Rejection;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::config;

/// What requests are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum CallerKey {
    /// By credentials.
    Principal(Arc<str>),
    /// By address.
    Address(IpAddr),
}

/// A caller's rate-limit state, for the response's headers (draft-ietf-httpapi-ratelimit-headers-10).
#[derive(Debug, Clone)]
pub struct RateLimitState {
    policy: Option<HeaderValue>,
    requests: u32,
    reset: u32,
}

impl RateLimitState {
    /// The policy: the burst size and the time in seconds, rounded up, in which an empty bucket
    /// refills.
    pub fn policy(&self) -> Option<HeaderValue> {
        self.policy.clone()
    }

    /// The remaining requests and the time in seconds, rounded up, until the bucket is full.
    pub fn remaining(&self) -> Option<HeaderValue> {
        // Every response contains it, and `format!` takes five times as long.
        let mut numbers = itoa::Buffer::new();
        let mut rest = String::with_capacity(32);
        rest.push_str("\"caller\";r=");
        rest.push_str(numbers.format(self.requests));
        rest.push_str(";t=");
        rest.push_str(numbers.format(self.reset));
        HeaderValue::try_from(rest).ok()
    }
}

type Limiter = RateLimiter<
    CallerKey,
    DefaultKeyedStateStore<CallerKey>,
    DefaultClock,
    StateInformationMiddleware,
>;

/// A rate limit per key.
pub(super) struct RateLimit {
    limiter: Limiter,
    clock: DefaultClock,
    policy: Option<HeaderValue>,
    burst: u32,
    per_second: f64,
}

impl RateLimit {
    fn new(quota: Quota) -> Self {
        let burst = quota.burst_size().get();
        let per_second = 1.0 / quota.replenish_interval().as_secs_f64();
        let window = seconds(burst, per_second).max(1);
        let policy = format!("\"caller\";q={burst};w={window}");
        Self {
            limiter: RateLimiter::dashmap(quota).with_middleware(),
            clock: DefaultClock::default(),
            policy: HeaderValue::try_from(policy).ok(),
            burst,
            per_second,
        }
    }

    /// Counts a request; when the limit is exceeded, the error is the time to wait.
    pub(super) fn check(&self, key: &CallerKey) -> Result<RateLimitState, Duration> {
        match self.limiter.check_key(key) {
            Ok(state) => Ok(self.state(state.remaining_burst_capacity())),
            Err(until) => Err(until.wait_time_from(self.clock.now())),
        }
    }

    fn state(&self, requests: u32) -> RateLimitState {
        RateLimitState {
            policy: self.policy.clone(),
            requests,
            reset: seconds(self.burst.saturating_sub(requests), self.per_second),
        }
    }

    /// Removes the keys whose buckets are full.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// The time in which this many requests are refilled, in seconds, rounded up.
fn seconds(requests: u32, per_second: f64) -> u32 {
    (f64::from(requests) / per_second).ceil() as u32
}

/// The limit of callers; `None` when it is disabled.
pub(super) fn of_callers(settings: &config::RateLimit) -> Option<RateLimit> {
    let per_second = NonZeroU32::new(settings.requests_per_second)?;
    let burst = NonZeroU32::new(settings.burst)?;
    Some(RateLimit::new(
        Quota::per_second(per_second).allow_burst(burst),
    ))
}

/// The response when the limit is exceeded.
pub(super) fn too_many(wait: Duration) -> Rejection {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let detail = format!("rate limit exceeded: retry in {seconds} s");
    Rejection {
        retry_after: Some(seconds),
        ..Rejection::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_bucket() {
        let settings = config::RateLimit {
            requests_per_second: 1,
            burst: 2,
        };
        let rate = of_callers(&settings).unwrap();
        let [one, two] = ["a", "b"].map(|name| CallerKey::Principal(name.into()));
        assert_eq!(rate.check(&one).unwrap().requests, 1);
        let left = rate.check(&one).unwrap();
        assert_eq!(left.policy().unwrap(), "\"caller\";q=2;w=2");
        assert_eq!(left.remaining().unwrap(), "\"caller\";r=0;t=2");
        let wait = rate.check(&one).unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(too_many(wait).retry_after, Some(1));
        assert!(rate.check(&two).is_ok());
    }
}
