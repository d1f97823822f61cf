//! Exponential backoff with jitter.

use std::time::Duration;

/// The first delay; it doubles from there.
const FIRST: Duration = Duration::from_millis(200);

/// Doubles with every failure up to `longest`, minus a random part of up to a half, so that clients
/// that failed together do not retry together.
pub(super) fn backoff(failures: u32, longest: Duration) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(longest).mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_to_its_limit() {
        let longest = Duration::from_secs(30);
        assert!(backoff(1, longest) <= FIRST);
        assert!(backoff(1, longest) >= FIRST / 2);
        for failures in [10, 31, 32, 1000, u32::MAX] {
            assert!((longest / 2..=longest).contains(&backoff(failures, longest)));
        }
    }
}
