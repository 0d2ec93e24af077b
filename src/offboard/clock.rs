//! The clock: `CLOCK_MONOTONIC_RAW` and the kernel's boot id. The only file that needs Linux.
//!
//! The raw clock is one for all processes, does not jump, is not slewed, and stands still in suspend as TCP's timers
//! do: it errs towards waiting. A `speed` other than 1 makes it, and the wall that is shown, run that much faster
//! together, for a simulated tenant whose time does the same.

use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use super::moment::{Boot, Now, Raw, shifted};

/// Where the kernel tells one boot from another.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The clock of this process.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    boot: Boot,
    speed: f64,
    /// Both clocks at the start: with a speed, the wall that is shown goes on from there.
    start: (f64, Timestamp),
}

impl Clock {
    /// Reads the boot id. The error says in words that this is no Linux, or no `/proc`.
    pub(super) fn start(speed: f64) -> Result<Self, String> {
        let kernel = std::fs::read_to_string(BOOT_ID)
            .map_err(|error| format!("{BOOT_ID} cannot be read ({error}): sending needs Linux with /proc"))?;
        let speed = usable_speed(speed);
        Ok(Self { boot: Boot::new(kernel.trim(), speed), speed, start: (raw_ms(), Timestamp::now()) })
    }

    /// This boot, at this speed.
    pub(super) fn boot(&self) -> &Boot {
        &self.boot
    }

    /// The present moment.
    pub(super) fn now(&self) -> Now {
        let raw = raw_ms();
        let wall = if is_plain(self.speed) {
            Timestamp::now()
        } else {
            shifted(self.start.1, ((raw - self.start.0) * self.speed) as i64)
        };
        Now { raw: Raw((raw * self.speed) as i64), wall }
    }

    /// How long to sleep until a moment, in real time; a little longer rather than shorter.
    pub(super) fn until(&self, at: Raw) -> Duration {
        let ms = (at.0 as f64 / self.speed - raw_ms()).max(0.0);
        Duration::from_secs_f64(ms / 1_000.0) + Duration::from_micros(100)
    }
}

/// The speed that is meant: the world's, if the number makes no sense.
pub(super) fn usable_speed(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 { speed } else { 1.0 }
}

/// Whether a speed is the world's.
pub(super) fn is_plain(speed: f64) -> bool {
    (speed - 1.0).abs() < f64::EPSILON
}

/// The raw clock in milliseconds, with their fractions.
fn raw_ms() -> f64 {
    let now = clock_gettime(ClockId::MonotonicRaw);
    now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_its_speed() {
        let (plain, fast) = (Clock::start(1.0).unwrap(), Clock::start(60.0).unwrap());
        assert!(plain.boot() != fast.boot() && plain.boot().same_kernel(fast.boot()));
        let (before, now, after) = (plain.now(), fast.now(), plain.now());
        assert!(before.raw.0 * 60 <= now.raw.0 + 60 && now.raw.0 <= (after.raw.0 + 1) * 60, "{now:?}");
        let minute = Raw(fast.now().raw.0 + 60_000);
        assert!(fast.until(minute) <= Duration::from_millis(1_001), "a minute is a second");
    }
}
