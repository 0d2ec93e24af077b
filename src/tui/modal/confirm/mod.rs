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
use ratatui::text::{Line, Span};

use super::Outcome;
use super::typed::{Typed, compare};
use crate::domain::when::{count, plural};
use crate::offboard::Plan;
use crate::tui::command::Command;
use crate::tui::key::Key;
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::field::Field;
use crate::tui::widget::paint::{fit, put, width, width_of, wrap};

pub use facts::Facts;

/// Cells of the dialog.
const WIDTH: u16 = 96;
/// Warnings on the first page; the rest is one key away, and must have been on screen all the same.
const WARNINGS_FIRST: usize = 5;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    plan: Plan,
    facts: Facts,
    field: Field,
    scroll: usize,
    /// Whether every warning was on screen.
    read: bool,
}

impl State {
    /// Freezes what is shown beside a plan. `hidden` are the machines of it that the filter hides.
    pub fn new(plan: Plan, hidden: usize, filter: &str, shared: &Shared) -> Self {
        let facts = Facts::of(&plan, hidden, filter, shared);
        let mut state = Self { plan, facts, field: Field::default(), scroll: 0, read: false };
        state.look(shared);
        state
    }

    /// Notes what is on screen now: warnings that were seen stay seen.
    pub fn look(&mut self, shared: &Shared) {
        self.read |= self.dialog(shared).fit(shared.area).read;
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let page = usize::from(shared.area.height / 3).max(1) as isize;
        let by = match command {
            Command::Back => return Outcome::ConfirmLeft,
            Command::Enter => {
                let goes = self.typed() == Typed::Matches && self.read && shared.cannot_send().is_none();
                return if goes { Outcome::Confirmed(self.plan.clone()) } else { Outcome::Stay };
            }
            Command::Down => 1,
            Command::Up => -1,
            Command::PageDown => page,
            Command::PageUp => -page,
            _ => return Outcome::Stay,
        };
        let most = self.dialog(shared).fit(shared.area).scroll_max;
        let to = self.scroll.saturating_add_signed(by).min(most);
        if to == self.scroll {
            return Outcome::Stay;
        }
        self.scroll = to;
        self.look(shared);
        Outcome::Changed
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> bool {
        self.field.key(key)
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        self.field.paste(text)
    }

    fn typed(&self) -> Typed {
        compare(&self.facts.expected, self.field.text())
    }

    fn dialog<'a>(&self, shared: &Shared) -> Dialog<'a> {
        let theme = shared.theme;
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let (body, page, must_read) = self.facts.body(shared, room, WARNINGS_FIRST);
        let sentence = match self.plan.machines().len() {
            1 => "The sensor stops on this machine. No API puts it back.",
            _ => "The sensor stops on these machines. No API puts it back.",
        };
        let mut danger = theme.span(sentence, Meaning::Danger);
        danger.style = danger.style.add_modifier(ratatui::style::Modifier::BOLD);
        let mut foot = vec![Line::default(), Line::from(danger)];
        for line in wrap(&self.facts.time, room) {
            foot.push(Line::from(theme.span(line, Meaning::Text)));
        }
        foot.push(Line::default());
        let prompt = self.prompt(shared);
        let field_apart =
            width_of(&prompt) as usize + 2 + self.field_cells() + 2 + width(&self.hint(shared).0) > room;
        foot.push(Line::from(prompt));
        if field_apart {
            foot.push(Line::raw(" "));
        }
        foot.push(Line::default());
        let n = self.plan.machines().len();
        let goes = self.typed() == Typed::Matches && self.read;
        let what = match (n, goes) {
            (1, _) => format!("offboard {}", fit(&self.facts.name, 40)),
            (_, true) => format!("offboard {}", plural(n, "machine")),
            (_, false) if room > 80 => {
                format!("offboards {} once {} is typed", count(n), fit(&self.facts.expected, 32))
            }
            (_, false) => format!("offboards {} once that is typed", count(n)),
        };
        let enter = if goes { Meaning::Danger } else { Meaning::Muted };
        let mut line = vec![theme.span(format!("Enter {what}"), enter)];
        line.push(Span::raw("   "));
        line.extend(keys(theme, &[("Esc", "cancel, nothing is sent".into())]).spans);
        foot.push(Line::from(line));
        Dialog {
            width: WIDTH,
            edge: Meaning::Danger,
            title: self.facts.title.clone(),
            right: format!("as {}", shared.who.acts),
            body,
            page: Some(page),
            must_read,
            foot,
            scroll: self.scroll,
        }
    }

    fn prompt<'a>(&self, shared: &Shared) -> Vec<Span<'a>> {
        let theme = shared.theme;
        vec![
            theme.span("Type ", Meaning::Text),
            theme.span(self.facts.expected.clone(), Meaning::Strong),
            theme.span(" to confirm", Meaning::Text),
        ]
    }

    fn field_cells(&self) -> usize {
        (width(&self.facts.expected) + 4).clamp(10, 40)
    }

    fn hint(&self, shared: &Shared) -> (String, Meaning) {
        if let Some(words) = shared.cannot_send() {
            return (words, Meaning::Warning);
        }
        match self.typed() {
            _ if !self.read => ("read the warnings first: ↓".into(), Meaning::Warning),
            Typed::Nothing => (String::new(), Meaning::Muted),
            Typed::Matches => (format!("{} matches", sign::DONE), Meaning::Ok),
            Typed::NotYet(words) => (words, Meaning::Muted),
        }
    }

    /// Draws the dialog; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Position {
        let theme = shared.theme;
        let prompt_cells = width_of(&self.prompt(shared));
        let dialog = self.dialog(shared);
        let index = dialog
            .foot
            .iter()
            .position(|line| line.spans.first().is_some_and(|span| span.content == "Type "));
        let drawn = dialog.draw(buf, area, theme);
        let index = index.unwrap_or(0);
        let apart = drawn.foot_rows.get(index + 1).copied().flatten();
        let prompt_y = drawn.foot_rows[index].unwrap_or(drawn.inside.y);
        let (hint, meaning) = self.hint(shared);
        let cells = self.field_cells() as u16;
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let is_apart = usize::from(prompt_cells) + 4 + usize::from(cells) + width(&hint) > room;
        let (x, y) = match apart {
            Some(y) if is_apart => (drawn.inside.x, y),
            _ => (drawn.inside.x + prompt_cells + 1, prompt_y),
        };
        let caret = self.field.draw(buf, Rect { x, y, width: cells, height: 1 }, theme);
        let x = x + cells + 2;
        put(buf, x, y, drawn.inside.right().saturating_sub(x), &[theme.span(hint, meaning)]);
        caret
    }
}

#[cfg(test)]
mod tests;
