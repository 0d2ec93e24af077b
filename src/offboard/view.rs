//! What a screen or a command sees of the engine: values, read from the journal and the driver, nothing to act with.
//!
//! Published whole whenever something changed and never otherwise, so that a quiet console has nothing to draw.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{ActionId, MachineAction, MachineId, SafeText};

/// Everything that the status pane and the Runs screen show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The budget of offboard calls.
    pub calls: Calls,
    /// All runs of this host, the newest first.
    pub runs: Vec<RunView>,
    /// The `MachineAction` that was heard of last, with the machine's name.
    pub last_action: Option<LastAction>,
    /// Who may send from this state directory.
    pub seat: Seat,
    /// What went wrong with the engine itself and what stays true: journal, look-ups, sign-in. Shown until it passes.
    pub trouble: Option<SafeText>,
    /// Machines that a run of this host holds: sending, unknown, undecided, pending.
    pub held: Arc<BTreeSet<MachineId>>,
    /// Counts up whenever a machine of any run changed: the open run is read again when it moves.
    pub change: u64,
}

/// Whether this process may send.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Seat {
    /// Not known yet: the journal is being opened.
    #[default]
    Opening,
    /// This process.
    Mine,
    /// Another live process of this user on this host; this one lists and reads, and sends nothing.
    Other {
        /// Its process id.
        pid: u32,
    },
    /// There is no journal that can be used, so nothing can be sent: why, and which file.
    NoJournal(SafeText),
}

/// The budget of offboard calls as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// 100 in 60 s.
    pub minute: Window,
    /// 1,500 in 3,600 s.
    pub hour: Window,
    /// How many may be sent at once.
    pub free_now: u32,
    /// When the next call may be sent, if none may now.
    pub next_call: Option<Timestamp>,
    /// A pause that the service asked for (429), and its words.
    pub pause: Option<(Timestamp, SafeText)>,
    /// Median time from call to answer in milliseconds, as seen so far; 300 at first.
    pub latency_ms: u32,
}

/// One of the two windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Calls that count now.
    pub used: u32,
    /// Calls that may count.
    pub max: u32,
    /// When the first of them frees, if that is known.
    pub first_frees: Option<Timestamp>,
    /// When all are free again, if that is known: a call on its way has no end yet.
    pub all_free: Option<Timestamp>,
}

impl Default for Calls {
    fn default() -> Self {
        let window = |max| Window { used: 0, max, first_frees: None, all_free: None };
        Self {
            minute: window(100),
            hour: window(1_500),
            free_now: 100,
            next_call: None,
            pause: None,
            latency_ms: 300,
        }
    }
}

/// The last `MachineAction`, for the status pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAction {
    /// The action's id.
    pub id: ActionId,
    /// The service's `type`.
    pub kind: SafeText,
    /// The service's `status`.
    pub status: SafeText,
    /// Its machine's name, or the start of the id.
    pub machine: SafeText,
    /// When it was heard of.
    pub at: Timestamp,
}

/// A run in the journal. The number is the journal's; people use [`RunView::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// The journal's number.
    pub id: RunId,
    /// Its short name, `4f2a`.
    pub name: String,
    /// The Comment as sent.
    pub comment: SafeText,
    /// Who confirmed it: the operating system's name.
    pub operator: SafeText,
    /// The tenant it belongs to, as the token said.
    pub tenant: SafeText,
    /// When it was confirmed.
    pub started: Timestamp,
    /// When its last machine became final.
    pub ended: Option<Timestamp>,
    /// What the sending does.
    pub phase: Phase,
    /// How many machines are where; adds up to [`Counts::all`].
    pub counts: Counts,
    /// Who carries it out.
    pub driver: Driver,
    /// When the last call will have been sent, by the engine's own schedule; while it sends or waits.
    pub all_sent_by: Option<Timestamp>,
    /// When something was last written about it: for "its last word is of".
    pub last_word: Timestamp,
    /// Until when doubts are looked up at least, if any is.
    pub looking_until: Option<Timestamp>,
}

/// What the sending of a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Calls go out.
    Sending,
    /// It goes on by itself: for the budget, a pause of the service, a new token, a first good list.
    Waiting(SafeText),
    /// Nothing more is sent until somebody goes on.
    Stopped {
        /// By whom or by which guard, in words: "stopped by jdoe", "10 failures of one kind in a row: 403 Forbidden".
        by: SafeText,
        /// When.
        at: Timestamp,
    },
    /// Its driver is gone: what is unfinished waits for a decision.
    Unfinished,
    /// All sent, some not final.
    Sent,
    /// All final.
    Finished,
}

