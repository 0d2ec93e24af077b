//! What several screens read: who acts and where, the machines, the engine's state, the size of the terminal. Written
//! by `update` alone.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::msg::Who;
use super::theme::{Meaning, Theme};
use crate::domain::SafeText;
use crate::domain::when;
use crate::inventory::Inventory;
use crate::offboard::view::{Phase, RunView, Seat, Status};

/// Which list is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The machines of the tenant.
    Machines,
    /// The runs of this host, or the one that is open.
    Runs,
}

/// The list of machines as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// Not asked for, or not to be had.
    None,
    /// Being asked for the first time: its pages show as they arrive.
    Arriving {
        /// Its number.
        list: u64,
        /// When it was asked for.
        since: Timestamp,
        /// Whether only the proof is missing that nothing follows.
        checking_the_end: bool,
    },
    /// Whole, of an instant of the service.
    Of(Timestamp),
}

/// What several screens read.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Meaning to colour.
    pub theme: Theme,
    /// The whole terminal.
    pub area: Rect,
    /// The instant of the message that is being handled.
    pub now: Timestamp,
    /// Who acts, and where.
    pub who: Who,
    /// The person at this host, for the mark.
    pub operator: SafeText,
    /// This host's name.
    pub host_name: SafeText,
    /// The machines.
    pub inventory: Inventory,
    /// How far the list is.
    pub list: List,
    /// The service's instant that ages count from.
    pub list_of: Timestamp,
    /// The same moment on this host's clock, which may differ: whether the list is old is told by this one.
    pub listed_at: Timestamp,
    /// Whether a list is being asked for while the last one stays.
    pub refreshing: bool,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// Whether the list broke off: there are more machines than it brought.
    pub incomplete: bool,
    /// The engine's state.
    pub status: Arc<Status>,
    /// Whether the service has answered the sign-in.
    pub signed_in: bool,
}

/// What an empty list of runs says while the journal has not been read.
pub const RUNS_UNKNOWN: &str = "The journal has not been read: its runs are not known.";

/// A list is old after so many seconds.
const LIST_OLD_AFTER: i64 = 15 * 60;

impl Shared {
    /// Nothing known yet.
    pub fn new(theme: Theme, area: Rect, now: Timestamp) -> Self {
        Self {
            theme,
            area,
            now,
            who: Who::default(),
            operator: SafeText::default(),
            host_name: SafeText::default(),
            inventory: Inventory::default(),
            list: List::None,
            list_of: now,
            listed_at: now,
            refreshing: false,
            unreadable: 0,
            incomplete: false,
            status: Arc::default(),
            signed_in: false,
        }
    }

    /// Whether the sign-in lacks the permission to offboard.
    pub fn read_only(&self) -> bool {
        self.who.may_offboard == Some(false)
    }

    /// Why nothing can be sent, in a word, if nothing can.
    pub fn blocked_short(&self) -> Option<&'static str> {
        if self.read_only() { Some("read-only") } else { seat_short(&self.status.seat) }
    }

    /// The same in sentences.
    pub fn blocked_words(&self) -> Option<String> {
        if self.read_only() {
            return Some("The sign-in lacks Machine.Offboard. Looking and selecting work.".into());
        }
        match &self.status.seat {
            Seat::Mine | Seat::Opening => None,
            Seat::Other { pid } => {
                Some(format!("Process {pid} of this user sends from this host. This one lists and reads."))
            }
            Seat::NoJournal(why) => Some(why.to_string()),
        }
    }

    /// What stands in the place of the windows: why nothing can be sent, else what is wrong with the engine itself.
    pub fn instead_of_windows(&self) -> Option<(String, Meaning)> {
        let blocked = self.blocked_words().map(|words| (words, Meaning::Muted));
        blocked.or_else(|| Some((format!("! {}", self.status.trouble.as_ref()?), Meaning::Warning)))
    }

    /// Whether the journal's runs are known: an empty list says something only then.
    pub fn runs_are_known(&self) -> bool {
        !matches!(self.status.seat, Seat::NoJournal(_)) && self.status.trouble.is_none()
    }

    /// Why a run cannot be begun or gone on with now.
    pub fn cannot_send(&self) -> Option<String> {
        if let Some(words) = self.blocked_words() {
            return Some(words);
        }
        if !self.signed_in {
            return Some("not signed in yet: nothing can be sent".into());
        }
        (self.status.seat == Seat::Opening).then(|| "the journal is being opened: try again".into())
    }

    /// The run that the status pane shows: the one that goes on, else the newest.
    pub fn current_run(&self) -> Option<&RunView> {
        let runs = &self.status.runs;
        runs.iter()
            .find(|run| matches!(run.phase, Phase::Sending | Phase::Waiting(_)))
            .or_else(|| runs.first())
    }

    /// A comment without its mark.
    pub fn operators_words<'a>(&self, comment: &'a SafeText) -> &'a str {
        without_mark(comment.as_str())
    }

    /// What the right pane says while this host has no run.
    pub fn no_run_words(&self) -> &'static [&'static str] {
        if !self.runs_are_known() {
            &[RUNS_UNKNOWN]
        } else if self.who.demo {
            &[
                "Everything here is simulated: no account, no network.",
                "Its runs and its journal are gone when you quit.",
                "Try a then c: limits and waits are as at the service.",
            ]
        } else {
            &["No run on this host yet."]
        }
    }

    /// The same in one line.
    pub fn no_run_short(&self) -> &'static str {
        if !self.runs_are_known() {
            RUNS_UNKNOWN
        } else if self.who.demo {
            "Simulated: no account, no network; gone when you quit."
        } else {
            "No run on this host yet."
        }
    }

    /// Whether the list is older than fifteen minutes.
    pub fn list_is_old(&self) -> bool {
        matches!(self.list, List::Of(_)) && self.now.as_second() - self.listed_at.as_second() > LIST_OLD_AFTER
    }

    /// When the list becomes old, if it is not yet.
    pub fn list_old_at(&self) -> Option<Timestamp> {
        let at = Timestamp::from_second(self.listed_at.as_second() + LIST_OLD_AFTER + 1).ok()?;
        (matches!(self.list, List::Of(_)) && !self.list_is_old()).then_some(at)
    }

    /// An age, counted from the instant of the list.
    pub fn age(&self, at: Timestamp) -> String {
        when::age(at, self.list_of)
    }
}

/// A comment's words, without the mark at its end.
pub fn without_mark(comment: &str) -> &str {
    match comment.rfind(" [offramp ") {
        Some(at) if comment.ends_with(']') => &comment[..at],
        _ => comment,
    }
}

/// Why nothing can be sent, in a word for the headline.
fn seat_short(seat: &Seat) -> Option<&'static str> {
    match seat {
        Seat::Mine | Seat::Opening => None,
        Seat::Other { .. } => Some("another console sends"),
        Seat::NoJournal(_) => Some("no journal"),
    }
}
