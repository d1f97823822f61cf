//! Admission control: limits how many orders wait for Temporal and its workers at a time.
//!
//! An order that waits in the outbox costs a row. One that waits in Temporal slows down all others:
//! the more workflows have work to do, the longer each takes, until tasks time out and are
//! repeated. So as many may wait there as are processed in a second: the limit grows when
//! processing gets faster and shrinks when it gets slower (Little's law). This needs no setting and
//! works for any number of processes, each of which counts the orders that it has started.
//!
//! An order waits from its start until its processing begins, and from the end of its processing
//! delay until it has ended. In between it sleeps, which costs nothing. Orders that will wake soon
//! count as waiting, because they can no longer be held back. An order with items counts only until
//! its processing begins: afterwards it waits for its partners, which says nothing about Temporal.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::db::Stage;
use crate::domain::OrderId;

/// The throughput is measured over this period.
const WINDOW: Duration = Duration::from_secs(2);
/// The length of the window in seconds: as many may wait as are processed in one second.
const SECONDS: usize = 2;
/// Orders that wake within this time count as waiting.
const WAKES_SOON: Duration = Duration::from_millis(500);
/// How many may wait while the throughput is unknown.
const LEAST: usize = 16;
/// An order that was overtaken by this much is considered lost: the reconciler handles it, and it
/// no longer counts.
const OVERTAKEN: Duration = Duration::from_secs(10);
/// While nothing is processed, one more order is started after this time, the next after twice the
/// time.
const FIRST_PROBE: Duration = Duration::from_secs(10);
const LONGEST_PROBE: Duration = Duration::from_secs(600);
/// The maximum number of sleeping orders that are tracked. Others no longer count.
const MOST_SLEEPING: usize = 100_000;

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Begin,
    End,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    awaited: Awaited,
    since: Instant,
    has_items: bool,
}

/// Tracks the orders that this process has started, and limits how many more it may start.
pub(super) struct Admission {
    processing_delay: Duration,
    waiting: HashMap<OrderId, Waiting>,
    /// Orders in processing with the time at which they wake, soonest first.
    sleeping: VecDeque<(Instant, OrderId)>,
    /// How many orders were processed when, within the window.
    served: VecDeque<(Instant, usize)>,
    served_in_window: usize,
    /// When the youngest order processed so far began to wait: for its begin, for its end.
    latest_served: [Option<Instant>; 2],
    next_probe: Option<Instant>,
    probe_after: Duration,
}

impl Admission {
    /// For orders with this processing delay.
    pub(super) fn new(processing_delay: Duration) -> Self {
        Self {
            processing_delay,
            waiting: HashMap::new(),
            sleeping: VecDeque::new(),
            served: VecDeque::new(),
            served_in_window: 0,
            latest_served: [None; 2],
            next_probe: None,
            probe_after: FIRST_PROBE,
        }
    }

    /// How many more orders may be started.
    pub(super) fn room(&mut self, now: Instant) -> usize {
        self.wake(now);
        self.expire_window(now);
        let soon = self
            .sleeping
            .partition_point(|(end, _)| *end <= now + WAKES_SOON);
        let room = self.limit().saturating_sub(self.waiting.len() + soon);
        if room > 0 {
            self.next_probe = None;
            return room;
        }
        let probe = *self.next_probe.get_or_insert(now + self.probe_after);
        usize::from(now >= probe)
    }

    /// How many may wait at a time.
    fn limit(&self) -> usize {
        (self.served_in_window / SECONDS).max(LEAST)
    }

    /// Records that an order was started.
    pub(super) fn started(&mut self, now: Instant, order_id: OrderId, has_items: bool) {
        if self.waiting.len() >= self.limit() {
            self.probe_after = (self.probe_after * 2).min(LONGEST_PROBE);
            self.next_probe = Some(now + self.probe_after);
        }
        let waiting = Waiting {
            awaited: Awaited::Begin,
            since: now,
            has_items,
        };
        self.waiting.insert(order_id, waiting);
    }

    /// Records that an order could not be started.
    pub(super) fn not_started(&mut self, order_id: OrderId) {
        self.waiting.remove(&order_id);
    }

    /// The waiting orders, whose stages [`Admission::observe`] requires.
    pub(super) fn waiting(&self) -> Vec<OrderId> {
        self.waiting.keys().copied().collect()
    }

