//! Machines: the list, the filter, the selection.
//!
//! ```text
//! header
//! / filter                                counts of what it shows
//! headings, or the hint of the open field
//! list: cursor in column 0, mark in 2, text from 4
//! ── selection ─────────────────────────── position, or a notice ──
//! strip: the cursor's row, or what went wrong
//! status
//! keys
//! ```
//!
//! Cursor and selection follow ids, never row numbers: a refresh does not move the operator's hand.

mod details;
mod view;

use std::collections::HashSet;

use jiff::Timestamp;

use super::super::command::Command;
use super::super::effect::Effect;
use super::super::keymap::{Context, Scope};
use super::super::layout::{Rows, scrolled};
use super::super::modal::{Modal, comment, reading};
use super::super::shared::Shared;
use super::super::theme::Meaning;
use super::super::then::Then;
use super::super::trouble::Trouble;
use super::super::widget::field::Field;
use super::super::widget::run::{goes_on, is_mine};
use crate::domain::when::count;
use crate::domain::{Machine, MachineId, Offboardable};
use crate::inventory::{Inventory, Query, Row, Selection};
use crate::tui::key::Key;

pub use view::{counts_line, draw};

/// A refresh on its way: the list that is shown stays until this one is whole.
#[derive(Debug, Clone)]
pub struct Arriving {
    /// Its number.
    pub list: u64,
    /// What came so far.
    pub inventory: Inventory,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// When its first page was answered: by the service's clock, and by ours.
    pub of: Option<(Timestamp, Timestamp)>,
}

/// A message in the rule, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How it looks.
    pub meaning: Meaning,
}

/// The list of machines as the operator has arranged it.
#[derive(Debug, Clone, Default)]
pub struct State {
    filter: Query,
    filter_text: String,
    typing: Option<Typing>,
    others: bool,
    only_selected: bool,
    /// Rows that are shown, by their place in the inventory.
    visible: Vec<usize>,
    cursor: usize,
    cursor_id: Option<MachineId>,
    offset: usize,
    selection: Selection,
    /// Selected machines that are not among the visible.
    hidden: usize,
    /// Visible machines that the rule allows.
    offboardable: usize,
    /// Where an open range began.
    range: Option<MachineId>,
    details: Option<usize>,
    notice: Option<Notice>,
    refused: bool,
    trouble: Option<Trouble>,
    /// A comment that was typed and left.
    draft: String,
    /// Machines of a plan that was confirmed, until its run has begun.
    handed: Vec<MachineId>,
}

/// A filter being typed, and what Esc restores.
#[derive(Debug, Clone, PartialEq)]
struct Typing {
    field: Field,
    before: String,
}

impl State {
    /// Which keys have a meaning now.
    pub fn scope(&self) -> Scope {
        match () {
            () if self.typing.is_some() => Scope::Filter,
            () if self.details.is_some() => Scope::Details,
            () if self.range.is_some() => Scope::Range,
            () => Scope::Machines,
        }
    }

    /// What conditions of keys look at.
    pub fn context(&self, shared: &Shared) -> Context {
        let going_on = shared.current_run().is_some_and(|run| goes_on(run) && is_mine(run));
        Context {
            selected: self.selection.len(),
            can_undo: self.selection.can_undo(),
            // A journal that is being opened holds up sending, not the typing of a comment.
            blocked: shared.blocked_words(),
            read_only: shared.read_only(),
            going_on,
            filter: self
                .typing
                .as_ref()
                .map(|typing| typing.field.text().trim().to_owned())
                .unwrap_or_default(),
            empty: shared.inventory.is_empty() || self.trouble.is_some(),
            no_machines: shared.inventory.is_empty(),
            ..Context::default()
        }
    }

    /// The selected machines in the order of the list, as the list knows them now.
    pub fn selected<'a>(&'a self, inventory: &'a Inventory) -> Vec<&'a Row> {
        let mut rows: Vec<usize> =
            self.selection.iter().filter_map(|machine| inventory.index_of(machine.id())).collect();
        rows.sort_unstable();
        rows.into_iter().map(|index| &inventory.rows()[index]).collect()
    }

    /// How many are selected, and how many of them the filter hides.
    pub fn selected_and_hidden(&self) -> (usize, usize) {
        (self.selection.len(), self.hidden)
    }

    /// The filter that holds, as it was typed.
    pub fn filter_text(&self) -> &str {
        &self.filter_text
    }

