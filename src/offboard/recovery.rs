//! What a doubt ends in, whose an action is, and when lists are read: the look-up, as pure decisions.
//!
//! A machine in doubt is never sent again before it is proved that nothing of ours exists and nothing can arrive any
//! more. The proof is four list reads ([`Proof`]), all sent after `look_after`, complete, and holding every action of
//! ours that they must hold.

use jiff::Timestamp;

use crate::domain::{ActionKind, Comment, MachineAction, MachineId, SafeText};

use super::machine_run::DoubtKind;
use super::moment::{DAY, HOUR, MINUTE, Raw, SECOND, between, shifted};
use super::view::MachineState;

/// How much earlier than our first intent an action of ours may seem to be created: the service's `Date` has whole
/// seconds, and its own clocks may differ.
const CREATED_BEFORE_INTENT: i64 = 30 * SECOND;
/// No end seen for this long after its creation: untraceable. Actions end after 72 h 14 min (reference, 4.2).
pub(crate) const FOLLOWED_FOR: i64 = 3 * DAY + 6 * HOUR;
/// A doubt older than this is never ended by sending again.
const DOUBT_AGE_MAX: i64 = DAY;
/// A machine that was in doubt this often is never sent again by itself.
const DOUBTS_MAX: u32 = 2;
/// How far before the oldest doubt a read reaches.
pub(crate) const READ_BEFORE_DOUBT: i64 = HOUR;
/// When a doubt is looked up after it began, beside the read at `look_after`.
const LOOKS: [i64; 6] = [2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND, 80 * SECOND];
/// After a read that was not good the looking starts again.
pub(crate) const AFTER_BAD_READ: i64 = 20 * SECOND;
/// Between the two halves of the proof.
const PROOF_PAUSE: i64 = 5 * SECOND;

/// What makes an action ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OurCall<'a> {
    /// Which machine was called.
    pub(crate) machine: &'a MachineId,
    /// The Comment as sent.
    pub(crate) comment: &'a Comment,
    /// Who the service says we are, once that was learnt.
    pub(crate) requestor: Option<&'a SafeText>,
    /// Service time of the **first** intent of this run: a later attempt's would disown the first one's action.
    pub(crate) intended: Option<Timestamp>,
}

/// Whether an action that was in no list before is ours.
pub(crate) fn is_ours(action: &MachineAction, call: OurCall<'_>) -> bool {
    action.machine.as_ref() == Some(call.machine)
        && action.kind == ActionKind::Offboard
        && carries(action, call.comment)
        && call
            .requestor
            .is_none_or(|known| action.requestor.as_ref().is_some_and(|came| came.as_str() == known.as_str()))
        && since_intent(action.created, call.intended)
}

/// Whether an action carries a Comment. A property of the service may have been cut when it was read.
pub(crate) fn carries(action: &MachineAction, comment: &Comment) -> bool {
    let sent = comment.shown();
    // By their text alone: what was stored does not know any more how much was cut from it.
    let is = |sent: &SafeText| action.comment.as_ref().is_some_and(|came| came.as_str() == sent.as_str());
    is(&sent) || is(&SafeText::new(comment.as_sent()))
}

/// Whether something was created no earlier than our first intent.
fn since_intent(created: Option<Timestamp>, intended: Option<Timestamp>) -> bool {
    let (Some(created), Some(intended)) = (created, intended) else { return false };
    between(intended, created) >= -CREATED_BEFORE_INTENT
}

/// Whether another's action was pending at our intent, or later.
pub(crate) fn was_pending_at(action: &MachineAction, intended: Option<Timestamp>) -> bool {
    !action.status.is_final()
        || since_intent(action.created, intended)
        || matches!((action.updated, intended), (Some(ended), Some(intended)) if ended >= intended)
}

/// What is known of a machine whose action was proved not to be there.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each line of the table asks for another of them")]
pub(crate) struct NotSeen {
    /// Another's action was pending at our intent or later.
    pub(crate) others: bool,
    /// The run never sends twice (`--resend never`).
    pub(crate) never_again: bool,
    /// Why it is in doubt.
    pub(crate) kind: DoubtKind,
    /// An action with our Comment is there that is not ours by its times, or names no machine.
    pub(crate) unsure: bool,
    /// The run was cancelled.
    pub(crate) cancelled: bool,
    /// Age of the doubt in milliseconds of service time.
    pub(crate) age: i64,
    /// In doubt how often, this time included.
    pub(crate) doubts: u32,
}

/// Where a machine goes whose action is not there: the first line that holds.
pub(crate) fn decide(seen: NotSeen) -> MachineState {
    if seen.others {
        MachineState::Adopted
    } else if seen.never_again || seen.kind == DoubtKind::Exists || seen.unsure {
        MachineState::Undecided
    } else if seen.cancelled {
        MachineState::Cancelled
    } else if seen.age < DOUBT_AGE_MAX && seen.doubts < DOUBTS_MAX {
        MachineState::Queued
    } else {
        MachineState::Undecided
    }
}

