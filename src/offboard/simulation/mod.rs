//! The engine under simulation: the real steps and the real transactions on a simulated clock, network and service.
//!
//! Everything random comes from one seed, which a failure prints: `OFFRAMP_SEED=N cargo test simulation` repeats it.
//! What fate may do is in [`Fates`]; what must hold is asserted in [`World::check`] after every step.

mod properties;
mod service;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use crate::domain::{
    ActionId, ActionKind, ActionStatus, Comment, Machine, MachineAction, MachineId, Mark, Offboardable,
};

use super::engine::{Command, Engine, Event, Generation, ListFailed, Query};
use super::journal::memory::Memory;
use super::journal::rows::{BucketKey, Operator, ProcessId, ProcessRow, Wish};
use super::journal::sqlite::Sqlite;
use super::journal::{Asker, Decision, JournalError, Reply, Rows, Transaction};
use super::machine_run::Outcome;
use super::moment::{ARRIVES_LATE, Boot, HOUR, MINUTE, Now, Raw};
use super::plan::Plan;
use super::view::{MachineState, RunId};
use service::{D, Service, True, instant};

/// An action of the simulated service, by hand.
pub(crate) fn action(id: &str, machine: &str, comment: &str, created: &str, status: &str) -> MachineAction {
    MachineAction {
        id: ActionId::parse(id).unwrap(),
        kind: ActionKind::Offboard,
        status: ActionStatus::parse(status),
        machine: Some(MachineId::parse(machine).unwrap()),
        name: None,
        requestor: Some("ir-automation".into()),
        comment: Some(comment.into()),
        created: Some(created.parse().unwrap()),
        updated: None,
        error_hresult: None,
        properties: Vec::new(),
    }
}

/// A plan of so many machines.
pub(crate) fn plan(name: &str, ids: impl IntoIterator<Item = String>) -> Plan {
    let machines: Vec<Machine> = ids
        .into_iter()
        .map(|id| Machine {
            os_platform: Some("Windows11".into()),
            onboarding_status: Some("Onboarded".into()),
            ..Machine::bare(MachineId::parse(&id).unwrap())
        })
        .collect();
    let mark = Mark { run: name.into(), operator: "jdoe".into() };
    let comment = Comment::parse("CHG-1042", Some(&mark)).unwrap();
    Plan::freeze(mark, comment, &machines).unwrap()
}

/// How often fate does what, in percent of calls, lists or steps.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fates {
    /// The answer is lost, or a gateway answers; the call arrives up to D later, or never.
    pub(crate) late: u8,
    /// It is answered, but takes most of a minute, and is counted at the end of that.
    pub(crate) slow: u8,
    /// What a dead driver sent arrives as late as it may, and the next one starts at once.
    pub(crate) dead_arrive_last: bool,
    /// It could not be sent.
    pub(crate) not_sent: u8,
    /// The service refuses it.
    pub(crate) refused: u8,
    /// The service's own 500, before or after the creation.
    pub(crate) broken: u8,
    /// 401.
    pub(crate) expired: u8,
    /// 429.
    pub(crate) too_many: u8,
    /// A list fails, or is not complete.
    pub(crate) bad_list: u8,
    /// Lists show actions late.
    pub(crate) late_lists: bool,
    /// An answer's `Date` is wrong by up to two days: outside what is promised, and still nothing is sent twice.
    pub(crate) skewed: u8,
    /// A commit fails so that nobody knows whether it was written, per thousand commits: the driver ends itself.
    pub(crate) uncertain: u8,
    /// The driver is killed, per thousand steps.
    pub(crate) killed: u8,
    /// Milliseconds between a call and its answer, at the least and at the most.
    pub(crate) latency: (i64, i64),
    /// Our clock's rate, in parts of a million more than the service's; up to ±1,000 are inside A3.
    pub(crate) drift: i64,
}

