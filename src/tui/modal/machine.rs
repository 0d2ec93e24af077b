//! Everything that is known of one machine of a run: its MachineAction with every property, also those that this
//! program does not know, what was answered, and what was looked for. As it was when the dialog opened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::domain::SafeText;
use crate::domain::when::instant;
use crate::offboard::view::MachineView;
use crate::tui::command::Command;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::paint::{fit, wrap};

/// Cells of the dialog.
const WIDTH: u16 = 96;
/// Cells for a property's name.
const NAME: usize = 22;

/// What is read, and how far it is scrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    machine: Box<MachineView>,
    called: String,
    scroll: usize,
}

impl State {
    /// For a machine, as its row names it.
    pub fn new(machine: &MachineView, called: String) -> Self {
        Self { machine: Box::new(machine.clone()), called, scroll: 0 }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let by: isize = match command {
            Command::Back | Command::Enter => return Outcome::Closed,
            Command::Down => 1,
            Command::Up => -1,
            Command::HalfPageDown => 6,
            Command::HalfPageUp => -6,
            Command::PageDown => 12,
            Command::PageUp => -12,
            Command::First => isize::MIN / 2,
            Command::Last => isize::MAX / 2,
            _ => return Outcome::Stay,
        };
        let most = self.dialog(shared).fit(shared.area).scroll_max;
        let to = self.scroll.saturating_add_signed(by).min(most);
        if to == self.scroll {
            return Outcome::Stay;
        }
        self.scroll = to;
        Outcome::Changed
    }

    /// Draws the dialog.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        self.dialog(shared).draw(buf, area, shared.theme);
    }

    fn dialog(&self, shared: &Shared) -> Dialog<'static> {
        let (theme, machine) = (shared.theme, &self.machine);
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let mut body = vec![Line::default()];
        let mut fact = |name: &str, value: &str, note: String| {
            for (index, line) in wrap(value, room.saturating_sub(NAME)).into_iter().enumerate() {
                let name = fit(if index == 0 { name } else { "" }, NAME - 1).into_owned();
                let mut spans = vec![
                    theme.span(format!("{name:<NAME$}"), Meaning::Muted),
                    theme.span(line, Meaning::Text),
                ];
                if index == 0 && !note.is_empty() {
                    spans.push(theme.span(format!("  {note}"), Meaning::Muted));
                }
                body.push(Line::from(spans));
            }
        };
        let cut = |value: &SafeText| {
            value.cut_from().map_or_else(String::new, |chars| format!("cut from {chars} characters"))
        };
        match &machine.action {
            Some(action) => {
                for (name, value) in &action.properties {
                    fact(name.as_str(), value.as_str(), cut(value));
                }
                fact(" ", "", String::new());
            }
            None => fact("machineId", machine.id.as_str(), String::new()),
        }
        fact("state", &machine.state.to_string(), "in this run's words".into());
        if let Some(name) = &machine.name {
            fact("name at the freeze", name.as_str(), cut(name));
        }
        if let Some(why) = &machine.why {
            fact("why", why.as_str(), cut(why));
        }
        for (name, words) in &machine.history {
            fact(name.as_str(), words.as_str(), cut(words));
        }
        if let Some(sent) = machine.sent {
            let attempts =
                if machine.attempts > 1 { format!("{} times", machine.attempts) } else { String::new() };
            fact("sent", &instant(sent, shared.now), attempts);
        }
        let asked = machine.asked.filter(|_| machine.action.is_some());
        let esc = shown(Scope::Reading, Command::Back);
        Dialog {
            width: WIDTH,
            edge: Meaning::Muted,
            title: fit(&self.called, room.saturating_sub(24)).into_owned(),
            right: asked.map_or_else(String::new, |at| format!("asked {}", instant(at, shared.now))),
            body,
            page: None,
            must_read: 0,
            foot: vec![Line::from(Span::raw("")), keys(theme, &[(esc, "close".into())])],
            scroll: self.scroll,
        }
    }
}
