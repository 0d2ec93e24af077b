//! The engine: what was confirmed, what is allowed now, what happened.
//!
//! [`Plan`] is the frozen list; `budget`, `machine_run`, `engine` and `recovery` are pure rules over rows and events;
//! `journal` makes every intent and outcome durable; `driver` performs the engine's commands on the real world, and
//! [`view`] is all that a screen or a command sees of it.

mod budget;
mod clock;
mod engine;
mod journal;
mod lock;
mod machine_run;
mod moment;
mod plan;
mod recovery;
#[cfg(test)]
mod simulation;
pub mod view;

pub use plan::{Plan, PlanError, Planned};
