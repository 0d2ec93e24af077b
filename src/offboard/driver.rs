//! Performs the engine's commands on the real world: a task that owns engine, clock, client and the way to the
//! journal, and talks by channels.
//!
//! Everything that happened becomes one event, stepped with the time read after it. Commits are performed one by one
//! on the journal's thread; a request is sent only after its commit was answered.

mod asks;
mod calls;
mod ledger;
mod translate;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::defender::{ActionQuery, Answered, Client, Generation as ClientGeneration, Identity};
use crate::domain::SafeText;

use super::clock::{self, Clock};
use super::engine::{Command, Engine, Event, Generation, Query};
use super::handle::Setup;
use super::journal::rows::{ProcessId, RunRow, SlotId};
use super::journal::views::Overview;
use super::journal::{Asker, JournalError, Reply, Transaction};
use super::machine_run::Outcome;
use super::moment::{ARRIVES_LATE, ARRIVES_LATE_BEHIND_PROXY, Now, Raw};
use super::status::{self, Anchor, Looking};
use super::view::{Seat, Status};
pub(super) use asks::Ask;
use calls::Stops;
use ledger::{Desk, Ledger, Seating};

/// Gives a person the answer to a transaction.
type Respond = Box<dyn FnOnce(Result<&Reply, SafeText>) + Send>;

/// What comes back to the driver from its thread and its calls. Unbounded, but never more than one for each call in
/// flight, list, commit and look at the journal.
enum Message {
    Event(Box<Event>),
    /// A token was renewed, or not; the sign-in that it belongs to.
    Renewed(u32, ClientGeneration, Result<(), (SafeText, bool)>),
    /// A call came back.
    Called {
        slot: SlotId,
        sign_in: u32,
        generation: ClientGeneration,
        outcome: Outcome,
        date: Option<jiff::Timestamp>,
    },
    /// A person's transaction was performed.
    Wrote(Result<Reply, JournalError>, Respond),
    Seated(Result<Seating, JournalError>),
    /// Processes were proved dead while this one has the seat.
    Died(ledger::Dead),
    /// Others wrote: runs as they are now.
    Changed(i64, Vec<RunRow>),
    /// What is to be shown, and the seat that was held when it was asked for.
    Overview(Seat, Result<Box<Overview>, JournalError>),
}

/// How often the journal is looked at for what others wrote, the seat is tried, and freed slots are counted.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Changes that come closer together are published together.
const PUBLISH_EVERY: Duration = Duration::from_millis(80);

