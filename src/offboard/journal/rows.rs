//! What the journal holds, as values: the rows that transactions read and write, whatever stores them.
//!
//! Columns that a row does not need yet are `None`: a slot of calls that are not ours, a canary's gate.

use jiff::Timestamp;

use crate::domain::{ActionId, Comment, MachineAction, MachineId, RuleFacts, SafeText};
use crate::offboard::budget::{Pause, Until};
use crate::offboard::machine_run::DoubtKind;
use crate::offboard::moment::{ARRIVES_LATE_BEHIND_PROXY, Boot, Raw};
use crate::offboard::view::{Counts, MachineState, RunId};

/// A process that could send, or could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ProcessId(pub(crate) i64);

/// A bucket of calls: the service counts by application and tenant together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BucketId(pub(crate) i64);

/// One call's place in the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotId(pub(crate) i64);

/// The number of an event: the journal's own order of what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Seq(pub(crate) i64);

/// A process with the lock file that proves its death.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessRow {
    pub(crate) id: ProcessId,
    pub(crate) boot: Boot,
    pub(crate) pid: u32,
    /// The name of its lock file inside the state directory.
    pub(crate) lock: String,
    /// The file's inode: another file of the same name proves nothing.
    pub(crate) inode: u64,
    pub(crate) began: Timestamp,
    /// D⁺ on the longest way that its calls took.
    pub(crate) late: i64,
    /// It has said goodbye, or was proved dead: nothing of it is open.
    pub(crate) ended: bool,
}

/// What the service counts together, as the token says it: never the configured spelling, never the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BucketKey {
    /// The token's `tid`.
    pub(crate) tenant: SafeText,
    /// The token's `appid`.
    pub(crate) app: SafeText,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketRow {
    pub(crate) id: BucketId,
    pub(crate) key: BucketKey,
    /// The boot in which `pause.until` means something.
    pub(crate) boot: Boot,
    pub(crate) pause: Option<Pause>,
    /// When the pause began: a call taken later was taken inside it.
    pub(crate) paused_at: Seq,
    /// The service's words for the pause.
    pub(crate) pause_words: SafeText,
    /// Service time of the last list read that was good.
    pub(crate) last_good_read: Option<Timestamp>,
    /// Wall time of the same, to show.
    pub(crate) asked: Option<Timestamp>,
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotRow {
    pub(crate) id: SlotId,
    pub(crate) bucket: BucketId,
    /// Whose call it is; none for calls of others that were read back.
    pub(crate) process: Option<ProcessId>,
    pub(crate) run: Option<RunId>,
    pub(crate) machine: Option<MachineId>,
    pub(crate) attempt: u32,
    pub(crate) boot: Boot,
    pub(crate) taken: Raw,
    /// The event of the taking: orders it against failures and pauses without a clock.
    pub(crate) seq: Seq,
    pub(crate) until: Until,
    /// The one call that tries whether a pause is over.
    pub(crate) probe: bool,
}

impl SlotRow {
    /// Until when it may be counted, in this boot. A slot of another boot was counted D⁺ after this boot's zero at
    /// the latest; the longest D⁺, because it may have gone another way than ours.
    pub(crate) fn until_in(&self, boot: &Boot) -> Until {
        if self.boot == *boot { self.until } else { Some(Raw(ARRIVES_LATE_BEHIND_PROXY)) }
    }
}

/// What somebody wants of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Send.
    Go,
    /// Send nothing; what is in doubt is looked for.
    Pause,
    /// What is queued is never sent by this run.
    Cancel,
}

