//! A journal in memory, for the simulation: the same rows, the same transactions, no disk.
//!
//! It cannot undo, and need not: a transaction that is refused must not have written anything, which is asserted.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::domain::{ActionId, MachineId, SafeText};
use crate::offboard::budget::Until;
use crate::offboard::moment::Boot;
use crate::offboard::view::{Counts, MachineState, RunId};

use super::rows::{
    ActionRow, BucketId, BucketRow, EventRow, MachineRow, ProcessId, ProcessRow, RunRow, Seq, SlotId,
    SlotRow, count,
};
use super::{Asker, Reply, Result, Rows, Transaction, transactions};

#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) processes: BTreeMap<ProcessId, ProcessRow>,
    pub(crate) buckets: BTreeMap<BucketId, BucketRow>,
    pub(crate) slots: BTreeMap<SlotId, SlotRow>,
    pub(crate) runs: BTreeMap<RunId, RunRow>,
    pub(crate) machines: BTreeMap<(RunId, MachineId), MachineRow>,
    pub(crate) actions: BTreeMap<(SafeText, ActionId), ActionRow>,
    pub(crate) events: Vec<EventRow>,
    by_state: BTreeMap<(RunId, MachineState), BTreeSet<(u32, MachineId)>>,
    runs_of: BTreeMap<MachineId, BTreeSet<RunId>>,
    actions_of: BTreeMap<MachineId, BTreeSet<ActionId>>,
    last_slot: i64,
    writes: u64,
}

impl Memory {
    /// Performs a transaction whole or, when it is refused, not at all.
    pub(crate) fn commit(&mut self, asker: &Asker, transaction: &Transaction) -> Result<Reply> {
        let before = self.writes;
        let reply = transactions::apply(self, asker, transaction);
        assert!(reply.is_ok() || self.writes == before, "{transaction:?} wrote before it said no: {reply:?}");
        reply
    }

    fn rows_of(&self, keys: impl Iterator<Item = (RunId, MachineId)>) -> Vec<MachineRow> {
        keys.map(|key| self.machines[&key].clone()).collect()
    }
}

/// The id of a row that is stored: its own, or the next one if it has none.
fn id_or_next(id: i64, last: Option<i64>) -> i64 {
    if id == 0 { last.unwrap_or(0) + 1 } else { id }
}

impl Rows for Memory {
    fn processes(&mut self) -> Result<Vec<ProcessRow>> {
        Ok(self.processes.values().filter(|row| !row.ended).cloned().collect())
    }

    fn process(&mut self, id: ProcessId) -> Result<Option<ProcessRow>> {
        Ok(self.processes.get(&id).cloned())
    }

    fn put_process(&mut self, row: &ProcessRow) -> Result<ProcessId> {
        self.writes += 1;
        let id = ProcessId(id_or_next(row.id.0, self.processes.keys().last().map(|id| id.0)));
        self.processes.insert(id, ProcessRow { id, ..row.clone() });
        Ok(id)
    }

    fn buckets(&mut self) -> Result<Vec<BucketRow>> {
        Ok(self.buckets.values().cloned().collect())
    }

    fn put_bucket(&mut self, row: &BucketRow) -> Result<BucketId> {
        self.writes += 1;
        let id = BucketId(id_or_next(row.id.0, self.buckets.keys().last().map(|id| id.0)));
        self.buckets.insert(id, BucketRow { id, ..row.clone() });
        Ok(id)
    }

    fn slots(&mut self, bucket: BucketId) -> Result<Vec<SlotRow>> {
        Ok(self.slots.values().filter(|row| row.bucket == bucket).cloned().collect())
    }

    fn open_slots(&mut self, process: ProcessId) -> Result<Vec<SlotRow>> {
        let open = |row: &&SlotRow| row.process == Some(process) && row.until.is_none();
        Ok(self.slots.values().filter(open).cloned().collect())
    }

    fn ends(&mut self, bucket: BucketId, boot: &Boot) -> Result<Vec<(SlotId, Until)>> {
        let of = self.slots.values().filter(|row| row.bucket == bucket);
        Ok(of.map(|row| (row.id, row.until_in(boot))).collect())
    }

    fn slot(&mut self, id: SlotId) -> Result<Option<SlotRow>> {
        Ok(self.slots.get(&id).cloned())
    }

    fn put_slot(&mut self, row: &SlotRow) -> Result<SlotId> {
        self.writes += 1;
        let id = SlotId(id_or_next(row.id.0, Some(self.last_slot)));
        self.last_slot = self.last_slot.max(id.0); // never given twice, though slots are dropped
        self.slots.insert(id, SlotRow { id, ..row.clone() });
        Ok(id)
    }

    fn drop_slot(&mut self, id: SlotId) -> Result<()> {
        self.writes += 1;
        self.slots.remove(&id);
        Ok(())
    }

    fn runs(&mut self) -> Result<Vec<RunRow>> {
        Ok(self.runs.values().cloned().collect())
    }

    fn run(&mut self, id: RunId) -> Result<Option<RunRow>> {
        Ok(self.runs.get(&id).cloned())
    }

