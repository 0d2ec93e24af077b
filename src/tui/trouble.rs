//! What went wrong, in the words that a strip or a whole screen shows.

/// One failure: what happened and what stays true, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened, and what stays true.
    pub what: String,
    /// The same in few words, for one line.
    pub short: String,
    /// Why: host, code, the service's words, tracking id.
    pub why: String,
    /// What to do.
    pub todo: String,
}
