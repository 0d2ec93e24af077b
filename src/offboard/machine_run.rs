//! The states of one machine in a run, and what each answer to its call makes of them (`settle`): the table of the
//! engine's design in code. What a list of actions shows is `recovery`'s table.

use std::time::Duration;

use crate::domain::{ActionStatus, MachineAction, SafeText};

use super::view::MachineState;

/// What became of one offboard call, as far as the engine tells calls apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 2xx with a `MachineAction`: a new one or, for a machine that had one pending, the earlier one.
    Action(Box<MachineAction>),
    /// 400 `ActiveRequestAlreadyExists`: there is an action, not necessarily ours.
    Exists(SafeText),
    /// Any other 400, a 403, 404, 405, 413, 415: nothing was created.
    Refused {
        /// `403 Forbidden`: what failures are counted by.
        kind: SafeText,
        /// The service's words.
        words: SafeText,
    },
    /// 401.
    Unauthorized {
        /// Whether it names the tenant's trouble, which no new token helps.
        tenant_trouble: bool,
        /// The service's words.
        words: SafeText,
    },
    /// 429.
    TooMany {
        /// What the service asked for, if it did.
        retry_after: Option<Duration>,
        /// The service's words.
        words: SafeText,
    },
    /// It failed before its first byte: nothing can have arrived.
    NotSent(SafeText),
    /// No token could be had for it: it never left, and the sign-in is what has to be looked after.
    NoToken(SafeText),
    /// Kept back by us, because somebody stopped it while it waited for its token: it never left.
    Withheld(SafeText),
    /// Anything else: whether an action exists, or will, is unknown.
    Unknown {
        /// Whether the service itself answered (its own JSON shape): then nothing travels on behind a gateway.
        by_service: bool,
        /// What was seen.
        words: SafeText,
    },
}

/// Why a machine is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoubtKind {
    /// No answer that says anything, or the driver died.
    Unknown,
    /// There is an action, and it is not known whose.
    Exists,
}

impl DoubtKind {
    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Exists => "exists",
        }
    }
}

/// When the slot of a settled call may last be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotEnd {
    /// It was never sent: free at once.
    Free,
    /// The service has answered: now.
    Answered,
    /// It may travel on: D⁺ from now.
    Late,
}

/// What an answer makes of a machine that is `sending`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Where the machine goes.
    pub(crate) state: MachineState,
    /// Why it is in doubt, if it is.
    pub(crate) doubt: Option<DoubtKind>,
    /// What becomes of its slot.
    pub(crate) slot: SlotEnd,
    /// The kind of failure, for "ten of one kind in a row".
    pub(crate) failure: Option<SafeText>,
    /// Whether it ends a row of failures.
    pub(crate) success: bool,
}

/// The table: an answer, whether its action is ours, and whether the run was cancelled meanwhile.
pub(crate) fn settle(outcome: &Outcome, ours: bool, cancelled: bool) -> Settled {
    let again = if cancelled { MachineState::Cancelled } else { MachineState::Queued };
    let plain = |state, slot| Settled { state, doubt: None, slot, failure: None, success: false };
    match outcome {
        Outcome::Action(action) => {
            let open = if ours { MachineState::Accepted } else { MachineState::Adopted };
            let state = end_of(&action.status).unwrap_or(open);
            Settled { success: true, ..plain(state, SlotEnd::Answered) }
        }
        Outcome::Exists(_) => Settled {
            doubt: Some(DoubtKind::Exists),
            success: true,
            ..plain(MachineState::Unknown, SlotEnd::Answered)
        },
        Outcome::Refused { kind, .. } => {
            Settled { failure: Some(kind.clone()), ..plain(MachineState::Refused, SlotEnd::Answered) }
        }
        Outcome::Unauthorized { .. } | Outcome::TooMany { .. } => plain(again, SlotEnd::Answered),
        Outcome::NoToken(_) | Outcome::Withheld(_) => plain(again, SlotEnd::Free),
        Outcome::NotSent(_) => Settled { failure: Some("not sent".into()), ..plain(again, SlotEnd::Free) },
        Outcome::Unknown { by_service, .. } => Settled {
            doubt: Some(DoubtKind::Unknown),
            failure: Some("no clear answer".into()),
            ..plain(MachineState::Unknown, if *by_service { SlotEnd::Answered } else { SlotEnd::Late })
        },
    }
}

/// The state that an action's end makes, if it has ended.
pub(crate) fn end_of(status: &ActionStatus) -> Option<MachineState> {
    match status {
        ActionStatus::Succeeded => Some(MachineState::Succeeded),
        ActionStatus::Failed => Some(MachineState::Failed),
        ActionStatus::TimeOut => Some(MachineState::TimedOut),
        ActionStatus::Cancelled => Some(MachineState::CancelledThere),
        ActionStatus::Pending | ActionStatus::InProgress | ActionStatus::Other(_) => None,
    }
}

/// States in which a machine belongs to one run alone: no other run of ours may send to it.
pub(crate) const CLAIMING: [MachineState; 5] = [
    MachineState::Sending,
    MachineState::Unknown,
    MachineState::Accepted,
    MachineState::Adopted,
    MachineState::Undecided,
];