    fn put_run(&mut self, row: &RunRow) -> Result<RunId> {
        self.writes += 1;
        let id = RunId(id_or_next(row.id.0, self.runs.keys().last().map(|id| id.0)));
        self.runs.insert(id, RunRow { id, ..row.clone() });
        Ok(id)
    }

    fn machine(&mut self, run: RunId, id: &MachineId) -> Result<Option<MachineRow>> {
        Ok(self.machines.get(&(run, id.clone())).cloned())
    }

    fn machines_in(&mut self, run: RunId, state: MachineState, most: usize) -> Result<Vec<MachineRow>> {
        let Some(ids) = self.by_state.get(&(run, state)) else { return Ok(Vec::new()) };
        Ok(self.rows_of(ids.iter().take(most).map(|(_, id)| (run, id.clone()))))
    }

    fn machines(&mut self, run: RunId) -> Result<Vec<MachineRow>> {
        let mut rows: Vec<_> = self.machines.values().filter(|row| row.run == run).cloned().collect();
        rows.sort_by_key(|row| row.ord);
        Ok(rows)
    }

    fn same_machine(&mut self, tenant: &SafeText, id: &MachineId) -> Result<Vec<MachineRow>> {
        let Some(runs) = self.runs_of.get(id) else { return Ok(Vec::new()) };
        let mut rows = self.rows_of(runs.iter().map(|run| (*run, id.clone())));
        rows.retain(|row| row.tenant == *tenant);
        Ok(rows)
    }

    fn movable(&mut self, tenant: &SafeText) -> Result<HashSet<MachineId>> {
        let states = [MachineState::Queued, MachineState::Unknown, MachineState::Undecided];
        let runs = self.runs.values().filter(|run| run.tenant == *tenant).map(|run| run.id);
        let places = runs.flat_map(|run| states.map(|state| (run, state)));
        let ids = places.filter_map(|place| self.by_state.get(&place)).flatten().map(|(_, id)| id.clone());
        Ok(ids.collect())
    }

    fn put_machine(&mut self, row: &MachineRow) -> Result<()> {
        self.writes += 1;
        let before = self.machines.insert((row.run, row.id.clone()), row.clone());
        let place = (row.ord, row.id.clone());
        if let Some(before) = before {
            self.by_state.entry((row.run, before.state)).or_default().remove(&place);
        }
        self.by_state.entry((row.run, row.state)).or_default().insert(place);
        self.runs_of.entry(row.id.clone()).or_default().insert(row.run);
        Ok(())
    }

    fn counts(&mut self, run: RunId) -> Result<Counts> {
        let mut counts = Counts::default();
        for ((of, state), ids) in &self.by_state {
            if *of == run {
                count(&mut counts, *state, ids.len());
            }
        }
        Ok(counts)
    }

    fn queued(&mut self, run: RunId) -> Result<usize> {
        self.counts(run).map(|counts| counts.queued)
    }

    fn action(&mut self, tenant: &SafeText, id: &ActionId) -> Result<Option<ActionRow>> {
        Ok(self.actions.get(&(tenant.clone(), id.clone())).cloned())
    }

    fn actions_on(&mut self, tenant: &SafeText, machine: &MachineId) -> Result<Vec<ActionRow>> {
        let ids = self.actions_of.get(machine).into_iter().flatten();
        Ok(ids.map(|id| self.actions[&(tenant.clone(), id.clone())].clone()).collect())
    }

    fn ours_between(&mut self, tenant: &SafeText, from: Timestamp, to: Timestamp) -> Result<Vec<ActionRow>> {
        let inside = |row: &&ActionRow| {
            row.tenant == *tenant
                && row.ours.is_some()
                && row.action.created.is_some_and(|created| created >= from && created <= to)
        };
        Ok(self.actions.values().filter(inside).cloned().collect())
    }

    fn nameless_actions(&mut self, tenant: &SafeText) -> Result<Vec<ActionRow>> {
        let nameless = |row: &&ActionRow| row.tenant == *tenant && row.action.machine.is_none();
        Ok(self.actions.values().filter(nameless).cloned().collect())
    }

    fn followed_before(&mut self, tenant: &SafeText, since: Timestamp) -> Result<Vec<MachineRow>> {
        let followed = |row: &&MachineRow| {
            row.tenant == *tenant
                && matches!(row.state, MachineState::Accepted | MachineState::Adopted)
                && row.action_since.is_some_and(|began| began < since)
        };
        Ok(self.machines.values().filter(followed).cloned().collect())
    }

    fn put_action(&mut self, row: &ActionRow) -> Result<()> {
        self.writes += 1;
        if let Some(machine) = &row.action.machine {
            self.actions_of.entry(machine.clone()).or_default().insert(row.action.id.clone());
        }
        self.actions.insert((row.tenant.clone(), row.action.id.clone()), row.clone());
        Ok(())
    }

    fn event(&mut self, row: &EventRow) -> Result<Seq> {
        self.writes += 1;
        let seq = Seq(self.events.len() as i64 + 1);
        self.events.push(EventRow { seq, ..row.clone() });
        Ok(seq)
    }

    fn last_seq(&mut self) -> Result<Seq> {
        Ok(Seq(self.events.len() as i64))
    }
}
