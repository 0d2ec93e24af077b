//! [`Offboarding`]: all that a console or a command can ask of the engine.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::defender::{Client, Identity};
use crate::domain::{MachineId, SafeText};

use super::Plan;
use super::driver::{self, Ask};
use super::journal::Decision;
use super::journal::rows::Operator;
use super::view::{MachineView, RunId, Status};

/// What the engine has to be told at its start.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the journal is kept; by default `OFFRAMP_STATE_DIR`, else the platform's state directory. At a speed other
    /// than 1 it is kept in `speed-X` inside of that: it never shares a journal with real time.
    pub state_dir: Option<PathBuf>,
    /// How many times faster than the world the clock runs: with a simulated tenant only.
    pub speed: f64,
    /// Who works at this host.
    pub operator: Operator,
}

/// The running engine. Clones share it. When the last one is dropped without [`Offboarding::shut_down`], what is on
/// its way is dropped as if the process had died: the next start takes the run over.
#[derive(Debug, Clone)]
pub struct Offboarding {
    asks: mpsc::Sender<Ask>,
    status: watch::Receiver<Arc<Status>>,
}

impl Offboarding {
    /// Starts it inside the running tokio runtime and returns at once; the journal is opened on its own thread. It
    /// lists runs and shows the budget before anybody signs in.
    pub fn start(setup: Setup) -> Self {
        let (asks, asked) = mpsc::channel(64); // whoever asks waits while so many wait already
        let (publish, status) = watch::channel(Arc::default());
        tokio::spawn(driver::run(setup, asked, publish));
        Self { asks, status }
    }

    /// From now on it can send, look up and follow.
    pub fn signed_in(&self, client: Client, identity: Identity) {
        let ask = Ask::SignedIn(client, Box::new(identity));
        let Err(mpsc::error::TrySendError::Full(ask)) = self.asks.try_send(ask) else { return };
        let asks = self.asks.clone();
        tokio::spawn(async move { asks.send(ask).await });
    }

    /// Everything that is shown, whole, whenever something visible changed.
    pub fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }

    /// A fresh short name for a run, unused on this host.
    pub async fn run_name(&self) -> Result<String, SafeText> {
        self.ask(Ask::RunName).await?
    }

    /// Begins a run; the error says in words why not.
    pub async fn confirm(&self, plan: Plan) -> Result<RunId, SafeText> {
        self.ask(|answer| Ask::Confirm(Box::new(plan), answer)).await?
    }

    /// The machines of a run, in the order of its plan.
    pub async fn machines(&self, run: RunId) -> Result<Vec<MachineView>, SafeText> {
        self.ask(|answer| Ask::Machines(run, answer)).await?
    }

    /// Stops a run: nothing more is taken; what is on its way is awaited, what is in doubt is looked for.
    pub async fn stop(&self, run: RunId) -> Result<(), SafeText> {
        self.ask(|answer| Ask::Stop(run, answer)).await?
    }

    /// Goes on with a run, if this many machines are left ([`Counts::left_to_send`](super::view::Counts)).
    pub async fn go_on(&self, run: RunId, expected_left: usize) -> Result<(), SafeText> {
        self.ask(|answer| Ask::GoOn(run, expected_left, answer)).await?
    }

    /// Cancels what a run has queued. Final.
    pub async fn cancel_queued(&self, run: RunId) -> Result<(), SafeText> {
        self.ask(|answer| Ask::Cancel(run, answer)).await?
    }

    /// What a person decides about an undecided machine.
    pub async fn decide(&self, run: RunId, machine: &MachineId, decision: Decision) -> Result<(), SafeText> {
        let machine = machine.clone();
        self.ask(|answer| Ask::Decide(run, machine, decision, answer)).await?
    }

    /// Comments of earlier runs without their marks, the newest first, each once, at most eight.
    pub async fn recent_comments(&self) -> Vec<SafeText> {
        self.ask(Ask::RecentComments).await.unwrap_or_default()
    }

    /// Takes nothing more, awaits what is on its way (60 s at most), writes it down and lets go.
    pub async fn shut_down(&self) {
        let _ = self.ask(Ask::ShutDown).await; // an engine that has ended already is shut down
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, SafeText> {
        let (answer, answered) = oneshot::channel();
        let ended = || SafeText::from("the engine has ended");
        self.asks.send(ask(answer)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())
    }
}
