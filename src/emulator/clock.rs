//! The tenant's time: it starts at the wall's and runs `speed` times as fast.
//!
//! Everything that the emulator says or measures (headers, JSON, limits, the progress of actions, the end of a
//! token) reads this clock and no other, so that an hour of the tenant can be shown in a minute.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// One millisecond in ticks.
const MS: i64 = 10_000;
/// One second in milliseconds.
pub(super) const SECOND_MS: u64 = 1_000;
/// One minute in milliseconds.
pub(super) const MINUTE_MS: u64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub(super) const HOUR_MS: u64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;

/// An instant of the tenant, in ticks of 100 ns since the Unix epoch: the finest step that the service's JSON can
/// say (reference, section 3: 0 to 7 fractional digits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    pub(super) fn from_timestamp(at: Timestamp) -> Moment {
        Moment((at.as_nanosecond() / 100) as i64)
    }

    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_nanosecond(i128::from(self.0) * 100)
            .expect("a moment lies within some thousand years of the present")
    }

    pub(super) fn plus_ms(self, ms: u64) -> Moment {
        Moment(self.0 + ms as i64 * MS)
    }

    pub(super) fn minus_ms(self, ms: u64) -> Moment {
        Moment(self.0 - ms as i64 * MS)
    }

    pub(super) fn plus_ticks(self, ticks: i64) -> Moment {
        Moment(self.0 + ticks)
    }

    pub(super) fn whole_seconds(self) -> Moment {
        Moment(self.0 - self.0.rem_euclid(1_000 * MS))
    }

    /// Whole milliseconds since `earlier`; 0 if `earlier` is the later one.
    pub(super) fn ms_since(self, earlier: Moment) -> u64 {
        u64::try_from((self.0 - earlier.0) / MS).unwrap_or(0)
    }

    /// Of this moment and those every so many milliseconds before and after it, the last one up to `until`.
    pub(super) fn last_of_every(self, every_ms: u64, until: Moment) -> Moment {
        let step = every_ms as i64 * MS;
        Moment(self.0 + (until.0 - self.0).div_euclid(step) * step)
    }

    pub(super) fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000 * MS)
    }

    /// As the `Date` header says it (RFC 9110, 5.6.7).
    pub(super) fn http_date(self) -> String {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&self.timestamp())
            .expect("a tenant's year has four digits")
    }

    /// As the sign-in platform's errors say it: `2026-01-05 08:44:05Z`.
    pub(super) fn sign_in_time(self) -> String {
        self.timestamp().strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    }
}

/// ISO 8601, UTC, 0 to 7 fractional digits without trailing zeros (reference, section 3).
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Tells the tenant's present.
pub(super) struct Clock {
    start: Moment,
    began: Instant,
    speed: f64,
    /// What [`Clock::advance`] added, in milliseconds of the tenant.
    advanced_ms: AtomicU64,
}

impl Clock {
    pub(super) fn starting_now(speed: f64) -> Clock {
        let start = Moment::from_timestamp(Timestamp::now());
        Clock { start, began: Instant::now(), speed, advanced_ms: AtomicU64::new(0) }
    }

    pub(super) fn start(&self) -> Moment {
        self.start
    }

    pub(super) fn now(&self) -> Moment {
        let run = self.began.elapsed().as_secs_f64() * self.speed;
        self.start.plus_ticks((run * 1e7) as i64).plus_ms(self.advanced_ms.load(Ordering::Relaxed))
    }

    /// Jumps ahead, for what takes days (reference, section 8: "clock can be advanced").
    pub(super) fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.advanced_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// How long `ms` of the tenant are for those who wait outside.
    pub(super) fn outside(&self, ms: u64) -> Duration {
        Duration::try_from_secs_f64(ms as f64 / 1e3 / self.speed).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::from_timestamp(text.parse().unwrap())
    }

    #[test]
    fn json_times_have_up_to_seven_digits_and_no_trailing_zeros() {
        for text in ["2026-01-05T08:44:05Z", "2026-01-05T08:44:05.0000001Z", "2026-11-24T11:57:10.4402Z"] {
            assert_eq!(moment(text).to_string(), text);
        }
        assert_eq!(moment("2026-01-05T08:44:05.123456789Z").to_string(), "2026-01-05T08:44:05.1234567Z");
    }

    #[test]
    fn headers_and_sign_in_errors_have_their_own_forms() {
        let at = moment("2026-01-05T08:44:05.9Z");
        assert_eq!(at.http_date(), "Mon, 05 Jan 2026 08:44:05 GMT");
        assert_eq!(at.sign_in_time(), "2026-01-05 08:44:05Z");
    }

    #[test]
    fn what_comes_every_day_came_last_within_a_day() {
        let report = moment("2026-01-05T08:00:00Z");
        for (until, expected) in [
            ("2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"),
            ("2026-01-07T07:59:59Z", "2026-01-06T08:00:00Z"),
            ("2026-01-03T09:00:00Z", "2026-01-03T08:00:00Z"),
        ] {
            assert_eq!(report.last_of_every(DAY_MS, moment(until)), moment(expected), "{until}");
        }
    }

    #[test]
    fn the_clock_can_be_advanced_by_days() {
        let clock = Clock::starting_now(1.0);
        clock.advance(Duration::from_hours(72));
        assert!(clock.now() >= clock.start().plus_ms(72 * HOUR_MS));
    }

    #[test]
    fn a_fast_tenant_makes_waits_short() {
        assert_eq!(Clock::starting_now(60.0).outside(MINUTE_MS), Duration::from_secs(1));
    }
}
