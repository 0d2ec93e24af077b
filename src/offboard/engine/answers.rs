//! What answers do to the engine itself: how many calls fly at once, and the token.

use jiff::Timestamp;

use crate::domain::SafeText;
use crate::offboard::journal::Transaction;
use crate::offboard::journal::rows::{SlotId, Wish};
use crate::offboard::machine_run::Outcome;
use crate::offboard::moment::{MINUTE, Now, Raw, SECOND, ServiceTime};
use crate::offboard::view::RunId;

use super::{Command, Engine, Generation, LATENCIES, RAMP_MAX, Token};

/// The longest wait after calls that could not be sent.
const UNSENT_WAIT_MAX: i64 = 30;
/// Between two tries to renew a token when the sign-in host cannot be reached.
const RENEW_AGAIN: i64 = 5 * SECOND;
/// Between two tries after the sign-in was refused.
const BROKEN_AGAIN: i64 = MINUTE;

impl Engine {
    /// A call was answered, or given up: note it, and make it durable.
    pub(super) fn answered(
        &mut self,
        now: Now,
        slot: SlotId,
        outcome: Outcome,
        generation: Generation,
        commands: &mut Vec<Command>,
    ) {
        let Some(flight) = self.flights.remove(&slot) else { return };
        self.newer_token(generation);
        match &outcome {
            Outcome::NotSent(_) => self.could_not_send(now.raw, flight.sent),
            Outcome::NoToken(_) | Outcome::Withheld(_) => {} // says nothing about the service
            Outcome::Unknown { .. } => self.ramp = (self.ramp / 2).max(1),
            _ => {
                self.ramp = (self.ramp + 1).min(RAMP_MAX);
                self.unsent = 0;
                if self.latencies.len() == LATENCIES {
                    self.latencies.pop_front();
                }
                self.latencies.push_back(now.raw.since(flight.sent));
            }
        }
        match &outcome {
            Outcome::Unauthorized { tenant_trouble, words } => {
                self.unauthorized(generation, *tenant_trouble, words, commands);
            }
            Outcome::NoToken(words) => self.unauthorized(generation, false, words, commands),
            Outcome::NotSent(_) | Outcome::Withheld(_) | Outcome::Unknown { .. } => {}
            _ => self.token_works(generation),
        }
        let at = self.service.map_or(Timestamp::UNIX_EPOCH, |service| service.when(now.raw));
        self.commit(Transaction::Settle { slot, outcome, at }, commands);
    }

    /// Service time follows the `Date` of the answer received last.
    pub(super) fn heard(&mut self, date: Option<Timestamp>, at: Raw) {
        if let Some(date) = date {
            self.service = Some(ServiceTime::heard(date, at));
        }
    }

    /// No take for 1, 2, 4 … 30 s; a burst that fails together counts once.
    fn could_not_send(&mut self, now: Raw, sent: Raw) {
        if self.unsent == 0 || sent >= self.unsent_at {
            let wait = (1_i64 << self.unsent.min(5)).min(UNSENT_WAIT_MAX);
            self.not_before = now.plus(wait * SECOND);
            self.unsent = self.unsent.saturating_add(1);
            self.unsent_at = now;
        }
    }

    /// The client renews a token by itself when its end is near: a call may carry one that is news here.
    fn newer_token(&mut self, generation: Generation) {
        if let Some(session) = self.session.as_mut().filter(|session| session.generation < generation) {
            session.generation = generation;
            if matches!(session.token, Token::Broken { .. }) {
                session.token = Token::Good { proven: true };
            }
        }
    }

    /// A token that the service answered with anything but a 401.
    pub(super) fn token_works(&mut self, generation: Generation) {
        if let Some(session) = &mut self.session
            && session.generation == generation
            && session.token == (Token::Good { proven: false })
        {
            session.token = Token::Good { proven: true };
        }
    }

    /// A 401. Of the newest token: renew once; a second, before any other answer, stops. An older token's says
    /// nothing: its machine goes back to the queue. One that names the tenant's trouble stops at once.
    pub(super) fn unauthorized(
        &mut self,
        generation: Generation,
        tenant_trouble: bool,
        words: &SafeText,
        commands: &mut Vec<Command>,
    ) {
        let Some(session) = &mut self.session else { return };
        if tenant_trouble {
            self.stop_runs(words, commands);
            return;
        }
        if session.generation != generation {
            return;
        }
        match session.token {
            Token::Good { proven: true } => {
                session.token = Token::Renewing;
                commands.push(Command::Renew(generation));
            }
            Token::Good { proven: false } => {
                session.token = Token::Good { proven: true }; // going on tries a renewal once more
                self.stop_runs(words, commands);
            }
            Token::Renewing | Token::RenewAt(_) | Token::Broken { .. } => {}
        }
    }

    /// Every run of this session stops, and says why.
    fn stop_runs(&mut self, words: &SafeText, commands: &mut Vec<Command>) {
        let by = SafeText::new(&format!("the service refuses the sign-in: {words}"));
        let going: Vec<RunId> = self
            .runs
            .iter()
            .filter(|(id, run)| run.row.wish == Wish::Go && self.is_here(**id))
            .map(|(id, _)| *id)
            .collect();
        for run in going {
            // Nothing more is taken from here on, though the wish is durable only later.
            if let Some(driven) = self.runs.get_mut(&run) {
                driven.row.wish = Wish::Pause;
            }
            self.commit(Transaction::Stop { run, wish: Wish::Pause, by: by.clone() }, commands);
        }
        self.trouble.token = Some(by);
    }

    pub(super) fn renewed(&mut self, generation: Generation) {
        if let Some(session) = &mut self.session {
            session.generation = generation;
            session.token = Token::Good { proven: false };
            self.trouble.token = None;
        }
    }

    pub(super) fn renew_failed(
        &mut self,
        now: Now,
        words: &SafeText,
        again: bool,
        commands: &mut Vec<Command>,
    ) {
        let Some(session) = &mut self.session else { return };
        if again {
            session.token = Token::RenewAt(now.raw.plus(RENEW_AGAIN));
            self.trouble.token = Some(words.clone());
        } else {
            session.token = Token::Broken { again: now.raw.plus(BROKEN_AGAIN) };
            self.stop_runs(words, commands);
        }
    }

    /// Whether a run of this sign-in is to be sent, looked up or followed.
    fn waits_for_token(&self) -> bool {
        self.runs.iter().any(|(id, run)| run.row.wish == Wish::Go && self.is_here(*id))
            || self.doubts.keys().chain(self.followed.keys()).any(|(run, _)| self.is_here(*run))
    }

    /// Renews again when it is time.
    pub(super) fn renew(&mut self, now: Now, commands: &mut Vec<Command>) -> Option<Raw> {
        let at = match self.session.as_ref()?.token {
            Token::RenewAt(at) => at,
            Token::Broken { again } if self.waits_for_token() => again,
            _ => return None,
        };
        if now.raw < at {
            return Some(at);
        }
        let session = self.session.as_mut()?;
        session.token = Token::Renewing;
        commands.push(Command::Renew(session.generation));
        None
    }
}
