//! Runs: every run of this host.

/// The list of runs.
#[derive(Debug, Clone, Default)]
pub struct State {}
