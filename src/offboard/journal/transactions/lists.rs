//! What one list read of actions changes: doubts, undecided and queued machines, and the ends of what is followed.
//! Never a machine that is `sending`: its own answer settles it.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::{ActionKind, MachineAction, SafeText};
use crate::offboard::machine_run::{DoubtKind, end_of};
use crate::offboard::moment::{DAY, LIST_LATE, MINUTE, SECOND, between, shifted};
use crate::offboard::recovery::{
    FOLLOWED_FOR, NotSeen, OurCall, carries, decide, is_hopeless, is_ours, was_pending_at,
};
use crate::offboard::view::{MachineState, RunId};

use super::super::rows::{ActionRow, BucketRow, MachineRow, Wish};
use super::super::{Look, Proved, Result};
use super::calls::link;
use super::{Work, called};

/// Actions that concern no machine of ours are remembered when they are this young: one of them could otherwise be
/// taken for the action of a call that was not yet intended when the list was read.
const REMEMBERED: i64 = 2 * MINUTE;

impl Work<'_> {
    /// Applies a list read.
    pub(super) fn look(&mut self, look: &Look) -> Result<()> {
        let mut bucket = self.bucket(look.bucket)?;
        let tenant = bucket.key.tenant.clone();
        self.reply.lacks = if look.complete { self.lacks(look, &tenant)? } else { 0 };
        let good = look.complete && self.reply.lacks == 0;
        self.reply.good_read = good;

        let movable = self.rows.movable(&tenant)?;
        let mut rows = Vec::new();
        for action in look.rows.iter().filter(|action| action.kind == ActionKind::Offboard) {
            let news = self.store_listed(look, &tenant, action)?;
            if news || action.machine.as_ref().is_some_and(|id| movable.contains(id)) {
                rows.push(action);
            }
        }
        for action in rows {
            self.show(look, &tenant, action)?;
        }
        if good {
            for proved in &look.proved {
                self.not_seen(look, &tenant, proved)?;
            }
            if look.machine.is_none() {
                for mut machine in self.rows.followed_before(&tenant, shifted(look.sent_at, -FOLLOWED_FOR))? {
                    machine.words = Some("no end of its action was seen for 3 d 6 h".into());
                    self.put(&mut machine, MachineState::Untraceable, "no end seen")?;
                }
                self.note_good_read(look, &mut bucket)?;
            }
        }
        Ok(())
    }

    fn note_good_read(&mut self, look: &Look, bucket: &mut BucketRow) -> Result<()> {
        bucket.last_good_read = Some(look.sent_at);
        bucket.asked = Some(self.asker.now.wall);
        self.put_bucket(bucket.clone())
    }

    /// How many actions of ours the list does not show that it must show by now: one that lacks a known action may
    /// lack the one that is looked for.
    fn lacks(&mut self, look: &Look, tenant: &SafeText) -> Result<usize> {
        let shown: HashSet<_> = look.rows.iter().map(|action| &action.id).collect();
        let until = shifted(look.sent_at, -LIST_LATE);
        let known = self.rows.ours_between(tenant, look.from, until)?;
        let asked =
            |row: &&ActionRow| look.machine.is_none() || row.action.machine.as_ref() == look.machine.as_ref();
        Ok(known.iter().filter(asked).filter(|row| !shown.contains(&row.action.id)).count())
    }

    /// First for every action: what it is, and whose. Says whether that is news.
    fn store_listed(&mut self, look: &Look, tenant: &SafeText, action: &MachineAction) -> Result<bool> {
        let asked = self.asker.now.wall;
        if let Some(known) = self.rows.action(tenant, &action.id)? {
            let news = moved(&known.action, action);
            if news {
                self.rows.put_action(&ActionRow { action: action.clone(), asked, ..known })?;
            }
            return Ok(news);
        }
        let machines = match &action.machine {
            Some(id) => self.rows.same_machine(tenant, id)?,
            None => Vec::new(),
        };
        let ours = self.whose(&machines, action)?;
        let young =
            action.created.is_none_or(|created| between(created, look.sent_at) < REMEMBERED + LIST_LATE);
        // One that names no machine may be of any call of ours, and is rare enough to be kept.
        if ours.is_none() && action.machine.is_some() && machines.is_empty() && !young {
            return Ok(false);
        }
        let seq = match ours {
            Some(run) => self.event(Some(run), action.machine.as_ref(), "action", action.id.as_str())?,
            None => self.rows.last_seq()?,
        };
        self.rows.put_action(&ActionRow {
            tenant: tenant.clone(),
            action: action.clone(),
            ours,
            seq,
            asked,
        })?;
        for machine in machines.iter().filter(|machine| ours == Some(machine.run)) {
            self.alarm_if_two(machine)?;
        }
        Ok(true)
    }

    /// The run of ours whose call made an action, the newest first.
    fn whose(&mut self, machines: &[MachineRow], action: &MachineAction) -> Result<Option<RunId>> {
        let mut newest: Vec<_> = machines.iter().collect();
        newest.sort_by_key(|machine| std::cmp::Reverse(machine.run));
        for machine in newest {
            let run = self.run(machine.run)?;
            let call = OurCall {
                machine: &machine.id,
                comment: &run.comment,
                requestor: run.requestor.as_ref(),
                intended: machine.intended,
            };
            if is_ours(action, call) {
                if run.requestor.is_none() {
                    run.requestor.clone_from(&action.requestor);
                }
                return Ok(Some(machine.run));
            }
        }
        Ok(None)
    }

    /// Then what it says about our machines.
    fn show(&mut self, look: &Look, tenant: &SafeText, action: &MachineAction) -> Result<()> {
        let Some(id) = &action.machine else { return Ok(()) };
        let Some(known) = self.rows.action(tenant, &action.id)? else { return Ok(()) };
        for mut machine in self.rows.same_machine(tenant, id)? {
            let ours = known.ours == Some(machine.run);
            let end = end_of(&action.status);
            let detail = format!("{} {} in the list", action.status, action.id);
            match machine.state {
                MachineState::Unknown | MachineState::Undecided | MachineState::Queued if ours => {
                    if machine.state == MachineState::Queued && self.held_by_another(&machine)?.is_some() {
                        continue;
                    }
                    link(&mut machine, action, true, look.sent_at);
                    self.put(&mut machine, end.unwrap_or(MachineState::Accepted), detail)?;
                }
                MachineState::Queued if known.ours.is_none() && end.is_none() => {
                    let ours_first =
                        self.rows.actions_on(tenant, id)?.iter().any(|other| other.ours == Some(machine.run));
                    if ours_first || self.held_by_another(&machine)?.is_some() {
                        continue;
                    }
                    link(&mut machine, action, false, look.sent_at);
                    self.put(&mut machine, MachineState::Adopted, detail)?;
                }
                MachineState::Accepted | MachineState::Adopted
                    if machine.action.as_ref() == Some(&action.id) =>
                {
                    if let Some(end) = end {
                        let failed = end != MachineState::Succeeded;
                        let hresult = action.error_hresult.filter(|_| failed);
                        if let Some(code) = hresult {
                            machine.words = Some(SafeText::new(&format!("errorHResult {code}")));
                        }
                        self.put(&mut machine, end, detail)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The proof is complete: nothing of ours is there, and nothing can come.
    fn not_seen(&mut self, look: &Look, tenant: &SafeText, proved: &Proved) -> Result<()> {
        let Some(mut machine) = self.rows.machine(proved.run, &proved.machine)? else { return Ok(()) };
        let after = machine.look_after.is_some_and(|after| proved.first >= after);
        let same = machine.attempt == proved.attempt && machine.boot == self.asker.boot;
        if machine.state != MachineState::Unknown || !same || !after {
            return Ok(());
        }
        let run = self.run(proved.run)?.clone();
        let known = self.rows.actions_on(tenant, &machine.id)?;
        // Whose an action is was decided by its times. What carries our Comment and is not known to be another run's
        // may still be this call's: a wrong `Date`, or a creation that cannot be read, must not send a second time.
        let may_be_ours =
            |row: &ActionRow| row.ours.is_none_or(|of| of == run.id) && carries(&row.action, &run.comment);
        let others = known
            .iter()
            .filter(|row| row.ours.is_none() && !may_be_ours(row))
            .filter(|row| was_pending_at(&row.action, machine.intended))
            .max_by_key(|row| (!row.action.status.is_final(), row.action.created));
        let unsure = known.iter().chain(&self.rows.nameless_actions(tenant)?).any(may_be_ours);
        let state = decide(NotSeen {
            others: others.is_some(),
            never_again: run.never_again,
            kind: machine.doubt_kind.unwrap_or(DoubtKind::Unknown),
            unsure,
            cancelled: run.wish == Wish::Cancel,
            age: machine.doubt_since.map_or(i64::MAX, |since| between(since, look.sent_at)),
            doubts: machine.doubts,
        });
        match (state, others) {
            (MachineState::Adopted, Some(other)) => {
                link(&mut machine, &other.action, false, look.sent_at);
                let end = end_of(&other.action.status);
                self.put(&mut machine, end.unwrap_or(state), "another's action is there, none of ours")?;
            }
            (MachineState::Undecided, _) => {
                self.undecide(&mut machine, "no action of ours is in the list")?;
            }
            _ => {
                let late = (self.asker.late + LIST_LATE) / SECOND;
                let words = match state {
                    MachineState::Cancelled => "cancelled; no action of ours is in the list".to_owned(),
                    _ => format!("Not in the list {late} s after the call; sent again."),
                };
                machine.words = Some(SafeText::new(&words));
                machine.doubt_kind = None;
                machine.look_after = None;
                self.put(&mut machine, state, words)?;
            }
        }
        Ok(())
    }

    fn undecide(&mut self, machine: &mut MachineRow, detail: &str) -> Result<()> {
        let name = called(machine);
        machine.words = Some(SafeText::new(&format!(
            "{name} may have an action or not: check the Action center, then send again or leave."
        )));
        machine.look_after = None;
        self.put(machine, MachineState::Undecided, detail)?;
        Ok(())
    }

    /// Doubts that waited a day for a good read.
    pub(super) fn give_up_looking(&mut self, tenant: &SafeText, at: Timestamp) -> Result<()> {
        let buckets = self.rows.buckets()?;
        for run in self.rows.runs()? {
            if run.tenant != *tenant || run.driver != self.asker.me || run.ended.is_some() {
                continue;
            }
            let read = buckets.iter().find(|bucket| bucket.id == run.bucket).and_then(|b| b.last_good_read);
            for mut machine in self.rows.machines_in(run.id, MachineState::Unknown, usize::MAX)? {
                let since = machine.doubt_since.unwrap_or_else(|| shifted(at, -DAY));
                if is_hopeless(since, read, at) {
                    self.undecide(&mut machine, "no good list for a day")?;
                }
            }
        }
        Ok(())
    }
}

/// Whether an action has moved on since it was stored. The rest of it never changes, and text that was cut does not
/// come back from the store as it was.
fn moved(known: &MachineAction, shown: &MachineAction) -> bool {
    (&known.status, known.updated, known.error_hresult) != (&shown.status, shown.updated, shown.error_hresult)
}