/// Who works at this host: the evidence of who confirmed a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// The operating system's name of the user.
    pub name: SafeText,
    /// `SUDO_USER`.
    pub sudo_user: Option<SafeText>,
    /// The login uid, which outlives `su` and `sudo`.
    pub login_uid: Option<SafeText>,
    /// `SSH_CONNECTION`.
    pub ssh_connection: Option<SafeText>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRow {
    pub(crate) id: RunId,
    pub(crate) bucket: BucketId,
    pub(crate) tenant: SafeText,
    /// Four hex digits, unique on this host.
    pub(crate) name: String,
    pub(crate) operator: Operator,
    pub(crate) comment: Comment,
    /// Who the service says we are, once an action of this run said so.
    pub(crate) requestor: Option<SafeText>,
    pub(crate) confirmed: Timestamp,
    pub(crate) wish: Wish,
    /// Who or what stopped it; a paused run without it lost its driver.
    pub(crate) why: Option<SafeText>,
    pub(crate) stopped: Option<Timestamp>,
    pub(crate) driver: ProcessId,
    /// The last event before it was confirmed.
    pub(crate) frozen: Seq,
    pub(crate) fail_kind: Option<SafeText>,
    pub(crate) fail_count: u32,
    /// The event of the last failure.
    pub(crate) fail_seq: Seq,
    /// Never send a second time by itself.
    pub(crate) never_again: bool,
    /// At most this many past `queued` until the gate opens.
    pub(crate) canary: Option<u32>,
    pub(crate) gate_open: bool,
    pub(crate) ended: Option<Timestamp>,
    /// Its last event.
    pub(crate) changed: Seq,
    /// The wall time of that.
    pub(crate) last_word: Timestamp,
}

/// A machine in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineRow {
    pub(crate) run: RunId,
    pub(crate) tenant: SafeText,
    pub(crate) id: MachineId,
    /// Its place in the plan.
    pub(crate) ord: u32,
    /// At the freeze.
    pub(crate) name: Option<SafeText>,
    pub(crate) facts: RuleFacts,
    pub(crate) last_seen: Option<Timestamp>,
    pub(crate) inactive: bool,
    pub(crate) state: MachineState,
    pub(crate) attempt: u32,
    /// Service time of the first intent of this run.
    pub(crate) intended: Option<Timestamp>,
    /// Wall time of the last intent, to show.
    pub(crate) sent: Option<Timestamp>,
    /// The boot of `look_after`.
    pub(crate) boot: Boot,
    pub(crate) doubt_kind: Option<DoubtKind>,
    /// How often it was in doubt.
    pub(crate) doubts: u32,
    /// Service time: a doubt's age may span boots.
    pub(crate) doubt_since: Option<Timestamp>,
    pub(crate) look_after: Option<Raw>,
    pub(crate) action: Option<ActionId>,
    /// Service time from which its action is followed.
    pub(crate) action_since: Option<Timestamp>,
    /// Why it is where it is.
    pub(crate) words: Option<SafeText>,
}

/// A machine action that was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionRow {
    pub(crate) tenant: SafeText,
    pub(crate) action: MachineAction,
    /// Whose it is: of one of our runs, or not ours. Decided once, when the row is first stored.
    pub(crate) ours: Option<RunId>,
    /// The event of its first storing.
    pub(crate) seq: Seq,
    /// Wall time of the answer or list that showed it as it is.
    pub(crate) asked: Timestamp,
}

/// Something that happened, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) seq: Seq,
    pub(crate) run: Option<RunId>,
    pub(crate) machine: Option<MachineId>,
    pub(crate) process: Option<ProcessId>,
    pub(crate) wall: Timestamp,
    pub(crate) kind: SafeText,
    pub(crate) detail: SafeText,
}

/// Counts one machine more.
pub(crate) fn count(counts: &mut Counts, state: MachineState, n: usize) {
    *match state {
        MachineState::Queued => &mut counts.queued,
        MachineState::Sending => &mut counts.sending,
        MachineState::Unknown => &mut counts.unknown,
        MachineState::Undecided => &mut counts.undecided,
        MachineState::Accepted | MachineState::Adopted => &mut counts.pending,
        MachineState::Succeeded => &mut counts.succeeded,
        MachineState::Failed
        | MachineState::TimedOut
        | MachineState::CancelledThere
        | MachineState::Refused
        | MachineState::Untraceable => &mut counts.failed,
        MachineState::SetAside => &mut counts.set_aside,
        MachineState::Cancelled => &mut counts.cancelled,
        MachineState::Left => &mut counts.left,
    } += n;
}
