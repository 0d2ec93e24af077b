//! The two windows of offboard calls: 100 in 60 s and 1,500 in 3,600 s (reference, section 4), exactly.
//!
//! A call holds a slot from before it is sent until the latest moment at which the service may have counted it, and
//! one window more, in both windows. Change nothing here without the simulation: releasing a slot at its sending, at
//! a gateway's answer or without D lets a full burst overrun a window at the service.

use super::moment::{HOUR, MINUTE, Raw, SECOND, lengthened};

/// How many calls a window may hold, and how long one counts after the last moment at which it may have been counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// n.
    pub(crate) calls: usize,
    /// W⁺ in milliseconds.
    pub(crate) length: i64,
}

/// 100 calls in a minute.
pub(crate) const PER_MINUTE: Limit = Limit { calls: 100, length: lengthened(MINUTE) };
/// 1,500 calls in an hour.
pub(crate) const PER_HOUR: Limit = Limit { calls: 1_500, length: lengthened(HOUR) };

/// When a held slot's call is counted at the latest; `None` while its call is on the way.
pub(crate) type Until = Option<Raw>;

/// What one window holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// Calls that count.
    pub(crate) used: usize,
    /// When the first of them frees; `None` if none is held or all are on the way.
    pub(crate) first_frees: Option<Raw>,
    /// When all are free; `None` if one is on the way or none is held.
    pub(crate) all_free: Option<Raw>,
}

impl Limit {
    /// Whether a slot still counts at a moment.
    fn holds(self, until: Until, now: Raw) -> bool {
        until.is_none_or(|until| until.plus(self.length) > now)
    }

    /// How many calls count.
    pub(crate) fn used(self, slots: &[Until], now: Raw) -> usize {
        slots.iter().filter(|until| self.holds(**until, now)).count()
    }

    /// What the window holds.
    pub(crate) fn held(self, slots: &[Until], now: Raw) -> Held {
        let held = || slots.iter().copied().filter(|until| self.holds(*until, now));
        let frees = |until: Raw| until.plus(self.length);
        let on_the_way = held().any(|until| until.is_none());
        Held {
            used: self.used(slots, now),
            first_frees: held().flatten().min().map(frees),
            all_free: if on_the_way { None } else { held().flatten().max().map(frees) },
        }
    }

    /// When a call may be taken: `now` if one may now, `None` if that hangs on a call that is on the way.
    pub(crate) fn next(self, slots: &[Until], now: Raw) -> Option<Raw> {
        let mut held: Vec<Until> = slots.iter().copied().filter(|until| self.holds(*until, now)).collect();
        if held.len() < self.calls {
            return Some(now);
        }
        let too_many = held.len() - self.calls; // one more than these has to free
        held.sort_unstable_by_key(|until| until.unwrap_or(Raw(i64::MAX)));
        held[too_many].map(|until| until.plus(self.length))
    }
}

/// How many calls may be taken now.
pub(crate) fn free(slots: &[Until], now: Raw) -> usize {
    let left = |limit: Limit| limit.calls.saturating_sub(limit.used(slots, now));
    left(PER_MINUTE).min(left(PER_HOUR))
}

/// When the next call may be taken: `now` if one may now, `None` if that hangs on a call that is on the way.
pub(crate) fn next(slots: &[Until], now: Raw) -> Option<Raw> {
    Some(PER_MINUTE.next(slots, now)?.max(PER_HOUR.next(slots, now)?))
}

/// Whether a slot counts nowhere any more and can be forgotten.
pub(crate) fn is_over(until: Until, now: Raw) -> bool {
    !PER_HOUR.holds(until, now)
}

/// When the last of `calls` more calls will have been sent, if each is answered after `latency` and none has to be
/// repeated: our own schedule, for show.
pub(crate) fn all_sent(slots: &[Until], now: Raw, calls: usize, latency: i64) -> Raw {
    let mut ends: Vec<Raw> = slots
        .iter()
        .map(|until| until.unwrap_or(now.plus(latency)))
        .filter(|until| PER_HOUR.holds(Some(*until), now))
        .collect();
    ends.sort_unstable();
    let mut last = now;
    for _ in 0..calls {
        for limit in [PER_MINUTE, PER_HOUR] {
            if let Some(end) = ends.len().checked_sub(limit.calls).map(|nth| ends[nth]) {
                last = last.max(end.plus(limit.length));
            }
        }
        ends.push(last.plus(latency)); // in order: `last` never goes back
    }
    last
}

/// A pause of the whole bucket that the service asked for with a 429. It ends only by a probe, a single call whose
/// answer is neither another 429 nor a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    /// Nothing is taken before.
    pub(crate) until: Raw,
    /// Its whole length, for a boot in which `until` means nothing.
    pub(crate) length: i64,
    /// How often it was doubled.
    pub(crate) step: u32,
}

/// `Retry-After` is believed between these; without one the pause begins at a minute and doubles to 15.
const RETRY_AFTER_MIN: i64 = SECOND;
const RETRY_AFTER_MAX: i64 = HOUR;
const PAUSE_FIRST: i64 = MINUTE;
const PAUSE_MAX: i64 = 15 * MINUTE;

