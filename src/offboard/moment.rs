//! Moments and lengths of time, as the engine knows them: it is told what time it is and never looks itself.
//!
//! Three clocks, never mixed: [`Raw`] (this boot's raw monotonic clock) for slots, waits and pauses; service time
//! (the service's own `Date`, carried on by the raw clock) for what is compared with the service's instants; wall
//! time only to show.

use jiff::{SignedDuration, Timestamp};

/// The raw clock and the service's differ in rate by less than this many parts of a thousand (A3: 0.1 %).
const RHO_PER_MILLE: i64 = 1;

/// A second, a minute, an hour and a day in milliseconds.
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A true time of `ms` as it is measured on our clock, on the safe side: longer by ρ, and by one millisecond
/// because a [`Raw`] is cut to whole ones (a moment noted may be up to one earlier than it was).
pub(crate) const fn lengthened(ms: i64) -> i64 {
    ms + (ms * RHO_PER_MILLE + 999) / 1_000 + 1
}

/// Λ⁺: a list request sent this long after a creation shows it (A2: 60 s).
pub(crate) const LIST_LATE: i64 = lengthened(MINUTE);
/// D⁺: a call is counted, and its action created, at the latest this long after we gave up or died (A1: 60 s).
pub(crate) const ARRIVES_LATE: i64 = lengthened(MINUTE);
/// D⁺ through a proxy, or where the kernel may go on sending for its own time (A1: 300 s).
pub(crate) const ARRIVES_LATE_BEHIND_PROXY: i64 = lengthened(5 * MINUTE);

/// A moment of the raw monotonic clock, in milliseconds since this boot's zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Raw(pub(crate) i64);

impl Raw {
    /// The moment `ms` later.
    pub(crate) const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since an earlier moment.
    pub(crate) const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The present moment on both of our clocks, read together after an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// For everything that is decided.
    pub(crate) raw: Raw,
    /// For show, and for the evidence.
    pub(crate) wall: Timestamp,
}

/// One boot of this host at one speed of the clock: a [`Raw`] means something only together with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Boot(String);

impl Boot {
    /// The kernel's boot id, and how much faster than the world the clock runs (1 except in demonstrations).
    pub(crate) fn new(kernel: &str, speed: f64) -> Self {
        if (speed - 1.0).abs() < f64::EPSILON {
            Self(kernel.to_owned())
        } else {
            Self(format!("{kernel}*{speed}"))
        }
    }

    /// As it was stored.
    pub(crate) fn restored(stored: &str) -> Self {
        Self(stored.to_owned())
    }

    /// What is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a process of that boot can still live: the kernel is the same, whatever the speed.
    pub(crate) fn same_kernel(&self, other: &Self) -> bool {
        let kernel = |boot: &Self| boot.0.split('*').next().map(str::to_owned);
        kernel(self) == kernel(other)
    }
}

/// The service's time: the `Date` of the answer received last, plus the raw clock since. Never a maximum, so that one
/// wrong `Date` is forgotten with the next answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServiceTime {
    date: Timestamp,
    at: Raw,
}

impl ServiceTime {
    /// An answer that arrived at `at` carried this `Date`.
    pub(crate) fn heard(date: Timestamp, at: Raw) -> Self {
        Self { date, at }
    }

    /// The service's time at a moment.
    pub(crate) fn when(self, raw: Raw) -> Timestamp {
        shifted(self.date, raw.since(self.at))
    }
}

/// An instant moved by milliseconds, kept inside what an instant can be.
pub(crate) fn shifted(instant: Timestamp, ms: i64) -> Timestamp {
    instant.saturating_add(SignedDuration::from_millis(ms)).unwrap_or(instant)
}

/// Milliseconds from one instant to a later one.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_millisecond().saturating_sub(earlier.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_times_are_lengthened_by_rho_and_a_rounding() {
        assert_eq!([MINUTE, HOUR, 5 * MINUTE, 1].map(lengthened), [60_061, 3_603_601, 300_301, 3]);
    }

    #[test]
    fn another_speed_is_another_boot_of_the_same_kernel() {
        let (plain, fast) = (Boot::new("b", 1.0), Boot::new("b", 60.0));
        assert_eq!((plain.as_str(), fast.as_str()), ("b", "b*60"));
        assert!(plain != fast && plain.same_kernel(&fast) && !plain.same_kernel(&Boot::new("c", 1.0)));
    }

    #[test]
    fn service_time_follows_the_last_date_even_backwards() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let time = ServiceTime::heard(at("2026-11-24T12:00:00Z"), Raw(5_000));
        assert_eq!(time.when(Raw(7_500)), at("2026-11-24T12:00:02.5Z"));
        assert_eq!(time.when(Raw(4_000)), at("2026-11-24T11:59:59Z"));
    }
}