/// Something that will happen to the driver or at the service.
#[derive(Debug, Clone)]
enum Coming {
    /// An event for the driver of this life.
    Event(u32, Box<Event>),
    /// The engine asked to be stepped then; the last such wish counts.
    Wake(u32, u64),
    /// A call arrives at the service.
    Arrives(Box<Arrival>),
    /// A list is put together.
    Lists { life: u32, sent: True, read: super::engine::ReadId, query: Query },
    /// The next driver starts.
    Restart,
    /// The operator goes on with what is unfinished.
    GoOn,
}

#[derive(Debug, Clone)]
struct Arrival {
    life: u32,
    slot: super::journal::rows::SlotId,
    machine: MachineId,
    comment: Comment,
    generation: Generation,
    fate: Fate,
    /// When its answer comes.
    answered: True,
}

/// What becomes of a call that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is answered.
    Answered,
    /// Nobody waits for its answer any more.
    Unheard,
    Refused,
    /// A 500 of the service, after the creation if so.
    Broken(bool),
    TooMany(Option<i64>),
    Expired,
}

struct Scheduled {
    at: True,
    order: u64,
    coming: Coming,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Scheduled {}
impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The world: a service, a journal that survives, and a driver that may not.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) fates: Fates,
    pub(crate) service: Service,
    pub(crate) journal: Memory,
    /// A journal on disk that is told the same, and must say the same.
    pub(crate) on_disk: Option<(Sqlite, tempfile::TempDir)>,
    engine: Option<Engine>,
    me: ProcessId,
    life: u32,
    boot: u32,
    /// True time of this boot's zero.
    boot_zero: True,
    now: True,
    order: u64,
    wake: u64,
    coming: BinaryHeap<Reverse<Scheduled>>,
    generation: u64,
    /// Nothing fails any more.
    pub(crate) calm: bool,
    /// When each life ended.
    died: BTreeMap<u32, True>,
    /// True time of the last answer of a call that was settled.
    pub(crate) last_answer: True,
}

impl World {
    pub(crate) fn new(seed: u64, fates: Fates) -> Self {
        let mut world = Self::empty(seed, fates);
        world.start();
        world
    }

