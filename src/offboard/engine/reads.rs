//! When lists of actions are read: before a run begins, for doubts, and to follow what was accepted.
//!
//! One read at a time; look-ups go first. Lists have their own budget at the service (reference, section 5), kept in
//! memory: a list read does no harm that would have to be remembered.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::{MachineAction, MachineId, SafeText};
use crate::offboard::budget::{self, Limit, Until};
use crate::offboard::journal::rows::Wish;
use crate::offboard::journal::{Look, Proved, Transaction};
use crate::offboard::moment::{HOUR, MINUTE, Now, Raw, SECOND, between, lengthened, shifted};
use crate::offboard::recovery::{
    FOLLOWED_FOR, Proof, READ_BEFORE_DOUBT, follow_every, is_hopeless, reaching,
};
use crate::offboard::view::RunId;

use super::{Command, Engine, ListFailed, Query, ReadId, Token};

/// Following may spend a fifth of the minute and two fifths of the hour of its API.
const FOLLOW_PER_MINUTE: Limit = Limit { calls: 20, length: lengthened(MINUTE) };
const FOLLOW_PER_HOUR: Limit = Limit { calls: 600, length: lengthened(HOUR) };
/// After list reads that failed one after another.
const AGAIN: [i64; 4] = [2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND];

/// One list that lacks an action may be late; so many in a row are worth a word.
const LACKING_BEFORE_WORDS: usize = 2;

/// What a read is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    /// The service's time: nothing else is asked.
    Date,
    /// A run is about to begin or to go on: everything that may still be pending.
    Begin,
    /// Doubts.
    Doubts,
    /// One doubt's machine alone.
    Alone(RunId, MachineId),
    /// What was accepted.
    Follow,
}

/// A read on its way, or being written down.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    id: ReadId,
    purpose: Purpose,
    sent: Raw,
    sent_at: Option<Timestamp>,
    from: Timestamp,
    generation: super::Generation,
}

/// The list API's budget, and what was read when.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    last: ReadId,
    /// Calls of the last hour, and whether they followed.
    calls: Vec<(Raw, bool)>,
    /// When the last read of all was sent.
    all_at: Option<Raw>,
    failed: usize,
    /// How many in a row came whole and lacked actions of ours.
    lacking: usize,
    not_before: Raw,
}

/// What the journal found in a list read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) good: bool,
    pub(super) lacks: usize,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            last: ReadId(0),
            calls: Vec::new(),
            all_at: None,
            failed: 0,
            lacking: 0,
            not_before: Raw(i64::MIN),
        }
    }
}

impl Lists {
    /// When the next call may go out.
    fn next(&self, now: Raw, following: bool) -> Raw {
        let all: Vec<Until> = self.calls.iter().map(|(at, _)| Some(*at)).collect();
        let mut at = budget::next(&all, now).unwrap_or(now);
        if following {
            let own: Vec<Until> = self.calls.iter().filter(|(_, f)| *f).map(|(at, _)| Some(*at)).collect();
            for limit in [FOLLOW_PER_MINUTE, FOLLOW_PER_HOUR] {
                at = at.max(limit.next(&own, now).unwrap_or(now));
            }
        }
        at.max(self.not_before)
    }

    fn spent(&mut self, now: Raw, calls: u32, following: bool) {
        self.calls.retain(|(at, _)| !budget::is_over(Some(*at), now));
        self.calls.extend((0..calls.max(1)).map(|_| (now, following)));
    }
}

impl Engine {
    /// Asks for the list read that is due, or says when one will be.
    pub(super) fn read(&mut self, now: Now, commands: &mut Vec<Command>) -> Option<Raw> {
        let session = self.session.as_ref()?;
        if self.reading.is_some() || session.bucket.is_none() || !matches!(session.token, Token::Good { .. })
        {
            return None;
        }
        let (due, purpose) = self.next_read(now)?;
        let due = due.max(self.lists.next(now.raw, purpose == Purpose::Follow));
        if due > now.raw {
            return Some(due);
        }
        let sent_at = self.service.map(|service| service.when(now.raw));
        let from = self.reaches_back(&purpose, sent_at.unwrap_or(now.wall));
        let query = match &purpose {
            Purpose::Alone(_, machine) => Query::OfMachine(machine.clone()),
            _ => Query::Since(from),
        };
        if !matches!(purpose, Purpose::Alone(..) | Purpose::Date) {
            self.lists.all_at = Some(now.raw);
        }
        self.lists.last.0 += 1;
        let (id, generation) = (self.lists.last, session.generation);
        self.reading = Some(Reading { id, purpose, sent: now.raw, sent_at, from, generation });
        commands.push(Command::List { read: id, query });
        None
    }

