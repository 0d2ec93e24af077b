//! The engine: what was confirmed, what is allowed now, what happened.
//!
//! [`Plan`] is the frozen list; `budget`, `machine_run`, `recovery` and `engine` are pure rules over rows and events;
//! `journal` makes every intent and outcome durable; `driver` performs the engine's commands on the real world.
//! [`Offboarding`] is the handle to it, and [`view`] all that a screen or a command sees of it.
//!
//! - `moment`, `clock`: what time is, and where it comes from · `lock`: who may send
//! - `journal/transactions`: every guard and transition, over rows that any store can hold
//! - `status`: from rows to what a screen sees
//! - `simulation`: the real rules on a simulated clock, network and service

mod budget;
mod clock;
mod driver;
mod engine;
mod handle;
mod journal;
mod lock;
mod machine_run;
mod moment;
mod plan;
mod recovery;
#[cfg(test)]
mod simulation;
mod status;
pub mod view;

pub use handle::{Offboarding, Setup};
pub use journal::Decision;
pub use journal::rows::Operator;
pub use plan::{Plan, PlanError, Planned};
