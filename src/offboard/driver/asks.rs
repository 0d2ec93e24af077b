//! What people ask of the driver, and what they are answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::defender::{Client, Identity};
use crate::domain::{MachineId, SafeText};
use crate::offboard::Plan;
use crate::offboard::engine::{Event, Generation};
use crate::offboard::journal::rows::{BucketId, SlotId, Wish};
use crate::offboard::journal::{Decision, Reply, Transaction};
use crate::offboard::machine_run::Outcome;
use crate::offboard::status;
use crate::offboard::view::{MachineView, RunId, Seat, Status};

use super::ledger::Desk;
use super::{Driver, Message, Session};

/// How long calls in flight are awaited at the end.
const SHUT_DOWN: Duration = Duration::from_secs(60);
/// Comments that are offered again.
const COMMENTS: usize = 8;

type Answer<T> = oneshot::Sender<Result<T, SafeText>>;

/// What a handle asks.
pub(in crate::offboard) enum Ask {
    SignedIn(Client, Box<Identity>),
    RunName(Answer<String>),
    Confirm(Box<Plan>, Answer<RunId>),
    Machines(RunId, Answer<Vec<MachineView>>),
    Stop(RunId, Answer<()>),
    GoOn(RunId, usize, Answer<()>),
    Cancel(RunId, Answer<()>),
    Decide(RunId, MachineId, Decision, Answer<()>),
    RecentComments(oneshot::Sender<Vec<SafeText>>),
    ShutDown(oneshot::Sender<()>),
}

/// Without a journal nothing is sent, and every question gets the reason.
pub(super) async fn refuse_all(
    words: SafeText,
    mut asked: mpsc::Receiver<Ask>,
    publish: &watch::Sender<Arc<Status>>,
) {
    let status = Status { seat: Seat::NoJournal(words.clone()), ..Status::default() };
    publish.send_replace(Arc::new(status));
    while let Some(ask) = asked.recv().await {
        match ask {
            Ask::ShutDown(answer) => {
                let _ = answer.send(()); // whoever asked has gone
                return;
            }
            other => refuse(other, &words),
        }
    }
}

/// Answers a question with words.
fn refuse(ask: Ask, words: &SafeText) {
    let no = || words.clone();
    // Whoever asked may have gone: then nobody reads the answer.
    match ask {
        Ask::SignedIn(..) => {}
        Ask::RunName(answer) => drop(answer.send(Err(no()))),
        Ask::Confirm(_, answer) => drop(answer.send(Err(no()))),
        Ask::Machines(_, answer) => drop(answer.send(Err(no()))),
        Ask::Stop(_, answer)
        | Ask::GoOn(_, _, answer)
        | Ask::Cancel(_, answer)
        | Ask::Decide(_, _, _, answer) => drop(answer.send(Err(no()))),
        Ask::RecentComments(answer) => drop(answer.send(Vec::new())),
        Ask::ShutDown(answer) => drop(answer.send(())),
    }
}

impl Driver {
    pub(super) fn asked(&mut self, ask: Ask) {
        if let Some(words) = self.halted.clone() {
            if let Ask::ShutDown(answer) = ask {
                self.shutting.push(answer);
                self.ended = true;
            } else {
                refuse(ask, &words);
            }
            return;
        }
        match ask {
            Ask::SignedIn(client, identity) => {
                self.session = Some(Session { client, identity: *identity });
                self.sign_in += 1;
                self.dirty = true;
                self.greet();
            }
            Ask::RunName(answer) => self.ledger.ask(move |desk| {
                let _ = answer.send(fresh_name(desk));
            }),
            Ask::Confirm(plan, answer) => self.confirm(plan, answer),
            Ask::Machines(run, answer) => self.machines(run, answer),
            Ask::Stop(run, answer) => self.stop(run, Wish::Pause, "stopped", answer),
            Ask::Cancel(run, answer) => self.stop(run, Wish::Cancel, "cancelled", answer),
            Ask::GoOn(run, left, answer) => match self.may_send() {
                Ok(_) => self.write(Transaction::GoOn { run, left }, answer, |_| Ok(())),
                Err(words) => drop(answer.send(Err(words))),
            },
            Ask::Decide(run, machine, decision, answer) => {
                self.write(Transaction::Decide { run, machine, decision }, answer, |_| Ok(()));
            }
            Ask::RecentComments(answer) => self.ledger.ask(move |desk| {
                let _ = answer.send(recent_comments(desk));
            }),
            Ask::ShutDown(answer) => self.shut_down(answer),
        }
    }

