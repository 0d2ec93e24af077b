//! The tenant's machines in memory.
