//! Guards and transitions: one function over rows, the same for every journal.
//!
//! A guard that says no does so before anything is written. Every change of a machine goes through [`Work::put`],
//! which asserts that the table of states allows it.

mod calls;
mod lists;
mod people;
mod processes;

use std::collections::BTreeMap;

use crate::domain::{MachineId, SafeText};
use crate::offboard::machine_run::{CLAIMING, may_go, stored};
use crate::offboard::view::{MachineState, RunId};

use super::rows::{BucketId, BucketRow, EventRow, MachineRow, RunRow, Seq};
use super::{Asker, JournalError, Reply, Result, Rows, Transaction};

/// Performs a transaction on rows: whoever stores them makes it all or nothing.
pub(crate) fn apply(rows: &mut dyn Rows, asker: &Asker, transaction: &Transaction) -> Result<Reply> {
    let mut work = Work { rows, asker, runs: BTreeMap::new(), reply: Reply::default() };
    match transaction {
        Transaction::Open(key) => work.open(key)?,
        Transaction::Confirm { bucket, plan, operator } => work.confirm(*bucket, plan, operator)?,
        Transaction::Take { run, most, at } => work.take(*run, *most, *at)?,
        Transaction::Settle { slot, outcome, at } => work.settle(*slot, outcome, *at)?,
        Transaction::Look(look) => work.look(look)?,
        Transaction::GiveUpLooking { tenant, at } => work.give_up_looking(tenant, *at)?,
        Transaction::TakeOver(process) => work.take_over(*process)?,
        Transaction::Stop { run, wish, by } => work.stop(*run, *wish, by)?,
        Transaction::GoOn { run, left } => work.go_on(*run, *left)?,
        Transaction::Decide { run, machine, decision } => work.decide(*run, machine, *decision)?,
        Transaction::End => work.end()?,
    }
    work.finish()
}

/// A transaction under way.
struct Work<'a> {
    rows: &'a mut dyn Rows,
    asker: &'a Asker,
    /// Runs that were touched; written once, at the end.
    runs: BTreeMap<RunId, Touched>,
    reply: Reply,
}

struct Touched {
    row: RunRow,
    /// Whether anything was written about it.
    changed: bool,
    /// Whether a machine of it became final.
    finals: bool,
}

impl Work<'_> {
    /// A run, to read and to change.
    fn run(&mut self, id: RunId) -> Result<&mut RunRow> {
        Ok(&mut self.touched(id)?.row)
    }

    fn touched(&mut self, id: RunId) -> Result<&mut Touched> {
        if let std::collections::btree_map::Entry::Vacant(entry) = self.runs.entry(id) {
            let row = self.rows.run(id)?.ok_or_else(|| JournalError::refused("there is no such run"))?;
            entry.insert(Touched { row, changed: false, finals: false });
        }
        Ok(self.runs.get_mut(&id).expect("it was just put there"))
    }

    fn bucket(&mut self, id: BucketId) -> Result<BucketRow> {
        let found = self.rows.buckets()?.into_iter().find(|row| row.id == id);
        found.ok_or_else(|| JournalError::refused("there is no such bucket"))
    }

    fn put_bucket(&mut self, row: BucketRow) -> Result<()> {
        self.rows.put_bucket(&row)?;
        self.reply.buckets.retain(|before| before.id != row.id);
        self.reply.buckets.push(row);
        Ok(())
    }

    /// Writes down what happened.
    fn event(
        &mut self,
        run: Option<RunId>,
        machine: Option<&MachineId>,
        kind: &str,
        detail: impl AsRef<str>,
    ) -> Result<Seq> {
        let wall = self.asker.now.wall;
        let seq = self.rows.event(&EventRow {
            seq: Seq(0),
            run,
            machine: machine.cloned(),
            process: Some(self.asker.me).filter(|me| me.0 != 0), // one that only looks has no number
            wall,
            kind: kind.into(),
            detail: SafeText::new(detail.as_ref()),
        })?;
        if let Some(run) = run {
            let touched = self.touched(run)?;
            touched.changed = true;
            touched.row.changed = seq;
            touched.row.last_word = wall;
        }
        Ok(seq)
    }

    /// Moves a machine to a state, with an event that says why.
    fn put(&mut self, row: &mut MachineRow, to: MachineState, detail: impl AsRef<str>) -> Result<Seq> {
        if !may_go(row.state, to) {
            let words = format!("{} may not go from {} to {}", row.id, stored(row.state), stored(to));
            return Err(JournalError::Failed(SafeText::new(&words)));
        }
        let seq = self.event(Some(row.run), Some(&row.id), stored(to), detail)?;
        self.store(row, to)?;
        Ok(seq)
    }

    /// The same without an event of its own: many at once, under one event of the run.
    fn store(&mut self, row: &mut MachineRow, to: MachineState) -> Result<()> {
        row.state = to;
        self.rows.put_machine(row)?;
        let touched = self.touched(row.run)?;
        touched.changed = true;
        touched.finals |= to.is_final();
        self.reply.machines.push(row.clone());
        Ok(())
    }

    /// The run of ours, another than this one, that holds a machine.
    fn held_by_another(&mut self, row: &MachineRow) -> Result<Option<RunId>> {
        let same = self.rows.same_machine(&row.tenant, &row.id)?;
        Ok(same.iter().find(|m| m.run != row.run && CLAIMING.contains(&m.state)).map(|m| m.run))
    }

    /// Writes the runs that were touched, and says what they have left.
    fn finish(mut self) -> Result<Reply> {
        for (id, touched) in std::mem::take(&mut self.runs) {
            let mut row = touched.row;
            if touched.finals && row.ended.is_none() {
                let counts = self.rows.counts(id)?;
                let open =
                    counts.queued + counts.sending + counts.unknown + counts.undecided + counts.pending;
                row.ended = (open == 0).then_some(self.asker.now.wall);
            }
            if touched.changed {
                self.rows.put_run(&row)?;
            }
            self.reply.queued.push((id, self.rows.queued(id)?));
            self.reply.runs.push(row);
        }
        Ok(self.reply)
    }
}

/// What an operator calls a machine: its name, or the start of its id.
fn called(row: &MachineRow) -> String {
    let name = row.name.as_ref().map_or("", |name| name.as_str());
    let bare = name.split('.').next().unwrap_or(name).trim();
    if bare.is_empty() { row.id.start(8).to_owned() } else { bare.to_owned() }
}