    /// Shows what went wrong, until it is seen.
    pub fn fail(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
    }

    /// The trouble that is shown.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// A key was pressed: what was said just before is over. Says whether anything was.
    pub fn hush(&mut self) -> bool {
        self.notice.take().is_some() | std::mem::take(&mut self.refused)
    }

    /// Shows a message in the rule, until the next key.
    pub fn note(&mut self, text: impl Into<String>, meaning: Meaning) {
        self.notice = Some(Notice { text: text.into(), meaning });
    }

    /// Machines of a plan that was confirmed: they stay selected until its run has begun.
    pub fn handed(&mut self, ids: Vec<MachineId>) {
        self.handed = ids;
    }

    /// The run has begun: its machines are unselected, so that they are not confirmed again by accident.
    pub fn hand_over(&mut self, shared: &Shared) {
        let handed: HashSet<MachineId> = std::mem::take(&mut self.handed).into_iter().collect();
        self.selection.keep_only(|machine| !handed.contains(machine.id()));
        self.arrange(shared);
    }

    /// The text of a comment that was left.
    pub fn draft(&self) -> &str {
        &self.draft
    }

    /// Keeps the text of a comment that was left.
    pub fn keep_draft(&mut self, text: String) {
        self.draft = text;
    }

    /// The comment was used.
    pub fn drop_draft(&mut self) {
        self.draft.clear();
    }

