//! The charts of the last hour, from what all processes have measured.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::db::{Measurement, Stored};
use crate::generated::models::{
    PartnerStatistics, PartnerStatisticsState, Statistics, StatisticsPoint,
};
use crate::partners::PartnerName;

/// The period that is shown.
pub(super) const SHOWN: TimeDelta = TimeDelta::hours(1);
const POINT: TimeDelta = TimeDelta::minutes(1);
/// A process that has not stored a measurement for so long has ended.
const ALIVE: TimeDelta = TimeDelta::minutes(1);
/// The period in which partners are judged.
const JUDGED: TimeDelta = TimeDelta::minutes(5);
const MILLISECONDS: f64 = 1e3;

/// The statistics of these measurements, which are sorted by time.
pub(super) fn of(stored: &[Stored], now: DateTime<Utc>) -> Statistics {
    let mut minutes: BTreeMap<DateTime<Utc>, Vec<&Measurement>> = BTreeMap::new();
    for one in stored {
        let minute = one.taken_at.duration_trunc(POINT).unwrap_or(one.taken_at);
        minutes.entry(minute).or_default().push(&one.measurement);
    }
    let alive = stored.iter().filter(|one| one.taken_at > now - ALIVE);
    let processes: BTreeSet<&str> = alive.map(|one| one.process.as_str()).collect();
    let recent = stored.iter().filter(|one| one.taken_at > now - JUDGED);
    let recent: Vec<&Measurement> = recent.map(|one| &one.measurement).collect();
    Statistics {
        processes: i32::try_from(processes.len()).unwrap_or(i32::MAX),
        points: minutes
            .into_iter()
            .map(|(at, measured)| point(at, &measured))
            .collect(),
        partners: PartnerName::ALL
            .iter()
            .map(|name| partner(name.as_str(), &recent))
            .collect(),
    }
}

fn point(at: DateTime<Utc>, measured: &[&Measurement]) -> StatisticsPoint {
    let sum = |value: fn(&Measurement) -> f64| measured.iter().map(|one| value(one)).sum();
    // Every process sees the same; the last one is the newest.
    let last =
        |value: fn(&Measurement) -> Option<f64>| measured.iter().rev().find_map(|one| value(one));
    let mut durations: BTreeMap<u64, f64> = BTreeMap::new();
    for &(limit, count) in measured.iter().flat_map(|one| &one.durations) {
        *durations.entry(limit.to_bits()).or_default() += count;
    }
    let durations: Vec<(f64, f64)> = durations
        .into_iter()
        .map(|(limit, count)| (f64::from_bits(limit), count))
        .collect();
    let requests: f64 = sum(|one| one.requests);
    let percentile = |share| {
        let seconds = percentile(&durations, requests * share)?;
        Some(seconds * MILLISECONDS)
    };
    StatisticsPoint {
        at,
        requests,
        errors: sum(|one| one.errors),
        latency_p50_ms: percentile(0.5),
        latency_p99_ms: percentile(0.99),
        created: sum(|one| one.created),
        completed: sum(|one| one.completed),
        backlog: last(|one| one.backlog),
        drift: last(|one| one.drift),
        attention: last(|one| one.attention),
        deliveries: sum(|one| one.deliveries),
        failed_deliveries: sum(|one| one.failed_deliveries),
    }
}

/// The duration of the request with this rank, assuming that those between two limits are spread
/// evenly; the largest limit for one that took longer. `None` without requests.
fn percentile(durations: &[(f64, f64)], rank: f64) -> Option<f64> {
    if rank <= 0.0 {
        return None;
    }
    let (mut lower, mut below) = (0.0, 0.0);
    for &(limit, count) in durations {
        if count >= rank {
            return Some(lower + (limit - lower) * (rank - below) / (count - below));
        }
        (lower, below) = (limit, count);
    }
    (lower > 0.0).then_some(lower)
}

fn partner(name: &str, recent: &[&Measurement]) -> PartnerStatistics {
    let counts = recent.iter().filter_map(|one| one.partners.get(name));
    let (calls, failures) = counts.fold((0.0, 0.0), |(calls, failures), counted| {
        (calls + counted.0, failures + counted.1)
    });
    PartnerStatistics {
        partner: name.to_owned(),
        state: if calls == 0.0 {
            PartnerStatisticsState::Unused
        } else if failures == 0.0 {
            PartnerStatisticsState::Up
        } else if failures < calls {
            PartnerStatisticsState::Failing
        } else {
            PartnerStatisticsState::Down
        },
        calls,
        failures,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(process: &str, taken_at: &str, requests: f64, failures: f64) -> Stored {
        Stored {
            process: process.into(),
            taken_at: taken_at.parse().unwrap(),
            measurement: Measurement {
                requests,
                durations: vec![(0.001, requests / 2.0), (0.01, requests)],
                backlog: Some(requests),
                partners: [("payment".to_owned(), (4.0, failures))].into(),
                ..Measurement::default()
            },
        }
    }

    #[test]
    fn processes_are_added_up_by_the_minute() {
        let now = "2026-01-15T09:31:30Z".parse().unwrap();
        let statistics = of(
            &[
                stored("a", "2026-01-15T09:20:10Z", 7.0, 4.0),
                stored("a", "2026-01-15T09:30:59Z", 10.0, 0.0),
                stored("b", "2026-01-15T09:31:01Z", 20.0, 0.0),
                stored("a", "2026-01-15T09:31:14Z", 40.0, 4.0),
            ],
            now,
        );
        assert_eq!(statistics.processes, 2);
        let [_, before, last] = &statistics.points[..] else {
            panic!("{:?}", statistics.points);
        };
        assert_eq!(before.requests, 10.0);
        assert_eq!((last.requests, last.backlog), (60.0, Some(40.0)));
        assert_eq!(last.latency_p50_ms, Some(1.0));
        let p99 = last.latency_p99_ms.unwrap();
        assert!((9.8..9.9).contains(&p99), "{p99}");
        let partner = |name| {
            let mut partners = statistics.partners.iter();
            partners.find(|one| one.partner == name).unwrap()
        };
        assert_eq!(partner("payment").state, PartnerStatisticsState::Failing);
        assert_eq!(partner("payment").calls, 12.0);
        assert_eq!(partner("shipping").state, PartnerStatisticsState::Unused);
    }

    #[test]
    fn without_requests_there_is_no_latency() {
        let now = "2026-01-15T09:31:30Z".parse().unwrap();
        let statistics = of(&[stored("a", "2026-01-15T09:31:14Z", 0.0, 4.0)], now);
        assert_eq!(statistics.points[0].latency_p99_ms, None);
        assert_eq!(percentile(&[(0.1, 1.0)], 2.0), Some(0.1));
        assert!(of(&[], now).points.is_empty());
    }
}
