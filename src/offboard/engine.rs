//! The engine: `step(now, event) -> commands`, pure. It knows no tokio, HTTP, file or clock, so that ten thousand
//! simulated crashes are a test of seconds.
//!
//! It keeps a mirror of the rows that matter now and decides from it what to ask for next; whether that may be done is
//! decided once more by the journal's transactions, over the rows themselves. So a mirror that is behind costs a
//! round, never a promise. Inside an event nothing is sent: it is noted, then decided once, then asked for.

mod answers;
mod reads;
mod takes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::domain::{Comment, MachineAction, MachineId, Offboardable, SafeText};

use super::budget::Until;
use super::journal::rows::{BucketId, BucketKey, BucketRow, ProcessId, RunRow, SlotId, SlotRow, Wish};
use super::journal::{JournalError, Reply, Transaction};
use super::machine_run::Outcome;
use super::moment::{ARRIVES_LATE, Boot, Now, Raw, SECOND, ServiceTime};
use super::recovery::Doubt;
use super::view::{MachineState, RunId};
use reads::{Found, Lists, Reading};

/// Which token a call carried: counts up with every renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Generation(pub(crate) u64);

/// Which list read an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct ReadId(pub(crate) u64);

/// What a list read asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Query {
    /// All Offboard actions created since.
    Since(Timestamp),
    /// All actions of one machine.
    OfMachine(MachineId),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// This process may send. Processes that were proved dead leave their runs to it.
    Started { me: ProcessId, dead: Vec<ProcessId> },
    /// Processes were proved dead: known anew as often as somebody looks, until their runs were taken over.
    Died(Vec<ProcessId>),
    /// Somebody signed in: a token of this application and tenant.
    /// `late` is D⁺ on the way there.
    SignedIn { generation: Generation, key: BucketKey, late: i64 },
    /// The token was renewed.
    Token(Generation),
    /// It was not; `again` says whether trying again can help.
    RenewFailed { words: SafeText, again: bool },
    /// A transaction that the engine asked for is durable.
    Committed(Transaction, Reply),
    /// It is not.
    CommitFailed(Transaction, JournalError),
    /// What became of a transaction that a person asked for.
    Written(Result<Reply, JournalError>),
    /// A call was answered, or given up.
    Answer { slot: SlotId, outcome: Outcome, date: Option<Timestamp>, generation: Generation },
    /// A list read came.
    Listed { read: ReadId, rows: Vec<MachineAction>, complete: bool, date: Option<Timestamp>, calls: u32 },
    /// It did not.
    ListFailed { read: ReadId, failed: ListFailed },
    /// Others wrote into the journal: runs as they are now.
    JournalChanged(Vec<RunRow>),
    /// Take nothing more; end when nothing is on its way.
    StopAsked,
    /// The moment that was asked for with [`Command::Wake`], or any other.
    Tick,
}

/// Why a list read did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListFailed {
    /// What was seen.
    pub(crate) words: SafeText,
    /// A 401, and whether it names the tenant's trouble.
    pub(crate) unauthorized: Option<bool>,
    /// What a 429 asked for, in milliseconds.
    pub(crate) wait: Option<i64>,
}

/// Something to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Make it durable, then say so.
    Commit(Transaction),
    /// Offboard a machine: its intent is durable.
    Send { slot: SlotId, run: RunId, machine: Offboardable, comment: Comment },
    /// Read a list.
    List { read: ReadId, query: Query },
    /// Renew the token.
    Renew(Generation),
    /// Step again at that moment, if nothing happens before. Replaces the one before.
    Wake(Raw),
    /// The journal cannot be trusted: drop every request, send nothing any more.
    Halt(SafeText),
    /// Nothing is on its way any more. `ended`: the journal says so too; else the lock has to prove it.
    Stop { ended: bool },
}

/// How the token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Usable. `proven` once the service answered it with anything but a 401.
    Good { proven: bool },
    /// Being renewed: nothing is taken.
    Renewing,
    /// To be renewed again at a moment.
    RenewAt(Raw),
    /// No use, and trying again at once does not help. What waits for it tries again at a moment: a file may hold a
    /// newer token by then, or a secret may be valid again.
    Broken { again: Raw },
}

/// A run of this process.
#[derive(Debug, Clone)]
struct Driven {
    row: RunRow,
    queued: usize,
    /// Since when it waits for a good list read; it sends only after one that was sent later.
    since: Raw,
    primed: bool,
}

