//! One open run.
//!
//! ```text
//! header                                                  when it began
//! run and comment                          when it is over, or who stopped it
//! ━━━━━─────── n of n sent                 what it waits for
//! how many are where
//! (stopped: what is where, and what each key would do)
//! headings
//! list: what needs a person, what is under way, queued, done
//! ── machine · MachineAction, as the service returned it ──── asked ──
//! its properties, or what is known where there is none
//! calls
//! keys
//! ```
//!
//! The cursor follows the machine's id. Until it is moved it stays on the first line: what needs a person comes there.

mod halted;
mod head;
mod order;
mod pane;
mod places;
mod view;
mod words;

use crate::domain::{MachineId, SafeText};
use crate::offboard::view::{MachineState, MachineView, RunId, RunView};
use crate::tui::command::Command;
use crate::tui::effect::Effect;
use crate::tui::keymap::Context;
use crate::tui::layout::{is_tall, scrolled};
use crate::tui::modal::{Modal, cancel_queued, decide, go_on, machine as machine_dialog};
use crate::tui::shared::Shared;
use crate::tui::then::{Go, Then};
use crate::tui::widget::run::{elsewhere, is_halted, needs};
use order::Order;
use places::Places;
use words::Called;

pub use view::draw;

/// The run and its machines as they came last.
#[derive(Debug, Clone)]
pub struct State {
    run: RunId,
    machines: Vec<MachineView>,
    order: Order,
    /// Why the machines could not be read the last time.
    trouble: Option<SafeText>,
    /// The position in the order, not the line on the screen.
    cursor: usize,
    /// The machine that the operator's hand is on, once the cursor was moved.
    held: Option<MachineId>,
    offset: usize,
    /// The engine's count of changes that the last question was asked at.
    asked_at: u64,
    asking: bool,
    notice: Option<String>,
}

impl State {
    /// Opens a run: its machines are asked for.
    pub fn open(run: RunId, shared: &Shared) -> (Self, Effect) {
        let state = Self {
            run,
            machines: Vec::new(),
            order: Order::default(),
            trouble: None,
            cursor: 0,
            held: None,
            offset: 0,
            asked_at: shared.status.change,
            asking: true,
            notice: None,
        };
        (state, Effect::Machines(run))
    }

    /// Which run.
    pub fn id(&self) -> RunId {
        self.run
    }

