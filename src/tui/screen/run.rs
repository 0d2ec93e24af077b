//! One open run.

/// The run.
#[derive(Debug, Clone)]
pub struct State {}