    /// Updates the state from the stages of waiting orders.
    pub(super) fn observe(
        &mut self,
        now: Instant,
        stages: impl IntoIterator<Item = (OrderId, Stage)>,
    ) {
        let mut served = 0;
        for (order_id, stage) in stages {
            let Some(waiting) = self.waiting.get(&order_id).copied() else {
                continue;
            };
            match (waiting.awaited, stage) {
                (_, Stage::Ended) => {}
                (Awaited::Begin, Stage::Begun) if waiting.has_items => {}
                (Awaited::Begin, Stage::Begun) => self.sleep(now, order_id),
                (Awaited::Begin, Stage::Pending) | (Awaited::End, _) => continue,
            }
            self.waiting.remove(&order_id);
            let latest = &mut self.latest_served[waiting.awaited as usize];
            *latest = (*latest).max(Some(waiting.since));
            served += 1;
        }
        if served > 0 {
            self.served.push_back((now, served));
            self.served_in_window += served;
            self.next_probe = None;
            self.probe_after = FIRST_PROBE;
        }
        let latest = self.latest_served;
        let is_lost = |waiting: &Waiting| {
            let latest = latest[waiting.awaited as usize];
            latest.is_some_and(|latest| latest > waiting.since + OVERTAKEN)
        };
        self.waiting.retain(|_, waiting| !is_lost(waiting));
    }

    fn sleep(&mut self, now: Instant, order_id: OrderId) {
        // If the end of the delay cannot be represented, the order never wakes.
        if let Some(end) = now.checked_add(self.processing_delay)
            && self.sleeping.len() < MOST_SLEEPING
        {
            self.sleeping.push_back((end, order_id));
        }
    }

    /// Moves orders whose delay is over back to waiting.
    fn wake(&mut self, now: Instant) {
        while let Some(&(end, order_id)) = self.sleeping.front()
            && end <= now
        {
            self.sleeping.pop_front();
            let waiting = Waiting {
                awaited: Awaited::End,
                since: end,
                has_items: false,
            };
            self.waiting.insert(order_id, waiting);
        }
    }

