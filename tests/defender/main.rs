//! The client against servers that misbehave, over real sockets. Everything that a server does here is from the
//! reference (`defender-api.md`); the simulated tenant is not used, so that the two check each other.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod hostile;
mod lists;
mod offboard;
mod raw;
mod setting;
mod sign_in;
