//! When a failed attempt is repeated.

use std::time::{Duration, SystemTime};

use crate::config::Webhooks;

/// The delay until the next attempt, after this number of failed ones (1 is the first), of a delivery
/// that has been due for `due_for`. It doubles, minus a random part of up to a half, so that
/// deliveries that failed together are not repeated together. The last attempt is made when
/// [`Webhooks::give_up_after`] has passed; `None` after it. `wait` is what the receiver asked for.
pub(super) fn next_delay(
    settings: &Webhooks,
    failures: i64,
    due_for: Duration,
    wait: Option<Duration>,
) -> Option<Duration> {
    let left = settings.give_up_after.checked_sub(due_for)?;
    if left.is_zero() {
        return None;
    }
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let doubled = settings
        .first_delay
        .saturating_mul(2_u32.saturating_pow(doublings));
    let delay = doubled.min(settings.longest_delay);
    let delay = delay.mul_f64(rand::random_range(0.5..=1.0)).min(left);
    // A receiver cannot postpone for ever, but it may go beyond the last attempt.
    let wait = wait.unwrap_or_default().min(settings.give_up_after);
    Some(delay.max(wait))
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds or a date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(value.trim()).ok()?;
            Some(at.duration_since(now).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn attempts_are_spread_over_three_days() {
        let settings = Settings::load(None).unwrap().webhooks;
        for _ in 0..100 {
            let (mut due_for, mut attempts) = (Duration::ZERO, 1);
            while let Some(delay) = next_delay(&settings, attempts, due_for, None) {
                assert!(delay <= settings.longest_delay);
                due_for += delay;
                attempts += 1;
            }
            assert_eq!(due_for, Duration::from_secs(3 * 24 * 3600));
            assert!((15..=30).contains(&attempts), "{attempts}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_delay() {
        let settings = Settings::load(None).unwrap().webhooks;
        let hour = Duration::from_secs(3600);
        let delay = |wait| next_delay(&settings, 1, Duration::ZERO, Some(wait));
        assert_eq!(delay(hour), Some(hour));
        assert!(delay(Duration::ZERO) >= Some(settings.first_delay / 2));
        assert_eq!(delay(Duration::MAX), Some(settings.give_up_after));
        assert!(next_delay(&settings, i64::MAX, Duration::ZERO, None).is_some());
        assert_eq!(
            next_delay(&settings, 9, settings.give_up_after, Some(hour)),
            None
        );
    }

    #[test]
    fn retry_after_has_two_forms() {
        let now = httpdate::parse_http_date("Thu, 15 Jan 2026 09:30:00 GMT").unwrap();
        let parse = |text| retry_after(text, now).map(|delay| delay.as_secs());
        assert_eq!(parse("120"), Some(120));
        assert_eq!(parse("Thu, 15 Jan 2026 09:31:00 GMT"), Some(60));
        assert_eq!(parse("Thu, 15 Jan 2026 09:29:00 GMT"), Some(0));
        for text in ["", "-1", "1.5", "soon", "99999999999999999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