    fn expire_window(&mut self, now: Instant) {
        while let Some(&(time, served)) = self.served.front()
            && now.duration_since(time) > WINDOW
        {
            self.served.pop_front();
            self.served_in_window -= served;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    /// Simulates a Temporal that executes `per_second` activities, oldest first, and fewer when too
    /// many wait.
    struct Server {
        per_second: f64,
        /// When more than this wait, each step takes proportionally longer.
        capacity: usize,
        queue: VecDeque<OrderId>,
        sleeping: VecDeque<(Instant, OrderId)>,
        stage: HashMap<OrderId, Stage>,
        credit: f64,
        completed: usize,
        most_waiting: usize,
    }

    impl Server {
        fn new(per_second: f64, capacity: usize) -> Self {
            Self {
                per_second,
                capacity,
                queue: VecDeque::new(),
                sleeping: VecDeque::new(),
                stage: HashMap::new(),
                credit: 0.0,
                completed: 0,
                most_waiting: 0,
            }
        }

        fn start(&mut self, order_id: OrderId) {
            self.stage.insert(order_id, Stage::Pending);
            self.queue.push_back(order_id);
        }

        fn serve(&mut self, now: Instant, delay: Duration) {
            while let Some(&(end, id)) = self.sleeping.front()
                && end <= now
            {
                self.sleeping.pop_front();
                self.queue.push_back(id);
            }
            self.most_waiting = self.most_waiting.max(self.queue.len());
            let (waiting, capacity) = (self.queue.len() as f64, self.capacity as f64);
            let slowed = (capacity / waiting.max(1.0)).min(1.0);
            self.credit += self.per_second * slowed * TICK.as_secs_f64();
            while self.credit >= 1.0 {
                let Some(id) = self.queue.pop_front() else {
                    self.credit = 0.0;
                    break;
                };
                self.credit -= 1.0;
                match self.stage[&id] {
                    Stage::Pending => {
                        self.stage.insert(id, Stage::Begun);
                        self.sleeping.push_back((now + delay, id));
                    }
                    Stage::Begun | Stage::Ended => {
                        self.stage.insert(id, Stage::Ended);
                        self.completed += 1;
                    }
                }
            }
        }
    }

    /// A simulation with its own clock.
    struct Simulation {
        now: Instant,
        next: i64,
        delay: Duration,
        server: Server,
        processes: Vec<Admission>,
    }

    impl Simulation {
        fn new(server: Server, delay: Duration, processes: usize) -> Self {
            Self {
                now: Instant::now(),
                next: 1,
                delay,
                server,
                processes: (0..processes).map(|_| Admission::new(delay)).collect(),
            }
        }

        /// Runs with an outbox that is never empty; returns the number of completed orders.
        fn run(&mut self, time: Duration) -> usize {
            let before = self.server.completed;
            let end = self.now + time;
            while self.now < end {
                self.now += TICK;
                for process in &mut self.processes {
                    let stages: Vec<_> = process
                        .waiting()
                        .into_iter()
                        .map(|id| (id, self.server.stage[&id]))
                        .collect();
                    process.observe(self.now, stages);
                    for _ in 0..process.room(self.now).min(32) {
                        let id = OrderId(self.next);
                        process.started(self.now, id, false);
                        self.server.start(id);
                        self.next += 1;
                    }
                }
                self.server.serve(self.now, self.delay);
            }
            self.server.completed - before
        }

        fn waiting(&self) -> usize {
            self.processes.iter().map(|one| one.waiting.len()).sum()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Temporal is kept busy but not overloaded, whatever its capacity.
        #[test]
        fn admission_finds_the_capacity(
            per_second in 20.0_f64..500.0,
            delay_ms in prop::sample::select(vec![0_u64, 1000, 5000, 30_000]),
            processes in 1_usize..4,
        ) {
            // Temporal slows down when more wait than it executes in two seconds.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let capacity = ((per_second * 2.0) as usize).max(100);
            let delay = Duration::from_millis(delay_ms);
            let mut simulation = Simulation::new(Server::new(per_second, capacity), delay, processes);
            simulation.run(Duration::from_secs(30) + 3 * delay);
            let measured = Duration::from_secs(60) + 2 * delay;
            #[allow(clippy::cast_precision_loss)]
            let rate = simulation.run(measured) as f64 / measured.as_secs_f64();
            // Each order takes two activities. Each process starts at most 32 orders per tick.
            let most = (per_second / 2.0).min(320.0 * processes as f64);
            prop_assert!(rate > most * 0.8, "{rate} of {most} a second");
            prop_assert!(simulation.server.most_waiting <= capacity * 2, "{}", simulation.server.most_waiting);
        }
    }

    #[test]
    fn without_a_worker_hardly_any_orders_are_started() {
        let mut simulation = Simulation::new(Server::new(0.0, 100), Duration::from_secs(1), 1);
        simulation.run(Duration::from_secs(3600));
        assert!(
            (LEAST..LEAST + 16).contains(&simulation.waiting()),
            "{}",
            simulation.waiting()
        );
        // Once a worker runs, orders are processed at once.
        simulation.server.per_second = 100.0;
        simulation.run(Duration::from_secs(5));
        let completed = simulation.run(Duration::from_secs(20));
        assert!(completed > 800, "{completed}");
    }

    #[test]
    fn admission_recovers_after_a_slow_period() {
        let mut simulation = Simulation::new(Server::new(100.0, 300), Duration::from_secs(1), 2);
        simulation.run(Duration::from_secs(20));
        simulation.server.per_second = 2.0;
        simulation.run(Duration::from_secs(60));
        simulation.server.per_second = 100.0;
        simulation.run(Duration::from_secs(10));
        let completed = simulation.run(Duration::from_secs(20));
        assert!(completed > 800, "{completed}");
    }

    #[test]
    fn orders_that_never_begin_do_not_block_others() {
        let mut simulation = Simulation::new(Server::new(100.0, 300), Duration::ZERO, 1);
        let lost: Vec<OrderId> = (0..16).map(|n| OrderId(-n)).collect();
        for &id in &lost {
            simulation.server.stage.insert(id, Stage::Pending);
            simulation.processes[0].started(simulation.now, id, false);
        }
        simulation.run(Duration::from_secs(60));
        assert!(
            lost.iter()
                .all(|id| !simulation.processes[0].waiting.contains_key(id))
        );
        let completed = simulation.run(Duration::from_secs(20));
        assert!(completed > 800, "{completed}");
    }

    #[test]
    fn an_order_that_is_not_started_frees_its_place() {
        let now = Instant::now();
        let mut admission = Admission::new(Duration::ZERO);
        assert_eq!(admission.room(now), LEAST);
        admission.started(now, OrderId(1), false);
        assert_eq!(admission.room(now), LEAST - 1);
        admission.not_started(OrderId(1));
        assert_eq!(admission.room(now), LEAST);
    }

    #[test]
    fn orders_that_wait_for_their_partners_take_no_place() {
        let now = Instant::now();
        let mut admission = Admission::new(Duration::ZERO);
        let ids = || (0..16).map(OrderId);
        ids().for_each(|id| admission.started(now, id, true));
        assert_eq!(admission.room(now), 0);
        admission.observe(now, ids().map(|id| (id, Stage::Begun)));
        assert_eq!(admission.room(now + Duration::from_secs(3600)), LEAST);
    }
}