    /// The run as the engine sees it; none until it has said so.
    pub fn run<'a>(&self, shared: &'a Shared) -> Option<&'a RunView> {
        shared.status.runs.iter().find(|run| run.id == self.run)
    }

    /// What conditions and labels of keys look at.
    pub fn context(&self, shared: &Shared) -> Context {
        let blocked = shared.cannot_send();
        let Some(run) = self.run(shared) else { return Context { blocked, ..Context::default() } };
        Context {
            blocked,
            read_only: shared.read_only(),
            left: run.counts.left_to_send(),
            queued: run.counts.queued,
            halted: is_halted(run),
            needs: needs(&run.counts),
            undecided: self.under_cursor().is_some_and(|machine| machine.state == MachineState::Undecided),
            elsewhere: elsewhere(run, shared),
            ..Context::default()
        }
    }

    /// Shows a message in the rule, until the next key.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }

    /// Asks for the machines again if any changed since; never while a question is on its way.
    pub fn ask(&mut self, shared: &Shared) -> Option<Effect> {
        if self.asking || self.asked_at == shared.status.change {
            return None;
        }
        (self.asking, self.asked_at) = (true, shared.status.change);
        Some(Effect::Machines(self.run))
    }

    /// The machines came, or why they did not.
    pub fn arrived(&mut self, machines: Result<Vec<MachineView>, SafeText>, shared: &Shared) {
        self.asking = false;
        match machines {
            Ok(machines) => {
                self.trouble = None;
                let before = self.order.line_of(self.cursor);
                self.order = Order::of(&machines);
                self.machines = machines;
                self.find_hand(before, shared);
            }
            Err(why) => {
                self.note(format!("! its machines can't be read: {why}"));
                self.trouble = Some(why);
            }
        }
    }

    /// Puts the cursor back on its machine, which stood on the line `before`; the row keeps its place on the screen.
    fn find_hand(&mut self, before: usize, shared: &Shared) {
        if let Some(at) = self.held.as_ref().and_then(|held| self.order.position(held)) {
            self.cursor = at;
        }
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        let now = self.order.line_of(self.cursor);
        self.offset = self.offset.saturating_add_signed(now as isize - before as isize);
        self.settle(shared);
    }

    /// Puts the list where the cursor can be seen.
    pub fn settle(&mut self, shared: &Shared) {
        let height = usize::from(self.places(shared).list.height);
        let line = self.order.line_of(self.cursor);
        self.offset = scrolled(self.offset, line, self.order.lines(), height);
        // The first of a group keeps its heading above it, where the list is too low for a margin.
        if self.offset == line && line > 0 && height > 1 && !self.order.is_machine(line - 1) {
            self.offset -= 1;
        }
    }

    fn places(&self, shared: &Shared) -> Places {
        let tall = is_tall(shared.area);
        let lines = self.run(shared).map_or((0, 0), |run| {
            let (whole, least) = (halted::whole(run, shared, tall), halted::least(run, shared, tall));
            (whole.len() as u16, least.len() as u16)
        });
        Places::of(shared.area, lines)
    }

    fn under_cursor(&self) -> Option<&MachineView> {
        self.order.index(self.cursor).and_then(|index| self.machines.get(index))
    }

    /// The machine at a position, and what it is called.
    fn machine(&self, position: usize, shared: &Shared) -> Option<(&MachineView, Called)> {
        let index = self.order.index(position)?;
        let machine = self.machines.get(index)?;
        Some((machine, Called::of(machine, self.order.tag(index), shared)))
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Then {
        let said = self.notice.take().is_some();
        let mut then = self.command(command, shared);
        then.changed |= said;
        then
    }

    fn command(&mut self, command: Command, shared: &Shared) -> Then {
        let page = isize::from(self.places(shared).list.height.max(1) as i16);
        match command {
            Command::Down => self.step(1, shared),
            Command::Up => self.step(-1, shared),
            Command::HalfPageDown => self.step(page / 2, shared),
            Command::HalfPageUp => self.step(-page / 2, shared),
            Command::PageDown => self.step(page, shared),
            Command::PageUp => self.step(-page, shared),
            Command::First => self.step(isize::MIN / 2, shared),
            Command::Last => self.step(isize::MAX / 2, shared),
            Command::NextFailure => self.next_in_need(shared),
            Command::Enter => self.enter(shared),
            Command::GoOn => match self.run(shared) {
                Some(run) => Then::open(Modal::GoOn(go_on::State::new(run))),
                None => Then::nothing(),
            },
            Command::CancelQueued => Then::open(Modal::CancelQueued(cancel_queued::State::new(self.run))),
            Command::Refresh if !self.asking => {
                (self.asking, self.asked_at) = (true, shared.status.change);
                Then::ask(Effect::Machines(self.run))
            }
            Command::Back => Then::go(Go::AllRuns),
            _ => Then::nothing(),
        }
    }

    fn enter(&mut self, shared: &Shared) -> Then {
        let (Some(run), Some((machine, called))) = (self.run(shared), self.machine(self.cursor, shared))
        else {
            return Then::nothing();
        };
        if machine.state != MachineState::Undecided {
            return Then::open(Modal::Machine(machine_dialog::State::new(machine, called.whole())));
        }
        if let Some(why) = elsewhere(run, shared) {
            self.note(format!("! {why}"));
            return Then::changed();
        }
        let state = decide::State::new(run, machine, &called.label, called.tag.as_deref());
        Then::open(Modal::Decide(Box::new(state)))
    }

    fn step(&mut self, by: isize, shared: &Shared) -> Then {
        let last = self.order.len().saturating_sub(1);
        let to = self.cursor.saturating_add_signed(by).min(last);
        let moved = to != self.cursor;
        if moved {
            self.move_to(to, shared);
        }
        Then::changed_if(moved)
    }

    fn next_in_need(&mut self, shared: &Shared) -> Then {
        match self.order.needs() {
            0 => self.note("no machine of this run needs you"),
            1 if self.cursor == 0 => self.note("no other machine needs you"),
            needs if self.cursor + 1 < needs => self.move_to(self.cursor + 1, shared),
            _ => self.move_to(0, shared),
        }
        Then::changed()
    }

    fn move_to(&mut self, to: usize, shared: &Shared) {
        self.cursor = to;
        self.held = self.under_cursor().map(|machine| machine.id.clone());
        self.settle(shared);
    }
}

#[cfg(test)]
mod tests;