impl Pause {
    /// What a 429 makes of the pause that is there. `taken_inside` says that its call was taken after that pause
    /// began: only such a call shows that the pause was too short.
    pub(crate) fn after_429(
        before: Option<Self>,
        now: Raw,
        retry_after: Option<i64>,
        taken_inside: bool,
    ) -> Self {
        let step = match before {
            Some(pause) if taken_inside => pause.step + 1,
            Some(pause) => pause.step,
            None => 0,
        };
        let length = retry_after.map_or_else(
            || (PAUSE_FIRST << step.min(4)).min(PAUSE_MAX),
            |asked| asked.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX),
        );
        let length = lengthened(length);
        let until = now.plus(length);
        Self { until: before.map_or(until, |pause| pause.until.max(until)), length, step }
    }

    /// The same pause in another boot: it starts again with its whole length.
    pub(crate) fn again(self, now: Raw) -> Self {
        Self { until: now.plus(self.length), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(at: &[i64]) -> Vec<Until> {
        at.iter().map(|ms| Some(Raw(*ms))).collect()
    }

    #[test]
    fn a_slot_counts_for_a_window_after_it_may_last_have_been_counted() {
        let now = Raw(1_000_000);
        for (name, until, in_minute, in_hour) in [
            ("on the way", None, 1, 1),
            ("just answered", Some(now), 1, 1),
            ("still travelling behind a gateway", Some(now.plus(60_061)), 1, 1),
            ("a true minute ago", Some(Raw(940_000)), 1, 1),
            ("the last millisecond", Some(Raw(939_940)), 1, 1),
            ("a minute on our clock ago", Some(Raw(939_939)), 0, 1),
            ("an hour on our clock ago", Some(Raw(1_000_000 - 3_603_601)), 0, 0),
        ] {
            let used = |limit: Limit| limit.held(&[until], now).used;
            assert_eq!((used(PER_MINUTE), used(PER_HOUR)), (in_minute, in_hour), "{name}");
        }
    }

    #[test]
    fn the_next_call_waits_for_the_window_that_frees_last() {
        let now = Raw(100_000);
        assert_eq!((free(&[], now), next(&[], now)), (100, Some(now)));
        let full: Vec<Until> = answered(&(0..100).map(|i| 50_000 + i * 10).collect::<Vec<_>>());
        assert_eq!((free(&full, now), next(&full, now)), (0, Some(Raw(110_061))));
        let mut over = full.clone();
        over.push(Some(Raw(50_005)));
        assert_eq!(next(&over, now), Some(Raw(110_066)), "one over: two have to free");
        let flying = vec![None; 100];
        assert_eq!((free(&flying, now), next(&flying, now)), (0, None));
        let hour: Vec<Until> = answered(&(0..1_500).map(|i| -3_000_000 + i).collect::<Vec<_>>());
        assert_eq!((free(&hour, now), next(&hour, now)), (0, Some(Raw(603_601))));
    }

    #[test]
    fn windows_say_when_they_free() {
        let now = Raw(100_000);
        let held = PER_MINUTE.held(&answered(&[50_000, 60_000]), now);
        assert_eq!(held, Held { used: 2, first_frees: Some(Raw(110_061)), all_free: Some(Raw(120_061)) });
        let held = PER_MINUTE.held(&[None, Some(Raw(60_000))], now);
        assert_eq!(held, Held { used: 2, first_frees: Some(Raw(120_061)), all_free: None });
        let held = PER_MINUTE.held(&answered(&[0]), now);
        assert_eq!(held, Held { used: 0, first_frees: None, all_free: None });
    }

    #[test]
    fn the_schedule_is_the_formula() {
        let now = Raw(0);
        for (calls, windows) in
            [(1, (0, 0)), (100, (0, 0)), (101, (0, 1)), (500, (0, 4)), (1_500, (0, 14)), (1_501, (1, 0))]
        {
            let (hours, minutes) = windows;
            let least = hours * (3_603_601 + 300) + minutes * (60_061 + 300);
            assert_eq!(all_sent(&[], now, calls, 300), Raw(least), "{calls}");
        }
        assert_eq!(all_sent(&answered(&[-30_000; 100]), now, 1, 300), Raw(30_061));
    }

    #[test]
    fn a_pause_doubles_only_by_calls_taken_inside_it() {
        let now = Raw(0);
        let first = Pause::after_429(None, now, None, false);
        assert_eq!((first.length, first.step), (60_061, 0));
        let same_burst = Pause::after_429(Some(first), Raw(10), None, false);
        assert_eq!((same_burst.until, same_burst.step), (Raw(60_071), 0));
        let mut pause = first;
        for (step, minutes) in [(1, 2), (2, 4), (3, 8), (4, 15), (5, 15)] {
            pause = Pause::after_429(Some(pause), pause.until, None, true);
            assert_eq!((pause.step, pause.length), (step, lengthened(minutes * MINUTE)));
        }
        let asked = |seconds: i64| Pause::after_429(None, now, Some(seconds * SECOND), false).length;
        assert_eq!([0, 7, 9_000].map(asked), [1_002, 7_008, 3_603_601]);
        let shorter = Pause::after_429(Some(first), Raw(5), Some(SECOND), false);
        assert_eq!(shorter.until, first.until, "a pause never ends earlier than was asked before");
        assert_eq!(first.again(Raw(9)).until, Raw(60_070));
    }
}