/// Whether a doubt has waited for a good read for so long that a person has to decide.
pub(crate) fn is_hopeless(since: Timestamp, last_good_read: Option<Timestamp>, now: Timestamp) -> bool {
    let heard = last_good_read.map_or(since, |read| read.max(since));
    between(heard, now) >= DAY
}

/// How far the proof is that a doubtful call left no action: a read of all, one of this machine alone, a pause, and
/// both once more. Only reads sent after `look_after` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The first read of all is due, at `look_after` or later.
    All,
    /// Then this machine alone; the read of all was sent then.
    Alone { first: Raw },
    /// Then both once more, not before a moment.
    AllAgain { first: Raw, from: Raw },
    /// The last read: proved if it is good and shows nothing.
    AloneAgain { first: Raw },
}

/// A doubt as the engine follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// When this driver began to look.
    pub(crate) since: Raw,
    /// Nothing of ours arrives, or is missing from a list, from here on.
    pub(crate) look_after: Raw,
    /// How far its proof is.
    pub(crate) proof: Proof,
    /// No read for it before: set by a read that was not good.
    pub(crate) not_before: Raw,
    /// When the last read that served it was sent.
    pub(crate) looked: Option<Raw>,
}

impl Doubt {
    /// A doubt that begins now.
    pub(crate) fn new(since: Raw, look_after: Raw) -> Self {
        Self { since, look_after, proof: Proof::All, not_before: since, looked: None }
    }

    /// When its next read is due, and whether it is one of this machine alone.
    pub(crate) fn next_read(&self) -> (Raw, bool) {
        let (due, alone) = match self.proof {
            Proof::All => {
                let looks =
                    LOOKS.iter().map(|after| self.since.plus(*after)).filter(|at| *at < self.look_after);
                let due =
                    looks.chain([self.look_after]).find(|at| self.looked.is_none_or(|looked| *at > looked));
                // every look is over and none was good: the next one is `not_before`'s
                (due.unwrap_or(self.look_after), false)
            }
            Proof::AllAgain { from, .. } => (from, false),
            Proof::Alone { first } | Proof::AloneAgain { first } => (first, true),
        };
        (due.max(self.not_before), alone)
    }

    /// A good read of all that did not show it.
    pub(crate) fn not_in_list(&mut self, sent: Raw) {
        self.looked = Some(sent);
        self.proof = match self.proof {
            Proof::All if sent >= self.look_after => Proof::Alone { first: sent },
            Proof::AllAgain { first, from } if sent >= from => Proof::AloneAgain { first },
            other => other,
        };
    }

    /// A good read of its machine alone that did not show it. The last one is not noted here: it ends the doubt.
    pub(crate) fn not_alone(&mut self, sent: Raw) {
        if let Proof::Alone { first } = self.proof {
            self.proof = Proof::AllAgain { first, from: sent.plus(PROOF_PAUSE) };
        }
    }

    /// A read that was not good proves nothing, and what was proved before it is asked again.
    pub(crate) fn bad_read(&mut self, now: Raw) {
        self.proof = Proof::All;
        self.not_before = now.plus(AFTER_BAD_READ);
        self.since = self.not_before;
        self.looked = None;
    }
}

/// How long to wait between two reads that follow actions, by the age of the youngest: an online machine finishes
/// within seconds, an offline one keeps its action pending for days.
pub(crate) fn follow_every(youngest: i64) -> i64 {
    const STEPS: [(i64, i64); 3] = [(10 * MINUTE, 30 * SECOND), (HOUR, 2 * MINUTE), (DAY, 10 * MINUTE)];
    STEPS.iter().find(|(age, _)| youngest <= *age).map_or(30 * MINUTE, |(_, every)| *every)
}

/// Where a read has to begin to show an action that seems to be created this early.
pub(crate) fn reaching(created: Timestamp) -> Timestamp {
    shifted(created, -CREATED_BEFORE_INTENT)
}

#[cfg(test)]
mod tests {
    use super::super::moment::{ARRIVES_LATE, LIST_LATE};
    use super::super::simulation::action;
    use super::*;

    #[test]
    fn the_table_of_what_is_not_seen() {
        use MachineState as S;
        let plain = NotSeen {
            others: false,
            never_again: false,
            kind: DoubtKind::Unknown,
            unsure: false,
            cancelled: false,
            age: MINUTE,
            doubts: 1,
        };
        for (name, seen, state) in [
            ("nothing there", plain, S::Queued),
            ("another's", NotSeen { others: true, never_again: true, cancelled: true, ..plain }, S::Adopted),
            ("never again", NotSeen { never_again: true, cancelled: true, ..plain }, S::Undecided),
            ("exists", NotSeen { kind: DoubtKind::Exists, cancelled: true, ..plain }, S::Undecided),
            ("our comment, unclear", NotSeen { unsure: true, cancelled: true, ..plain }, S::Undecided),
            ("cancelled", NotSeen { cancelled: true, age: 2 * DAY, doubts: 5, ..plain }, S::Cancelled),
            ("a day old", NotSeen { age: DAY, ..plain }, S::Undecided),
            ("twice in doubt", NotSeen { doubts: 2, ..plain }, S::Undecided),
        ] {
            assert_eq!(decide(seen), state, "{name}");
        }
    }