    /// Looks at the inventory anew after it changed. Machines that left it, or that the rule refuses now, are
    /// unselected, and that is said.
    pub fn inventory_changed(&mut self, shared: &Shared, whole: bool) {
        let inventory = &shared.inventory;
        if whole {
            let gone = self
                .selection
                .keep_only(|machine| inventory.get(machine.id()).is_some_and(|row| row.offboardable.is_ok()));
            if gone > 0 {
                let text = format!("! {} of the selected left the list or the rule", count(gone));
                self.note(text, Meaning::Warning);
            }
            if self.range.as_ref().is_some_and(|anchor| inventory.get(anchor).is_none()) {
                self.range = None;
            }
        }
        // What has nothing to do with the list stays until it is seen.
        self.trouble.take_if(|trouble| trouble.of_list);
        self.arrange(shared);
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Then {
        let said = self.hush();
        let mut then = self.command(command, shared);
        then.changed |= said;
        then
    }

    /// A key while the filter is typed.
    pub fn type_key(&mut self, key: Key, shared: &Shared) -> Then {
        let Some(typing) = &mut self.typing else { return Then::nothing() };
        if !typing.field.key(key) {
            return Then::nothing();
        }
        self.typed(shared)
    }

    /// A paste: into the filter while it is typed, else nowhere.
    pub fn paste(&mut self, text: &str, shared: &Shared) -> Then {
        let Some(typing) = &mut self.typing else { return Then::nothing() };
        if !typing.field.paste(text) {
            return Then::nothing();
        }
        self.typed(shared)
    }

    fn typed(&mut self, shared: &Shared) -> Then {
        if let Some(typing) = &self.typing {
            self.filter = Query::parse(typing.field.text());
            self.arrange(shared);
        }
        Then::changed()
    }

    fn command(&mut self, command: Command, shared: &Shared) -> Then {
        let inventory = &shared.inventory;
        let page = usize::from(Rows::of(shared.area).list.height.max(1));
        match command {
            Command::Down => self.step(1, shared),
            Command::Up => self.step(-1, shared),
            Command::HalfPageDown => self.step((page / 2) as isize, shared),
            Command::HalfPageUp => self.step(-((page / 2) as isize), shared),
            Command::PageDown => self.step(page as isize, shared),
            Command::PageUp => self.step(-(page as isize), shared),
            Command::First => self.step(isize::MIN / 2, shared),
            Command::Last => self.step(isize::MAX / 2, shared),
            Command::Filter => {
                self.details = None;
                self.typing =
                    Some(Typing { field: Field::with(&self.filter_text), before: self.filter_text.clone() });
                Then::changed()
            }
            Command::KeepFilter => {
                if let Some(typing) = self.typing.take() {
                    typing.field.text().trim().clone_into(&mut self.filter_text);
                }
                Then::changed()
            }
            Command::Toggle => self.toggle(shared),
            Command::Range => self.range_key(shared),
            Command::RangeDown | Command::RangeUp => {
                if self.range.is_none() {
                    self.range = self.row(inventory).map(|row| row.machine.id.clone());
                }
                let mut then = self.step(if command == Command::RangeDown { 1 } else { -1 }, shared);
                then.changed = true;
                then
            }
            Command::SelectAll => {
                let all: Vec<_> = self.allowed(inventory).collect();
                let more = self.selection.add(all);
                self.arrange(shared);
                self.note(self.selected_words(&format!("{} more", count(more))), Meaning::Accent);
                Then::changed()
            }
            Command::SelectNone => {
                self.selection.clear();
                self.arrange(shared);
                self.note("nothing selected · u undoes", Meaning::Accent);
                Then::changed()
            }
            Command::Invert => {
                let all: Vec<_> = self.allowed(inventory).collect();
                self.selection.invert(all);
                self.arrange(shared);
                self.note(self.selected_words("inverted"), Meaning::Accent);
                Then::changed()
            }
            Command::Undo => {
                self.selection.undo();
                self.arrange(shared);
                self.note(format!("{} selected, as before", count(self.selection.len())), Meaning::Accent);
                Then::changed()
            }
            Command::Others => {
                self.others = !self.others;
                self.arrange(shared);
                Then::changed()
            }
            Command::OnlySelected => {
                self.only_selected = !self.only_selected;
                self.arrange(shared);
                Then::changed()
            }
            Command::Enter => {
                if let Some(trouble) = self.trouble.clone().filter(|_| self.details.is_none()) {
                    return Then::open(Modal::Reading(reading::State::of_trouble(&trouble)));
                }
                self.details = if self.details.is_some() || self.visible.is_empty() { None } else { Some(0) };
                Then::changed()
            }
            Command::Offboard => {
                let targets = self.selected(inventory);
                if targets.is_empty() {
                    self.note("! select a machine first", Meaning::Warning);
                    return Then::changed();
                }
                let name = targets[0].name();
                let state = comment::State::new(targets.len(), name, shared);
                Then::open(Modal::Comment(state)).and_ask(Effect::NameRun).and_ask(Effect::RecentComments)
            }
            Command::Back => self.back(shared),
            _ => Then::nothing(),
        }
    }

    /// Esc closes one thing: the field, the details, the range, what went wrong, the filter. Never the selection.
    fn back(&mut self, shared: &Shared) -> Then {
        if let Some(typing) = self.typing.take() {
            self.filter = Query::parse(&typing.before);
            self.filter_text = typing.before;
            self.arrange(shared);
        } else if self.details.take().is_none()
            && self.range.take().is_none()
            && self.trouble.take().is_none()
        {
            if self.filter_text.is_empty() && !self.only_selected {
                return Then::nothing();
            }
            self.only_selected = false;
            self.filter_text.clear();
            self.filter = Query::default();
            self.arrange(shared);
        }
        Then::changed()
    }

    fn step(&mut self, by: isize, shared: &Shared) -> Then {
        if let Some(scroll) = &mut self.details
            && by.unsigned_abs() > 1
        {
            // Half pages and pages turn the details; j and k go on to the next machine.
            let last =
                details::lines(self.visible.get(self.cursor).map(|i| &shared.inventory.rows()[*i]), shared)
                    .saturating_sub(details::height(shared));
            *scroll = scroll.saturating_add_signed(by.clamp(-10_000, 10_000)).min(last);
            return Then::changed();
        }
        let last = self.visible.len().saturating_sub(1);
        let to = self.cursor.saturating_add_signed(by).min(last);
        if to == self.cursor {
            // It looks the same; from now on the cursor stays with its machine, whatever arrives.
            self.move_to(to, &shared.inventory);
            return Then::nothing();
        }
        if let Some(scroll) = &mut self.details {
            *scroll = 0;
        }
        self.move_to(to, &shared.inventory);
        self.scroll(shared);
        Then::changed()
    }

    fn move_to(&mut self, to: usize, inventory: &Inventory) {
        self.cursor = to;
        self.cursor_id = self.row(inventory).map(|row| row.machine.id.clone());
    }

    fn scroll(&mut self, shared: &Shared) {
        let height = usize::from(Rows::of(shared.area).list.height);
        self.offset = scrolled(self.offset, self.cursor, self.visible.len(), height);
    }

    fn row<'a>(&self, inventory: &'a Inventory) -> Option<&'a Row> {
        self.visible.get(self.cursor).map(|index| &inventory.rows()[*index])
    }

    fn allowed<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = Offboardable> + 'a {
        self.visible.iter().filter_map(|index| inventory.rows()[*index].offboardable.clone().ok())
    }

    fn toggle(&mut self, shared: &Shared) -> Then {
        let Some(row) = self.row(&shared.inventory) else { return Then::nothing() };
        let Ok(machine) = &row.offboardable else {
            self.refused = true;
            self.note(format!("! {} not selected", row.name()), Meaning::Warning);
            return Then::changed();
        };
        self.selection.toggle(machine);
        if self.only_selected {
            // The row leaves the list: the next one comes under the cursor by itself.
            self.arrange(shared);
        } else {
            let next = (self.cursor + 1).min(self.visible.len().saturating_sub(1));
            self.move_to(next, &shared.inventory);
            self.recount(&shared.inventory);
        }
        self.scroll(shared);
        Then::changed()
    }

    /// `v`, and `space` in an open range: begins one, or keeps what it spans.
    fn range_key(&mut self, shared: &Shared) -> Then {
        let inventory = &shared.inventory;
        if self.range.is_none() {
            self.range = self.row(inventory).map(|row| row.machine.id.clone());
            return Then::changed();
        }
        let spanned = self.spanned(inventory);
        let allowed: Vec<Offboardable> =
            spanned.clone().filter_map(|index| inventory.rows()[index].offboardable.clone().ok()).collect();
        let passed_over = spanned.count() - allowed.len();
        let more = self.selection.add(allowed);
        self.range = None;
        self.arrange(shared);
        let mut words = format!("{} more", count(more));
        if passed_over > 0 {
            words = format!("{words}, {} outside the rule passed over", count(passed_over));
        }
        self.note(self.selected_words(&words), Meaning::Accent);
        Then::changed()
    }

    /// The rows of the inventory between the beginning of the range and the cursor.
    fn spanned<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = usize> + Clone + 'a {
        let anchor = self.range.as_ref().and_then(|id| inventory.index_of(id));
        let anchor = anchor.and_then(|index| self.visible.iter().position(|shown| *shown == index));
        let span = anchor.map_or(0..0, |anchor| anchor.min(self.cursor)..anchor.max(self.cursor) + 1);
        self.visible[span.start.min(self.visible.len())..span.end.min(self.visible.len())].iter().copied()
    }

    fn selected_words(&self, change: &str) -> String {
        format!("● {} selected, {change} · u undoes", count(self.selection.len()))
    }

    /// Filters anew and puts the cursor back on its machine, or near where it was.
    fn arrange(&mut self, shared: &Shared) {
        let inventory = &shared.inventory;
        let rows = inventory.rows();
        self.visible = (0..rows.len())
            .filter(|index| {
                let row = &rows[*index];
                (self.others || row.offboardable.is_ok())
                    && (!self.only_selected
                        || row.offboardable.as_ref().is_ok_and(|machine| self.selection.contains(machine)))
                    && self.filter.matches(row)
            })
            .collect();
        let kept = self.cursor_id.as_ref().and_then(|id| inventory.index_of(id));
        let at = kept.and_then(|index| self.visible.binary_search(&index).ok());
        match at {
            Some(at) => {
                // The row keeps its place on the screen.
                self.offset = self.offset.saturating_add_signed(at as isize - self.cursor as isize);
                self.cursor = at;
            }
            None => self.cursor = self.cursor.min(self.visible.len().saturating_sub(1)),
        }
        if self.visible.is_empty() {
            self.details = None;
        }
        self.recount(inventory);
        self.scroll(shared);
    }

    fn recount(&mut self, inventory: &Inventory) {
        let shown =
            self.visible.iter().filter_map(|index| inventory.rows()[*index].offboardable.as_ref().ok());
        let (mut offboardable, mut selected) = (0, 0);
        for machine in shown {
            offboardable += 1;
            selected += usize::from(self.selection.contains(machine));
        }
        self.offboardable = offboardable;
        self.hidden = self.selection.len() - selected;
    }

    /// Puts the list where the cursor can be seen; for a resize and for what changed the number of rows.
    pub fn settle(&mut self, shared: &Shared) {
        self.scroll(shared);
    }

    /// The machine under the cursor.
    pub fn under_cursor<'a>(&self, shared: &'a Shared) -> Option<&'a Machine> {
        self.row(&shared.inventory).map(|row| &row.machine)
    }
}

#[cfg(test)]
mod tests;
