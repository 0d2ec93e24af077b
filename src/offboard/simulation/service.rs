//! The simulated service: it counts calls, creates actions, and shows them late, inside the assumptions A1 to A3.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;
use jiff::Timestamp;

use crate::domain::{ActionId, ActionKind, ActionStatus, Comment, MachineAction, MachineId};
use crate::offboard::moment::{MINUTE, shifted};

/// True milliseconds since the simulation began: the service's own clock.
pub(crate) type True = i64;

/// D and Λ, in the service's time.
pub(crate) const D: True = MINUTE;
pub(crate) const LAMBDA: True = MINUTE;

/// When the simulation begins, by the service's `Date`.
pub(crate) fn instant(at: True) -> Timestamp {
    shifted(Timestamp::from_second(1_795_521_600).expect("inside the range"), at)
}

/// An action of the service.
#[derive(Debug, Clone)]
pub(crate) struct SimAction {
    pub(crate) machine: MachineId,
    pub(crate) comment: String,
    pub(crate) requestor: &'static str,
    pub(crate) created: True,
    /// When lists show it; at the latest Λ after its creation.
    pub(crate) shown: True,
    pub(crate) ends: True,
    pub(crate) end: ActionStatus,
}

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Service {
    /// When each call was counted.
    pub(crate) counted: Vec<True>,
    pub(crate) actions: BTreeMap<u32, SimAction>,
    /// Each action as it is while it is pending.
    shown: BTreeMap<u32, MachineAction>,
    on: HashMap<MachineId, Vec<u32>>,
    last: u32,
}

impl Service {
    /// A call arrives: it is counted.
    pub(crate) fn count(&mut self, at: True) {
        self.counted.push(at);
    }

    /// The action that is pending on a machine.
    pub(crate) fn pending(&self, machine: &MachineId, at: True) -> Option<u32> {
        let on = self.on.get(machine)?;
        on.iter().copied().find(|id| self.actions[id].ends > at)
    }

    /// Creates an action, or gives the one that is pending.
    pub(crate) fn create(
        &mut self,
        rng: &mut Rng,
        machine: &MachineId,
        comment: &Comment,
        at: True,
        calm: bool,
    ) -> u32 {
        if let Some(pending) = self.pending(machine, at) {
            return pending;
        }
        let late = [0, rng.i64(0..=LAMBDA), LAMBDA];
        let shown = at + if calm { 0 } else { late[rng.usize(0..3)] };
        let lasts = if rng.u8(0..10) == 0 { rng.i64(60..3_600) } else { rng.i64(2..23) } * 1_000;
        let end = if rng.u8(0..20) == 0 { ActionStatus::Failed } else { ActionStatus::Succeeded };
        self.add(SimAction {
            machine: machine.clone(),
            comment: comment.as_sent().to_owned(),
            requestor: "ir-automation",
            created: at,
            shown,
            ends: at + lasts,
            end,
        })
    }

    /// An action from wherever.
    pub(crate) fn add(&mut self, action: SimAction) -> u32 {
        self.last += 1;
        self.on.entry(action.machine.clone()).or_default().push(self.last);
        self.shown.insert(self.last, pending(self.last, &action));
        self.actions.insert(self.last, action);
        self.last
    }

    /// How many actions the calls with a comment created on a machine.
    pub(crate) fn ours_on(&self, machine: &MachineId, comment: &str) -> usize {
        let on = self.on.get(machine).into_iter().flatten();
        on.filter(|id| self.actions[id].comment == comment).count()
    }

    /// An action as it is at a moment.
    pub(crate) fn show(&self, id: u32, at: True) -> MachineAction {
        let action = &self.actions[&id];
        let mut shown = self.shown[&id].clone();
        if at >= action.ends {
            shown.status = action.end.clone();
            shown.updated = Some(instant(action.ends));
        }
        shown
    }

    /// A list that was asked for at `sent` and put together at `at`.
    pub(crate) fn list(
        &self,
        sent: True,
        at: True,
        from: Timestamp,
        machine: Option<&MachineId>,
    ) -> Vec<MachineAction> {
        let shown = |action: &SimAction| action.shown <= at || action.created + LAMBDA <= sent;
        self.actions
            .iter()
            .filter(|(_, a)| shown(a) && machine.map_or(instant(a.created) >= from, |id| a.machine == *id))
            .map(|(id, _)| self.show(*id, at))
            .collect()
    }

    /// The most calls that any window of a length held.
    pub(crate) fn busiest(&self, length: True) -> usize {
        let mut counted = self.counted.clone();
        counted.sort_unstable();
        let mut first = 0;
        let mut most = 0;
        for (last, at) in counted.iter().enumerate() {
            while at - counted[first] > length {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}

fn pending(id: u32, action: &SimAction) -> MachineAction {
    MachineAction {
        id: ActionId::parse(&format!("a-{id}")).expect("an id"),
        kind: ActionKind::Offboard,
        status: ActionStatus::Pending,
        machine: Some(action.machine.clone()),
        name: None,
        requestor: Some(action.requestor.into()),
        comment: Some(action.comment.as_str().into()),
        created: Some(instant(action.created)),
        updated: Some(instant(action.created)),
        error_hresult: Some(0),
        properties: Vec::new(),
    }
}