    /// The same, with every transaction performed on disk too.
    pub(crate) fn with_disk(seed: u64, fates: Fates) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self::empty(seed, fates);
        world.on_disk = Some((Sqlite::open(dir.path()).unwrap(), dir));
        world.start();
        world
    }

    fn empty(seed: u64, fates: Fates) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            fates,
            service: Service::default(),
            journal: Memory::default(),
            engine: None,
            me: ProcessId(0),
            life: 0,
            boot: 1,
            boot_zero: -HOUR,
            now: 0,
            order: 0,
            wake: 0,
            coming: BinaryHeap::new(),
            generation: 0,
            calm: false,
            died: BTreeMap::new(),
            last_answer: 0,
            on_disk: None,
        }
    }

    fn commit(&mut self, asker: &Asker, transaction: &Transaction) -> Result<Reply, JournalError> {
        let reply = self.journal.commit(asker, transaction);
        if let Some((disk, _)) = &mut self.on_disk {
            let mut there = disk.commit(asker, transaction);
            let mut here = reply.clone();
            for reply in [&mut there, &mut here].into_iter().flatten() {
                reply.slots.sort_by_key(|slot| slot.id);
                reply.freed.sort();
                reply.machines.sort_by_key(|machine| (machine.run, machine.ord));
            }
            assert_eq!(here, there, "{transaction:?}");
        }
        reply
    }

    /// Our raw clock at the present true moment.
    fn raw(&self) -> Raw {
        let since = self.now - self.boot_zero;
        Raw(since + since.div_euclid(1_000) * self.fates.drift / 1_000)
    }

    /// The true moment at which our raw clock shows a value, or a little later.
    fn true_of(&self, raw: Raw) -> True {
        let mut at = self.boot_zero + raw.0 - raw.0.div_euclid(1_000) * self.fates.drift / 1_000;
        let shows = |at: True| {
            let since = at - self.boot_zero;
            since + since.div_euclid(1_000) * self.fates.drift / 1_000
        };
        while shows(at) > raw.0 {
            at -= 1;
        }
        while shows(at) < raw.0 {
            at += 1;
        }
        at
    }

    fn now(&self) -> Now {
        // The wall is wrong by hours: nothing may depend on it.
        Now { raw: self.raw(), wall: instant(self.now - 5 * HOUR) }
    }

    fn boot(&self) -> Boot {
        Boot::new(&format!("boot-{}", self.boot), 1.0)
    }

    fn asker(&self) -> Asker {
        Asker { me: self.me, boot: self.boot(), late: ARRIVES_LATE, now: self.now() }
    }

    fn schedule(&mut self, at: True, coming: Coming) {
        self.order += 1;
        let at = at.max(self.now);
        self.coming.push(Reverse(Scheduled { at, order: self.order, coming }));
    }

    /// The `Date` of an answer that leaves now, in whole seconds.
    fn date(&mut self) -> Timestamp {
        let skew = if self.percent(self.fates.skewed) { self.rng.i64(-48 * HOUR..48 * HOUR) } else { 0 };
        let at = self.now + skew;
        instant(at - at.rem_euclid(1_000))
    }

    fn percent(&mut self, chance: u8) -> bool {
        !self.calm && self.rng.u8(0..100) < chance
    }

    /// Whether every answer takes the same time.
    fn calm_latency(&self) -> bool {
        self.fates.latency.0 == self.fates.latency.1
    }

    fn latency(&mut self) -> i64 {
        self.rng.i64(self.fates.latency.0..=self.fates.latency.1)
    }

    /// A new process takes its seat, finds the dead, and signs in.
    fn start(&mut self) {
        let row = ProcessRow {
            id: ProcessId(0),
            boot: self.boot(),
            pid: 1,
            lock: String::new(),
            inode: 0,
            began: self.now().wall,
            late: ARRIVES_LATE,
            ended: false,
        };
        let dead = self.journal.processes().unwrap().iter().map(|row| row.id).collect();
        self.me = self.journal.put_process(&row).unwrap();
        if let Some((disk, _)) = &mut self.on_disk {
            assert_eq!(disk.register(&row), Ok(self.me));
        }
        self.engine = Some(Engine::new(self.boot()));
        self.step(Event::Started { me: self.me, dead });
        self.generation += 1;
        let key = BucketKey { tenant: "tenant".into(), app: "app".into() };
        self.step(Event::SignedIn { generation: Generation(self.generation), key, late: ARRIVES_LATE });
    }

    /// Kills the driver; what it sent travels on.
    fn kill(&mut self) {
        self.died.insert(self.life, self.now);
        self.life += 1;
        self.engine = None;
        let pause = if self.fates.dead_arrive_last { 100 } else { self.rng.i64(0..120_000) };
        if self.rng.u8(0..4) == 0 {
            self.boot += 1;
            self.boot_zero = self.now + self.rng.i64(0..=pause);
        }
        self.schedule(self.now + pause, Coming::Restart);
    }

    fn step(&mut self, event: Event) {
        let now = self.now();
        let Some(engine) = &mut self.engine else { return };
        let commands = engine.step(now, event);
        self.perform(commands, now);
    }

    fn perform(&mut self, commands: Vec<Command>, now: Now) {
        let life = self.life;
        self.wake += 1;
        for command in commands {
            if self.life != life || !self.calm && self.rng.u16(0..1_000) < u16::from(self.fates.killed) {
                if self.life == life {
                    self.kill();
                }
                return;
            }
            match command {
                Command::Commit(transaction) => {
                    let asker = Asker { now, ..self.asker() };
                    let lost = !self.calm && self.rng.u16(0..1_000) < u16::from(self.fates.uncertain);
                    let result = if lost {
                        if self.rng.bool() {
                            let _ = self.commit(&asker, &transaction); // refused or written: nobody knows
                        }
                        Err(JournalError::Uncertain("disk I/O error".into()))
                    } else {
                        self.commit(&asker, &transaction)
                    };
                    let event = match result {
                        Ok(reply) => Event::Committed(transaction, reply),
                        Err(error @ (JournalError::Refused(_) | JournalError::Uncertain(_))) => {
                            Event::CommitFailed(transaction, error)
                        }
                        Err(error) => panic!("{transaction:?}: {error}"),
                    };
                    let takes = if self.fates.drift == 0 { 0 } else { self.rng.i64(0..3) };
                    self.schedule(self.now + takes, Coming::Event(life, Box::new(event)));
                }
                Command::Send { slot, machine, comment, .. } => self.sent(slot, &machine, comment),
                Command::List { read, query } => {
                    let at = self.now + self.latency() / 2;
                    self.schedule(at, Coming::Lists { life, sent: self.now, read, query });
                }
                Command::Renew(_) => {
                    self.generation += 1;
                    let at = self.now + self.latency();
                    let event = Event::Token(Generation(self.generation));
                    self.schedule(at, Coming::Event(life, Box::new(event)));
                }
                Command::Wake(raw) => {
                    let at = self.true_of(raw);
                    self.schedule(at, Coming::Wake(life, self.wake));
                }
                Command::Halt(_) => self.kill(),
                Command::Stop { .. } => self.engine = None,
            }
        }
    }

    /// A call leaves, and fate decides.
    fn sent(&mut self, slot: super::journal::rows::SlotId, machine: &Offboardable, comment: Comment) {
        let generation = Generation(self.generation);
        let row = self.journal.slots.get(&slot).expect("an intent is durable before its request");
        assert!(row.until.is_none(), "its slot is held");
        let id = machine.id().clone();
        let run = row.run.unwrap();
        assert_eq!(self.journal.machines[&(run, id.clone())].state, MachineState::Sending);
        let (life, latency) = (self.life, self.latency());
        let answer = |world: &mut Self, at: True, outcome: Outcome| {
            let event = Event::Answer { slot, outcome, date: None, generation };
            world.schedule(at, Coming::Event(life, Box::new(event)));
        };
        if self.percent(self.fates.not_sent) {
            answer(self, self.now + latency, Outcome::NotSent("refused".into()));
            return;
        }
        let mut arrival =
            Arrival { life, slot, machine: id, comment, generation, fate: Fate::Answered, answered: 0 };
        if self.percent(self.fates.late) {
            // Lost: we give up at a moment, and it arrives up to D after that, or has arrived, or never does.
            arrival.fate = Fate::Unheard;
            let some_time = self.rng.i64(0..60_000);
            let gives_up = self.now + *self.rng.choice(&[latency, some_time, 60_000]).expect("three");
            let words = "connection lost".into();
            answer(self, gives_up, Outcome::Unknown { by_service: false, words });
            let arrives = match self.rng.u8(0..10) {
                0 => return,
                1..=5 => gives_up + D - self.rng.i64(0..50),
                6 | 7 => self.now + self.rng.i64(0..=gives_up + D - self.now),
                _ => self.now + latency / 2,
            };
            self.schedule(arrives, Coming::Arrives(Box::new(arrival)));
            return;
        }
        arrival.fate = if self.percent(self.fates.refused) {
            Fate::Refused
        } else if self.percent(self.fates.broken) {
            Fate::Broken(self.rng.bool())
        } else if self.percent(self.fates.too_many) {
            Fate::TooMany(self.rng.bool().then(|| self.rng.i64(1..90)))
        } else if self.percent(self.fates.expired) {
            Fate::Expired
        } else {
            Fate::Answered
        };
        // When the driver dies meanwhile, its kernel may go on sending for D.
        let latency = if self.percent(self.fates.slow) { self.rng.i64(40_000..59_900) } else { latency };
        let takes_long = latency >= 40_000;
        arrival.answered = self.now + latency;
        let random = self.rng.i64(0..=latency);
        let arrives = self.now
            + match (takes_long, self.calm_latency()) {
                (true, _) => latency - 10,
                (_, true) => latency / 2,
                _ => random,
            };
        self.schedule(arrives, Coming::Arrives(Box::new(arrival)));
    }

    /// A call is counted, and answered if somebody listens.
    fn arrives(&mut self, arrival: Arrival) {
        if self.died.get(&arrival.life).is_some_and(|died| self.now > died + D) {
            return; // A1: not later than D after its driver died
        }
        let last = self.fates.dead_arrive_last;
        if arrival.life != self.life && arrival.fate != Fate::Unheard && (last || self.rng.bool()) {
            let fate = Fate::Unheard;
            let died = self.died[&arrival.life];
            let late = died + if last { D } else { self.rng.i64(0..=D) };
            self.schedule(late, Coming::Arrives(Box::new(Arrival { fate, ..arrival })));
            return;
        }
        self.service.count(self.now);
        let calm = !self.fates.late_lists;
        let words: crate::domain::SafeText = "in the service's words".into();
        let earlier = self.service.pending(&arrival.machine, self.now);
        let expired = arrival.fate == Fate::Expired && arrival.generation.0 == self.generation;
        let outcome = match arrival.fate {
            Fate::Refused => Outcome::Refused { kind: "404 ResourceNotFound".into(), words },
            Fate::TooMany(seconds) => Outcome::TooMany {
                retry_after: seconds.map(|s| Duration::from_secs(s.unsigned_abs())),
                words,
            },
            Fate::Expired if expired => Outcome::Unauthorized { tenant_trouble: false, words },
            Fate::Broken(false) => Outcome::Unknown { by_service: true, words },
            fate => {
                let (machine, comment) = (&arrival.machine, &arrival.comment);
                let id = self.service.create(&mut self.rng, machine, comment, self.now, calm);
                match fate {
                    Fate::Broken(_) => Outcome::Unknown { by_service: true, words },
                    _ if earlier.is_some() && self.rng.bool() => Outcome::Exists(words),
                    _ => Outcome::Action(Box::new(self.service.show(id, self.now))),
                }
            }
        };
        if arrival.fate == Fate::Unheard {
            return;
        }
        let date = Some(self.date());
        let at = arrival.answered.max(self.now);
        self.last_answer = self.last_answer.max(at);
        let event = Event::Answer { slot: arrival.slot, outcome, date, generation: arrival.generation };
        self.schedule(at, Coming::Event(arrival.life, Box::new(event)));
    }

    fn lists(&mut self, life: u32, sent: True, read: super::engine::ReadId, query: &Query) {
        let event = if self.percent(self.fates.bad_list / 2) {
            let failed = ListFailed { words: "gateway".into(), unauthorized: None, wait: None };
            Event::ListFailed { read, failed }
        } else {
            let mut rows = match query {
                Query::Since(from) => self.service.list(sent, self.now, *from, None),
                Query::OfMachine(id) => self.service.list(sent, self.now, Timestamp::UNIX_EPOCH, Some(id)),
            };
            let complete = !self.percent(self.fates.bad_list / 2);
            if !complete {
                rows.retain(|_| self.rng.bool());
            }
            let date = Some(self.date());
            Event::Listed { read, rows, complete, date, calls: 1 }
        };
        let at = self.now + self.latency() / 2;
        self.schedule(at, Coming::Event(life, Box::new(event)));
    }

    /// A person asks something of the engine's journal.
    pub(crate) fn asks(&mut self, transaction: &Transaction) -> Result<(), JournalError> {
        let asker = self.asker();
        let reply = self.commit(&asker, transaction)?;
        self.step(Event::Written(Ok(reply)));
        Ok(())
    }

    /// A person confirms a plan.
    pub(crate) fn confirm(&mut self, plan: Plan) -> RunId {
        let bucket = *self.journal.buckets.keys().next().expect("somebody is signed in");
        let confirm = Transaction::Confirm { bucket, plan: Box::new(plan), operator: Operator::default() };
        self.asks(&confirm).unwrap();
        *self.journal.runs.keys().last().unwrap()
    }

    /// Lets one thing happen. `false` when nothing is left to happen.
    pub(crate) fn happen(&mut self) -> bool {
        let Some(Reverse(Scheduled { at, coming, .. })) = self.coming.pop() else { return false };
        self.now = at;
        match coming {
            Coming::Event(life, event) if life == self.life => self.step(*event),
            Coming::Wake(life, wake) if life == self.life && wake == self.wake => self.step(Event::Tick),
            Coming::Arrives(arrival) => self.arrives(*arrival),
            Coming::Lists { life, sent, read, query } if life == self.life => {
                self.lists(life, sent, read, &query);
            }
            Coming::Event(..) | Coming::Wake(..) | Coming::Lists { .. } => {} // of a life that is over
            Coming::Restart => {
                self.start();
                let wait = if self.fates.dead_arrive_last { 0 } else { self.rng.i64(0..300_000) };
                self.schedule(self.now + wait, Coming::GoOn);
            }
            Coming::GoOn => self.go_on(),
        }
        true
    }

    /// The operator goes on with every run that was left unfinished, and leaves what is undecided.
    fn go_on(&mut self) {
        if self.engine.is_none() {
            return;
        }
        let paused: Vec<_> = self.journal.runs.values().filter(|run| run.ended.is_none()).cloned().collect();
        for run in paused {
            if run.driver != self.me {
                continue; // its take-over is not written yet
            }
            if run.wish == Wish::Pause {
                let left = self.journal.counts(run.id).unwrap().left_to_send();
                self.asks(&Transaction::GoOn { run: run.id, left }).unwrap();
            }
            if self.engine.is_none() {
                return;
            }
            let undecided = self.journal.machines_in(run.id, MachineState::Undecided, usize::MAX).unwrap();
            for machine in undecided {
                let decision = Decision::Leave;
                self.asks(&Transaction::Decide { run: run.id, machine: machine.id, decision }).unwrap();
                if self.engine.is_none() {
                    return;
                }
            }
        }
    }

    /// Runs until every run is finished; fate does its work only until `calm_at`.
    pub(crate) fn finish(&mut self, calm_at: True) {
        let mut nagged = 0;
        while self.journal.runs.values().any(|run| run.ended.is_none()) {
            if self.now > calm_at {
                self.calm = true;
                if self.now > nagged {
                    nagged = self.now + MINUTE;
                    self.schedule(self.now, Coming::GoOn);
                }
            }
            assert!(self.now < calm_at + 8 * HOUR, "not finished in time: {:?}", self.counts());
            if !self.happen() {
                assert!(self.now <= calm_at, "nothing is left to happen: {:?}", self.counts());
                self.now = calm_at + 1; // stopped by a guard: its operator comes back then
            }
            self.check();
        }
    }

    fn counts(&mut self) -> BTreeMap<MachineState, usize> {
        let mut counts = BTreeMap::new();
        for machine in self.journal.machines.values() {
            *counts.entry(machine.state).or_default() += 1;
        }
        counts
    }

    /// The invariants that are cheap enough for every step.
    fn check(&self) {
        let at = self.service.counted.len();
        for (n, length) in [(100, MINUTE), (1_500, HOUR)] {
            if at > n && self.service.counted[at - 1] == self.now {
                let before = self.service.counted[at - 1 - n];
                assert!(self.now - before > length, "{} calls in {} ms", n + 1, self.now - before);
            }
        }
    }

    /// The invariants over everything, at the end.
    pub(crate) fn check_all(&mut self) {
        assert!(self.service.busiest(MINUTE) <= 100, "{} in a minute", self.service.busiest(MINUTE));
        assert!(self.service.busiest(HOUR) <= 1_500, "{} in an hour", self.service.busiest(HOUR));
        for machine in self.journal.machines.values() {
            let run = &self.journal.runs[&machine.run];
            let ours = self.service.ours_on(&machine.id, run.comment.as_sent());
            assert!(ours <= 1, "{} actions of ours on {}", ours, machine.id);
            let state = machine.state;
            assert!(state.is_final(), "{} is {state}", machine.id);
            if matches!(state, MachineState::Cancelled | MachineState::SetAside | MachineState::Refused) {
                assert_eq!(ours, 0, "{} is {state} and has an action of ours", machine.id);
            }
            if let Some(action) = &machine.action {
                let known = &self.journal.actions[&(machine.tenant.clone(), action.clone())];
                assert_eq!(known.action.machine.as_ref(), Some(&machine.id));
            }
        }
    }
}
