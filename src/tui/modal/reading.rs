//! A dialog that is only read: help for a screen, and the whole of what went wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::tui::command::Command;
use crate::tui::keymap::{Group, Scope, TABLE};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, Theme, sign};
use crate::tui::trouble::Trouble;
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::paint::{width, wrap};

/// What is read, and how far it is scrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    what: What,
    scroll: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Help(Scope),
    Trouble(Trouble),
}

impl State {
    /// The keys of a screen.
    pub fn help(scope: Scope) -> Self {
        Self { what: What::Help(scope), scroll: 0 }
    }

    /// The whole of what went wrong.
    pub fn of_trouble(trouble: &Trouble) -> Self {
        Self { what: What::Trouble(trouble.clone()), scroll: 0 }
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

    fn dialog(&self, shared: &Shared) -> Dialog<'static> {
        let theme = shared.theme;
        let (width, edge, title, body) = match &self.what {
            What::Help(scope) => {
                let name = match scope {
                    Scope::Runs => "Runs",
                    Scope::Run => "a run",
                    Scope::FirstStart => "the first screen",
                    _ => "Machines",
                };
                (108, Meaning::Muted, format!("Keys on {name}"), help(*scope, shared))
            }
            What::Trouble(trouble) => {
                (96, Meaning::Danger, "What went wrong".into(), whole(trouble, shared, 96))
            }
        };
        let foot = match &self.what {
            What::Help(_) => vec![Line::default()],
            What::Trouble(_) => vec![Line::default(), keys(theme, &[("Esc", "close".into())])],
        };
        Dialog {
            width,
            edge,
            title,
            right: if matches!(self.what, What::Help(_)) { "Esc closes".into() } else { String::new() },
            body,
            page: None,
            must_read: 0,
            foot,
            scroll: self.scroll,
        }
    }

    /// Draws the dialog.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        self.dialog(shared).draw(buf, area, shared.theme);
    }
}

fn whole(trouble: &Trouble, shared: &Shared, cells: u16) -> Vec<Line<'static>> {
    let theme = shared.theme;
    let room = usize::from(inside_width(cells, shared.area.width)).saturating_sub(6);
    let mut out = vec![Line::default()];
    for (name, text, meaning) in [
        ("what", &trouble.what, Meaning::Strong),
        ("why", &trouble.why, Meaning::Text),
        ("do", &trouble.todo, Meaning::Text),
    ] {
        for (index, line) in wrap(text, room).into_iter().enumerate() {
            let head = if index == 0 { name } else { "" };
            out.push(Line::from(vec![
                theme.span(format!("{head:<6}"), Meaning::Muted),
                theme.span(line, meaning),
            ]));
        }
        out.push(Line::default());
    }
    out.pop();
    out
}

/// Two columns of keys under their headings, all from the key table, and what the marks mean.
fn help(scope: Scope, shared: &Shared) -> Vec<Line<'static>> {
    let theme = shared.theme;
    let wide = shared.area.width >= 110;
    let group = |group: Group| -> Vec<Line<'static>> {
        let mut out = Vec::new();
        for binding in
            TABLE.iter().filter(|binding| binding.group == Some(group) && binding.on.contains(&scope))
        {
            let help = if wide { binding.help } else { binding.help_short };
            out.push(item(theme, binding.shown, help));
        }
        if !out.is_empty() {
            let mut head = vec![theme.span(group.title(), Meaning::Strong)];
            if group == Group::Offboard {
                head.push(theme.span("  no API takes it back", Meaning::Danger));
            }
            out.insert(0, Line::from(head));
            out.push(Line::default());
        }
        out
    };
    let mut marks = vec![Line::from(theme.span("Marks", Meaning::Strong))];
    let listed: &[(&str, &str)] = if scope == Scope::Machines {
        &[
            (sign::SELECTED, "selected"),
            (sign::OPEN, "in the range, not kept"),
            (sign::NONE, "outside the rule, or not onboarded"),
            ("#7b1f", "another record has this name"),
        ]
    } else {
        &[
            (sign::FAILED, "failed"),
            (sign::UNKNOWN, "unknown, or undecided"),
            (sign::OPEN, "under way"),
            (sign::DONE, "succeeded"),
            (sign::QUEUED, "queued"),
        ]
    };
    marks.extend(listed.iter().map(|(sign, words)| item(theme, sign, words)));
    let mut left = group(Group::Move);
    left.extend(group(Group::Find));
    left.extend(marks);
    let mut right = group(Group::Select);
    right.extend(group(Group::Offboard));
    right.extend(group(Group::Anywhere));
    let column = if wide { 53 } else { 37 };
    let mut out = vec![Line::default()];
    for index in 0..left.len().max(right.len()) {
        let mut line = left.get(index).cloned().unwrap_or_default();
        if let Some(other) = right.get(index) {
            let pad = usize::saturating_sub(column, line.width());
            line.spans.push(Span::raw(" ".repeat(pad)));
            line.spans.extend(other.spans.iter().cloned());
        }
        out.push(line);
    }
    while out.last().is_some_and(|line| line.width() == 0) {
        out.pop();
    }
    out
}

fn item(theme: Theme, key: &str, words: &str) -> Line<'static> {
    let pad = 8_usize.saturating_sub(width(key)).max(1);
    Line::from(vec![
        Span::raw(" "),
        theme.span(key.to_owned(), Meaning::Strong),
        theme.span(format!("{}{words}", " ".repeat(pad)), Meaning::Muted),
    ])
}
