//! The journal: every intent and outcome, durable before anything is done or shown.
//!
//! Rules live in [`transactions`], one function over [`Rows`]; what stores the rows ([`sqlite`], or memory in the
//! simulation) only loads and stores. So every journal refuses the same things.

#[cfg(test)]
pub(super) mod memory;
pub(super) mod rows;
pub(super) mod sqlite;
mod store;
#[cfg(test)]
mod tests;
pub(super) mod transactions;
pub(super) mod views;

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::{ActionId, Comment, MachineAction, MachineId, Offboardable, SafeText};

use super::budget::Until;
use super::machine_run::Outcome;
use super::moment::{Boot, Now, Raw};
use super::plan::Plan;
use super::view::{Counts, MachineState, RunId};
use rows::{
    ActionRow, BucketId, BucketKey, BucketRow, EventRow, MachineRow, Operator, ProcessId, ProcessRow, RunRow,
    Seq, SlotId, SlotRow, Wish,
};

/// Why the journal did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JournalError {
    /// A guard says no; nothing was written. The words are for the operator.
    #[error("{0}")]
    Refused(SafeText),
    /// The store failed, and nothing was written.
    #[error("{0}")]
    Failed(SafeText),
    /// The store failed while committing: whether it was written is unknown.
    #[error("{0}")]
    Uncertain(SafeText),
}

impl JournalError {
    /// A guard's no.
    pub(crate) fn refused(words: impl AsRef<str>) -> Self {
        Self::Refused(SafeText::new(words.as_ref()))
    }
}

/// What a call into the journal gives.
pub(crate) type Result<T> = std::result::Result<T, JournalError>;

/// Who asks, and when: what a transaction knows beside the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    /// This process.
    pub(crate) me: ProcessId,
    /// This boot, at this speed.
    pub(crate) boot: Boot,
    /// D⁺.
    pub(crate) late: i64,
    /// The present moment.
    pub(crate) now: Now,
}

/// One change of the journal, all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// Opens the bucket of this application and tenant.
    Open(BucketKey),
    /// A person has confirmed a plan.
    Confirm { bucket: BucketId, plan: Box<Plan>, operator: Operator },
    /// Intents: machines of a run become `sending`, each with a slot.
    Take {
        run: RunId,
        most: usize,
        /// Service time.
        at: Timestamp,
    },
    /// An answer, or that none will be waited for.
    Settle {
        slot: SlotId,
        outcome: Outcome,
        /// Service time.
        at: Timestamp,
    },
    /// What one list read showed.
    Look(Look),
    /// No good read for a day: doubts that old go to a person.
    GiveUpLooking {
        tenant: SafeText,
        /// Service time.
        at: Timestamp,
    },
    /// A process was proved dead: its open slots end, its runs are mine.
    TakeOver(ProcessId),
    /// Stops a run, or cancels what it has queued.
    Stop { run: RunId, wish: Wish, by: SafeText },
    /// Goes on with a run, as its operator was told: so many are left.
    GoOn { run: RunId, left: usize },
    /// A person decides about an undecided machine.
    Decide { run: RunId, machine: MachineId, decision: Decision },
    /// This process sends nothing any more and has nothing open.
    End,
}

/// What a person decides about an undecided machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it again, confirmed anew.
    SendAgain,
    /// Leave it: final.
    Leave,
}

/// What one list read showed, with what must be known to believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) bucket: BucketId,
    /// When it was sent, on the raw clock and in service time.
    pub(crate) sent: Raw,
    pub(crate) sent_at: Timestamp,
    /// From which creation on it asked.
    pub(crate) from: Timestamp,
    /// The one machine that it asked for, if it did.
    pub(crate) machine: Option<MachineId>,
    pub(crate) rows: Vec<MachineAction>,
    /// Whether all pages came.
    pub(crate) complete: bool,
    /// Machines for which this is the last read of the proof, if it is good.
    pub(crate) proved: Vec<Proved>,
}

/// A doubt that a read may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proved {
    pub(crate) run: RunId,
    pub(crate) machine: MachineId,
    pub(crate) attempt: u32,
    /// When the first read of the proof was sent.
    pub(crate) first: Raw,
}

/// A machine that may be sent now: its intent is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToSend {
    pub(crate) slot: SlotId,
    pub(crate) run: RunId,
    pub(crate) machine: Offboardable,
    pub(crate) comment: Comment,
}

