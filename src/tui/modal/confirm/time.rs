//! How long the sending of a plan takes: for the sending, never for the effect.

use jiff::Timestamp;

use crate::domain::when::{count, minute, plural};
use crate::offboard::view::Calls;

/// In words, by the two windows as they are.
pub(in crate::tui::modal) fn sending_time(n: usize, calls: &Calls, now: Timestamp) -> String {
    let latency = f64::from(calls.latency_ms.max(1)) / 1_000.0;
    let free = calls.free_now as usize;
    let seconds = sending_seconds(n, calls);
    if n <= free {
        let free = match free {
            1 => "1 call is free now".to_owned(),
            free => format!("{} calls are free now", count(free)),
        };
        return if seconds <= latency.max(2.0) {
            format!("{free}: sent at once.")
        } else {
            format!("{free}: all sent in about {} s.", seconds.ceil())
        };
    }
    let by = Timestamp::from_second(now.as_second() + seconds.ceil() as i64).unwrap_or(now);
    let first = match free {
        0 => "No call is free now, then 100 a minute".to_owned(),
        1 => "1 call is free now, then 100 a minute".to_owned(),
        free => format!("{} calls are free now, then 100 a minute", count(free)),
    };
    let hours = if n > 1_500 { " and 1,500 an hour" } else { "" };
    let about = if seconds < 5_400.0 {
        plural((seconds / 60.0).ceil() as usize, "minute")
    } else {
        format!("{:.1} hours", seconds / 3_600.0)
    };
    format!("{first}{hours}: all sent in about {about}, by {}.", minute(by, now))
}

/// Seconds until the last of `n` calls has left, by the two windows as they are and a ramp of calls in flight.
fn sending_seconds(n: usize, calls: &Calls) -> f64 {
    let latency = f64::from(calls.latency_ms.max(1)) / 1_000.0;
    let free = (calls.free_now as usize).min(n);
    // One more call in flight for each answer, up to sixteen: 1, 2, 4, 8, 16, 16 …
    let burst = |k: usize| {
        let (mut sent, mut flight, mut rounds) = (0, 1, 0);
        while sent < k {
            sent += flight;
            flight = (flight * 2).min(16);
            rounds += 1;
        }
        f64::from(rounds) * latency
    };
    let left = n - free;
    if left == 0 {
        return burst(free);
    }
    let hour_free = (calls.hour.max - calls.hour.used.min(calls.hour.max)) as usize;
    let hours = (n.saturating_sub(hour_free)).div_ceil(1_500);
    let in_last_hour = if hours == 0 { left } else { (n.saturating_sub(hour_free) - 1) % 1_500 + 1 };
    let minutes = in_last_hour.div_ceil(100);
    hours as f64 * (3_600.0 + latency) + minutes as f64 * (60.0 + latency) + burst(100.min(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_about_sending_and_follows_the_windows() {
        let now: Timestamp = "2026-11-24T12:01:10Z".parse().unwrap();
        let mut calls = Calls::default();
        assert_eq!(sending_time(1, &calls, now), "100 calls are free now: sent at once.");
        assert_eq!(sending_time(100, &calls, now), "100 calls are free now: all sent in about 3 s.");
        calls.free_now = 37;
        calls.minute.used = 63;
        calls.hour.used = 412;
        let large = sending_time(812, &calls, now);
        assert_eq!(
            large,
            "37 calls are free now, then 100 a minute: all sent in about 9 minutes, by 12:09Z."
        );
        calls.free_now = 0;
        calls.hour.used = 1_500;
        let next_hour = sending_time(10, &calls, now);
        assert!(next_hour.starts_with("No call is free now"), "{next_hour}");
    }
}
