//! What two screens draw.

pub mod dialog;
pub mod field;
pub mod footer;
pub mod header;
pub mod paint;
pub mod rule;
pub mod status;