/// A call on its way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    sent: Raw,
}

/// A machine that is looked for.
#[derive(Debug, Clone)]
struct Looked {
    doubt: Doubt,
    attempt: u32,
    /// Service time.
    since: Timestamp,
}

/// Who is signed in.
#[derive(Debug, Clone)]
struct Session {
    key: BucketKey,
    generation: Generation,
    token: Token,
    /// Known once the journal has opened it.
    bucket: Option<BucketId>,
}

/// The engine's state.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    boot: Boot,
    late: i64,
    me: Option<ProcessId>,
    session: Option<Session>,
    service: Option<ServiceTime>,
    buckets: BTreeMap<BucketId, BucketRow>,
    slots: BTreeMap<SlotId, SlotRow>,
    runs: BTreeMap<RunId, Driven>,
    flights: BTreeMap<SlotId, Flight>,
    doubts: BTreeMap<(RunId, MachineId), Looked>,
    followed: BTreeMap<(RunId, MachineId), Timestamp>,
    /// How many calls may be on their way at once.
    ramp: usize,
    /// No take before: after a call that could not be sent.
    not_before: Raw,
    unsent: u32,
    unsent_at: Raw,
    taking: bool,
    /// Dead processes whose take-over is being written.
    taking_over: BTreeSet<ProcessId>,
    /// Transactions asked for and not yet answered.
    commits: usize,
    reading: Option<Reading>,
    lists: Lists,
    latencies: VecDeque<i64>,
    life: Life,
    trouble: Trouble,
}

/// How far the engine's life is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It takes, reads and follows.
    Running,
    /// It takes nothing more and awaits what is on its way.
    Stopping,
    /// It has said that nothing is open.
    Ended,
    /// The journal failed where it must not: nothing is done any more.
    Halted,
}

/// What is wrong, until it passes.
#[derive(Debug, Clone, Default)]
struct Trouble {
    journal: Option<SafeText>,
    /// Two actions of ours on one machine. Stays: a person has to look.
    alarm: Option<SafeText>,
    token: Option<SafeText>,
    lists: Option<SafeText>,
}

/// Calls in flight at the most.
const RAMP_MAX: usize = 16;
/// After a transaction that failed without harm.
const AFTER_FAILED_COMMIT: i64 = 5 * SECOND;
/// Latencies that are remembered, for the schedule that is shown.
const LATENCIES: usize = 51;
/// Shown as the latency before one was seen, in milliseconds.
const LATENCY_AT_FIRST: i64 = 300;

impl Engine {
    /// An engine of this boot.
    pub(crate) fn new(boot: Boot) -> Self {
        Self {
            boot,
            late: ARRIVES_LATE,
            me: None,
            session: None,
            service: None,
            buckets: BTreeMap::new(),
            slots: BTreeMap::new(),
            runs: BTreeMap::new(),
            flights: BTreeMap::new(),
            doubts: BTreeMap::new(),
            followed: BTreeMap::new(),
            ramp: 1,
            not_before: Raw(0),
            unsent: 0,
            unsent_at: Raw(0),
            taking: false,
            taking_over: BTreeSet::new(),
            commits: 0,
            reading: None,
            lists: Lists::default(),
            latencies: VecDeque::new(),
            life: Life::Running,
            trouble: Trouble::default(),
        }
    }

