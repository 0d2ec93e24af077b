//! The confirmation: facts, then warnings, then the sentence, then how long, then the input. The order of reading is
//! the order of deciding.
//!
//! It holds the frozen plan: a refresh behind it changes nothing. Enter does nothing until the text matches and every
//! warning was on screen.

mod body;
mod facts;
mod time;
mod warnings;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::prompt::{Prompt, Sends};
use crate::domain::when::{count, plural};
use crate::offboard::Plan;
use crate::tui::command::Command;
use crate::tui::key::Key;
use crate::tui::layout::is_too_small;
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::dialog::{Dialog, inside_width};
use crate::tui::widget::paint::fit;

pub use facts::Facts;
pub(super) use time::sending_time;

/// Cells of the dialog.
const WIDTH: u16 = 96;
/// Warnings on the first page; the rest is one key away, and must have been on screen all the same.
const WARNINGS_FIRST: usize = 5;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    plan: Plan,
    facts: Facts,
    prompt: Prompt,
    scroll: usize,
    /// Whether every warning was on screen.
    read: bool,
}

impl State {
    /// Freezes what is shown beside a plan. `hidden` are the machines of it that the filter hides.
    pub fn new(plan: Plan, hidden: usize, filter: &str, shared: &Shared) -> Self {
        let facts = Facts::of(&plan, hidden, filter, shared);
        let prompt = Prompt::new(facts.expected.clone());
        Self { plan, facts, prompt, scroll: 0, read: false }
    }

    /// A frame with this dialog was painted: warnings that it showed stay seen. Only what was on the screen counts,
    /// never what a frame would have shown.
    pub fn painted(&mut self, shared: &Shared) {
        self.read |= self.shows_all(shared);
    }

    /// Whether a frame shows every warning, or has them above it. A screen that is too small shows none.
    fn shows_all(&self, shared: &Shared) -> bool {
        !is_too_small(shared.area) && self.dialog(true, shared).0.fit(shared.area).read
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let page = usize::from(shared.area.height / 3).max(1) as isize;
        let by = match command {
            Command::Back => return Outcome::ConfirmLeft,
            Command::Enter => {
                let goes = self.prompt.matches() && self.hindrance(false, shared).is_none();
                return if goes { Outcome::Confirmed(self.plan.clone()) } else { Outcome::Stay };
            }
            Command::Down => 1,
            Command::Up => -1,
            Command::PageDown => page,
            Command::PageUp => -page,
            _ => return Outcome::Stay,
        };
        let most = self.dialog(false, shared).0.fit(shared.area).scroll_max;
        let to = self.scroll.saturating_add_signed(by).min(most);
        if to == self.scroll {
            return Outcome::Stay;
        }
        self.scroll = to;
        Outcome::Changed
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> bool {
        self.prompt.key(key)
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        self.prompt.paste(text)
    }

    /// An Enter came within a burst of keys.
    pub fn hasty_enter(&mut self) {
        self.prompt.hasty_enter();
    }

    /// Why Enter does nothing, whatever is typed, in a frame that shows this much.
    fn hindrance(&self, shows_all: bool, shared: &Shared) -> Option<String> {
        let unread = || (!self.read && !shows_all).then(|| "read the warnings first: ↓".into());
        shared.cannot_send().or_else(unread)
    }

    fn dialog<'a>(&self, shows_all: bool, shared: &Shared) -> (Dialog<'a>, (usize, bool)) {
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let (body, page, must_read) = self.facts.body(shared, room, WARNINGS_FIRST);
        let n = self.plan.machines().len();
        let hindrance = self.hindrance(shows_all, shared);
        let goes = self.prompt.matches() && hindrance.is_none();
        let does = match (n, goes) {
            (1, _) => format!("offboard {}", fit(&self.facts.name, 40)),
            (_, true) => format!("offboard {}", plural(n, "machine")),
            (_, false) if room > 80 => {
                format!("offboards {} once {} is typed", count(n), fit(&self.facts.expected, 32))
            }
            (_, false) => format!("offboards {} once that is typed", count(n)),
        };
        let cancels = "cancel, nothing is sent";
        let hindrance = hindrance.as_deref();
        let sends = Sends { machines: n, time: &self.facts.time, does: &does, cancels, hindrance };
        let foot = self.prompt.foot(&sends, room, shared.theme);
        let place = foot.place();
        let dialog = Dialog {
            width: WIDTH,
            edge: Meaning::Danger,
            title: self.facts.title.clone(),
            right: format!("as {}", shared.who.acts),
            body,
            page: Some(page),
            must_read,
            foot: foot.lines,
            scroll: self.scroll,
        };
        (dialog, place)
    }

    /// Draws the dialog; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Position {
        let shows_all = self.shows_all(shared);
        let (dialog, place) = self.dialog(shows_all, shared);
        let drawn = dialog.draw(buf, area, shared.theme);
        self.prompt.draw(place, self.hindrance(shows_all, shared).as_deref(), &drawn, buf, shared.theme)
    }
}

#[cfg(test)]
mod tests;
