//! One state a screen, and the stack of dialogs. Routing is in `update`; nothing is decided here.

use jiff::Timestamp;

use super::modal::Modal;
use super::screen::{first_start, machines, run, runs};
use super::shared::{Shared, Tab};
use crate::offboard::view::RunId;

/// How far the offer of unfinished runs is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offering {
    /// The engine has not said yet what there is.
    NotYet,
    /// There is something, and it waits for a moment in which no dialog is open and nothing is typed.
    Due,
    /// It was made, or there was nothing to offer.
    Made,
}

/// The whole console.
#[derive(Debug)]
pub struct App {
    /// What several screens read.
    pub shared: Shared,
    /// Which list is open.
    pub tab: Tab,
    /// The machines.
    pub machines: machines::State,
    /// The runs.
    pub runs: runs::State,
    /// The open run, over the list of runs.
    pub run: Option<run::State>,
    /// The screen without a sign-in, while there is none.
    pub first_start: Option<first_start::State>,
    /// Dialogs, the top one last.
    pub modals: Vec<Modal>,
    /// The number of the list that was asked for last.
    pub list_number: u64,
    /// A refresh on its way, kept apart until it is whole.
    pub arriving: Option<machines::Arriving>,
    /// When `^c` was pressed last.
    pub interrupted: Option<Timestamp>,
    /// The program is ending: nothing new is begun.
    pub ending: bool,
    /// How far the offer of unfinished runs is, once a start.
    pub offering: Offering,
    /// Runs whose stop was asked for and has not shown yet: a second `!` asks nothing.
    pub stopping: Vec<RunId>,
}

impl App {
    /// A console that knows nothing yet.
    pub fn new(shared: Shared) -> Self {
        Self {
            shared,
            tab: Tab::Machines,
            machines: machines::State::default(),
            runs: runs::State::default(),
            run: None,
            first_start: None,
            modals: Vec::new(),
            list_number: 0,
            arriving: None,
            interrupted: None,
            ending: false,
            offering: Offering::NotYet,
            stopping: Vec::new(),
        }
    }
}
