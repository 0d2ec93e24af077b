//! The first screen when no way to sign in was found: each variable, what is set and what is not, never a secret;
//! and the demo.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::command::Command;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Context, Scope};
use crate::tui::layout::{Rows, is_tall};
use crate::tui::msg::{Setting, SettingValue};
use crate::tui::shared::{Shared, Tab};
use crate::tui::theme::{Meaning, sign};
use crate::tui::then::Then;
use crate::tui::widget::paint::{put, wrap};
use crate::tui::widget::{footer, header};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    settings: Vec<Setting>,
}

impl State {
    /// From what the environment holds.
    pub fn new(settings: Vec<Setting>) -> Self {
        Self { settings }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command) -> Then {
        match command {
            Command::Demo => Then::ask(Effect::OpenDemo),
            _ => Then::nothing(),
        }
    }

    /// Draws the screen.
    pub fn draw(&self, shared: &Shared, context: &Context, buf: &mut Buffer, area: Rect) {
        let theme = shared.theme;
        let rows = Rows::of(area);
        header::draw(buf, rows.header, shared, Tab::Machines, [vec![], vec![]]);
        let tall = is_tall(area);
        let x = area.x + if tall { 22 } else { 6 };
        let room = area.right().saturating_sub(x + 1);
        let mut lines: Vec<Vec<Span<'_>>> =
            vec![vec![theme.span("No way to sign in was found.", Meaning::Strong)]];
        let words = "Set one of these and start again; nothing has been asked of any network.";
        lines.extend(
            wrap(words, usize::from(room)).into_iter().map(|line| vec![theme.span(line, Meaning::Muted)]),
        );
        let mut way = "";
        for setting in &self.settings {
            if setting.way != way {
                way = setting.way;
                lines.push(vec![]);
                lines.push(vec![theme.span(way, Meaning::Text)]);
            }
            let value = match &setting.value {
                SettingValue::NotSet => vec![theme.span("not set", Meaning::Muted)],
                SettingValue::Missing => {
                    vec![theme.span(format!("{} missing", sign::FAILED), Meaning::Warning)]
                }
                SettingValue::Set(shown) => vec![
                    theme.span(format!("{} ", sign::DONE), Meaning::Ok),
                    theme.span(shown.to_string(), Meaning::Text),
                ],
                SettingValue::Wrong(why) => {
                    vec![theme.span(format!("{} {why}", sign::FAILED), Meaning::Warning)]
                }
            };
            let mut line = vec![theme.span(format!("  {:<32}", setting.name), Meaning::Text)];
            line.extend(value);
            lines.push(line);
        }
        lines.push(vec![]);
        lines.push(vec![theme.span("Just looking?", Meaning::Text)]);
        lines.push(vec![
            theme.span("  d", Meaning::Strong),
            theme.span("  opens a simulated tenant: no account, no network, nothing real", Meaning::Muted),
        ]);
        let top = if tall { 7 } else { 3 };
        let top = (area.y + top).min(rows.keys.y.saturating_sub(lines.len() as u16 + 1)).max(area.y + 1);
        for (y, line) in (top..rows.keys.y).zip(&lines) {
            put(buf, x, y, room, line);
        }
        footer::draw(buf, rows.keys, theme, Scope::FirstStart, context);
    }
}
