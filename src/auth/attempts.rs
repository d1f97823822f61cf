//! Limits the invalid credentials of an address (a token bucket that refills steadily).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A token bucket for each address. An attempt is taken before a look-up and given back when the
/// credential is valid, so concurrent look-ups never exceed the limit.
pub(super) struct Attempts {
    most: f64,
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Attempts {
    /// `most` attempts per minute, with a burst of the same size.
    pub(super) fn per_minute(most: u32) -> Self {
        let most = f64::from(most.max(1));
        Self {
            most,
            per_second: most / 60.0,
            buckets: Mutex::default(),
        }
    }

    /// Takes an attempt of this address; when none is left, the error is the time until the next
    /// one.
    pub(super) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let mut buckets = self.lock();
        let left = buckets
            .get(&address)
            .map_or(self.most, |bucket| self.left(bucket, now));
        if left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - left) / self.per_second));
        }
        let left = left - 1.0;
        buckets.insert(address, Bucket { left, at: now });
        Ok(())
    }

    /// Gives back an attempt.
    pub(super) fn give_back(&self, address: IpAddr) {
        let now = Instant::now();
        if let Some(bucket) = self.lock().get_mut(&address) {
            let left = (self.left(bucket, now) + 1.0).min(self.most);
            *bucket = Bucket { left, at: now };
        }
    }

    /// Removes the addresses whose buckets are full.
    pub(super) fn forget_idle(&self) {
        let now = Instant::now();
        let mut buckets = self.lock();
        buckets.retain(|_, bucket| self.left(bucket, now) < self.most);
        buckets.shrink_to_fit();
    }

    fn left(&self, bucket: &Bucket, now: Instant) -> f64 {
        let refilled = now.duration_since(bucket.at).as_secs_f64() * self.per_second;
        (bucket.left + refilled).min(self.most)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_count_unless_they_are_given_back() {
        let attempts = Attempts::per_minute(2);
        let [one, two] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        for _ in 0..10 {
            attempts.take(one).unwrap();
            attempts.give_back(one);
        }
        attempts.take(one).unwrap();
        attempts.take(one).unwrap();
        let wait = attempts.take(one).unwrap_err();
        assert!(wait <= Duration::from_secs(30), "{wait:?}");
        attempts.take(two).unwrap();
        attempts.forget_idle();
        assert!(attempts.take(one).is_err());
        attempts.give_back(one);
        attempts.take(one).unwrap();
    }
}