    /// Notes what happened, then decides once.
    pub(crate) fn step(&mut self, now: Now, event: Event) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.life == Life::Halted {
            return commands;
        }
        match event {
            Event::Started { me, dead } => {
                self.me = Some(me);
                self.take_over(dead, &mut commands);
            }
            Event::Died(dead) => self.take_over(dead, &mut commands),
            Event::SignedIn { generation, key, late } => {
                self.late = self.late.max(late);
                self.reading = None; // what an earlier sign-in asked for belongs to its tenant
                let token = Token::Good { proven: true };
                self.session = Some(Session { key: key.clone(), generation, token, bucket: None });
                self.trouble.token = None;
                self.commit(Transaction::Open(key), &mut commands);
            }
            Event::Token(generation) => self.renewed(generation),
            Event::RenewFailed { words, again } => self.renew_failed(now, &words, again, &mut commands),
            Event::Committed(transaction, reply) => {
                self.commits -= 1;
                self.committed(now, &transaction, reply, &mut commands);
            }
            Event::CommitFailed(transaction, error) => {
                self.commits -= 1;
                self.commit_failed(now, &transaction, &error, &mut commands);
            }
            Event::Written(Ok(reply)) => self.mirror(now, reply),
            Event::Written(Err(JournalError::Uncertain(words))) => self.halt(&words, &mut commands),
            Event::Answer { slot, outcome, date, generation } => {
                self.heard(date, now.raw);
                self.answered(now, slot, outcome, generation, &mut commands);
            }
            Event::Listed { read, rows, complete, date, calls } => {
                self.listed(now, read, (rows, complete, date, calls), &mut commands);
            }
            Event::ListFailed { read, failed } => self.list_failed(now, read, &failed, &mut commands),
            Event::JournalChanged(rows) => {
                for row in rows {
                    if let Some(driven) = self.runs.get_mut(&row.id) {
                        driven.row = row;
                    }
                }
            }
            Event::StopAsked if self.life == Life::Running => self.life = Life::Stopping,
            // Of an error nothing was written, and whoever asked was told.
            Event::Written(Err(_)) | Event::StopAsked | Event::Tick => {}
        }
        self.decide(now, &mut commands);
        commands
    }

    /// The one place where something new is begun.
    fn decide(&mut self, now: Now, commands: &mut Vec<Command>) {
        match self.life {
            Life::Running => {}
            Life::Stopping => {
                if self.flights.is_empty() && self.commits == 0 {
                    self.life = Life::Ended;
                    self.commit(Transaction::End, commands);
                }
                return;
            }
            Life::Ended | Life::Halted => return,
        }
        let wakes = [self.renew(now, commands), self.take(now, commands), self.read(now, commands)];
        if let Some(at) = wakes.into_iter().flatten().min() {
            commands.push(Command::Wake(at));
        }
    }

    /// Takes over from processes, each once at a time: one that failed is tried when its death is told again.
    fn take_over(&mut self, dead: Vec<ProcessId>, commands: &mut Vec<Command>) {
        if self.life != Life::Running {
            return;
        }
        for process in dead {
            if self.taking_over.insert(process) {
                self.commit(Transaction::TakeOver(process), commands);
            }
        }
    }

    fn commit(&mut self, transaction: Transaction, commands: &mut Vec<Command>) {
        self.commits += 1;
        commands.push(Command::Commit(transaction));
    }

    fn committed(
        &mut self,
        now: Now,
        transaction: &Transaction,
        mut reply: Reply,
        commands: &mut Vec<Command>,
    ) {
        self.trouble.journal = None;
        let sends = std::mem::take(&mut reply.sends);
        let found = Found { good: reply.good_read, lacks: reply.lacks };
        match transaction {
            Transaction::Open(key) => {
                if let (Some(session), Some(bucket)) = (&mut self.session, reply.buckets.first())
                    && session.key == *key
                {
                    session.bucket = Some(bucket.id);
                }
            }
            Transaction::Take { .. } => self.taking = false,
            Transaction::TakeOver(process) => drop(self.taking_over.remove(process)),
            Transaction::End => commands.push(Command::Stop { ended: true }),
            _ => {}
        }
        self.mirror(now, reply);
        for to_send in sends {
            self.send(now, to_send, commands);
        }
        if let Transaction::Look(look) = transaction {
            self.looked(now, look, found, commands);
        }
    }

    fn commit_failed(
        &mut self,
        now: Now,
        transaction: &Transaction,
        error: &JournalError,
        commands: &mut Vec<Command>,
    ) {
        let (certain, refused, words) = match error {
            JournalError::Refused(words) => (true, true, words),
            JournalError::Failed(words) => (true, false, words),
            JournalError::Uncertain(words) => (false, false, words),
        };
        let needed = matches!(transaction, Transaction::Settle { .. } | Transaction::Open(_));
        if !certain || needed {
            self.halt(words, commands);
            return;
        }
        if !refused {
            self.trouble.journal = Some(words.clone());
        }
        match transaction {
            Transaction::Take { .. } => {
                self.taking = false;
                self.not_before = self.not_before.max(now.raw.plus(AFTER_FAILED_COMMIT));
            }
            Transaction::Look(_) => {
                self.reading = None;
                self.bad_read(now.raw);
            }
            Transaction::TakeOver(process) => drop(self.taking_over.remove(process)),
            Transaction::End => commands.push(Command::Stop { ended: false }),
            _ => {}
        }
    }

    /// What the journal holds is not known any more: nothing is done from here on, and what stays `sending` is taken
    /// over by the next process.
    fn halt(&mut self, words: &SafeText, commands: &mut Vec<Command>) {
        self.life = Life::Halted;
        self.trouble.journal = Some(words.clone());
        commands.push(Command::Halt(words.clone()));
    }

    /// Takes over rows as they are now.
    fn mirror(&mut self, now: Now, reply: Reply) {
        for row in reply.buckets {
            self.buckets.insert(row.id, row);
        }
        for slot in reply.slots {
            self.slots.insert(slot.id, slot);
        }
        for slot in reply.freed {
            self.slots.remove(&slot);
        }
        for row in reply.runs {
            if row.ended.is_some() || Some(row.driver) != self.me {
                self.runs.remove(&row.id);
            } else if let Some(driven) = self.runs.get_mut(&row.id) {
                if driven.row.wish != Wish::Go && row.wish == Wish::Go {
                    (driven.since, driven.primed) = (now.raw, false); // going on checks every machine again
                    if let Some(session) = &mut self.session
                        && let Token::Broken { again } = &mut session.token
                    {
                        *again = now.raw; // whoever goes on has looked after the sign-in
                    }
                }
                driven.row = row;
            } else {
                self.runs.insert(row.id, Driven { row, queued: 0, since: now.raw, primed: false });
            }
        }
        for (run, queued) in reply.queued {
            if let Some(driven) = self.runs.get_mut(&run) {
                driven.queued = queued;
            }
        }
        for row in reply.machines {
            let key = (row.run, row.id);
            if !matches!(row.state, MachineState::Accepted | MachineState::Adopted) {
                self.followed.remove(&key);
            }
            if row.state != MachineState::Unknown {
                self.doubts.remove(&key);
            }
            match (row.state, row.look_after) {
                (MachineState::Unknown, Some(look_after)) => {
                    let since = row.doubt_since.unwrap_or(Timestamp::UNIX_EPOCH);
                    let doubt = Doubt::new(now.raw, look_after);
                    let looked = Looked { doubt, attempt: row.attempt, since };
                    self.doubts.insert(key, looked);
                }
                (MachineState::Accepted | MachineState::Adopted, _) => {
                    self.followed.insert(key, row.action_since.unwrap_or(now.wall));
                }
                _ => {}
            }
        }
        if let Some(alarm) = reply.alarms.into_iter().last() {
            self.trouble.alarm = Some(alarm);
        }
    }

    /// The slots of this session's bucket, as they may be counted.
    fn ends(&self) -> Vec<Until> {
        let bucket = self.open_bucket();
        let here = self.slots.values().filter(|slot| Some(slot.bucket) == bucket);
        here.map(|slot| slot.until_in(&self.boot)).collect()
    }

    /// The bucket of who is signed in.
    fn bucket(&self) -> Option<&BucketRow> {
        self.buckets.get(&self.session.as_ref()?.bucket?)
    }

    /// Whether a run belongs to the tenant that is signed in to.
    fn is_here(&self, run: RunId) -> bool {
        let tenant = self.session.as_ref().map(|session| &session.key.tenant);
        self.runs.get(&run).is_some_and(|driven| Some(&driven.row.tenant) == tenant)
    }

    /// The bucket that is open, to confirm a plan in.
    pub(crate) fn open_bucket(&self) -> Option<BucketId> {
        self.session.as_ref()?.bucket
    }

    /// D⁺ on the longest way that was used.
    pub(crate) fn late(&self) -> i64 {
        self.late
    }

    /// Median time from call to answer in milliseconds.
    pub(crate) fn latency(&self) -> i64 {
        let mut seen: Vec<i64> = self.latencies.iter().copied().collect();
        seen.sort_unstable();
        seen.get(seen.len() / 2).copied().unwrap_or(LATENCY_AT_FIRST)
    }

    /// What is wrong with the engine itself, the gravest first.
    pub(crate) fn trouble(&self) -> Option<&SafeText> {
        let Trouble { journal, alarm, token, lists } = &self.trouble;
        journal.as_ref().or(alarm.as_ref()).or(token.as_ref()).or(lists.as_ref())
    }

    /// How many calls are on their way.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.len()
    }
}
