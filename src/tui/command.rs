//! What a key can ask of the console.

/// Everything that can be asked by key. What it does where is the business of the screen or dialog that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Cursor one down.
    Down,
    /// Cursor one up.
    Up,
    /// First row.
    First,
    /// Last row.
    Last,
    /// Half a page down.
    HalfPageDown,
    /// Half a page up.
    HalfPageUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Type a filter.
    Filter,
    /// Keep the filter that was typed.
    KeepFilter,
    /// Select or unselect the cursor's row, and move down.
    Toggle,
    /// Start a range, or keep it.
    Range,
    /// Start or extend a range downwards.
    RangeDown,
    /// Start or extend a range upwards.
    RangeUp,
    /// Select all that the filter shows.
    SelectAll,
    /// Select none.
    SelectNone,
    /// Invert within the filter.
    Invert,
    /// Undo the last change of the selection.
    Undo,
    /// Show only the selected, or all again.
    OnlySelected,
    /// Show or hide machines outside the rule.
    Others,
    /// Open or close the details, open a run, decide.
    Enter,
    /// Comment, then confirm, then run.
    Offboard,
    /// Ask the service again.
    Refresh,
    /// Stop the run now.
    Stop,
    /// Go on with a stopped or unfinished run.
    GoOn,
    /// Cancel what is still queued.
    CancelQueued,
    /// Send an undecided machine again: opens its confirmation.
    SendAgain,
    /// Leave an undecided machine for good.
    LeaveIt,
    /// The next machine of the run that failed or needs a person.
    NextFailure,
    /// The Machines screen.
    Machines,
    /// The Runs screen.
    Runs,
    /// The next screen.
    NextScreen,
    /// Help for this screen.
    Help,
    /// Draw everything again.
    Redraw,
    /// Open the demo.
    Demo,
    /// Close one thing: dialog, then range, then filter, then the open run.
    Back,
    /// Leave, and ask if something would be lost.
    Quit,
    /// `^c`: as quit; a second one soon after leaves as SIGTERM would.
    Interrupt,
    /// Leave although a run is going on.
    QuitAnyway,
}

impl Command {
    /// Whether it can lead to a call that nothing takes back.
    pub fn is_dangerous(self) -> bool {
        matches!(self, Self::Offboard | Self::GoOn | Self::SendAgain)
    }
}