/// What a transaction changed: rows as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reply {
    pub(crate) buckets: Vec<BucketRow>,
    pub(crate) runs: Vec<RunRow>,
    pub(crate) machines: Vec<MachineRow>,
    pub(crate) slots: Vec<SlotRow>,
    /// Slots that are free: their calls were never sent, or count nowhere any more.
    pub(crate) freed: Vec<SlotId>,
    /// How many machines are still queued, for the runs that were touched.
    pub(crate) queued: Vec<(RunId, usize)>,
    /// What may be sent now.
    pub(crate) sends: Vec<ToSend>,
    /// Whether a list read was complete and held what it had to hold.
    pub(crate) good_read: bool,
    /// How many actions of ours a complete list read lacks that it had to hold.
    pub(crate) lacks: usize,
    /// Two actions of ours on one machine.
    pub(crate) alarms: Vec<SafeText>,
}

/// Rows, loaded and stored inside one transaction. No rules here.
pub(crate) trait Rows {
    /// All processes that have not ended.
    fn processes(&mut self) -> Result<Vec<ProcessRow>>;
    /// One process.
    fn process(&mut self, id: ProcessId) -> Result<Option<ProcessRow>>;
    /// Stores a process; id 0 is given one.
    fn put_process(&mut self, row: &ProcessRow) -> Result<ProcessId>;

    /// All buckets.
    fn buckets(&mut self) -> Result<Vec<BucketRow>>;
    /// Stores a bucket; id 0 is given one.
    fn put_bucket(&mut self, row: &BucketRow) -> Result<BucketId>;

    /// All slots of a bucket.
    fn slots(&mut self, bucket: BucketId) -> Result<Vec<SlotRow>>;
    /// Slots of a process that have no end yet.
    fn open_slots(&mut self, process: ProcessId) -> Result<Vec<SlotRow>>;
    /// Until when each slot of a bucket may be counted, in this boot.
    fn ends(&mut self, bucket: BucketId, boot: &Boot) -> Result<Vec<(SlotId, Until)>>;
    /// One slot.
    fn slot(&mut self, id: SlotId) -> Result<Option<SlotRow>>;
    /// Stores a slot; id 0 is given one.
    fn put_slot(&mut self, row: &SlotRow) -> Result<SlotId>;
    /// Forgets a slot.
    fn drop_slot(&mut self, id: SlotId) -> Result<()>;

    /// All runs.
    fn runs(&mut self) -> Result<Vec<RunRow>>;
    /// One run.
    fn run(&mut self, id: RunId) -> Result<Option<RunRow>>;
    /// Stores a run; id 0 is given one.
    fn put_run(&mut self, row: &RunRow) -> Result<RunId>;

    /// One machine of a run.
    fn machine(&mut self, run: RunId, id: &MachineId) -> Result<Option<MachineRow>>;
    /// A run's machines in one state, in the plan's order, at most so many.
    fn machines_in(&mut self, run: RunId, state: MachineState, most: usize) -> Result<Vec<MachineRow>>;
    /// All machines of a run, in the plan's order.
    fn machines(&mut self, run: RunId) -> Result<Vec<MachineRow>>;
    /// The same machine in every run of a tenant.
    fn same_machine(&mut self, tenant: &SafeText, id: &MachineId) -> Result<Vec<MachineRow>>;
    /// Machines of a tenant that a list may move: queued, in doubt, undecided.
    fn movable(&mut self, tenant: &SafeText) -> Result<HashSet<MachineId>>;
    /// Stores a machine.
    fn put_machine(&mut self, row: &MachineRow) -> Result<()>;
    /// How many machines of a run are where.
    fn counts(&mut self, run: RunId) -> Result<Counts>;
    /// How many machines of a run are queued.
    fn queued(&mut self, run: RunId) -> Result<usize>;

    /// One action.
    fn action(&mut self, tenant: &SafeText, id: &ActionId) -> Result<Option<ActionRow>>;
    /// All actions known on a machine.
    fn actions_on(&mut self, tenant: &SafeText, machine: &MachineId) -> Result<Vec<ActionRow>>;
    /// Our actions created in a span of service time.
    fn ours_between(&mut self, tenant: &SafeText, from: Timestamp, to: Timestamp) -> Result<Vec<ActionRow>>;
    /// Actions that name no machine.
    fn nameless_actions(&mut self, tenant: &SafeText) -> Result<Vec<ActionRow>>;
    /// Machines whose action is followed since before an instant.
    fn followed_before(&mut self, tenant: &SafeText, since: Timestamp) -> Result<Vec<MachineRow>>;
    /// Stores an action.
    fn put_action(&mut self, row: &ActionRow) -> Result<()>;

    /// Writes an event and gives it its number.
    fn event(&mut self, row: &EventRow) -> Result<Seq>;
    /// The last event's number.
    fn last_seq(&mut self) -> Result<Seq>;
}
