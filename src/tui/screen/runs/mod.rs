//! Runs: every run of this host, with counts that add up.
//!
//! ```text
//! header                                               runs of HOST
//!                       1 stopped · 1 waiting · 8 runs of this host
//! headings
//! list: what waits for a decision first, then what goes on, then the newest
//! ── run and comment ────────────────── position, or a notice ──
//! strip: what a decision needs
//! status
//! keys
//! ```
//!
//! The cursor follows the run's number: a run that changes its place takes it along.

mod strip;
mod view;

use crate::offboard::view::{RunId, RunView};
use crate::tui::command::Command;
use crate::tui::keymap::Context;
use crate::tui::layout::{Rows, scrolled};
use crate::tui::modal::{Modal, cancel_queued, go_on};
use crate::tui::shared::Shared;
use crate::tui::then::{Go, Then};
use crate::tui::widget::run::{elsewhere, goes_on, is_halted, needs};

pub use view::draw;

/// The list of runs as it is shown.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Runs in their order on the screen, by their place in the engine's list.
    order: Vec<usize>,
    cursor: usize,
    /// The run that the operator's hand is on; none: never moved, so the first is what counts.
    held: Option<RunId>,
    offset: usize,
    notice: Option<String>,
}

impl State {
    /// What conditions and labels of keys look at.
    pub fn context(&self, shared: &Shared) -> Context {
        let blocked = shared.cannot_send();
        let Some(run) = self.run(shared) else {
            return Context { blocked, empty: true, ..Context::default() };
        };
        Context {
            blocked,
            read_only: shared.read_only(),
            left: run.counts.left_to_send(),
            queued: run.counts.queued,
            halted: is_halted(run),
            needs: shared.status.runs.iter().filter(|run| needs(&run.counts) > 0).count(),
            elsewhere: elsewhere(run, shared),
            ..Context::default()
        }
    }

    /// The run under the cursor.
    pub fn run<'a>(&self, shared: &'a Shared) -> Option<&'a RunView> {
        self.order.get(self.cursor).and_then(|index| shared.status.runs.get(*index))
    }

    /// Shows a message in the rule, until the next key.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }

    /// Puts the runs in order after the engine's state changed, and the cursor back on its run.
    pub fn arrange(&mut self, shared: &Shared) {
        let runs = &shared.status.runs;
        let rank = |run: &RunView| match () {
            () if is_halted(run) => 0,
            () if goes_on(run) => 1,
            () => 2,
        };
        self.order = (0..runs.len()).collect();
        self.order.sort_by_key(|index| (rank(&runs[*index]), std::cmp::Reverse(runs[*index].started)));
        let kept = self.held.and_then(|held| self.order.iter().position(|index| runs[*index].id == held));
        match kept {
            Some(at) => self.cursor = at,
            None => self.cursor = self.cursor.min(self.order.len().saturating_sub(1)),
        }
        self.settle(shared);
    }

    /// Puts the cursor on a run: the one that was open.
    pub fn go_to(&mut self, id: RunId, shared: &Shared) {
        if let Some(at) = self.order.iter().position(|index| shared.status.runs[*index].id == id) {
            self.move_to(at, shared);
        }
    }

    /// Puts the list where the cursor can be seen.
    pub fn settle(&mut self, shared: &Shared) {
        let height = usize::from(Rows::of(shared.area).list.height);
        self.offset = scrolled(self.offset, self.cursor, self.order.len(), height);
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Then {
        let said = self.notice.take().is_some();
        let mut then = self.command(command, shared);
        then.changed |= said;
        then
    }

    fn command(&mut self, command: Command, shared: &Shared) -> Then {
        let page = usize::from(Rows::of(shared.area).list.height.max(1)) as isize;
        match command {
            Command::Down => self.step(1, shared),
            Command::Up => self.step(-1, shared),
            Command::HalfPageDown => self.step(page / 2, shared),
            Command::HalfPageUp => self.step(-page / 2, shared),
            Command::PageDown => self.step(page, shared),
            Command::PageUp => self.step(-page, shared),
            Command::First => self.step(isize::MIN / 2, shared),
            Command::Last => self.step(isize::MAX / 2, shared),
            Command::Enter => match self.run(shared) {
                Some(run) => Then::go(Go::Run(run.id)),
                None => Then::nothing(),
            },
            Command::GoOn => match self.run(shared) {
                Some(run) => Then::open(Modal::GoOn(go_on::State::new(run))),
                None => Then::nothing(),
            },
            Command::CancelQueued => match self.run(shared) {
                Some(run) => Then::open(Modal::CancelQueued(cancel_queued::State::new(run.id))),
                None => Then::nothing(),
            },
            Command::NextFailure => self.next_in_need(shared),
            _ => Then::nothing(),
        }
    }

    fn step(&mut self, by: isize, shared: &Shared) -> Then {
        let last = self.order.len().saturating_sub(1);
        let to = self.cursor.saturating_add_signed(by).min(last);
        let moved = to != self.cursor;
        self.move_to(to, shared);
        Then::changed_if(moved)
    }

    fn next_in_need(&mut self, shared: &Shared) -> Then {
        let (n, runs) = (self.order.len(), &shared.status.runs);
        let next = (1..=n)
            .map(|ahead| (self.cursor + ahead) % n)
            .find(|at| needs(&runs[self.order[*at]].counts) > 0);
        match next {
            Some(at) if at != self.cursor => {
                self.move_to(at, shared);
                Then::changed()
            }
            Some(_) => {
                self.note("no other run needs you");
                Then::changed()
            }
            None => {
                self.note("no run needs you");
                Then::changed()
            }
        }
    }

    fn move_to(&mut self, to: usize, shared: &Shared) {
        self.cursor = to;
        self.held = self.run(shared).map(|run| run.id);
        self.settle(shared);
    }
}

#[cfg(test)]
mod tests;
