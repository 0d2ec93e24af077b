//! The service's API.
