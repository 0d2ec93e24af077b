//! [`Pace`]: keeps the reads of one of the service's APIs inside its limits, 100 a minute and 1,500 an hour
//! (reference, sections 3 to 5). Offboard calls have their own, exact and journaled budget in the engine.
//!
//! A read is counted from its start until a whole window after its end: when in between the service counts it is not
//! known. After a 429 nothing is read until the service's pause is over; ignoring it would prolong it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const MINUTE: (usize, Duration) = (100, Duration::from_secs(60));
const HOUR: (usize, Duration) = (1_500, Duration::from_secs(3_600));
/// Two clocks differ: every wait is longer by this (engine, A3).
const CLOCKS_DIFFER: f64 = 1.001;
/// When a 429 does not say how long (reference, section 7).
const PAUSE_UNTOLD: Duration = Duration::from_secs(60);

/// The calls of one API.
#[derive(Debug)]
pub(super) struct Pace {
    calls: Mutex<Calls>,
    speed: f64,
}

#[derive(Debug, Default)]
struct Calls {
    open: usize,
    ended: VecDeque<Instant>,
    paused_until: Option<Instant>,
}

/// One call under way; when it is dropped, its window begins to run out.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a Pace);

impl Pace {
    /// `speed`: how many times faster the service's time runs than ours.
    pub(super) fn new(speed: f64) -> Self {
        Self { calls: Mutex::default(), speed }
    }

    /// A turn now, or how long until it is worth asking again.
    pub(super) fn take(&self) -> Result<Turn<'_>, Duration> {
        let mut calls = self.lock();
        if let Some(wait) = self.wait_of(&mut calls, Instant::now()) {
            return Err(wait);
        }
        calls.open += 1;
        drop(calls);
        Ok(Turn(self))
    }

    /// How long until a turn may be free; nothing if one is.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait_of(&mut self.lock(), Instant::now())
    }

    /// The service said 429.
    pub(super) fn pause(&self, retry_after: Option<Duration>) {
        let until = Instant::now() + self.ours(retry_after.unwrap_or(PAUSE_UNTOLD));
        let mut calls = self.lock();
        calls.paused_until = calls.paused_until.max(Some(until));
    }

    fn wait_of(&self, calls: &mut Calls, now: Instant) -> Option<Duration> {
        let hour = self.ours(HOUR.1);
        while calls.ended.front().is_some_and(|ended| now.duration_since(*ended) >= hour) {
            calls.ended.pop_front();
        }
        let paused = calls.paused_until.and_then(|until| until.checked_duration_since(now));
        [MINUTE, HOUR]
            .into_iter()
            .filter_map(|(calls_max, window)| calls.wait(calls_max, self.ours(window), now))
            .chain(paused)
            .filter(|wait| !wait.is_zero())
            .max()
    }

    /// A span of the service's time, in ours.
    fn ours(&self, span: Duration) -> Duration {
        span.mul_f64(CLOCKS_DIFFER / self.speed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().expect("no panic while it is held")
    }
}

impl Calls {
    fn wait(&self, calls_max: usize, window: Duration, now: Instant) -> Option<Duration> {
        let left = |ended: &Instant| window.saturating_sub(now.duration_since(*ended));
        let used = self.open + self.ended.iter().rev().take_while(|ended| !left(ended).is_zero()).count();
        let over = (used + 1).checked_sub(calls_max).filter(|over| *over > 0)?;
        // The oldest that still count leave first; if even all of them do not suffice, an open one has to end.
        let oldest = self.ended.iter().filter(|ended| !left(ended).is_zero()).nth(over - 1);
        Some(oldest.map_or(window / 60, left))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut calls = self.0.lock();
        calls.open -= 1;
        calls.ended.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_waits_for_the_first_to_leave_the_minute() {
        let pace = Pace::new(1.0);
        for _ in 0..100 {
            drop(pace.take().expect("a hundred are free"));
        }
        let wait = pace.take().expect_err("the minute is full");
        assert!(wait > Duration::from_secs(50) && wait <= MINUTE.1.mul_f64(CLOCKS_DIFFER), "{wait:?}");
        let begun = Instant::now();
        let later = |seconds: u64| pace.wait_of(&mut pace.lock(), begun + Duration::from_secs(seconds));
        assert!(later(59).is_some(), "an early wake-up waits on");
        assert_eq!(later(61), None);
    }

    #[test]
    fn the_hour_holds_too() {
        let pace = Pace::new(1.0);
        let begun = Instant::now();
        let mut calls = Calls::default();
        for call in 0..1_500 {
            calls.ended.push_back(begun + Duration::from_secs(call));
        }
        let wait = pace.wait_of(&mut calls, begun + Duration::from_secs(1_500)).expect("the hour is full");
        assert_eq!(wait.as_secs(), 3_600 - 1_500 + 3);
        assert_eq!(pace.wait_of(&mut calls, begun + Duration::from_secs(3_604)), None);
    }

    #[test]
    fn a_call_under_way_counts_and_its_window_starts_at_its_end() {
        let pace = Pace::new(1.0);
        let open: Vec<_> = (0..100).map(|_| pace.take().unwrap()).collect();
        assert!(pace.wait().is_some());
        assert!(pace.lock().ended.is_empty());
        drop(open);
        assert_eq!(pace.lock().ended.len(), 100);
    }

    #[test]
    fn a_429_pauses_and_speed_shortens_all_waits() {
        let pace = Pace::new(60.0);
        pace.pause(Some(Duration::from_secs(60)));
        let wait = pace.wait().unwrap();
        assert!(wait <= Duration::from_millis(1_001), "{wait:?}");
        pace.pause(Some(Duration::ZERO));
        assert!(pace.wait().is_some(), "a later, shorter pause does not end an earlier one");
        let untold = Pace::new(1.0);
        untold.pause(None);
        assert!(untold.wait().unwrap() > Duration::from_secs(50));
    }
}