    /// What is to be read next, and when. Look-ups go before following when both are due.
    fn next_read(&self, now: Now) -> Option<(Raw, Purpose)> {
        if self.service.is_none() {
            return Some((now.raw, Purpose::Date));
        }
        let begins = |(id, run): (&RunId, &super::Driven)| {
            !run.primed && run.row.wish == Wish::Go && run.queued > 0 && self.is_here(*id)
        };
        if self.runs.iter().any(begins) {
            return Some((now.raw, Purpose::Begin));
        }
        let look = self
            .doubts
            .iter()
            .filter(|((run, _), _)| self.is_here(*run))
            .map(|((run, machine), looked)| {
                let (due, alone) = looked.doubt.next_read();
                let purpose = if alone { Purpose::Alone(*run, machine.clone()) } else { Purpose::Doubts };
                (due, purpose)
            })
            .min_by_key(|(due, _)| *due);
        let here = || self.followed.iter().filter(|((run, _), _)| self.is_here(*run));
        let follow = here().map(|(_, since)| *since).max().map(|youngest| {
            let age = self.service.map_or(0, |service| between(youngest, service.when(now.raw)));
            let due = self.lists.all_at.map_or(now.raw, |last| last.plus(follow_every(age)));
            (due, Purpose::Follow)
        });
        match (look, follow) {
            (Some(look), Some(follow)) if look.0 <= now.raw.max(follow.0) => Some(look),
            (Some(look), None) => Some(look),
            (_, follow) => follow,
        }
    }

    /// From which creation on a read asks.
    fn reaches_back(&self, purpose: &Purpose, sent_at: Timestamp) -> Timestamp {
        let longest = shifted(sent_at, -FOLLOWED_FOR);
        let doubts = || {
            let here = self.doubts.iter().filter(|((run, _), _)| self.is_here(*run));
            here.map(|(_, looked)| shifted(looked.since, -READ_BEFORE_DOUBT)).min()
        };
        let followed = || {
            let here = self.followed.iter().filter(|((run, _), _)| self.is_here(*run));
            here.map(|(_, since)| reaching(*since)).min()
        };
        match purpose {
            Purpose::Date => sent_at,
            Purpose::Begin | Purpose::Alone(..) => longest,
            _ if self.lists.all_at.is_none() => longest, // a driver's first read
            _ => doubts().into_iter().chain(followed()).min().unwrap_or(longest).max(longest),
        }
    }

    /// A read came: write down what it shows.
    pub(super) fn listed(
        &mut self,
        now: Now,
        read: ReadId,
        (mut rows, complete, date, calls): (Vec<MachineAction>, bool, Option<Timestamp>, u32),
        commands: &mut Vec<Command>,
    ) {
        let Some(reading) = self.reading.clone().filter(|reading| reading.id == read) else { return };
        self.heard(date, now.raw);
        self.token_works(reading.generation);
        self.lists.spent(now.raw, calls, reading.purpose == Purpose::Follow);
        if reading.purpose == Purpose::Date || date.is_none() && self.service.is_none() {
            self.reading = None;
            if self.service.is_none() {
                self.trouble.lists = Some("the service's answers carry no Date: nothing can be sent".into());
                self.list_again(now.raw);
            } else {
                self.lists.failed = 0;
                self.trouble.lists = None;
            }
            return;
        }
        let Some(bucket) = self.open_bucket() else { return };
        let sent_at = reading.sent_at.unwrap_or(reading.from);
        let mut proved = Vec::new();
        let mut machine = None;
        if let Purpose::Alone(run, id) = &reading.purpose {
            machine = Some(id.clone());
            if let Some(looked) = self.doubts.get(&(*run, id.clone()))
                && let Proof::AloneAgain { first } = looked.doubt.proof
            {
                proved.push(Proved { run: *run, machine: id.clone(), attempt: looked.attempt, first });
            }
        }
        self.spell_ids_as_we_do(&mut rows);
        let look =
            Look { bucket, sent: reading.sent, sent_at, from: reading.from, machine, rows, complete, proved };
        self.commit(Transaction::Look(look), commands);
    }

