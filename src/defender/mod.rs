//! The service's API: sign-in, machines, offboard, machine actions (reference: `defender-api.md`, whose sections the
//! comments name).
//!
//! What a stranger should know first: a read may be asked again by this room, **a POST never is**. Whether an
//! offboard call took effect is told by [`OffboardOutcome`], and only the engine decides what follows from it.
//!
//! - [`ApiBase`], [`Authority`], [`Cloud`]: where the service lives (`cloud.rs`)
//! - [`SignIn`], [`SignInFound`], [`Identity`]: who we are there (`auth/`)
//! - [`Client`]: the calls (`client.rs`); `http.rs` sends and reads answers, bounded; `pace.rs` keeps reads inside
//!   their limits
//! - [`MachineList`], [`Listing`]: very many rows, page by page (`paging.rs`)
//! - `wire.rs`, `json.rs`: the service's JSON becomes our words; `odata.rs`: what a query asks
//! - [`OffboardOutcome`]: what one offboard call came to (`outcome.rs`)
//! - [`ServiceError`]: everything that goes wrong, by what one can do about it (`error.rs`)

mod auth;
mod client;
mod cloud;
mod error;
mod hidden;
mod http;
mod json;
mod odata;
mod outcome;
mod pace;
mod paging;
mod wire;

pub use auth::{
    Generation, Identity, SignIn, SignInFound, SignInWay, TOKEN_FILE_BYTES_MAX, Variable, VariableState,
};
pub use client::{Bounds, Client, ClientConfig, Pauses, TimeOuts};
pub use cloud::{ApiBase, Authority, Cloud};
pub use error::{
    Bound, ConfigError, Refused, ServiceError, SignInRefused, Step, TokenFileProblem, WrongTokenPart,
};
pub use odata::ActionQuery;
pub use outcome::{Answered, OffboardOutcome, UnknownWhy};
pub use paging::{Listing, MachineList, Page};
