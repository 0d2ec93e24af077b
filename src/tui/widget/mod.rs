//! What two screens draw.

pub mod cursor;
pub mod dialog;
pub mod field;
pub mod footer;
pub mod header;
pub mod notice;
pub mod paint;
pub mod rule;
pub mod run;
pub mod status;
