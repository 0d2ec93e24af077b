//! Everything that can be asked of the world. Values: the runtime performs them and answers with a message.

use crate::domain::MachineId;
use crate::offboard::Plan;
use crate::offboard::view::RunId;

/// Something that the console wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Look for a way to sign in, sign in, and list the machines.
    Connect {
        /// The number of the list that follows.
        list: u64,
    },
    /// List the machines.
    List {
        /// Its number: a later one replaces it.
        list: u64,
    },
    /// Leave this console for the demo.
    OpenDemo,
    /// A name for the next run.
    NameRun,
    /// Comments of earlier runs.
    RecentComments,
    /// Begin a run.
    Confirm(Plan),
    /// The machines of a run.
    Machines(RunId),
    /// Stop a run: nothing more is sent.
    Stop(RunId),
    /// Go on with what is left of a run.
    GoOn {
        /// Which run.
        run: RunId,
        /// The number that was confirmed.
        left: usize,
    },
    /// Cancel what is queued.
    CancelQueued(RunId),
    /// Send an undecided machine again, newly confirmed, or leave it for good.
    Decide {
        /// Which run.
        run: RunId,
        /// Which machine.
        machine: MachineId,
        /// Send again rather than leave.
        send_again: bool,
    },
    /// Paint everything anew.
    Redraw,
    /// Set the terminal's modes anew, and paint everything.
    TakeTerminal,
    /// Finish what is in flight, then end.
    EndEngine,
    /// Leave now.
    Leave,
}

impl Effect {
    /// Whether it can lead to a call that nothing takes back.
    pub fn can_send(&self) -> bool {
        matches!(self, Self::Confirm(_) | Self::GoOn { .. } | Self::Decide { send_again: true, .. })
    }
}
