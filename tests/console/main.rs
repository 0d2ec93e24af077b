//! What an operator sees: the real program in a real pseudo-terminal, against a simulated tenant over real HTTP.
//!
//! One scenario a file, readable aloud. `.ci/soak SCENARIO` runs one many times under load; each passed it before it
//! was added, because a test that fails on a busy machine says nothing about the program.

#![expect(clippy::unwrap_used, reason = "in a test, what is missing fails it")]
#![expect(
    unreachable_pub,
    reason = "the support is what scenarios are written in: its items are public to them"
)]

mod support;

mod command_line;
mod commenting;
mod confirming;
mod driver;
mod ending;
mod first_start;
mod hostile_names;
mod journal_trouble;
mod killed;
mod leaving;
mod listing;
mod offboarding;
mod quiet;
mod read_only;
mod resizing;
mod rough_faults;
mod second_console;
mod secrets;
mod selecting;
mod stopping;
mod trouble;
