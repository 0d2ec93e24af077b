//! The two transactions around every call: the intent before it, and what became of it.

use jiff::Timestamp;

use crate::domain::{ActionKind, MachineAction, Offboardable, SafeText, when};
use crate::offboard::budget::{self, Pause};
use crate::offboard::machine_run::{CLAIMING, DoubtKind, Outcome, SlotEnd, settle};
use crate::offboard::moment::{LIST_LATE, shifted};
use crate::offboard::recovery::{OurCall, is_ours};
use crate::offboard::view::{MachineState, RunId};

use super::super::rows::{ActionRow, MachineRow, Seq, SlotId, SlotRow, Wish};
use super::super::{JournalError, Result, ToSend};
use super::{Work, called};

/// So many failures of one kind in a row stop a run.
const FAILURES_MAX: u32 = 10;
/// At most so many machines are set aside in one transaction, so that none takes long.
const SET_ASIDE_MAX: usize = 200;

impl Work<'_> {
    /// Intents for as many machines as may fly. Asked again for every condition, because a wish or another process
    /// may have come in between; a run that may not send gets an empty reply that says why.
    pub(super) fn take(&mut self, run: RunId, most: usize, at: Timestamp) -> Result<()> {
        let me = self.asker.me;
        let row = self.run(run)?.clone();
        if row.driver != me || row.wish != Wish::Go {
            return Ok(());
        }
        let bucket = self.bucket(row.bucket)?;
        let ends = self.rows.ends(bucket.id, &self.asker.boot)?;
        let (over, held): (Vec<_>, Vec<_>) =
            ends.into_iter().partition(|(_, until)| budget::is_over(*until, self.asker.now.raw));
        for (slot, _) in over {
            self.rows.drop_slot(slot)?;
            self.reply.freed.push(slot);
        }
        let untils: Vec<_> = held.into_iter().map(|(_, until)| until).collect();
        let mut most = most.min(budget::free(&untils, self.asker.now.raw));
        if let Some(pause) = bucket.pause {
            let open = untils.iter().any(Option::is_none);
            most = if open || self.asker.now.raw < pause.until { 0 } else { most.min(1) };
        }
        let mut set_aside = 0;
        while most > 0 && set_aside < SET_ASIDE_MAX {
            let batch = self.rows.machines_in(run, MachineState::Queued, most)?;
            if batch.is_empty() {
                break;
            }
            for mut machine in batch {
                match self.may_be_sent(&machine, row.frozen)? {
                    Ok(proof) => {
                        let slot = self.intend(&mut machine, bucket.pause.is_some(), at)?;
                        let comment = row.comment.clone();
                        self.reply.sends.push(ToSend { slot, run, machine: proof, comment });
                        most -= 1;
                    }
                    Err(why) => {
                        machine.words = Some(SafeText::new(&why));
                        self.put(&mut machine, MachineState::SetAside, &why)?;
                        set_aside += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// The rule, asked once more from the facts of the freeze, and our other runs.
    fn may_be_sent(
        &mut self,
        machine: &MachineRow,
        frozen: Seq,
    ) -> Result<std::result::Result<Offboardable, String>> {
        let proof = match Offboardable::by_facts(&machine.id, &machine.facts) {
            Ok(proof) => proof,
            Err(refusal) => return Ok(Err(refusal.sentence())),
        };
        for other in self.rows.same_machine(&machine.tenant, &machine.id)? {
            if other.run == machine.run {
                continue;
            }
            let name = self.run(other.run)?.name.clone();
            if CLAIMING.contains(&other.state) {
                return Ok(Err(format!("run {name} of this host holds it")));
            }
            if let Some(action) = &other.action {
                let known = self.rows.action(&machine.tenant, action)?;
                if known.is_some_and(|known| known.seq > frozen) {
                    return Ok(Err(format!("run {name} got an action for it since this plan was confirmed")));
                }
            }
        }
        Ok(Ok(proof))
    }

    fn intend(&mut self, machine: &mut MachineRow, probe: bool, at: Timestamp) -> Result<SlotId> {
        machine.attempt += 1;
        machine.intended = machine.intended.or(Some(at));
        machine.sent = Some(self.asker.now.wall);
        machine.words = None;
        let detail = format!("call {} goes out", machine.attempt);
        let seq = self.put(machine, MachineState::Sending, detail)?;
        let bucket = self.run(machine.run)?.bucket;
        let mut slot = SlotRow {
            id: SlotId(0),
            bucket,
            process: Some(self.asker.me),
            run: Some(machine.run),
            machine: Some(machine.id.clone()),
            attempt: machine.attempt,
            boot: self.asker.boot.clone(),
            taken: self.asker.now.raw,
            seq,
            until: None,
            probe,
        };
        slot.id = self.rows.put_slot(&slot)?;
        self.reply.slots.push(slot.clone());
        Ok(slot.id)
    }

    /// What became of a call.
    pub(super) fn settle(&mut self, slot: SlotId, outcome: &Outcome, at: Timestamp) -> Result<()> {
        let mut slot =
            self.rows.slot(slot)?.ok_or_else(|| JournalError::Failed("no such slot is held".into()))?;
        let (Some(run), Some(id)) = (slot.run, slot.machine.clone()) else {
            return Err(JournalError::Failed("the slot is not one of ours".into()));
        };
        let machine = self.rows.machine(run, &id)?;
        let mut machine = machine
            .filter(|m| m.state == MachineState::Sending && m.attempt == slot.attempt)
            .filter(|_| slot.process == Some(self.asker.me) && slot.until.is_none())
            .ok_or_else(|| JournalError::Failed("the slot's machine is not being sent".into()))?;

        let outcome = &about_this_machine(outcome, &machine);
        let ours = match outcome {
            Outcome::Action(action) => self.store_answer(&machine, action)?,
            _ => false,
        };
        let row = self.run(run)?;
        let settled = settle(outcome, ours, row.wish == Wish::Cancel);
        let now = self.asker.now;
        machine.doubt_kind = settled.doubt;
        if let Some(kind) = settled.doubt {
            let late = if kind == DoubtKind::Exists { LIST_LATE } else { self.asker.late + LIST_LATE };
            self.doubt(&mut machine, kind, late, at);
        }
        if let Outcome::Action(action) = outcome {
            link(&mut machine, action, ours, at);
        } else if settled.doubt.is_none() {
            machine.words = (settled.state == MachineState::Refused).then(|| words_of(outcome));
        }
        let detail = words_of(outcome);
        let seq = self.put(&mut machine, settled.state, detail.as_str())?;

        self.settle_bucket(&slot, outcome, seq)?;
        match settled.slot {
            SlotEnd::Free => {
                self.rows.drop_slot(slot.id)?;
                self.reply.freed.push(slot.id);
            }
            end @ (SlotEnd::Answered | SlotEnd::Late) => {
                let late = if end == SlotEnd::Late { self.asker.late } else { 0 };
                slot.until = Some(now.raw.plus(late));
                self.rows.put_slot(&slot)?;
                self.reply.slots.push(slot.clone());
            }
        }
        if settled.success {
            let row = self.run(run)?;
            (row.fail_kind, row.fail_count) = (None, 0);
        }
        if let Some(kind) = settled.failure {
            let answered = matches!(outcome, Outcome::Refused { .. });
            self.failed(run, &kind, &slot, seq, answered)?;
        }
        Ok(())
    }

    /// Puts a machine in doubt. Nothing of ours arrives, or is missing from a list, after `late` milliseconds.
    pub(super) fn doubt(&self, machine: &mut MachineRow, kind: DoubtKind, late: i64, at: Timestamp) {
        let now = self.asker.now;
        machine.doubt_kind = Some(kind);
        machine.doubts += 1;
        machine.doubt_since = Some(at);
        machine.boot = self.asker.boot.clone();
        machine.look_after = Some(now.raw.plus(late));
        let until = when::instant(shifted(now.wall, late), now.wall);
        let name = called(machine);
        machine.words = Some(SafeText::new(&match kind {
            DoubtKind::Unknown => format!("No answer for {name}; looking until {until}, not sending."),
            DoubtKind::Exists => format!("{name} has an action already; looking until {until} whose it is."),
        }));
    }

    /// Stores the action of an answer; says whether it is ours.
    fn store_answer(&mut self, machine: &MachineRow, action: &MachineAction) -> Result<bool> {
        let asked = self.asker.now.wall;
        let known = self.rows.action(&machine.tenant, &action.id)?;
        let run = self.run(machine.run)?;
        let ours = match &known {
            Some(known) => known.ours == Some(machine.run),
            None => is_ours(
                action,
                OurCall {
                    machine: &machine.id,
                    comment: &run.comment,
                    requestor: run.requestor.as_ref(),
                    intended: machine.intended,
                },
            ),
        };
        if ours && run.requestor.is_none() {
            run.requestor.clone_from(&action.requestor);
        }
        let seq = match &known {
            Some(known) => known.seq,
            None => self.event(Some(machine.run), Some(&machine.id), "action", action.id.as_str())?,
        };
        let whose = known.map_or(ours.then_some(machine.run), |known| known.ours);
        self.rows.put_action(&ActionRow {
            tenant: machine.tenant.clone(),
            action: action.clone(),
            ours: whose,
            seq,
            asked,
        })?;
        if ours {
            self.alarm_if_two(machine)?;
        }
        Ok(ours)
    }

    /// Two of ours on one machine: a list was later than Λ, or a person sent again.
    pub(super) fn alarm_if_two(&mut self, machine: &MachineRow) -> Result<()> {
        let on = self.rows.actions_on(&machine.tenant, &machine.id)?;
        let ours: Vec<_> =
            on.iter().filter(|a| a.ours == Some(machine.run)).map(|a| a.action.id.as_str()).collect();
        if ours.len() > 1 {
            let words =
                format!("Two of ours on {}: {}; the list was late.", called(machine), ours.join(", "));
            self.event(Some(machine.run), Some(&machine.id), "alarm", &words)?;
            self.reply.alarms.push(SafeText::new(&words));
        }
        Ok(())
    }

    /// A 429 pauses the bucket; the answer to a probe ends the pause.
    fn settle_bucket(&mut self, slot: &SlotRow, outcome: &Outcome, seq: Seq) -> Result<()> {
        let mut bucket = self.bucket(slot.bucket)?;
        if let Outcome::TooMany { retry_after, words } = outcome {
            let inside = bucket.pause.is_some() && slot.seq > bucket.paused_at;
            if bucket.pause.is_none() || inside {
                bucket.paused_at = seq;
            }
            let asked = retry_after.map(|asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
            bucket.pause = Some(Pause::after_429(bucket.pause, self.asker.now.raw, asked, inside));
            bucket.pause_words = words.clone();
            bucket.boot = self.asker.boot.clone();
            self.put_bucket(bucket)
        } else if slot.probe && answers(outcome) {
            bucket.pause = None;
            self.put_bucket(bucket)
        } else {
            Ok(())
        }
    }

    /// Counts failures of one kind in a row, and stops the run at ten. Lost answers count only if their call was
    /// taken after the failure before was settled: one cut cable with sixteen calls in flight is one failure. A
    /// refusal is an answer of its own and always counts: else an application without its role would have a
    /// hundred machines refused before the run stops.
    fn failed(
        &mut self,
        run: RunId,
        kind: &SafeText,
        slot: &SlotRow,
        seq: Seq,
        answered: bool,
    ) -> Result<()> {
        let wall = self.asker.now.wall;
        let row = self.run(run)?;
        let same = row.fail_kind.as_ref() == Some(kind) && row.fail_count > 0;
        if same && !answered && slot.seq <= row.fail_seq {
            return Ok(());
        }
        row.fail_count = if same { row.fail_count + 1 } else { 1 };
        row.fail_seq = seq;
        row.fail_kind = Some(kind.clone());
        if row.fail_count >= FAILURES_MAX && row.wish == Wish::Go {
            let words = format!("{FAILURES_MAX} failures of one kind in a row: {kind}");
            row.wish = Wish::Pause;
            row.why = Some(SafeText::new(&words));
            row.stopped = Some(wall);
            self.event(Some(run), None, "stopped", words)?;
        }
        Ok(())
    }
}

/// Whether the service answered, so that a pause of its is over: what never left, or is in doubt, says nothing.
fn answers(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Action(_)
        | Outcome::Exists(_)
        | Outcome::Refused { .. }
        | Outcome::Unauthorized { .. }
        | Outcome::TooMany { .. } => true,
        Outcome::NotSent(_) | Outcome::NoToken(_) | Outcome::Withheld(_) | Outcome::Unknown { .. } => false,
    }
}

/// An answer that speaks of another machine, or of another kind of action, says nothing about this call.
fn about_this_machine(outcome: &Outcome, machine: &MachineRow) -> Outcome {
    let Outcome::Action(action) = outcome else { return outcome.clone() };
    let other =
        action.machine.as_ref().is_some_and(|id| !id.as_str().eq_ignore_ascii_case(machine.id.as_str()));
    if other || action.kind != ActionKind::Offboard {
        let words = format!("answered with {} {} of another call", action.kind.as_str(), action.id);
        return Outcome::Unknown { by_service: true, words: SafeText::new(&words) };
    }
    Outcome::Action(Box::new(MachineAction { machine: Some(machine.id.clone()), ..(**action).clone() }))
}

/// Ties an action to its machine.
pub(super) fn link(machine: &mut MachineRow, action: &MachineAction, ours: bool, at: Timestamp) {
    machine.action = Some(action.id.clone());
    machine.action_since = Some(action.created.unwrap_or(at));
    machine.doubt_kind = None;
    machine.look_after = None;
    machine.words = (!ours).then(|| {
        let who = action.requestor.clone().unwrap_or_else(|| "somebody".into());
        let since = action.created.map_or_else(|| "an unknown time".into(), |t| when::instant(t, at));
        SafeText::new(&format!("Already under way by {who} since {since}."))
    });
}

/// The words of an answer.
fn words_of(outcome: &Outcome) -> SafeText {
    match outcome {
        Outcome::Action(action) => SafeText::new(&format!("{} {}", action.status, action.id)),
        Outcome::Exists(words)
        | Outcome::Refused { words, .. }
        | Outcome::Unauthorized { words, .. }
        | Outcome::TooMany { words, .. }
        | Outcome::NotSent(words)
        | Outcome::NoToken(words)
        | Outcome::Withheld(words)
        | Outcome::Unknown { words, .. } => words.clone(),
    }
}
