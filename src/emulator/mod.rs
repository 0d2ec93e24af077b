//! A simulated tenant, served over real HTTP.