    /// The service may write a machine's id in other letters than its inventory does. An action of a machine that is
    /// waited for must not be missed for that.
    fn spell_ids_as_we_do(&self, rows: &mut [MachineAction]) {
        let waited: HashMap<String, &MachineId> = self
            .doubts
            .keys()
            .chain(self.followed.keys())
            .map(|(_, id)| (id.as_str().to_ascii_lowercase(), id))
            .collect();
        for machine in rows.iter_mut().filter_map(|action| action.machine.as_mut()) {
            if let Some(ours) = waited.get(&machine.as_str().to_ascii_lowercase()) {
                *machine = (*ours).clone();
            }
        }
    }

    /// What a read showed is durable: go on with the proofs.
    pub(super) fn looked(&mut self, now: Now, look: &Look, found: Found, commands: &mut Vec<Command>) {
        let Some(reading) = self.reading.take() else { return };
        if !found.good {
            self.bad_read(now.raw);
            self.lists.lacking = if found.lacks > 0 { self.lists.lacking + 1 } else { 0 };
            if self.lists.lacking >= LACKING_BEFORE_WORDS {
                let (n, s) = (found.lacks, if found.lacks == 1 { "" } else { "s" });
                let words = format!("the service's list lacks {n} known action{s} of ours, so the run waits");
                self.trouble.lists = Some(SafeText::new(&words));
            }
            self.give_up_if_hopeless(now, commands);
            return;
        }
        self.lists.failed = 0;
        self.lists.lacking = 0;
        self.trouble.lists = None;
        if let Some(machine) = &look.machine {
            for ((_, id), looked) in &mut self.doubts {
                if id == machine {
                    looked.doubt.not_alone(look.sent);
                }
            }
            return;
        }
        let here: Vec<RunId> = self.runs.keys().copied().filter(|run| self.is_here(*run)).collect();
        for ((run, _), looked) in &mut self.doubts {
            if here.contains(run) {
                looked.doubt.not_in_list(look.sent);
            }
        }
        if reading.purpose == Purpose::Begin {
            for run in here {
                if let Some(driven) = self.runs.get_mut(&run) {
                    driven.primed |= look.sent >= driven.since;
                }
            }
        }
    }

    /// A read failed.
    pub(super) fn list_failed(
        &mut self,
        now: Now,
        read: ReadId,
        failed: &ListFailed,
        commands: &mut Vec<Command>,
    ) {
        let Some(reading) = self.reading.take_if(|reading| reading.id == read) else { return };
        self.lists.spent(now.raw, 1, reading.purpose == Purpose::Follow);
        self.bad_read(now.raw);
        if let Some(wait) = failed.wait {
            self.lists.not_before = self.lists.not_before.max(now.raw.plus(lengthened(wait)));
        }
        if let Some(tenant_trouble) = failed.unauthorized {
            self.unauthorized(reading.generation, tenant_trouble, &failed.words, commands);
        } else {
            self.trouble.lists = Some(failed.words.clone());
        }
        self.give_up_if_hopeless(now, commands);
    }

    /// Doubts start their looking again; everything else waits a little.
    pub(super) fn bad_read(&mut self, now: Raw) {
        let here: Vec<RunId> = self.runs.keys().copied().filter(|run| self.is_here(*run)).collect();
        for ((run, _), looked) in &mut self.doubts {
            if here.contains(run) {
                looked.doubt.bad_read(now);
            }
        }
        self.list_again(now);
    }

    fn list_again(&mut self, now: Raw) {
        let wait = AGAIN[self.lists.failed.min(AGAIN.len() - 1)];
        self.lists.failed += 1;
        self.lists.not_before = self.lists.not_before.max(now.plus(wait));
    }

    /// A day without a good read: what is in doubt goes to a person.
    fn give_up_if_hopeless(&mut self, now: Now, commands: &mut Vec<Command>) {
        let (Some(service), Some(bucket)) = (self.service, self.bucket()) else { return };
        let at = service.when(now.raw);
        let read = bucket.last_good_read;
        let tenant = bucket.key.tenant.clone();
        if self.doubts.values().any(|looked| is_hopeless(looked.since, read, at)) {
            self.commit(Transaction::GiveUpLooking { tenant, at }, commands);
        }
    }
}
