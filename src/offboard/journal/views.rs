//! What screens read from the journal.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::{ActionId, MachineId, SafeText};
use crate::offboard::budget::Until;
use crate::offboard::moment::Boot;
use crate::offboard::view::{Counts, MachineState, RunId};

use super::rows::{ActionRow, BucketId, BucketRow, EventRow, MachineRow, ProcessRow, RunRow, Seq};
use super::sqlite::Sqlite;
use super::store::{self, Store};
use super::{Result, Rows};

/// Everything that the status pane and the list of runs show, as it stands in the journal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overview {
    /// All runs with their counts and the doubts that are looked for.
    pub(crate) runs: Vec<(RunRow, Counts, Vec<MachineRow>)>,
    /// Processes that have not ended.
    pub(crate) processes: Vec<ProcessRow>,
    /// The bucket that was asked for, else the one that was used last, and until when its slots may be counted.
    pub(crate) bucket: Option<BucketRow>,
    pub(crate) ends: Vec<Until>,
    /// The action heard of last, with its machine's name.
    pub(crate) last_action: Option<(ActionRow, Option<SafeText>)>,
    /// Machines that belong to a run.
    pub(crate) held: Arc<BTreeSet<MachineId>>,
    pub(crate) last_seq: Seq,
}

/// A machine of a run with its action and, without one, what happened.
#[derive(Debug, Clone)]
pub(crate) struct MachineDetails {
    pub(crate) row: MachineRow,
    pub(crate) action: Option<ActionRow>,
    pub(crate) events: Vec<EventRow>,
}

impl Sqlite {
    /// Reads what the status shows.
    pub(crate) fn overview(&mut self, bucket: Option<BucketId>, boot: &Boot) -> Result<Overview> {
        let path = self.path().to_owned();
        let mut counted = std::mem::take(&mut self.counted);
        let (held_at, mut held) = self.held.clone();
        let sql = self.reading()?;
        let mut store = Store { sql: &sql, path: &path };
        let mut runs = Vec::new();
        for row in store.runs()?.into_iter().rev() {
            let known =
                counted.get(&row.id).filter(|(seq, _)| *seq == row.changed).map(|(_, counts)| *counts);
            let counts = match known {
                Some(counts) => counts,
                None => store.counts(row.id)?,
            };
            counted.insert(row.id, (row.changed, counts));
            let doubts = if counts.unknown > 0 {
                store.machines_in(row.id, MachineState::Unknown, usize::MAX)?
            } else {
                Vec::new()
            };
            runs.push((row, counts, doubts));
        }
        let buckets = store.buckets()?;
        let last_used = || runs.first().map(|(run, ..)| run.bucket);
        let bucket = bucket.or_else(last_used);
        let bucket = buckets.iter().find(|row| Some(row.id) == bucket).cloned();
        let ends = match &bucket {
            Some(bucket) => store.ends(bucket.id, boot)?,
            None => Vec::new(),
        };
        let last_seq = store.last_seq()?;
        if held_at != last_seq {
            held = Arc::new(store.held()?);
        }
        let overview = Overview {
            held: Arc::clone(&held),
            runs,
            processes: store.processes()?,
            ends: ends.into_iter().map(|(_, until)| until).collect(),
            bucket,
            last_action: last_action(&mut store)?,
            last_seq,
        };
        drop(sql);
        self.counted = counted;
        self.held = (last_seq, held);
        Ok(overview)
    }

    /// Reads the machines of a run.
    pub(crate) fn machine_details(&mut self, run: RunId) -> Result<Vec<MachineDetails>> {
        let path = self.path().to_owned();
        let sql = self.reading()?;
        let mut store = Store { sql: &sql, path: &path };
        let actions = store.all(
            "SELECT a.* FROM machine m JOIN action a ON a.tenant = m.tenant AND a.id = m.action WHERE m.run = ?",
            [run.0],
            store::action,
        )?;
        let mut actions: HashMap<ActionId, ActionRow> =
            actions.into_iter().map(|row| (row.action.id.clone(), row)).collect();
        let mut events: HashMap<MachineId, Vec<EventRow>> = HashMap::new();
        for row in store.all(
            "SELECT e.* FROM machine m JOIN event e ON e.run = m.run AND e.machine = m.machine
             WHERE m.run = ? AND m.action IS NULL AND m.attempt > 0 ORDER BY e.seq",
            [run.0],
            store::event,
        )? {
            if let Some(machine) = row.machine.clone() {
                events.entry(machine).or_default().push(row);
            }
        }
        let rows = store.machines(run)?;
        Ok(rows
            .into_iter()
            .map(|row| MachineDetails {
                action: row.action.as_ref().and_then(|id| actions.remove(id)),
                events: events.remove(&row.id).unwrap_or_default(),
                row,
            })
            .collect())
    }
}

/// From the action heard of last backwards until one belongs to a machine of ours, in this order of the tables: the
/// first ones do, and a journal holds many machines.
pub(super) const LAST_ACTION: &str =
    "SELECT a.*, m.name AS machine_name FROM action a INDEXED BY action_asked
    CROSS JOIN machine m INDEXED BY machine_by_id
        ON m.machine = a.machine AND m.tenant = a.tenant AND m.action = a.id
    ORDER BY a.asked DESC, a.seq DESC LIMIT 1";

fn last_action(store: &mut Store<'_>) -> Result<Option<(ActionRow, Option<SafeText>)>> {
    let last = store.all(LAST_ACTION, [], |row| {
        let name: Option<String> = row.get("machine_name")?;
        Ok((store::action(row)?, name.map(|name| SafeText::restored(&name))))
    })?;
    Ok(last.into_iter().next())
}
