//! What a machine of a run is called and what is said of it. The service's own words stand where there are any.

use crate::domain::ActionStatus;
use crate::domain::when::age;
use crate::offboard::view::{MachineState, MachineView, RunView};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::fit;

/// How every place names a machine: its label, and what tells it from its namesakes.
pub(super) struct Called {
    pub(super) label: String,
    pub(super) tag: Option<String>,
}

impl Called {
    /// By the list of machines where that knows it, else by its name at the freeze.
    pub(super) fn of(machine: &MachineView, tag_in_run: Option<&str>, shared: &Shared) -> Self {
        if let Some(row) = shared.inventory.get(&machine.id) {
            return Self { label: row.label.clone(), tag: row.tag.clone() };
        }
        let name = machine.name.as_ref().map_or("", |name| name.as_str());
        let bare = name.split('.').next().filter(|bare| !bare.is_empty()).unwrap_or(name);
        let label =
            if bare.is_empty() { format!("no name {}", machine.id.start(8)) } else { bare.to_owned() };
        Self { label, tag: tag_in_run.map(str::to_owned) }
    }

    /// Both in one.
    pub(super) fn whole(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{} {tag}", self.label),
            None => self.label.clone(),
        }
    }
}

/// Sign and colour of a state.
pub(super) fn mark(state: MachineState) -> (&'static str, Meaning) {
    use MachineState as S;
    match state {
        S::Queued => (sign::QUEUED, Meaning::Muted),
        S::Sending | S::Accepted | S::Adopted => (sign::OPEN, Meaning::Text),
        S::Unknown | S::Undecided => (sign::UNKNOWN, Meaning::Warning),
        S::Succeeded => (sign::DONE, Meaning::Ok),
        S::Failed | S::TimedOut | S::CancelledThere | S::Refused | S::Untraceable => {
            (sign::FAILED, Meaning::Danger)
        }
        S::SetAside | S::Cancelled | S::Left => (sign::NONE, Meaning::Muted),
    }
}

/// STATE: the service's own status where the state is one of the service, else our word in lower case.
pub(super) fn state(machine: &MachineView) -> &str {
    use MachineState as S;
    let by_service = matches!(
        machine.state,
        S::Accepted | S::Adopted | S::Succeeded | S::Failed | S::TimedOut | S::CancelledThere
    );
    match &machine.action {
        Some(action) if by_service => {
            action.property("status").map_or(action.status.as_str(), |status| status.as_str())
        }
        _ => machine.state.word(),
    }
}

/// WHY: what is worth knowing of it. `short` where the column is narrow.
pub(super) fn why(machine: &MachineView, run: Option<&RunView>, called: &Called, short: bool) -> String {
    use MachineState as S;
    if let Some(why) = machine.why.as_ref().filter(|why| !why.is_empty()) {
        return why.to_string();
    }
    match machine.state {
        S::Unknown if short => "no answer came: looking for its action".into(),
        S::Unknown => "no answer came: looking for its action; sent again only if there is none".into(),
        S::Undecided if short => "may have an action or not: Enter decides".into(),
        S::Undecided => format!("{} may have an action or not: Enter decides", fit(&called.label, 28)),
        S::Accepted => waits(machine, run),
        S::Adopted => {
            let by = machine.action.as_ref().and_then(|action| action.requestor.as_ref());
            by.map_or_else(|| "another's action".into(), |who| format!("by {who}"))
        }
        S::Untraceable => "no end was seen for more than 3 days".into(),
        S::Failed | S::TimedOut | S::CancelledThere => machine
            .action
            .as_ref()
            .and_then(|action| action.error_hresult)
            .filter(|code| *code != 0)
            .map_or_else(String::new, |code| format!("errorHResult {code}")),
        S::Cancelled => "cancelled before it was sent".into(),
        S::Left => "left undecided by a person".into(),
        _ => String::new(),
    }
}

/// An action of a machine that was silent at the freeze waits with it. Its age counts from the start of the run.
fn waits(machine: &MachineView, run: Option<&RunView>) -> String {
    let pending = machine.action.as_ref().is_none_or(|action| matches!(action.status, ActionStatus::Pending));
    match (machine.inactive_since, run) {
        (Some(since), Some(run)) if pending => {
            format!("inactive for {}: waits until it is online", age(since, run.started))
        }
        _ => String::new(),
    }
}

/// What stands in the pane's rule in place of a MachineAction.
pub(super) fn without_action(state: MachineState) -> &'static str {
    use MachineState as S;
    match state {
        S::Queued => "no MachineAction: not sent yet",
        S::Sending => "no MachineAction yet: its call is on the way",
        S::Unknown => "no MachineAction is known: it is looked for",
        S::Undecided => "no MachineAction is known to be ours",
        S::Refused => "no MachineAction: the call was refused",
        S::SetAside | S::Cancelled => "no MachineAction: never sent",
        S::Left => "no MachineAction is known: left as it is",
        _ => "its MachineAction is not here yet",
    }
}
