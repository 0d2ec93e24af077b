//! Buckets opened, and what a dead process leaves behind.
//!
//! Authority ends only by death: whoever calls [`Work::take_over`] has proved it by the dead one's lock, or by a boot
//! that is over.

use jiff::Timestamp;

use crate::domain::SafeText;
use crate::offboard::budget;
use crate::offboard::machine_run::{CLAIMING, DoubtKind};
use crate::offboard::moment::{ARRIVES_LATE_BEHIND_PROXY, LIST_LATE};
use crate::offboard::view::MachineState;

use super::super::rows::{BucketId, BucketKey, BucketRow, ProcessId, RunRow, Seq, Wish};
use super::super::{JournalError, Result};
use super::Work;

impl Work<'_> {
    /// Finds or makes the bucket of an application in a tenant, and notes how late our calls there may arrive, before
    /// any is made. A pause of another boot starts again.
    pub(super) fn open(&mut self, key: &BucketKey) -> Result<()> {
        let found = self.rows.buckets()?.into_iter().find(|row| row.key == *key);
        let mut row = found.unwrap_or_else(|| BucketRow {
            id: BucketId(0),
            key: key.clone(),
            boot: self.asker.boot.clone(),
            pause: None,
            paused_at: Seq::default(),
            pause_words: SafeText::default(),
            last_good_read: None,
            asked: None,
        });
        let now = self.asker.now.raw;
        if row.boot != self.asker.boot {
            row.pause = row.pause.map(|pause| pause.again(now));
            row.boot = self.asker.boot.clone();
        }
        row.id = self.rows.put_bucket(&row)?;
        if let Some(mut me) = self.rows.process(self.asker.me)? {
            me.late = me.late.max(self.asker.late);
            self.rows.put_process(&me)?;
        }
        for slot in self.rows.slots(row.id)? {
            if budget::is_over(slot.until_in(&self.asker.boot), now) {
                self.rows.drop_slot(slot.id)?;
            } else {
                self.reply.slots.push(slot);
            }
        }
        self.reply.buckets.push(row);
        Ok(())
    }

    /// A process is dead: its open slots end, its unfinished runs are mine, and nothing of them is sent until
    /// somebody goes on.
    pub(super) fn take_over(&mut self, process: ProcessId) -> Result<()> {
        let dead = self.rows.process(process)?.filter(|_| process != self.asker.me);
        let mut dead = dead.ok_or_else(|| JournalError::refused("there is no such process"))?;
        let late = dead.late.max(self.asker.late);
        for mut slot in self.rows.open_slots(process)? {
            slot.until = Some(if slot.boot == self.asker.boot {
                self.asker.now.raw.plus(late)
            } else {
                slot.until_in(&self.asker.boot).expect("a slot of another boot has an end")
            });
            slot.boot = self.asker.boot.clone();
            self.rows.put_slot(&slot)?;
            self.reply.slots.push(slot);
        }
        for run in self.rows.runs()? {
            if run.driver == process && run.ended.is_none() {
                self.take_run_over(&run, late)?;
            }
        }
        dead.ended = true;
        self.rows.put_process(&dead)?;
        Ok(())
    }

    fn take_run_over(&mut self, run: &RunRow, late: i64) -> Result<()> {
        let late = late + LIST_LATE;
        let mut unfinished = self.rows.queued(run.id)? > 0;
        for mut machine in self.rows.machines(run.id)? {
            match machine.state {
                MachineState::Sending => {
                    // Service time may not be known yet; the first intent is older, which errs towards asking.
                    let since = machine.intended.unwrap_or(Timestamp::UNIX_EPOCH);
                    self.doubt(&mut machine, DoubtKind::Unknown, late, since);
                    self.put(&mut machine, MachineState::Unknown, "its driver died before an answer")?;
                    unfinished = true;
                }
                MachineState::Unknown => {
                    unfinished = true;
                    if machine.boot != self.asker.boot {
                        machine.boot = self.asker.boot.clone();
                        // Not only the last driver's calls: whose it was, and its way, may be older than that.
                        let longest = late.max(ARRIVES_LATE_BEHIND_PROXY + LIST_LATE);
                        machine.look_after = Some(self.asker.now.raw.plus(longest));
                    }
                    self.store(&mut machine, MachineState::Unknown)?;
                }
                state if CLAIMING.contains(&state) => self.reply.machines.push(machine),
                _ => {}
            }
        }
        let me = self.asker.me;
        let row = self.run(run.id)?;
        row.driver = me;
        if unfinished && row.wish == Wish::Go {
            row.wish = Wish::Pause;
            (row.why, row.stopped) = (None, None);
        }
        self.event(Some(run.id), None, "taken over", "its driver is gone")?;
        Ok(())
    }

    /// This process sends nothing any more.
    pub(super) fn end(&mut self) -> Result<()> {
        let me = self.asker.me;
        if !self.rows.open_slots(me)?.is_empty() {
            return Err(JournalError::refused("a call is still on its way"));
        }
        if let Some(mut row) = self.rows.process(me)? {
            row.ended = true;
            self.rows.put_process(&row)?;
        }
        Ok(())
    }
}