/// Runs until it is shut down, or every handle is gone.
pub(super) async fn run(setup: Setup, mut asked: mpsc::Receiver<Ask>, publish: watch::Sender<Arc<Status>>) {
    let (inbox, mut messages) = mpsc::unbounded_channel();
    let (clock, ledger) = match open(&setup).await {
        Ok(opened) => opened,
        Err(words) => return asks::refuse_all(words, asked, &publish).await,
    };
    let now = clock.now();
    let mut driver = Driver {
        anchor: Anchor(now),
        clock,
        ledger,
        inbox,
        setup,
        engine: None,
        me: None,
        seat: Seat::Opening,
        session: None,
        sign_in: 0,
        generations: BTreeMap::new(),
        calls: JoinSet::new(),
        in_flight: HashMap::new(),
        stops: Stops::default(),
        wake: None,
        dead_locks: HashMap::new(),
        halted: None,
        shutting: Vec::new(),
        give_up_at: None,
        data_version: -1,
        looking: false,
        sitting: false,
        dirty: true,
        publishing: false,
        published: Instant::now(),
        publish,
        ended: false,
    };
    driver.sit();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !driver.ended {
        let now = Instant::now();
        let far = now + Duration::from_secs(3_600);
        let wake = driver.wake.map_or(far, |at| now + driver.clock.until(at));
        let show = if driver.dirty && !driver.publishing { driver.published + PUBLISH_EVERY } else { far };
        let give_up = driver.give_up_at.unwrap_or(far);
        tokio::select! {
            ask = asked.recv() => match ask {
                Some(ask) => driver.asked(ask),
                None => break, // every handle is gone: as a process that died
            },
            Some(message) = messages.recv() => driver.received(message),
            Some(done) = driver.calls.join_next() => {
                if let Err(error) = done && error.is_panic() {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
            _ = look.tick() => driver.look(),
            () = sleep_until(show) => driver.show(),
            () = sleep_until(give_up) => driver.give_up(),
            () = sleep_until(wake) => {
                driver.wake = None;
                driver.step(Event::Tick);
            }
        }
    }
    let_go(&mut driver.calls, &driver.ledger).await;
    for answer in driver.shutting.drain(..) {
        let _ = answer.send(()); // whoever asked has gone
    }
}

/// The end, however it came: first nothing is sent any more, then the locks say so. The other way round the next
/// process would prove a death while a request of ours still leaves.
async fn let_go(calls: &mut JoinSet<()>, ledger: &Ledger) {
    calls.shutdown().await;
    let (say, left) = oneshot::channel();
    ledger.ask(move |desk| {
        desk.leave(false);
        let _ = say.send(()); // nobody waits any more
    });
    let _ = left.await; // without a thread there is no lock either
}

/// Clock and journal, or the words why there is none.
async fn open(setup: &Setup) -> Result<(Clock, Ledger), SafeText> {
    let words = |words: &str| SafeText::new(words);
    let clock = Clock::start(setup.speed).map_err(|error| words(&error))?;
    let dir = state_dir(setup).ok_or_else(|| {
        words("no home directory is known, so there is no place for the journal: set OFFRAMP_STATE_DIR")
    })?;
    let (ledger, opened) = Ledger::open(dir);
    match opened.await {
        Ok(Ok(())) => Ok((clock, ledger)),
        Ok(Err(
            JournalError::Refused(words) | JournalError::Failed(words) | JournalError::Uncertain(words),
        )) => Err(words),
        Err(_) => Err(words("the journal's thread could not be started")),
    }
}

/// Where the journal of this speed is. Another speed has one of its own: moments of clocks that run differently must
/// never be counted in one window, nor a demonstration hold the machines of a tenant.
fn state_dir(setup: &Setup) -> Option<PathBuf> {
    let named = || std::env::var_os("OFFRAMP_STATE_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let of_platform = || {
        let base = etcetera::choose_base_strategy().ok()?;
        Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("offramp"))
    };
    let dir = setup.state_dir.clone().or_else(named).or_else(of_platform)?;
    let speed = clock::usable_speed(setup.speed);
    Some(if clock::is_plain(speed) { dir } else { dir.join(format!("speed-{speed}")) })
}

/// The client that is signed in.
struct Session {
    client: Client,
    identity: Identity,
}

#[expect(clippy::struct_excessive_bools, reason = "each says of one errand whether it is under way")]
struct Driver {
    setup: Setup,
    clock: Clock,
    anchor: Anchor,
    /// Everything that is on its way. Before the ledger, as fields are dropped in this order: see [`let_go`].
    calls: JoinSet<()>,
    ledger: Ledger,
    inbox: mpsc::UnboundedSender<Message>,
    /// There is one while this process has the seat.
    engine: Option<Engine>,
    me: Option<ProcessId>,
    seat: Seat,
    session: Option<Session>,
    /// How often somebody signed in.
    sign_in: u32,
    generations: BTreeMap<Generation, ClientGeneration>,
    in_flight: HashMap<SlotId, AbortHandle>,
    /// What calls that still wait for their token are told.
    stops: Stops,
    wake: Option<Raw>,
    dead_locks: HashMap<ProcessId, String>,
    halted: Option<SafeText>,
    shutting: Vec<oneshot::Sender<()>>,
    give_up_at: Option<Instant>,
    data_version: i64,
    looking: bool,
    sitting: bool,
    /// Something visible may have changed.
    dirty: bool,
    publishing: bool,
    published: Instant,
    publish: watch::Sender<Arc<Status>>,
    ended: bool,
}

impl Driver {
    fn asker(&self, now: Now) -> Asker {
        Asker {
            me: self.me.unwrap_or(ProcessId(0)),
            boot: self.clock.boot().clone(),
            late: self.engine.as_ref().map_or(ARRIVES_LATE, Engine::late),
            now,
        }
    }

    /// Something happened: the engine notes and decides, and what it decides is done.
    fn step(&mut self, event: Event) {
        let now = self.clock.now();
        let Some(engine) = &mut self.engine else { return };
        self.wake = None;
        self.dirty |= !matches!(event, Event::Tick);
        for command in engine.step(now, event) {
            self.perform(command, now);
        }
    }

    fn perform(&mut self, command: Command, now: Now) {
        match command {
            Command::Commit(transaction) => {
                let (asker, inbox) = (self.asker(now), self.inbox.clone());
                self.ledger.ask(move |desk| {
                    let event = match desk.journal.commit(&asker, &transaction) {
                        Ok(reply) => Event::Committed(transaction, reply),
                        Err(error) => Event::CommitFailed(transaction, error),
                    };
                    let _ = inbox.send(Message::Event(Box::new(event))); // the driver is gone
                });
            }
            Command::Send { slot, run, machine, comment } => {
                let Some(session) = &self.session else { return };
                let (client, inbox) = (session.client.clone(), self.inbox.clone());
                let (sign_in, stops) = (self.sign_in, self.stops.clone());
                let call = async move {
                    let Answered { value: outcome, date, generation } =
                        calls::call(&client, run, &machine, &comment, &stops).await;
                    let _ = inbox.send(Message::Called { slot, sign_in, generation, outcome, date });
                };
                self.in_flight.insert(slot, self.calls.spawn(call));
            }
            Command::List { read, query } => {
                let Some(session) = &self.session else { return };
                let (client, inbox) = (session.client.clone(), self.inbox.clone());
                self.calls.spawn(async move {
                    let query = match query {
                        Query::Since(created_ge) => ActionQuery::Since { created_ge },
                        Query::OfMachine(machine) => ActionQuery::OfMachine(machine),
                    };
                    let event = match client.actions(&query).await {
                        Ok(listing) => Event::Listed {
                            read,
                            rows: listing.actions,
                            complete: listing.complete,
                            date: listing.date,
                            calls: listing.calls,
                        },
                        Err(error) => Event::ListFailed { read, failed: translate::list_failed(&error) },
                    };
                    let _ = inbox.send(Message::Event(Box::new(event)));
                });
            }
            Command::Renew(generation) => {
                let Some(session) = &self.session else { return };
                let (client, inbox) = (session.client.clone(), self.inbox.clone());
                let spent = self.generations.get(&generation).copied().unwrap_or_default();
                let sign_in = self.sign_in;
                self.calls.spawn(async move {
                    let message = match client.renew(spent).await {
                        Ok(identity) => Message::Renewed(sign_in, identity.generation, Ok(())),
                        Err(error) => {
                            let words = SafeText::restored(&error.to_string());
                            Message::Renewed(sign_in, spent, Err((words, error.may_pass())))
                        }
                    };
                    let _ = inbox.send(message);
                });
            }
            Command::Wake(at) => self.wake = Some(at),
            Command::Halt(words) => {
                self.stops.all();
                self.calls.abort_all();
                self.in_flight.clear();
                self.halted = Some(words);
                self.dirty = true;
                if !self.shutting.is_empty() {
                    self.ended = true;
                }
            }
            Command::Stop { ended } => {
                let inbox = self.inbox.clone();
                self.ledger.ask(move |desk| {
                    desk.leave(ended);
                    let other = Ok(Seating::Other(0));
                    let _ = inbox.send(Message::Seated(other));
                });
            }
        }
    }

    /// The engine's number of a client's token: each client counts from one, and a later sign-in's are newer.
    fn generation(&mut self, sign_in: u32, of_client: ClientGeneration) -> Generation {
        let generation = Generation((u64::from(sign_in) << 32) + of_client.number());
        self.generations.insert(generation, of_client);
        generation
    }

    fn received(&mut self, message: Message) {
        match message {
            Message::Event(event) => {
                if let Event::Committed(Transaction::TakeOver(process), _) = &*event
                    && let Some(lock) = self.dead_locks.remove(process)
                {
                    self.ledger.ask(move |desk| desk.forget(&lock));
                }
                if let Event::Committed(_, reply) = &*event {
                    self.stops.note(&reply.runs);
                }
                self.step(*event);
            }
            Message::Called { slot, sign_in, generation, outcome, date } => {
                self.in_flight.remove(&slot);
                let generation = self.generation(sign_in, generation);
                self.step(Event::Answer { slot, outcome, date, generation });
            }
            Message::Renewed(sign_in, ..) if sign_in != self.sign_in => {} // of a client that was replaced
            Message::Renewed(sign_in, generation, result) => {
                let generation = self.generation(sign_in, generation);
                self.step(match result {
                    Ok(()) => Event::Token(generation),
                    Err((words, again)) => Event::RenewFailed { words, again },
                });
            }
            Message::Wrote(result, answer) => {
                if let Ok(reply) = &result {
                    self.stops.note(&reply.runs);
                }
                answer(result.as_ref().map_err(|error| SafeText::restored(&error.to_string())));
                self.dirty = true;
                self.step(Event::Written(result));
            }
            Message::Died(dead) => {
                self.dead_locks.extend(dead.iter().cloned());
                self.step(Event::Died(dead.into_iter().map(|(process, _)| process).collect()));
            }
            Message::Seated(_) if !self.shutting.is_empty() => self.ended = true,
            Message::Seated(seating) => self.seated(seating),
            Message::Changed(version, runs) => {
                self.looking = false;
                if self.data_version != version {
                    self.data_version = version;
                    self.dirty = true;
                    self.stops.note(&runs);
                    self.step(Event::JournalChanged(runs));
                }
            }
            Message::Overview(seat, read) => self.overview(seat, read),
        }
    }

    /// Tries to be the one that sends.
    fn sit(&mut self) {
        if !std::mem::replace(&mut self.sitting, true) {
            let (inbox, clock) = (self.inbox.clone(), self.clock.clone());
            self.ledger.ask(move |desk| {
                let _ = inbox.send(Message::Seated(desk.sit(&clock)));
            });
        }
    }

    fn seated(&mut self, seating: Result<Seating, JournalError>) {
        self.sitting = false;
        let seat = match seating {
            Ok(Seating::Mine { me, dead }) => {
                self.me = Some(me);
                self.engine = Some(Engine::new(self.clock.boot().clone()));
                self.dead_locks = dead.iter().cloned().collect();
                let dead = dead.into_iter().map(|(process, _)| process).collect();
                self.step(Event::Started { me, dead });
                self.greet();
                Seat::Mine
            }
            Ok(Seating::Other(pid)) => Seat::Other { pid },
            Err(error) => Seat::NoJournal(SafeText::restored(&error.to_string())),
        };
        self.dirty |= self.seat != seat;
        self.seat = seat;
    }

    /// Tells the engine who is signed in.
    fn greet(&mut self) {
        let Some(session) = &self.session else { return };
        let key = translate::bucket(&session.identity);
        let proxied = session.client.may_go_through_proxy();
        let late = if proxied { ARRIVES_LATE_BEHIND_PROXY } else { ARRIVES_LATE };
        let of_client = session.identity.generation;
        let generation = self.generation(self.sign_in, of_client);
        self.step(Event::SignedIn { generation, key, late });
    }

    /// Once a second: what others wrote, who is dead, what has freed.
    fn look(&mut self) {
        let now = self.clock.now();
        if self.anchor.is_off(now) {
            self.anchor = Anchor(now);
        }
        let held = {
            let status = self.publish.borrow();
            status.calls.hour.used > 0 || status.calls.pause.is_some()
        };
        self.dirty |= held;
        if self.engine.is_none() && self.halted.is_none() && self.shutting.is_empty() {
            self.sit();
        }
        if !std::mem::replace(&mut self.looking, true) {
            let (inbox, known) = (self.inbox.clone(), self.data_version);
            let clock = self.clock.clone();
            self.ledger.ask(move |desk: &mut Desk| {
                // A process dies lock by lock: the seat may be free before its death is proved. What cannot be read
                // now is read the next time.
                if let Some(dead) = desk.died(&clock).ok().filter(|dead| !dead.is_empty()) {
                    let _ = inbox.send(Message::Died(dead)); // the driver is gone
                }
                let version = desk.journal.data_version().unwrap_or(known);
                let runs =
                    if version == known { Ok(Vec::new()) } else { desk.journal.read(|rows| rows.runs()) };
                let _ = inbox.send(Message::Changed(version, runs.unwrap_or_default()));
            });
        }
    }

    /// Reads what is to be shown.
    fn show(&mut self) {
        self.dirty = false;
        self.publishing = true;
        let bucket = self.engine.as_ref().and_then(Engine::open_bucket);
        let (inbox, boot) = (self.inbox.clone(), self.clock.boot().clone());
        let seat = self.seat.clone();
        self.ledger.ask(move |desk| {
            let read = desk.journal.overview(bucket, &boot).map(Box::new);
            let _ = inbox.send(Message::Overview(seat, read));
        });
    }

    /// Publishes what was read, with the seat of that moment: a seat that was got since goes with the rows that were
    /// taken over with it, or the run of a dead process would be shown as another's.
    fn overview(&mut self, seat: Seat, read: Result<Box<Overview>, JournalError>) {
        self.publishing = false;
        self.published = Instant::now();
        let (overview, unread) = match read {
            Ok(overview) => (*overview, None),
            Err(error) => (Overview::default(), Some(SafeText::restored(&error.to_string()))),
        };
        let status = status::status(
            &overview,
            &Looking {
                now: self.clock.now(),
                anchor: self.anchor,
                boot: self.clock.boot(),
                me: self.me,
                seat,
                engine: self.engine.as_ref(),
                trouble: self.halted.clone().or(unread),
            },
        );
        self.publish.send_if_modified(|shown| {
            let changed = **shown != status;
            if changed {
                *shown = Arc::new(status);
            }
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes, when it is dropped, whether its process is proved dead.
    struct Request(PathBuf, u64, Arc<std::sync::Mutex<Option<bool>>>);

    impl Drop for Request {
        fn drop(&mut self) {
            *self.2.lock().unwrap() = Some(crate::offboard::lock::is_dead(&self.0, self.1));
        }
    }

    #[tokio::test]
    async fn no_request_outlives_the_locks() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::start(1.0).unwrap();
        let (ledger, opened) = Ledger::open(dir.path().to_owned());
        opened.await.unwrap().unwrap();
        let (say, sat) = oneshot::channel();
        ledger.ask(move |desk| {
            desk.sit(&clock).unwrap();
            let row = desk.journal.read(|rows| rows.processes()).unwrap().remove(0);
            say.send((row.lock, row.inode)).unwrap();
        });
        let (lock, inode) = sat.await.unwrap();
        let (lock, seen) = (dir.path().join(lock), Arc::default());
        let request = Request(lock.clone(), inode, Arc::clone(&seen));
        let mut calls = JoinSet::new();
        calls.spawn(async move {
            let _request = request;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        let_go(&mut calls, &ledger).await;
        assert_eq!(*seen.lock().unwrap(), Some(false), "the request ended while its process held the lock");
        assert!(crate::offboard::lock::is_dead(&lock, inode), "the locks are free once it has ended");
    }

    #[test]
    fn another_speed_has_a_journal_of_its_own() {
        for (speed, expected) in [
            (1.0, "/state"),
            (f64::NAN, "/state"),
            (0.0, "/state"),
            (60.0, "/state/speed-60"),
            (1.5, "/state/speed-1.5"),
        ] {
            let setup = Setup {
                state_dir: Some("/state".into()),
                speed,
                operator: crate::offboard::Operator::default(),
            };
            assert_eq!(state_dir(&setup), Some(expected.into()), "{speed}");
        }
    }
}
