//! The console.
//!
//! State, update, view: `update` is the only place where state changes, synchronous and without a clock; `view` only
//! reads; what the program wants from the world is an effect, a value that the runtime performs and answers with a
//! message. The top routes: resize and quit, then the top dialog, then the key table, then the screen.

pub mod app;
pub mod command;
pub mod effect;
pub mod event_loop;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod modal;
pub mod msg;
pub mod runtime;
#[cfg(test)]
pub(crate) mod sample;
pub mod screen;
pub mod shared;
pub mod signals;
pub mod terminal;
pub mod theme;
pub mod then;
pub mod trouble;
mod update;
pub mod view;
pub mod widget;
