//! When calls are taken, and what a run waits for when none is.

use crate::domain::SafeText;
use crate::offboard::budget::{self, PER_HOUR};
use crate::offboard::journal::rows::Wish;
use crate::offboard::journal::{ToSend, Transaction};
use crate::offboard::machine_run::Outcome;
use crate::offboard::moment::{Now, Raw};
use crate::offboard::view::RunId;

use super::{Command, Driven, Engine, Flight, Life, Token};

/// Why nothing is taken now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// In an operator's words, after "the run waits: ".
    pub(crate) words: SafeText,
    /// When it may be over, if that is known.
    pub(crate) until: Option<Raw>,
}

impl Waiting {
    fn on(words: &str) -> Self {
        Self { words: words.into(), until: None }
    }
}

impl Engine {
    /// Asks for intents, if any may fly; else says when to look again.
    pub(super) fn take(&mut self, now: Now, commands: &mut Vec<Command>) -> Option<Raw> {
        if self.taking {
            return None;
        }
        let mut wake = None;
        let runs: Vec<RunId> = self.runs.iter().filter(|(_, run)| wants(run)).map(|(id, _)| *id).collect();
        for run in runs {
            match self.may_take(run, now) {
                Ok((0, _)) => {}
                Ok((most, at)) => {
                    self.taking = true;
                    self.commit(Transaction::Take { run, most, at }, commands);
                    return None;
                }
                Err(waiting) => wake = [wake, waiting.until].into_iter().flatten().min(),
            }
        }
        wake
    }

    /// How many calls of a run may be taken now, at which service time; 0 when enough are on their way.
    fn may_take(&self, run: RunId, now: Now) -> Result<(usize, jiff::Timestamp), Waiting> {
        let session = self.session.as_ref().ok_or_else(|| Waiting::on("for somebody to sign in"))?;
        let bucket = self.bucket().ok_or_else(|| Waiting::on("for somebody to sign in"))?;
        let driven = self.runs.get(&run).ok_or_else(|| Waiting::on("for its driver"))?;
        if driven.row.bucket != bucket.id {
            return Err(Waiting::on("for the application and tenant that it was confirmed with"));
        }
        if !matches!(session.token, Token::Good { .. }) {
            return Err(Waiting::on("for a new token"));
        }
        let Some(at) = self.service.map(|service| service.when(now.raw)).filter(|_| driven.primed) else {
            return Err(Waiting::on("for a look at the tenant's machine actions"));
        };
        let until = |words: &str, until: Raw| Waiting { words: words.into(), until: Some(until) };
        if now.raw < self.not_before {
            return Err(until("the service cannot be reached; it is tried again", self.not_before));
        }
        let ends = self.ends();
        let mut most = self.ramp.saturating_sub(self.flights.len());
        if let Some(pause) = bucket.pause {
            if now.raw < pause.until {
                return Err(until("the service asked for a pause", pause.until));
            }
            if ends.iter().any(Option::is_none) {
                return Err(Waiting::on("one call tries whether the service's pause is over"));
            }
            most = most.min(1);
        }
        let free = budget::free(&ends, now.raw);
        if free == 0 {
            let hour = PER_HOUR.used(&ends, now.raw) >= PER_HOUR.calls;
            let words = if hour { "the hour is full" } else { "the minute is full" };
            return Err(Waiting { words: words.into(), until: budget::next(&ends, now.raw) });
        }
        Ok((most.min(free).min(driven.queued), at))
    }

    /// What a run waits for, if it does.
    pub(crate) fn waits_for(&self, run: RunId, now: Now) -> Option<SafeText> {
        self.may_take(run, now).err().map(|waiting| waiting.words)
    }

    /// An intent is durable: the call goes out.
    pub(super) fn send(&mut self, now: Now, to_send: ToSend, commands: &mut Vec<Command>) {
        let ToSend { slot, run, machine, comment } = to_send;
        if self.life != Life::Running {
            let outcome = Outcome::Withheld("the console was told to stop".into());
            if let Some(at) = self.service.map(|service| service.when(now.raw)) {
                self.commit(Transaction::Settle { slot, outcome, at }, commands);
            }
            return;
        }
        self.flights.insert(slot, Flight { sent: now.raw });
        commands.push(Command::Send { slot, run, machine, comment });
    }
}

fn wants(run: &Driven) -> bool {
    run.row.wish == Wish::Go && run.queued > 0
}
