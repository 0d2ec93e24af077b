//! What people ask: a new run, stop, go on, cancel, and a decision about one machine.

use crate::domain::{MachineId, SafeText};
use crate::offboard::plan::Plan;
use crate::offboard::view::{MachineState, RunId};

use super::super::rows::{BucketId, MachineRow, Operator, RunRow, Seq, Wish};
use super::super::{Decision, JournalError, Result};
use super::Work;

impl Work<'_> {
    /// A plan becomes a run of this process.
    pub(super) fn confirm(&mut self, bucket: BucketId, plan: &Plan, operator: &Operator) -> Result<()> {
        let bucket = self.bucket(bucket)?;
        let name = plan.mark().run.clone();
        if self.rows.runs()?.iter().any(|run| run.name == name) {
            return Err(JournalError::refused(format!("run {name} is on this host already")));
        }
        let wall = self.asker.now.wall;
        let row = RunRow {
            id: RunId(0),
            bucket: bucket.id,
            tenant: bucket.key.tenant.clone(),
            name,
            operator: operator.clone(),
            comment: plan.comment().clone(),
            requestor: None,
            confirmed: wall,
            wish: Wish::Go,
            why: None,
            stopped: None,
            driver: self.asker.me,
            frozen: self.rows.last_seq()?,
            fail_kind: None,
            fail_count: 0,
            fail_seq: Seq::default(),
            never_again: false,
            canary: None,
            gate_open: true,
            ended: None,
            changed: Seq::default(),
            last_word: wall,
        };
        let run = self.rows.put_run(&row)?;
        for (ord, planned) in plan.machines().iter().enumerate() {
            self.rows.put_machine(&MachineRow {
                run,
                tenant: bucket.key.tenant.clone(),
                id: planned.machine.id().clone(),
                ord: ord as u32,
                name: planned.name.clone(),
                facts: planned.facts.clone(),
                last_seen: planned.last_seen,
                inactive: planned.inactive,
                state: MachineState::Queued,
                attempt: 0,
                intended: None,
                sent: None,
                boot: self.asker.boot.clone(),
                doubt_kind: None,
                doubts: 0,
                doubt_since: None,
                look_after: None,
                action: None,
                action_since: None,
                words: None,
            })?;
        }
        let detail = format!("{} machines by {}", plan.machines().len(), operator.name);
        self.event(Some(run), None, "confirmed", detail)?;
        Ok(())
    }

    /// Stops sending. Cancelling is final; what is in doubt is still looked for.
    pub(super) fn stop(&mut self, run: RunId, wish: Wish, by: &SafeText) -> Result<()> {
        let wall = self.asker.now.wall;
        let row = self.run(run)?;
        if row.ended.is_some() {
            return Err(JournalError::refused(format!("run {} is finished", row.name)));
        }
        if row.wish == Wish::Cancel || row.wish == wish && row.why.is_some() {
            return Ok(());
        }
        row.wish = wish;
        row.why = Some(by.clone());
        row.stopped = Some(wall);
        self.event(Some(run), None, if wish == Wish::Cancel { "cancel" } else { "stopped" }, by)?;
        if wish == Wish::Cancel {
            for mut machine in self.rows.machines_in(run, MachineState::Queued, usize::MAX)? {
                machine.words = Some(by.clone());
                self.store(&mut machine, MachineState::Cancelled)?;
            }
        }
        Ok(())
    }

    /// Goes on, if as much is left as the operator was told.
    pub(super) fn go_on(&mut self, run: RunId, left: usize) -> Result<()> {
        let me = self.asker.me;
        let counts = self.rows.counts(run)?;
        let row = self.run(run)?;
        if row.wish == Wish::Cancel {
            return Err(JournalError::refused(format!("run {} was cancelled", row.name)));
        }
        if row.driver != me {
            return Err(JournalError::refused(format!("run {} is carried out by another process", row.name)));
        }
        if counts.left_to_send() != left {
            let words = format!("{} are left now, not {left}: look again", counts.left_to_send());
            return Err(JournalError::refused(words));
        }
        row.wish = Wish::Go;
        row.why = None;
        row.stopped = None;
        (row.fail_kind, row.fail_count) = (None, 0);
        self.event(Some(run), None, "goes on", format!("{left} are left"))?;
        Ok(())
    }

    /// A person decides about a machine that may have an action or not.
    pub(super) fn decide(&mut self, run: RunId, id: &MachineId, decision: Decision) -> Result<()> {
        let machine = self.rows.machine(run, id)?;
        let mut machine = machine
            .filter(|machine| machine.state == MachineState::Undecided)
            .ok_or_else(|| JournalError::refused("it is not undecided any more"))?;
        let row = self.run(run)?;
        if decision == Decision::SendAgain && row.wish == Wish::Cancel {
            return Err(JournalError::refused("its run was cancelled: send it in a new run"));
        }
        let driver = row.driver;
        if decision == Decision::SendAgain && driver != self.asker.me {
            // The driver would not hear of it: it learns of others' wishes, not of their machines.
            let pid = self.rows.process(driver)?.map_or(0, |row| row.pid);
            let words = format!("process {pid} sends from this host; decide there");
            return Err(JournalError::refused(words));
        }
        machine.doubt_kind = None;
        match decision {
            Decision::SendAgain => {
                machine.words = Some("to be sent again, as its operator decided".into());
                self.put(&mut machine, MachineState::Queued, "its operator sends it again")?;
            }
            Decision::Leave => {
                machine.words = Some("left as it is by its operator".into());
                self.put(&mut machine, MachineState::Left, "its operator leaves it")?;
            }
        }
        Ok(())
    }
}
