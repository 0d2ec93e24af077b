//! The driver of these tests, held to its own promise: it confirms nothing that a test has not read.