/// Whether a machine may go from one state to another. Asserted at every write: a row that skips a state is a defect
/// of ours, and is not written.
pub(crate) fn may_go(from: MachineState, to: MachineState) -> bool {
    use MachineState as S;
    let ends = |to| matches!(to, S::Succeeded | S::Failed | S::TimedOut | S::CancelledThere);
    from == to
        || match from {
            S::Queued => {
                matches!(to, S::Sending | S::SetAside | S::Adopted | S::Accepted | S::Cancelled) || ends(to)
            }
            S::Sending => {
                matches!(to, S::Accepted | S::Adopted | S::Unknown | S::Refused | S::Queued | S::Cancelled)
                    || ends(to)
            }
            S::Unknown => {
                matches!(to, S::Accepted | S::Adopted | S::Undecided | S::Queued | S::Cancelled) || ends(to)
            }
            S::Undecided => matches!(to, S::Accepted | S::Queued | S::Left) || ends(to),
            S::Accepted | S::Adopted => to == S::Untraceable || ends(to),
            _ => false,
        }
}

/// Every state with the word under which it is stored.
const STORED: [(MachineState, &str); 15] = [
    (MachineState::Queued, "queued"),
    (MachineState::Sending, "sending"),
    (MachineState::Unknown, "doubt"),
    (MachineState::Undecided, "undecided"),
    (MachineState::Accepted, "accepted"),
    (MachineState::Adopted, "adopted"),
    (MachineState::Succeeded, "succeeded"),
    (MachineState::Failed, "failed"),
    (MachineState::TimedOut, "timed_out"),
    (MachineState::CancelledThere, "cancelled_there"),
    (MachineState::Refused, "refused"),
    (MachineState::Untraceable, "untraceable"),
    (MachineState::SetAside, "set_aside"),
    (MachineState::Cancelled, "cancelled"),
    (MachineState::Left, "left"),
];

/// The word under which a state is stored: the design's name for it.
pub(crate) fn stored(state: MachineState) -> &'static str {
    STORED.iter().find(|(s, _)| *s == state).expect("every state is in the table").1
}

/// Reads a stored state.
pub(crate) fn restored(word: &str) -> Option<MachineState> {
    STORED.iter().find(|(_, w)| *w == word).map(|(state, _)| *state)
}

#[cfg(test)]
mod tests {
    use super::super::simulation::action;
    use super::*;
    use MachineState as S;

    fn outcomes() -> Vec<(&'static str, Outcome)> {
        let pending = action("a1", "m1", "why", "2026-11-24T12:00:00Z", "Pending");
        let done = action("a1", "m1", "why", "2026-11-24T12:00:00Z", "Succeeded");
        vec![
            ("2xx", Outcome::Action(Box::new(pending))),
            ("2xx, already done", Outcome::Action(Box::new(done))),
            ("exists", Outcome::Exists("x".into())),
            ("403", Outcome::Refused { kind: "403 Forbidden".into(), words: "x".into() }),
            ("401", Outcome::Unauthorized { tenant_trouble: false, words: "x".into() }),
            ("429", Outcome::TooMany { retry_after: None, words: "x".into() }),
            ("not sent", Outcome::NotSent("x".into())),
            ("no token", Outcome::NoToken("x".into())),
            ("withheld", Outcome::Withheld("x".into())),
            ("json 500", Outcome::Unknown { by_service: true, words: "x".into() }),
            ("cut off", Outcome::Unknown { by_service: false, words: "x".into() }),
        ]
    }

    #[test]
    fn the_table_of_answers() {
        use SlotEnd::{Answered, Free, Late};
        // answer · ours · cancelled → state · slot · fails · ends a row of failures
        let table = [
            ("2xx", true, false, S::Accepted, Answered, false, true),
            ("2xx", false, false, S::Adopted, Answered, false, true),
            ("2xx", true, true, S::Accepted, Answered, false, true),
            ("2xx, already done", true, false, S::Succeeded, Answered, false, true),
            ("exists", false, false, S::Unknown, Answered, false, true),
            ("exists", false, true, S::Unknown, Answered, false, true),
            ("403", false, false, S::Refused, Answered, true, false),
            ("403", false, true, S::Refused, Answered, true, false),
            ("401", false, false, S::Queued, Answered, false, false),
            ("401", false, true, S::Cancelled, Answered, false, false),
            ("429", false, false, S::Queued, Answered, false, false),
            ("429", false, true, S::Cancelled, Answered, false, false),
            ("not sent", false, false, S::Queued, Free, true, false),
            ("not sent", false, true, S::Cancelled, Free, true, false),
            ("no token", false, false, S::Queued, Free, false, false),
            ("withheld", false, false, S::Queued, Free, false, false),
            ("withheld", false, true, S::Cancelled, Free, false, false),
            ("json 500", false, false, S::Unknown, Answered, true, false),
            ("cut off", false, false, S::Unknown, Late, true, false),
            ("cut off", false, true, S::Unknown, Late, true, false),
        ];
        let outcomes = outcomes();
        for (name, ours, cancelled, state, slot, fails, success) in table {
            let outcome = &outcomes.iter().find(|(n, _)| *n == name).unwrap().1;
            let settled = settle(outcome, ours, cancelled);
            let seen = (settled.state, settled.slot, settled.failure.is_some(), settled.success);
            assert_eq!(seen, (state, slot, fails, success), "{name}, ours {ours}, cancelled {cancelled}");
            assert_eq!(settled.doubt.is_some(), state == S::Unknown, "{name}");
            assert!(may_go(S::Sending, settled.state), "{name}");
        }
    }

    #[test]
    fn final_states_are_left_by_nothing() {
        for (from, word) in STORED {
            assert_eq!(restored(word), Some(from));
            for (to, _) in STORED {
                if from.is_final() && from != to {
                    assert!(!may_go(from, to), "{from:?} → {to:?}");
                }
            }
        }
        assert!(!may_go(S::Queued, S::Unknown) && !may_go(S::Unknown, S::Sending));
        assert!(!may_go(S::Accepted, S::Queued), "an accepted machine is never sent again");
        assert_eq!(restored("nonsense"), None);
    }
}
