//! The service's limits: two sliding windows for each API of an application in a tenant.
//!
//! Whether the real windows slide is not documented (reference, section 8); sliding is the strictest reading of
//! "100 calls a minute", and refused calls count too, which is the worst case that section 6 allows ("ignoring it
//! prolongs it").

use std::collections::VecDeque;

use super::clock::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// One documented limit.
struct Quota {
    window_ms: u64,
    calls_max: usize,
    /// The window as the service's message names it (section 6).
    named: &'static str,
}

/// Sections 3, 4 and 5: 100 a minute and 1,500 an hour, each API for itself. The longest window last.
const QUOTAS: [Quota; 2] = [
    Quota { window_ms: MINUTE_MS, calls_max: 100, named: "00:01:00" },
    Quota { window_ms: HOUR_MS, calls_max: 1_500, named: "01:00:00" },
];

/// Why a call was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub message: String,
    pub retry_after_seconds: u64,
}

/// The calls of one API that the longest window still holds, oldest first.
#[derive(Default)]
pub(super) struct Windows {
    calls_ms: VecDeque<u64>,
}

impl Windows {
    /// Counts a call, and refuses it if a window holds too many with it.
    pub(super) fn count(&mut self, now_ms: u64) -> Result<(), Refusal> {
        while self.calls_ms.front().is_some_and(|at| at + HOUR_MS <= now_ms) {
            self.calls_ms.pop_front();
        }
        self.calls_ms.push_back(now_ms);
        QUOTAS.iter().filter_map(|quota| self.refusal(quota, now_ms)).next_back().map_or(Ok(()), Err)
    }

    /// Notes a call that somebody else made with the same application (section 6: whoever filled it).
    pub(super) fn spend(&mut self, now_ms: u64) {
        self.calls_ms.push_back(now_ms);
    }

    fn refusal(&self, quota: &Quota, now_ms: u64) -> Option<Refusal> {
        let first = self.calls_ms.partition_point(|at| at + quota.window_ms <= now_ms);
        let held = self.calls_ms.len() - first;
        let too_many = held.checked_sub(quota.calls_max).filter(|it| *it > 0)?;
        // The next call fits once all that are too many, and one more, have left the window.
        let leaves_ms = self.calls_ms[first + too_many] + quota.window_ms;
        Some(Refusal {
            message: format!(
                "API calls quota exceeded! maximum allowed {} per {}",
                quota.calls_max, quota.named
            ),
            retry_after_seconds: (leaves_ms - now_ms).div_ceil(SECOND_MS),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_101st_call_of_a_minute_is_refused_until_the_first_ones_leave() {
        let mut windows = Windows::default();
        for call in 0..100 {
            assert_eq!(windows.count(call * 10), Ok(()));
        }
        let refusal = windows.count(1_000).unwrap_err();
        assert_eq!(refusal.message, "API calls quota exceeded! maximum allowed 100 per 00:01:00");
        // 101 calls are in the window; two must leave it: those at 0 and 10 ms.
        assert_eq!(refusal.retry_after_seconds, 60);
        assert_eq!(windows.count(60_010), Ok(()));
        assert!(windows.count(60_010).is_err());
    }

    #[test]
    fn the_hour_is_a_window_of_its_own() {
        let mut windows = Windows::default();
        for call in 0..1_500 {
            assert_eq!(windows.count(call * 700), Ok(()));
        }
        let refusal = windows.count(1_500 * 700).unwrap_err();
        assert_eq!(refusal.message, "API calls quota exceeded! maximum allowed 1500 per 01:00:00");
        assert_eq!(refusal.retry_after_seconds, (HOUR_MS + 700 - 1_500 * 700).div_ceil(1_000));
    }

    proptest! {
        /// Against the plain definition: a call is admitted exactly if no window holds more than its limit with it.
        #[test]
        fn a_call_is_admitted_exactly_if_no_window_overflows(gaps in prop::collection::vec(
            prop_oneof![6 => 0_u64..400, 2 => 400_u64..2_000, 1 => 20_000_u64..90_000], 1..1_800,
        )) {
            let mut windows = Windows::default();
            let (mut now, mut calls) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                calls.push(now);
                let holds = |window| calls.iter().rev().take_while(|at| now - **at < window).count();
                let fits = holds(MINUTE_MS) <= 100 && holds(HOUR_MS) <= 1_500;
                prop_assert_eq!(windows.count(now).is_ok(), fits);
            }
        }

        /// Whoever waits as told, and is alone, is admitted.
        #[test]
        fn retry_after_is_enough(
            gaps in prop::collection::vec(0_u64..600, 101..400),
        ) {
            let mut windows = Windows::default();
            let mut now = 0;
            for gap in gaps {
                now += gap;
                if let Err(refusal) = windows.count(now) {
                    now += refusal.retry_after_seconds * SECOND_MS;
                    prop_assert_eq!(windows.count(now), Ok(()));
                }
            }
        }
    }
}
