//! What the list of runs, an open run and the dialogs about it say in the same words.

use crate::domain::when::count;
use crate::offboard::view::{Counts, Driver, Phase, RunView, Seat};
use crate::tui::shared::Shared;

/// Whether calls go out, or will by themselves.
pub fn goes_on(run: &RunView) -> bool {
    matches!(run.phase, Phase::Sending | Phase::Waiting(_))
}

/// Whether this process carries it out.
pub fn is_mine(run: &RunView) -> bool {
    run.driver == Driver::Me
}

/// Whether nothing more is sent until a person decides.
pub fn is_halted(run: &RunView) -> bool {
    matches!(run.phase, Phase::Stopped { .. } | Phase::Unfinished)
}

/// How many of its machines a person has to look at.
pub fn needs(counts: &Counts) -> usize {
    counts.failed + counts.unknown + counts.undecided
}

/// The state of the sending, in one word.
pub fn word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Sending => "sending",
        Phase::Waiting(_) => "waiting",
        Phase::Stopped { .. } => "stopped",
        Phase::Unfinished => "unfinished",
        Phase::Sent => "sent",
        Phase::Finished => "finished",
    }
}

/// Why a run can't be stopped, gone on with or cancelled from here, if it can't: another process of this user does it.
pub fn elsewhere(run: &RunView, shared: &Shared) -> Option<String> {
    match (&run.driver, &shared.status.seat) {
        (Driver::Other { pid }, _) => Some(format!("process {pid} drives it")),
        (_, Seat::Other { pid }) => Some(format!("process {pid} sends from this host")),
        _ => None,
    }
}

/// What `>` would go on with: `the 112 queued, and the 1 unknown if it has no action`.
pub fn left_words(counts: &Counts) -> String {
    let queued = match counts.queued {
        0 => String::new(),
        n => format!("the {} queued", count(n)),
    };
    let unknown = match counts.unknown {
        0 => String::new(),
        1 => "the 1 unknown if it has no action".into(),
        n => format!("those of the {} unknown that have no action", count(n)),
    };
    match (queued.is_empty(), unknown.is_empty()) {
        (false, false) => format!("{queued}, and {unknown}"),
        _ => queued + &unknown,
    }
}