/// Who carries a run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// This process.
    Me,
    /// Another process that lives.
    Other {
        /// Its process id.
        pid: u32,
    },
    /// Nobody: its process is gone, or it is finished.
    Nobody,
}

/// How many machines of a run are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not sent yet.
    pub queued: usize,
    /// Its call is on the way.
    pub sending: usize,
    /// No answer came: being looked up ("unknown" on the screen).
    pub unknown: usize,
    /// May have an action or not: a person decides.
    pub undecided: usize,
    /// Accepted or adopted, not final.
    pub pending: usize,
    /// The service says Succeeded.
    pub succeeded: usize,
    /// Refused, Failed, `TimeOut`, Cancelled there, untraceable.
    pub failed: usize,
    /// Not sent: set aside by the rule, or held by another run.
    pub set_aside: usize,
    /// Cancelled before it was sent.
    pub cancelled: usize,
    /// Left undecided for good by a person.
    pub left: usize,
}

impl Counts {
    /// All machines of the run.
    pub fn all(&self) -> usize {
        self.queued
            + self.sending
            + self.unknown
            + self.undecided
            + self.pending
            + self.succeeded
            + self.failed
            + self.set_aside
            + self.cancelled
            + self.left
    }

    /// Machines whose call was sent at least once and is not waiting to be sent again.
    pub fn sent(&self) -> usize {
        self.sending + self.unknown + self.undecided + self.pending + self.succeeded + self.failed + self.left
    }

    /// The column UNSENT of Runs.
    pub fn unsent(&self) -> usize {
        self.queued + self.set_aside + self.cancelled + self.left
    }

    /// What `>` would go on with: queued, and unknown if it has no action.
    pub fn left_to_send(&self) -> usize {
        self.queued + self.unknown
    }
}

/// One machine of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineView {
    /// Which machine.
    pub id: MachineId,
    /// Its name at the freeze.
    pub name: Option<SafeText>,
    /// Where it is.
    pub state: MachineState,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent last.
    pub sent: Option<Timestamp>,
    /// Its `MachineAction` as the service returned it last.
    pub action: Option<MachineAction>,
    /// When that was asked.
    pub asked: Option<Timestamp>,
    /// Why it is where it is: the service's words, or ours.
    pub why: Option<SafeText>,
    /// What was answered and looked for, line by line, for the pane of a machine without an action.
    pub history: Vec<(SafeText, SafeText)>,
    /// Whether it was Inactive at the freeze, and its `lastSeen` then.
    pub inactive_since: Option<Timestamp>,
}

/// Where one machine of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MachineState {
    /// Not sent yet.
    Queued,
    /// Its call is on the way.
    Sending,
    /// No answer came: looked up, not sent.
    Unknown,
    /// May have an action or not: a person decides.
    Undecided,
    /// Our action, not final.
    Accepted,
    /// Somebody's earlier action, not final.
    Adopted,
    /// The service says Succeeded.
    Succeeded,
    /// The service says Failed.
    Failed,
    /// The service says `TimeOut`.
    TimedOut,
    /// The service says Cancelled.
    CancelledThere,
    /// The service refused the call.
    Refused,
    /// Accepted, and no end was seen for 3 d 6 h.
    Untraceable,
    /// Not sent: the rule, another run, or an action since the freeze.
    SetAside,
    /// Cancelled before it was sent.
    Cancelled,
    /// Left undecided for good by a person.
    Left,
}

impl MachineState {
    /// Our word for it; the service's own value stands in its place where there is one.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Undecided => "undecided",
            Self::Accepted | Self::Adopted => "pending",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimedOut => "TimeOut",
            Self::CancelledThere => "Cancelled",
            Self::Refused => "failed",
            Self::Untraceable => "untraceable",
            Self::SetAside => "set aside",
            Self::Cancelled => "cancelled",
            Self::Left => "left",
        }
    }

    /// Whether nothing changes it any more.
    pub fn is_final(self) -> bool {
        !matches!(
            self,
            Self::Queued | Self::Sending | Self::Unknown | Self::Undecided | Self::Accepted | Self::Adopted
        )
    }

    /// Whether a person has to look at it: failed, unknown, undecided.
    pub fn needs_a_person(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::Undecided
                | Self::Failed
                | Self::TimedOut
                | Self::CancelledThere
                | Self::Refused
                | Self::Untraceable
        )
    }
}

impl fmt::Display for MachineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
