//! Routes a message: resize and ending first, then the top dialog, then the key table, then the screen. Decides
//! nothing that a screen or a dialog could decide.

use crossterm::event::{KeyCode, KeyModifiers};
use jiff::Timestamp;
use ratatui::layout::Rect;

use super::app::App;
use super::command::Command;
use super::effect::Effect;
use super::key::{Input, Key};
use super::keymap::{self, Binding, Context, Scope};
use super::layout::is_too_small;
use super::modal::{Modal, Outcome, comment, confirm, reading};
use super::msg::Msg;
use super::screen::{first_start, machines};
use super::shared::{List, Tab};
use super::theme::Meaning;
use super::then::{Go, Then};
use super::trouble::Trouble;
use crate::domain::MachineId;
use crate::offboard::Plan;
use crate::offboard::view::Phase;

mod runs;

/// A second `^c` within this leaves as SIGTERM would.
const INTERRUPT_AGAIN_SECONDS: i64 = 2;

impl App {
    /// What the console does first.
    pub fn start(&mut self) -> Vec<Effect> {
        vec![Effect::Connect { list: self.next_list() }]
    }

    /// Handles a message that came at `now`.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Then {
        self.shared.now = now;
        let then = match msg {
            Msg::Input(Input::Resize) => Then::changed(),
            Msg::Input(Input::Paste(text)) => self.paste(&text),
            Msg::Input(Input::Key(key)) => self.key(key),
            Msg::Input(Input::HastyEnter) => self.hasty_enter(),
            other => self.happened(other),
        };
        let then = self.carry_out(then);
        self.offer_when_due(then)
    }

    /// The terminal has this size: asked before every draw, because a resize can get lost.
    pub fn resize(&mut self, area: Rect) {
        if area == self.shared.area {
            return;
        }
        self.shared.area = area;
        self.machines.settle(&self.shared);
        self.runs.settle(&self.shared);
        if let Some(run) = &mut self.run {
            run.settle(&self.shared);
        }
    }

    /// When the screen has to be drawn anew by itself: each second while it counts down, once when the list gets old.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let shared = &self.shared;
        let counting =
            shared.current_run().is_some_and(|run| matches!(run.phase, Phase::Sending | Phase::Waiting(_)))
                || shared.status.calls.pause.is_some();
        if counting {
            return Timestamp::from_second(shared.now.as_second() + 1).ok();
        }
        shared.list_old_at()
    }

    /// Which keys have a meaning now.
    pub fn scope(&self) -> Scope {
        match (self.modals.last(), &self.first_start) {
            (Some(Modal::Leaving(_)), _) => Scope::Leaving,
            // What cannot be seen cannot be answered.
            _ if is_too_small(self.shared.area) => Scope::TooSmall,
            (Some(modal), _) => modal.scope(),
            (None, Some(_)) => Scope::FirstStart,
            (None, None) => match self.tab {
                Tab::Machines => self.machines.scope(),
                Tab::Runs if self.run.is_some() => Scope::Run,
                Tab::Runs => Scope::Runs,
            },
        }
    }

    /// What conditions and labels of keys look at.
    pub fn context(&self) -> Context {
        let context = match (self.tab, &self.run) {
            _ if self.first_start.is_some() => return Context::default(),
            (Tab::Machines, _) => self.machines.context(&self.shared),
            (Tab::Runs, Some(run)) => run.context(&self.shared),
            (Tab::Runs, None) => self.runs.context(&self.shared),
        };
        Context { going_on: !self.stoppable().is_empty(), nothing_to_stop: self.nothing_to_stop(), ..context }
    }

    fn key(&mut self, key: Key) -> Then {
        let scope = self.scope();
        let Some(binding) = keymap::lookup(scope, key) else { return self.type_key(scope, key) };
        if binding.command == Command::Interrupt {
            return self.interrupt();
        }
        self.interrupted = None;
        let hushed = self.machines.hush();
        let mut then = self.bound(scope, binding);
        then.changed |= hushed;
        then
    }

    fn bound(&mut self, scope: Scope, binding: &'static Binding) -> Then {
        if binding.command == Command::Stop && scope != Scope::Leaving {
            return self.stop();
        }
        if scope != Scope::TooSmall
            && let Some(modal) = self.modals.last_mut()
        {
            let outcome = modal.update(binding.command, &self.shared);
            return self.ended(outcome);
        }
        if let Some(why) = (binding.unless)(&self.context()) {
            self.say(format!("! {why}"));
            return Then::changed();
        }
        self.command(binding)
    }

    /// An Enter that no hand pressed: where text is typed before something is sent it does nothing.
    fn hasty_enter(&mut self) -> Then {
        match self.modals.last_mut() {
            Some(modal) if modal.scope() == Scope::Typed => {
                modal.hasty_enter();
                Then::changed()
            }
            _ => self.key(Key { code: KeyCode::Enter, modifiers: KeyModifiers::NONE }),
        }
    }

    /// A frame was painted: what it showed was on the screen.
    pub fn painted(&mut self) {
        if let Some(modal) = self.modals.last_mut() {
            modal.painted(&self.shared);
        }
    }

    fn type_key(&mut self, scope: Scope, key: Key) -> Then {
        if !scope.is_typing() {
            return Then::nothing();
        }
        match self.modals.last_mut() {
            Some(modal) => {
                let outcome = modal.type_key(key);
                self.ended(outcome)
            }
            None => self.machines.type_key(key, &self.shared),
        }
    }

    fn paste(&mut self, text: &str) -> Then {
        if self.scope() == Scope::TooSmall {
            return Then::nothing();
        }
        match self.modals.last_mut() {
            Some(modal) => {
                let outcome = modal.paste(text);
                self.ended(outcome)
            }
            None if self.tab == Tab::Machines => self.machines.paste(text, &self.shared),
            None => Then::nothing(),
        }
    }

    fn command(&mut self, binding: &Binding) -> Then {
        match binding.command {
            Command::Runs => self.to_runs(),
            Command::NextScreen if self.tab == Tab::Machines => self.to_runs(),
            Command::Machines | Command::NextScreen => Then::go(Go::Tab(Tab::Machines)),
            Command::Help => {
                let scope = match self.scope() {
                    Scope::Range | Scope::Details => Scope::Machines,
                    scope => scope,
                };
                Then::open(Modal::Reading(reading::State::help(scope)))
            }
            Command::Redraw => Then::ask(Effect::Redraw),
            Command::Quit => self.quit(),
            Command::Refresh if self.first_start.is_none() && self.tab == Tab::Machines => self.refresh(),
            command => {
                if let Some(first_start) = &mut self.first_start {
                    return first_start.update(command);
                }
                match self.tab {
                    Tab::Machines => {
                        let then = self.machines.update(command, &self.shared);
                        self.machines.settle(&self.shared);
                        then
                    }
                    Tab::Runs => match &mut self.run {
                        Some(run) => run.update(command, &self.shared),
                        None => self.runs.update(command, &self.shared),
                    },
                }
            }
        }
    }

    fn refresh(&mut self) -> Then {
        let list = self.next_list();
        let anew = self.machines.trouble().is_some_and(|trouble| trouble.of_sign_in);
        if !self.shared.signed_in || anew {
            return Then::ask(Effect::Connect { list });
        }
        self.begin_list(list);
        Then::ask(Effect::List { list })
    }

    fn next_list(&mut self) -> u64 {
        self.list_number += 1;
        self.list_number
    }

    fn begin_list(&mut self, list: u64) {
        if matches!(self.shared.list, List::Of(_)) {
            self.shared.refreshing = true;
            let (inventory, unreadable, of) = Default::default();
            self.arriving = Some(machines::Arriving { list, inventory, unreadable, of });
        } else {
            self.shared.inventory = crate::inventory::Inventory::default();
            self.shared.unreadable = 0;
            self.shared.list = List::Arriving { list, since: self.shared.now, checking_the_end: false };
            self.shared.list_of = self.shared.now;
            self.machines.inventory_changed(&self.shared, false);
        }
    }

    /// Finishes what is in flight, then leaves.
    fn end(&mut self) -> Then {
        if self.ending {
            return Then::ask(Effect::Leave);
        }
        self.ending = true;
        self.say_what_is_awaited();
        Then::ask(Effect::EndEngine)
    }

    /// `^c`: as quit; a second one soon after leaves as SIGTERM would.
    fn interrupt(&mut self) -> Then {
        let now = self.shared.now;
        let again = self
            .interrupted
            .replace(now)
            .is_some_and(|before| now.as_second() - before.as_second() <= INTERRUPT_AGAIN_SECONDS);
        if again || self.ending {
            return self.end();
        }
        self.quit()
    }

    fn ended(&mut self, outcome: Outcome) -> Then {
        match outcome {
            Outcome::Stay => Then::nothing(),
            Outcome::Changed => Then::changed(),
            Outcome::Closed => {
                self.modals.pop();
                Then::changed()
            }
            Outcome::CommentLeft(text) => {
                self.modals.pop();
                self.machines.keep_draft(text);
                Then::changed()
            }
            Outcome::Commented { words, comment, mark } => {
                self.machines.keep_draft(words);
                let rows = self.machines.selected(&self.shared.inventory);
                match Plan::freeze(mark, comment, rows.iter().map(|row| &row.machine)) {
                    Ok(plan) => {
                        let (_, hidden) = self.machines.selected_and_hidden();
                        let filter = self.machines.filter_text();
                        let confirm = confirm::State::new(plan, hidden, filter, &self.shared);
                        self.modals.pop();
                        Then::open(Modal::Confirm(Box::new(confirm)))
                    }
                    Err(error) => {
                        self.modals.pop();
                        self.say(format!("! {error}"));
                        Then::changed()
                    }
                }
            }
            Outcome::ConfirmLeft => {
                self.modals.pop();
                let then = self.machines.update(Command::Offboard, &self.shared);
                Then { changed: true, ..then }
            }
            Outcome::Confirmed(plan) => {
                self.modals.pop();
                self.machines.drop_draft();
                let ids: Vec<MachineId> =
                    plan.machines().iter().map(|planned| planned.machine.id().clone()).collect();
                self.machines.handed(ids);
                Then::ask(Effect::Confirm(plan))
            }
            Outcome::Ask(effects) => {
                self.modals.pop();
                self.close_offer();
                Then { changed: true, effects, ..Then::default() }
            }
            Outcome::Over(modal) => Then::open(*modal),
            Outcome::GoneOn { run, left } => {
                self.modals.pop();
                self.close_offer();
                Then::go(Go::Run(run)).and_ask(Effect::GoOn { run, left })
            }
            Outcome::Opened(run) => {
                self.modals.pop();
                Then::go(Go::Run(run))
            }
            Outcome::Stop => {
                self.modals.pop();
                self.stop()
            }
            Outcome::Quit => {
                self.modals.pop();
                self.end()
            }
        }
    }

    fn happened(&mut self, msg: Msg) -> Then {
        match msg {
            Msg::Input(_) | Msg::Wished(Ok(())) => Then::nothing(),
            Msg::Tick => Then::changed(),
            Msg::Continued => Then::ask(Effect::TakeTerminal),
            Msg::NoSignIn(settings) => {
                self.first_start = Some(first_start::State::new(settings));
                Then::changed()
            }
            Msg::SignedIn(who) => {
                self.first_start = None;
                self.shared.who = who;
                self.shared.signed_in = true;
                if self.shared.list == List::None {
                    let list = self.list_number;
                    self.begin_list(list);
                }
                Then::changed()
            }
            Msg::SignInFailed(trouble) => self.failed(trouble),
            Msg::Page { list, machines, unreadable, checking_the_end, at } => {
                self.page(list, machines, unreadable, checking_the_end, at)
            }
            Msg::ListEnded { list } => self.list_ended(list),
            Msg::ListFailed { list, trouble } => {
                if list != self.list_number {
                    return Then::nothing();
                }
                self.failed(trouble)
            }
            Msg::Status(status) => self.status(status),
            Msg::RunName(name) => {
                let comment = self.modals.iter_mut().find_map(|modal| match modal {
                    Modal::Comment(comment) => Some(comment),
                    _ => None,
                });
                Then::changed_if(comment.map(|comment| comment.name_run(name)).is_some())
            }
            Msg::RecentComments(recent) => {
                let comment = self.modals.iter_mut().find_map(|modal| match modal {
                    Modal::Comment(comment) => Some(comment),
                    _ => None,
                });
                Then::changed_if(comment.map(|comment| comment.offer(recent)).is_some())
            }
            Msg::Confirmed(Ok(run)) => {
                self.machines.hand_over(&self.shared);
                Then::go(Go::Run(run))
            }
            Msg::Confirmed(Err(why)) => {
                self.machines.fail(Trouble {
                    what: "The run was not begun: nothing was sent. The selection stays.".into(),
                    short: format!("Not begun, nothing was sent: {why}"),
                    why: why.to_string(),
                    todo: "c begins again".into(),
                    of_list: false,
                    of_sign_in: false,
                });
                Then::changed()
            }
            Msg::Machines { run, machines } => self.machines_of(run, machines),
            Msg::Wished(Err(why)) => {
                self.stopping.clear();
                self.say(format!("! {why}"));
                Then::changed()
            }
            // Once it ends, only a key can make it leave what is in flight.
            Msg::AskedToEnd | Msg::LostTerminal if self.ending => Then::nothing(),
            Msg::AskedToEnd | Msg::LostTerminal => self.end(),
            Msg::EngineEnded => Then::ask(Effect::Leave),
        }
    }

    fn failed(&mut self, trouble: Trouble) -> Then {
        self.arriving = None;
        self.shared.refreshing = false;
        if matches!(self.shared.list, List::Arriving { .. }) {
            // What came stays, and says of when it is.
            let nothing = self.shared.inventory.is_empty();
            self.shared.list = if nothing { List::None } else { List::Of(self.shared.list_of) };
            self.shared.incomplete = !nothing;
        }
        self.machines.fail(trouble);
        Then::changed()
    }

    fn page(
        &mut self,
        list: u64,
        machines: Vec<crate::domain::Machine>,
        unreadable: usize,
        checking_the_end: bool,
        at: Timestamp,
    ) -> Then {
        if let Some(arriving) = self.arriving.as_mut().filter(|arriving| arriving.list == list) {
            arriving.inventory.add(machines);
            arriving.unreadable = unreadable;
            arriving.of.get_or_insert((at, self.shared.now));
            return Then::nothing();
        }
        match &mut self.shared.list {
            List::Arriving { list: asked, checking_the_end: checking, .. } if *asked == list => {
                *checking = checking_the_end;
            }
            _ => return Then::nothing(),
        }
        if self.shared.inventory.is_empty() {
            (self.shared.list_of, self.shared.listed_at) = (at, self.shared.now);
        }
        self.shared.unreadable = unreadable;
        self.shared.inventory.add(machines);
        self.machines.inventory_changed(&self.shared, false);
        self.machines.settle(&self.shared);
        Then::changed()
    }

    fn list_ended(&mut self, list: u64) -> Then {
        if let Some(arriving) = self.arriving.take_if(|arriving| arriving.list == list) {
            self.shared.refreshing = false;
            self.shared.inventory = arriving.inventory;
            self.shared.unreadable = arriving.unreadable;
            let now = self.shared.now;
            (self.shared.list_of, self.shared.listed_at) = arriving.of.unwrap_or((now, now));
        } else if !matches!(self.shared.list, List::Arriving { list: asked, .. } if asked == list) {
            return Then::nothing();
        }
        self.shared.list = List::Of(self.shared.list_of);
        self.shared.incomplete = false;
        self.machines.inventory_changed(&self.shared, true);
        self.machines.settle(&self.shared);
        Then::changed()
    }

    /// Says something in the rule of the screen that is open, until the next key.
    fn say(&mut self, text: String) {
        match (self.tab, &mut self.run) {
            (Tab::Machines, _) => self.machines.note(text, Meaning::Warning),
            (Tab::Runs, Some(run)) => run.note(text),
            (Tab::Runs, None) => self.runs.note(text),
        }
    }

    /// Opens and goes where an update asked to.
    fn carry_out(&mut self, mut then: Then) -> Then {
        if self.ending && then.effects.iter().any(Effect::can_send) {
            then.effects.retain(|effect| !effect.can_send());
            self.say("! leaving: nothing new is begun".into());
        }
        if let Some(modal) = then.open.take() {
            let modal = match modal {
                Modal::Comment(state) => Modal::Comment(self.with_draft(state)),
                other => other,
            };
            self.modals.push(modal);
            then.changed = true;
        }
        match then.go.take() {
            Some(Go::Tab(tab)) => self.tab = tab,
            Some(Go::Run(run)) => then.effects.extend(self.open_run(run)),
            Some(Go::AllRuns) => self.close_run(),
            None => {}
        }
        then
    }

    fn with_draft(&self, state: comment::State) -> comment::State {
        state.with_text(self.machines.draft())
    }
}
