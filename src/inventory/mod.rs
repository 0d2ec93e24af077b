//! The tenant's machines in memory: one row per id, in the order of the list, searched, filtered and selected.
//!
//! The inventory only knows what the list said at one instant; a refresh replaces it whole. What survives a refresh is
//! the [`Selection`], because it belongs to ids.

mod query;
mod selection;
mod table;

pub use query::Query;
pub use selection::Selection;
pub use table::{Inventory, Row};
