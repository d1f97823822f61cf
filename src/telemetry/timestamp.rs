//! The timestamp of a log line. Lines of the same second share all of it except the fraction.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat};

/// The length of `2026-01-15T09:30:00`.
const UP_TO_SECONDS: usize = 19;

thread_local! {
    /// The seconds since 1970, and their text.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

/// Appends the current time in UTC, in RFC 3339, with microseconds.
pub(super) fn push_now(line: &mut String) {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    push(line, since_1970.unwrap_or_default());
}

fn push(line: &mut String, since_1970: Duration) {
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since_1970.as_secs() || text.is_empty() {
            *second = since_1970.as_secs();
            *text = up_to_seconds(*second);
        }
        line.push_str(text);
    });
    // The leading 1 preserves zeros.
    let micros = since_1970.subsec_micros() + 1_000_000;
    let mut digits = itoa::Buffer::new();
    line.push('.');
    line.push_str(&digits.format(micros)[1..]);
    line.push('Z');
}

fn up_to_seconds(second: u64) -> String {
    let second = i64::try_from(second).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp(second, 0).unwrap_or_default();
    let mut text = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    text.truncate(UP_TO_SECONDS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, micros: u32) -> String {
        let mut line = String::new();
        push(&mut line, Duration::new(seconds, micros * 1000));
        line
    }

    #[test]
    fn timestamps_equal_those_of_chrono() {
        for (seconds, micros) in [
            (0, 0),
            (0, 1),
            (1_768_469_400, 123_456),
            (1_768_469_400, 7),
            (1_768_469_401, 999_999),
            (4_102_444_799, 120_000),
        ] {
            let time = DateTime::from_timestamp(seconds, micros * 1000).unwrap();
            let wanted = time.to_rfc3339_opts(SecondsFormat::Micros, true);
            assert_eq!(at(u64::try_from(seconds).unwrap(), micros), wanted);
        }
    }
}
