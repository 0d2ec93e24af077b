//! What the words mean: pure values, no I/O, no async.
//!
//! The ground floor: every room may stand on it, and it stands on nothing. Text that came from outside is a
//! [`SafeText`] by the time it is here, an identity is a [`MachineId`], and only [`eligibility`] can say that a
//! machine may be offboarded.

mod action;
mod comment;
pub mod eligibility;
mod machine;
mod os;
mod text;
pub mod when;

pub use action::{ActionId, ActionKind, ActionStatus, BadActionId, MachineAction};
pub use comment::{Comment, CommentError, Mark};
pub use eligibility::{Offboardable, Refusal, RuleFacts};
pub(crate) use machine::platform_label;
pub use machine::{BadMachineId, HealthStatus, Level, Machine, MachineId, MachineValue};
pub use os::{OsFamily, Release};
pub use text::{SafeText, is_hidden};
