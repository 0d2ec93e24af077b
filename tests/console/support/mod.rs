//! What the scenarios stand on: a simulated tenant, a host with a home and a state directory of its own, the real
//! program in a real pseudo-terminal, and the screen that it drew.
//!
//! Two rules hold everywhere. Every wait names its condition and polls it: nothing sleeps for a fixed time. And the
//! driver confirms nothing that the test has not read: see [`dialog`].

pub mod bytes;
pub mod console;
pub mod dialog;
pub mod host;
pub mod screen;
pub mod steps;
pub mod tenant;

pub use console::Console;
pub use host::Host;
pub use tenant::{Tenant, machine};

use std::time::Duration;

/// How long a condition may take. Nothing should: it ends a test that would wait for ever, on the slowest machine.
pub const SAFETY_NET: Duration = Duration::from_secs(60);

/// A terminal as the pictures have it.
pub const WIDE: (u16, u16) = (120, 36);
/// The smallest that has a picture of everything.
pub const NARROW: (u16, u16) = (80, 24);