    /// The bucket in which this process may send now, or the words why it may not.
    fn may_send(&self) -> Result<BucketId, SafeText> {
        match (&self.seat, &self.engine) {
            (Seat::Other { pid }, _) => Err(SafeText::new(&format!(
                "another console (process {pid}) sends from this state directory"
            ))),
            (Seat::NoJournal(words), _) => Err(words.clone()),
            // The console has asked this before; it is asked again here, where it counts.
            _ if self.is_read_only() => Err("the sign-in lacks Machine.Offboard".into()),
            (_, Some(engine)) => engine.open_bucket().ok_or_else(|| "sign in first".into()),
            (_, None) => Err("the journal is still being opened".into()),
        }
    }

    fn is_read_only(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.identity.may_offboard() == Some(false))
    }

    fn confirm(&mut self, plan: Box<Plan>, answer: Answer<RunId>) {
        match self.may_send() {
            Ok(bucket) => {
                let operator = self.setup.operator.clone();
                let confirm = Transaction::Confirm { bucket, plan, operator };
                self.write(confirm, answer, |reply| {
                    reply.runs.first().map(|run| run.id).ok_or_else(|| "the journal gave it no number".into())
                });
            }
            Err(words) => drop(answer.send(Err(words))),
        }
    }

    fn stop(&mut self, run: RunId, wish: Wish, how: &str, answer: Answer<()>) {
        let by = SafeText::new(&format!("{how} by {}", self.setup.operator.name));
        self.write(Transaction::Stop { run, wish, by }, answer, |_| Ok(()));
    }

    /// Performs a person's transaction; the answer comes once it is durable.
    fn write<T: Send + 'static>(
        &mut self,
        transaction: Transaction,
        answer: Answer<T>,
        read: impl FnOnce(&Reply) -> Result<T, SafeText> + Send + 'static,
    ) {
        let (asker, inbox) = (self.asker(self.clock.now()), self.inbox.clone());
        self.ledger.ask(move |desk| {
            let result = desk.journal.commit(&asker, &transaction);
            let answer = move |result: Result<&Reply, SafeText>| drop(answer.send(result.and_then(read)));
            let _ = inbox.send(Message::Wrote(result, Box::new(answer)));
        });
    }

    fn machines(&mut self, run: RunId, answer: Answer<Vec<MachineView>>) {
        let now = self.clock.now().wall;
        self.ledger.ask(move |desk| {
            let views = desk.journal.machine_details(run).and_then(|machines| {
                let asked = desk.journal.read(|rows| {
                    let bucket = rows.run(run)?.map(|row| row.bucket);
                    Ok(rows
                        .buckets()?
                        .into_iter()
                        .find(|row| Some(row.id) == bucket)
                        .and_then(|row| row.asked))
                })?;
                Ok(machines.into_iter().map(|details| status::machine(details, asked, now)).collect())
            });
            let _ = answer.send(views.map_err(|error| SafeText::restored(&error.to_string())));
        });
    }

    /// Takes nothing more; ends when nothing is on its way, after a minute at the latest.
    fn shut_down(&mut self, answer: oneshot::Sender<()>) {
        self.shutting.push(answer);
        if self.engine.is_some() {
            self.give_up_at.get_or_insert(Instant::now() + SHUT_DOWN);
            self.stops.all();
            self.step(Event::StopAsked);
        } else {
            self.ended = true;
        }
    }

    /// A minute is over: what is still on its way is given up, the requests dropped first.
    pub(super) fn give_up(&mut self) {
        self.give_up_at = None;
        let given_up: Vec<SlotId> = self.in_flight.keys().copied().collect();
        self.calls.abort_all();
        self.in_flight.clear();
        for slot in given_up {
            let generation = Generation::default();
            let outcome = Outcome::Unknown { by_service: false, words: "given up at the end".into() };
            self.step(Event::Answer { slot, outcome, date: None, generation });
        }
    }
}

/// Four hex digits that no run of this host has.
fn fresh_name(desk: &mut Desk) -> Result<String, SafeText> {
    let runs = desk.journal.read(|rows| rows.runs());
    let runs = runs.map_err(|error| SafeText::restored(&error.to_string()))?;
    let used: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let names = std::iter::repeat_with(|| format!("{:04x}", fastrand::u16(..)));
    let mut tried = names.take(100_000);
    tried.find(|name| !used.contains(&name.as_str())).ok_or_else(|| "every short name is taken".into())
}

fn recent_comments(desk: &mut Desk) -> Vec<SafeText> {
    let mut comments: Vec<SafeText> = Vec::new();
    for run in desk.journal.read(|rows| rows.runs()).unwrap_or_default().iter().rev() {
        let words = status::without_mark(run);
        if !comments.contains(&words) && comments.len() < COMMENTS {
            comments.push(words);
        }
    }
    comments
}