    #[test]
    fn ours_is_ours() {
        let machine = MachineId::parse("m1").unwrap();
        let comment = Comment::parse("why [offramp 4f2a jdoe]", None).unwrap();
        let us = SafeText::from("ir-automation");
        let intended = "2026-11-24T12:00:30Z".parse().ok();
        let call = OurCall { machine: &machine, comment: &comment, requestor: Some(&us), intended };
        let at = |created: &str| action("a1", "m1", "why [offramp 4f2a jdoe]", created, "Pending");
        assert!(is_ours(&at("2026-11-24T12:00:00Z"), call), "thirty seconds before the intent");
        assert!(is_ours(&at("2026-11-24T12:05:00Z"), call));
        assert!(is_ours(&at("2026-11-24T12:05:00Z"), OurCall { requestor: None, ..call }));
        for (name, other) in [
            ("earlier", at("2026-11-24T11:59:59.9Z")),
            (
                "another machine",
                action("a1", "m2", "why [offramp 4f2a jdoe]", "2026-11-24T12:01:00Z", "Pending"),
            ),
            ("another run", action("a1", "m1", "why [offramp 51d0 jdoe]", "2026-11-24T12:01:00Z", "Pending")),
            ("another kind", {
                let kind = ActionKind::parse("Isolate");
                MachineAction { kind, ..at("2026-11-24T12:01:00Z") }
            }),
            ("another requestor", {
                MachineAction { requestor: Some("jdoe".into()), ..at("2026-11-24T12:01:00Z") }
            }),
            ("no creation", MachineAction { created: None, ..at("2026-11-24T12:01:00Z") }),
        ] {
            assert!(!is_ours(&other, call), "{name}");
        }
        assert!(!is_ours(&at("2026-11-24T12:05:00Z"), OurCall { intended: None, ..call }), "never intended");
    }

    #[test]
    fn a_long_comment_is_known_again_though_it_was_cut() {
        let comment = Comment::parse(&"x".repeat(900), None).unwrap();
        let cut = action("a1", "m1", &"x".repeat(900), "2026-11-24T12:00:00Z", "Pending");
        assert!(carries(&cut, &comment));
        let stored = cut.comment.as_ref().map(|comment| SafeText::restored(comment.as_str()));
        assert_ne!(stored, cut.comment, "a journal does not keep how much was cut");
        let stored = MachineAction { comment: stored, requestor: cut.requestor.clone(), ..cut };
        assert!(carries(&stored, &comment));
    }

    #[test]
    fn a_doubt_is_looked_up_early_and_proved_late() {
        let mut doubt = Doubt::new(Raw(0), Raw(ARRIVES_LATE + LIST_LATE));
        let mut reads = Vec::new();
        loop {
            let (due, alone) = doubt.next_read();
            reads.push((due.0, alone));
            if alone {
                if matches!(doubt.proof, Proof::AloneAgain { .. }) {
                    break;
                }
                doubt.not_alone(due);
            } else {
                doubt.not_in_list(due);
            }
        }
        let end = ARRIVES_LATE + LIST_LATE;
        let early = [2, 5, 10, 20, 40, 80].map(|seconds| (seconds * SECOND, false));
        let late = [(end, false), (end, true), (end + 5_000, false), (end, true)];
        assert_eq!(reads, [early.as_slice(), late.as_slice()].concat());
    }

    #[test]
    fn a_bad_read_starts_the_proof_again() {
        let mut doubt = Doubt::new(Raw(0), Raw(1_000));
        doubt.not_in_list(Raw(1_000));
        assert_eq!(doubt.proof, Proof::Alone { first: Raw(1_000) });
        doubt.bad_read(Raw(1_100));
        assert_eq!((doubt.proof, doubt.next_read()), (Proof::All, (Raw(21_100), false)));
        doubt.not_in_list(Raw(999));
        assert_eq!(doubt.proof, Proof::All, "a read sent before look_after proves nothing");
    }

    #[test]
    fn a_day_without_a_good_read_is_hopeless() {
        let at = |hour: i64| shifted("2026-11-24T00:00:00Z".parse().unwrap(), hour * HOUR);
        assert!(!is_hopeless(at(0), None, at(23)) && is_hopeless(at(0), None, at(24)));
        assert!(!is_hopeless(at(0), Some(at(1)), at(24)) && is_hopeless(at(0), Some(at(1)), at(25)));
        assert!(is_hopeless(at(5), Some(at(1)), at(29)), "a read before the doubt says nothing about it");
    }
}
