//! `offramp` takes machines out of Microsoft Defender for Endpoint, from the keyboard, inside the service's limits.
//!
//! The rooms, in the order of the arrows (each stands only on what comes before it):
//!
//! - [`domain`]: what the words mean. Pure values, no I/O.
//! - [`defender`]: the service's API: sign-in, wire models, paging, errors.
//! - [`inventory`]: the tenant's machines in memory: filter, sort, selection.
//! - [`offboard`]: the engine: the plan, the budget, the journal, what is sent and what came back.
//! - [`tui`]: the console.
//! - [`config`]: what was configured, resolved once.
//! - [`emulator`]: a simulated tenant over real HTTP. It shares no type with [`defender`], so that the two check
//!   each other.

pub mod config;
pub mod defender;
pub mod domain;
pub mod emulator;
pub mod inventory;
pub mod offboard;
pub mod tui;
