//! Times, ages and durations in the words that the screens use. Everything is UTC.
//!
//! Ages count from an instant that the screen shows, never from the present moment: a quiet screen has nothing to
//! repaint.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An age as the filter accepts it: `40s 4m 3h 12d 2y`, the largest unit, rounded down. The future reads `0s`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(since.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// `12:04:31Z` on the day of `now`, else `2026-11-22 07:14Z`.
pub fn instant(at: Timestamp, now: Timestamp) -> String {
    let format = if same_day(at, now) { "%H:%M:%SZ" } else { "%Y-%m-%d %H:%MZ" };
    strftime(at, format)
}

/// `12:04Z` on the day of `now`, else `2026-11-22 07:14Z`.
pub fn minute(at: Timestamp, now: Timestamp) -> String {
    strftime(at, if same_day(at, now) { "%H:%MZ" } else { "%Y-%m-%d %H:%MZ" })
}

/// `2026-11-22 07:14Z`, whatever day it is.
pub fn date_minute(at: Timestamp) -> String {
    strftime(at, "%Y-%m-%d %H:%MZ")
}

/// `2024-02-14`.
pub fn date(at: Timestamp) -> String {
    strftime(at, "%Y-%m-%d")
}

fn same_day(a: Timestamp, b: Timestamp) -> bool {
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    day(a) == day(b)
}

fn strftime(at: Timestamp, format: &str) -> String {
    TimeZone::UTC.to_datetime(at).strftime(format).to_string()
}

/// `12 s`, `1:04`, `1:02:03`, from whole seconds.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes}:{rest:02}"),
        _ => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

/// A count with its thousands apart: `3,018`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 machine`, `37 machines`.
pub fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn ages_are_the_largest_unit_rounded_down() {
        let now = at("2026-11-24T12:01:10Z");
        for (since, shown) in [
            ("2026-11-24T12:01:10Z", "0s"),
            ("2026-11-24T12:00:30Z", "40s"),
            ("2026-11-24T11:57:00Z", "4m"),
            ("2026-11-24T09:00:00Z", "3h"),
            ("2026-11-23T12:01:11Z", "23h"),
            ("2026-11-12T09:14:31Z", "12d"),
            ("2024-02-13T16:22:08Z", "2y"),
            ("2027-01-01T00:00:00Z", "0s"),
        ] {
            assert_eq!(age(at(since), now), shown, "{since}");
        }
    }

    #[test]
    fn instants_carry_their_day_only_when_it_is_another() {
        let now = at("2026-11-24T12:04:31Z");
        assert_eq!(instant(now, now), "12:04:31Z");
        assert_eq!(instant(at("2026-11-22T07:14:59Z"), now), "2026-11-22 07:14Z");
        assert_eq!(minute(now, now), "12:04Z");
    }

    #[test]
    fn durations_and_counts() {
        assert_eq!([0, 12, 64, 3_723, -5].map(duration), ["0 s", "12 s", "1:04", "1:02:03", "0 s"]);
        assert_eq!([0, 999, 1_000, 3_018, 1_234_567].map(count), ["0", "999", "1,000", "3,018", "1,234,567"]);
        assert_eq!(
            (plural(1, "machine"), plural(2_000, "machine")),
            ("1 machine".into(), "2,000 machines".into())
        );
    }
}
