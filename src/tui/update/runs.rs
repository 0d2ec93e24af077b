//! What runs ask of the top: opening them, stopping them, offering those that were left unfinished, and leaving while
//! one goes on.

use std::sync::Arc;

use crate::domain::SafeText;
use crate::domain::when::plural;
use crate::offboard::view::{MachineView, RunId, RunView, Seat, Status};
use crate::tui::app::{App, Offering};
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::modal::{Modal, leaving, offer};
use crate::tui::screen::run;
use crate::tui::shared::Tab;
use crate::tui::then::{Go, Then};
use crate::tui::widget::run::{goes_on, is_halted, is_mine};

impl App {
    /// The engine's state changed.
    pub(super) fn status(&mut self, status: Arc<Status>) -> Then {
        if self.shared.status == status {
            return Then::nothing();
        }
        self.shared.status = status;
        let runs = &self.shared.status.runs;
        self.stopping.retain(|id| runs.iter().any(|run| run.id == *id && goes_on(run)));
        self.runs.arrange(&self.shared);
        let mut then = Then::changed();
        if let Some(run) = &mut self.run {
            run.settle(&self.shared);
            then.effects.extend(run.ask(&self.shared));
        }
        // What stands unfinished when this console gets the seat was left so; what stops later was stopped before the
        // operator's eyes.
        if self.offering == Offering::NotYet && self.shared.status.seat == Seat::Mine {
            let due = !offer::due(&self.shared).is_empty();
            self.offering = if due { Offering::Due } else { Offering::Made };
        }
        then
    }

    /// The machines of a run came; those of a run that is not open any more are dropped.
    pub(super) fn machines_of(&mut self, id: RunId, machines: Result<Vec<MachineView>, SafeText>) -> Then {
        let Some(run) = self.run.as_mut().filter(|run| run.id() == id) else { return Then::nothing() };
        if let (Ok(machines), Some(Modal::Decide(decide))) = (&machines, self.modals.last_mut())
            && let Some(machine) = machines.iter().find(|machine| decide.is_about(id, machine))
        {
            decide.machine_changed(machine);
        }
        run.arrived(machines, &self.shared);
        let mut then = Then::changed();
        then.effects.extend(run.ask(&self.shared));
        then
    }

    /// Opens a run, unless it is open already.
    pub(super) fn open_run(&mut self, id: RunId) -> Option<Effect> {
        self.tab = Tab::Runs;
        if self.run.as_ref().is_some_and(|run| run.id() == id) {
            return None;
        }
        self.runs.go_to(id, &self.shared);
        let (state, effect) = run::State::open(id, &self.shared);
        self.run = Some(state);
        Some(effect)
    }

    /// Back from an open run to all of them.
    pub(super) fn close_run(&mut self) {
        self.tab = Tab::Runs;
        if let Some(run) = self.run.take() {
            self.runs.go_to(run.id(), &self.shared);
        }
    }

    /// To the runs: straight into the one that goes on, if none is open and the operator comes from elsewhere.
    pub(super) fn to_runs(&self) -> Then {
        let going_on = self.shared.status.runs.iter().find(|run| goes_on(run) && is_mine(run));
        match going_on {
            Some(run) if self.tab != Tab::Runs && self.run.is_none() => Then::go(Go::Run(run.id)),
            _ => Then::go(Go::Tab(Tab::Runs)),
        }
    }

    /// The runs that `!` would stop: the one under the eyes if it goes on here, else all of this console that do.
    pub(super) fn stoppable(&self) -> Vec<&RunView> {
        let can = |run: &&RunView| goes_on(run) && is_mine(run) && !self.stopping.contains(&run.id);
        let under_the_eyes = self.run_under_the_eyes().filter(can);
        match under_the_eyes {
            Some(run) => vec![run],
            None => self.shared.status.runs.iter().filter(can).collect(),
        }
    }

    fn run_under_the_eyes(&self) -> Option<&RunView> {
        match (self.tab, &self.run) {
            (Tab::Machines, _) => None,
            (Tab::Runs, Some(open)) => open.run(&self.shared),
            (Tab::Runs, None) => self.runs.run(&self.shared),
        }
    }

    /// Why `!` would stop nothing, if it would.
    pub(super) fn nothing_to_stop(&self) -> Option<String> {
        if !self.stoppable().is_empty() {
            return None;
        }
        let runs = &self.shared.status.runs;
        let halted = |run: &&RunView| is_halted(run);
        let driven = runs.iter().find_map(|run| match run.driver {
            crate::offboard::view::Driver::Other { pid } if goes_on(run) => Some((run, pid)),
            _ => None,
        });
        Some(match (self.stopping.first(), driven) {
            (Some(_), _) => "already being stopped".into(),
            (None, Some((run, pid))) => format!("process {pid} drives run {}: stop it there", run.name),
            (None, None) => match self.run_under_the_eyes().or(runs.first()).filter(halted) {
                Some(run) => format!("run {}: already stopped", run.name),
                None => "no run is going on".into(),
            },
        })
    }

    /// `!`: stops, and only stops. What is being stopped already is not asked again.
    pub(super) fn stop(&mut self) -> Then {
        if let Some(why) = self.nothing_to_stop() {
            self.say(format!("! {why}"));
            return Then::changed();
        }
        let (ids, names): (Vec<RunId>, Vec<String>) =
            self.stoppable().into_iter().map(|run| (run.id, run.name.clone())).unzip();
        self.say(format!("! stopping run {}", names.join(", ")));
        self.stopping.extend(&ids);
        Then { changed: true, effects: ids.into_iter().map(Effect::Stop).collect(), ..Then::default() }
    }

    /// `q`: leaves, or asks if that would interrupt something.
    pub(super) fn quit(&mut self) -> Then {
        if matches!(self.modals.last(), Some(Modal::Leaving(_))) {
            return Then::nothing();
        }
        if self.ending || leaving::interrupted(&self.shared).is_empty() {
            return self.end();
        }
        Then::open(Modal::Leaving(leaving::State))
    }

    /// Leaving takes as long as the calls that are on their way: an operator who sees nothing happen would kill it.
    pub(super) fn say_what_is_awaited(&mut self) {
        let calls: usize = leaving::interrupted(&self.shared).iter().map(|run| run.counts.sending).sum();
        let awaited = match (calls, &self.shared.status.seat) {
            (1.., _) => format!("waiting for {}, 60 s at most", plural(calls, "answer")),
            (0, Seat::Opening) => "waiting for the journal".to_owned(),
            (0, _) => return,
        };
        self.say(format!("! leaving: {awaited}; q again leaves now"));
    }

    /// The offer has been answered.
    pub(super) fn close_offer(&mut self) {
        self.modals.retain(|modal| !matches!(modal, Modal::Offer(_)));
    }

    /// Offers what was left unfinished, once a start, in a moment in which no dialog is open and nothing is typed: a
    /// key that was meant for something else must not answer it.
    pub(super) fn offer_when_due(&mut self, mut then: Then) -> Then {
        let is_free = matches!(self.scope(), Scope::Machines | Scope::Runs | Scope::Run);
        if self.offering != Offering::Due || !is_free || self.ending {
            return then;
        }
        self.offering = Offering::Made;
        let due = offer::due(&self.shared);
        if let Some(first) = due.first() {
            self.modals.push(Modal::Offer(offer::State::new(*first, due.len() - 1)));
            then.changed = true;
        }
        then
    }
}

#[cfg(test)]
mod tests;
