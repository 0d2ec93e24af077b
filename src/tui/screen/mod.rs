//! The screens: each owns its state, its update and its view.

pub mod first_start;
pub mod machines;
pub mod run;
pub mod runs;
